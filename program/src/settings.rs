//! What an installation looks like: the configuration of the stacks, checked once.

mod accounts;
mod forms;
mod kind;
mod level_bands;
mod lists;
mod names;
mod organization;
mod problem;
mod reader;
mod repositories;
mod rules;
mod schema;
mod section;
mod stack;
mod table;

pub use forms::{LONGEST_PREFIX, is_region};
pub use organization::Organization;
pub use problem::{Found, InvalidSettings, Problem};
pub use schema::{markdown, schema};
pub(crate) use section::Functions;
pub use section::Setting;
pub use stack::StackSettings;
pub use table::{
    DEFAULT_PREFIX, Dashboards, Measuring, Operations, ToolingSettings, WEBHOOK_SECRET, ops_settings,
    tooling_settings,
};

use crate::naming::Names;
use jiff::SignedDuration;
use kind::Kind as _;
use metrics_lib::{
    fact::{RepositoryMetrics, Teams},
    place::Place,
    rules::{IncidentRule, ProductionRule, RepositoryRule, ReworkRule},
};
use reader::Reader;
use section::Section as _;
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::Value;
use std::collections::BTreeSet;

/// The configuration of an installation.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `prefix`: what the names of all resources start with.
    pub prefix: String,
    /// `toolingAccounts`: the accounts that run pipelines, each with its regions.
    pub tooling_accounts: Vec<ToolingAccount>,
    /// `organization`: the organisation whose accounts run pipelines, beside those of [`Self::tooling_accounts`]. Which
    /// accounts it has is no configuration.
    pub organization: Option<Organization>,
    /// `opsAccount`: the account that computes and shows the metrics.
    pub ops_account: String,
    /// `region`: the region of the operations account's stack.
    pub region: String,
    /// `mainBranch`, `productionStage`, `trunkBasedRepositories`, `repositoryOverrides`, `pipelineOverrides` and
    /// `excludedPipelines`: what is production.
    pub production: ProductionRule,
    /// `reworkBranches` and `reworkMessages`: what is rework.
    pub rework: ReworkRule,
    /// `unnamedIncidents`, `incidentAccounts`, `incidentTypes`, `incidentSources`, `incidentCategories` and
    /// `incidentSeverities`: which incidents count, and what they may be blamed on.
    pub incidents: IncidentRule,
    /// The accounts of `incidentAccounts` that run no pipelines, each with its regions.
    pub incident_places: Vec<ToolingAccount>,
    /// `aliases` and `repositoryAccounts`: what repositories are called, and who deploys them.
    pub repositories: RepositoryRule,
    /// `teams`: which team owns which repositories.
    pub teams: Teams,
    /// `repositoryMetrics`: which repositories have metrics of their own.
    pub repository_metrics: RepositoryMetrics,
    /// How the figures are measured.
    pub measuring: Measuring,
    /// Whether lead time is measured: whether there is a `webhookSecret`, what GitHub signs webhooks with. Its value is
    /// not kept.
    pub lead_time: bool,
    /// What the dashboards show beside the figures.
    pub dashboards: Dashboards,
    /// How the stack of the operations account is run.
    pub operations: Operations,
    /// Keys that mean nothing here, most likely misspelt; for the caller to report.
    pub unknown_keys: Vec<String>,
}

/// What of a repository raises an alarm, over a week.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RepositoryAlarm {
    /// `repository`: the repository.
    pub repository: String,
    /// `failureRateAbove`: a change failure rate, in percent.
    pub failure_rate_above: Option<f64>,
    /// `leadTimeP90Above`: a lead time that nine of ten deployments stay below.
    pub lead_time_p90_above: Option<SignedDuration>,
}

/// The architecture of the functions' processors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Architecture {
    /// AWS Graviton.
    #[default]
    #[serde(rename = "arm64")]
    Arm64,
    /// Intel and AMD.
    #[serde(rename = "x86_64")]
    X86,
}

/// An account that runs pipelines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolingAccount {
    /// The account's id, 12 digits.
    #[serde(deserialize_with = "account")]
    pub account: String,
    /// The regions whose pipelines and `OpsItem`s count.
    pub regions: BTreeSet<String>,
}

impl ToolingAccount {
    /// Each of its regions.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        self.regions.iter().map(|region| Place::new(&self.account, region))
    }
}

/// An account's id as text, or as the number that `pulumi config set --path` makes of it.
fn account<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(text),
        Value::Number(number) if number.is_u64() => Ok(number.to_string()),
        _ => Err(D::Error::custom("an account id is a text")),
    }
}

impl Settings {
    /// Reads a configuration: an object with the keys of [`ops_settings`]. `toolingAccounts` or `organization` is required.
    ///
    /// # Errors
    /// Every value that can't be used, with its key and what is allowed.
    pub fn from_json(config: &Value) -> Result<Self, InvalidSettings> {
        let Some(object) = config.as_object() else {
            let found = Found::Value(config.clone());
            return Err(InvalidSettings(vec![Problem {
                key: "config".into(),
                found,
                allowed: "an object".into(),
            }]));
        };
        let mut reader = Reader::new(object);
        let settings = Self::read(&mut reader);
        reader.finish(settings)
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        let table::Installation { ops_account, region, tooling_accounts, organization, prefix } =
            table::Installation::read(reader);
        if tooling_accounts.is_empty()
            && organization.is_none()
            && !reader.has(["toolingAccounts", "organization"])
        {
            reader.refuse("toolingAccounts", None, accounts::ToolingAccounts.allowed());
        }
        let production = table::Production::read(reader);
        let table::Repositories { teams, metrics, aliases, accounts } = table::Repositories::read(reader);
        let incidents = table::Incidents::read(reader);
        let settings = Self {
            incident_places: incidents.accounts.places(&tooling_accounts, &Place::new(&ops_account, &region)),
            incidents: incidents.into(),
            rework: production.rework(),
            production: production.into(),
            repositories: RepositoryRule { accounts, ..RepositoryRule::default() },
            prefix,
            organization,
            tooling_accounts,
            ops_account,
            region,
            teams,
            repository_metrics: metrics,
            measuring: Measuring::read(reader),
            lead_time: table::LeadTime::read(reader).is_measured,
            dashboards: Dashboards::read(reader),
            operations: Operations::read(reader),
            unknown_keys: reader.unknown_keys(),
        };
        let settings = settings.with_one_name_each(aliases);
        settings.check_alarms(reader);
        settings
    }

    /// Refuses alarms on repositories that have no metrics of their own: they would never be raised.
    fn check_alarms(&self, reader: &mut Reader<'_>) {
        for RepositoryAlarm { repository, .. } in &self.operations.repository_alarms {
            if self.repository_metrics.of(Some(repository)).is_none() {
                let found = Found::Value(repository.clone().into());
                reader.refuse("repositoryAlarms", found, "a repository of repositoryMetrics");
            }
        }
    }

    /// The ids of the tooling accounts.
    pub fn tooling_account_ids(&self) -> Vec<String> {
        self.tooling_accounts.iter().map(|account| account.account.clone()).collect()
    }

    /// The ids of the accounts whose `OpsItem`s count: those that run pipelines, and those that only have incidents.
    pub fn incident_account_ids(&self) -> Vec<String> {
        let mut accounts = self.tooling_account_ids();
        accounts.extend(self.incident_places.iter().map(|place| place.account.clone()));
        accounts
    }

    /// The account and region of the stack.
    pub fn place(&self) -> Place {
        Place::new(&self.ops_account, &self.region)
    }

    /// Every account and region whose pipelines count.
    pub fn pipeline_places(&self) -> impl Iterator<Item = Place> {
        places(&self.tooling_accounts)
    }

    /// Every account and region whose `OpsItem`s count: those of the pipelines, those of incidents only, and the
    /// operations account.
    pub fn ops_item_places(&self) -> impl Iterator<Item = Place> {
        let own = self.place();
        let others = self.pipeline_places().chain(places(&self.incident_places));
        others.filter(|place| *place != self.place()).chain([own])
    }

    /// The regions of the operations account whose pipelines count.
    pub fn own_pipeline_regions(&self) -> BTreeSet<&str> {
        let member = self.organization.iter().flat_map(|organization| &organization.regions);
        self.own_regions(&self.tooling_accounts).chain(member).map(String::as_str).collect()
    }

    /// The regions of the operations account whose `OpsItem`s count.
    pub fn own_ops_item_regions(&self) -> BTreeSet<&str> {
        let listed = self.own_regions(&self.incident_places).chain([&self.region]);
        listed.map(String::as_str).chain(self.own_pipeline_regions()).collect()
    }

    fn own_regions<'a>(&'a self, accounts: &'a [ToolingAccount]) -> impl Iterator<Item = &'a String> {
        accounts.iter().filter(|listed| listed.account == self.ops_account).flat_map(|own| &own.regions)
    }

    /// The settings that functions get as they are, as their environment variables.
    pub(crate) fn variables(&self, of: Functions) -> Vec<(String, String)> {
        self.measuring.variables(of)
    }

    /// The names of the installation's resources.
    pub fn names(&self) -> Names {
        Names::new(&self.prefix, self.place())
    }
}

/// Every region of every account.
pub fn places(accounts: &[ToolingAccount]) -> impl Iterator<Item = Place> {
    accounts.iter().flat_map(ToolingAccount::places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    fn minimal() -> Value {
        json!({
            "toolingAccounts": [{"account": "111111111111", "regions": ["eu-west-1"]}],
            "opsAccount": "999999999999",
            "region": "eu-west-1",
        })
    }

    #[test]
    fn defaults() {
        let settings = Settings::from_json(&minimal()).unwrap();
        assert_eq!(settings.production.main_branch, "main");
        assert_eq!(settings.production.production_stages, ["Production"]);
        assert_eq!(settings.measuring.attribution_window, SignedDuration::from_hours(24));
        assert_eq!(settings.measuring.attribution_delay, SignedDuration::from_mins(15));
    }

    #[test]
    fn durations_in_every_form() {
        fn check(value: Value, seconds: Option<i64>) {
            let mut config = minimal();
            config["attributionDelay"] = value.clone();
            let delay =
                Settings::from_json(&config).map(|settings| settings.measuring.attribution_delay.as_secs());
            assert_eq!(delay.ok(), seconds, "{value}");
        }
        check(json!("PT15M"), Some(900));
        check(json!("15m"), Some(900));
        check(json!("15 min"), Some(900));
        check(json!("1h 30m"), Some(5400));
        check(json!(600), Some(600));
        check(json!("600"), Some(600));
        check(json!("60"), Some(60));
        check(json!("0"), Some(0));
        check(json!(24), Some(24));
        check(json!("24s"), Some(24));
        // Most likely meant as hours or minutes.
        check(json!("24"), None);
        check(json!("15"), None);
        check(json!("0s"), Some(0));
        check(json!("1d"), Some(86_400));
        check(json!("P1D"), Some(86_400));
        check(json!("2d"), None);
        check(json!("1mo"), None);
        check(json!("-15m"), None);
        check(json!("25h"), None);
        check(json!("soon"), None);
        check(json!(["15m"]), None);
    }

    #[test]
    fn teams_in_both_forms() {
        fn check(teams: Value, expected: Option<&[&str]>) {
            let mut config = minimal();
            config["teams"] = teams.clone();
            let settings = Settings::from_json(&config).ok();
            let owning =
                settings.as_ref().map(|settings| settings.teams.owning("acme/shop").collect::<Vec<_>>());
            assert_eq!(owning.as_deref(), expected, "{teams}");
        }
        check(json!({"payments": ["acme/shop"], "web": ["acme/web"]}), Some(&["payments"]));
        check(json!([{"name": "payments", "repositories": ["acme/shop"]}]), Some(&["payments"]));
        check(json!([{"name": "payments"}]), None);
        check(json!({"": ["acme/shop"]}), None);
        check(json!({"bücher": ["acme/shop"]}), None);
        check(json!([{"name": "bücher", "repositories": ["acme/shop"]}]), None);
        check(json!("payments"), None);
    }

    #[test]
    fn repositories_with_metrics_of_their_own() {
        fn check(given: Value, expected: Option<[bool; 2]>) {
            let mut config = minimal();
            config["repositoryMetrics"] = given.clone();
            config["aliases"] = json!({"acme/shop": "Acme/Store"});
            let settings = Settings::from_json(&config).ok();
            let own = settings.map(|settings| {
                ["Acme/Store", "acme/cart"].map(|name| settings.repository_metrics.of(Some(name)).is_some())
            });
            assert_eq!(own, expected, "{given}");
        }
        check(Value::Null, Some([true, true]));
        check(json!("all"), Some([true, true]));
        check(json!("none"), Some([false, false]));
        check(json!([]), Some([false, false]));
        check(json!(["ACME/shop"]), Some([true, false]));
        check(json!(["acme/cart"]), Some([false, true]));
        check(json!("acme/cart"), None);
        check(json!(["bücher"]), None);
        check(json!({"acme/cart": true}), None);
    }

    #[test]
    fn alarms_need_metrics() {
        fn check(own: Value, is_refused: bool) {
            let mut config = minimal();
            config["repositoryMetrics"] = own.clone();
            config["aliases"] = json!({"acme/shop": "acme/store"});
            config["repositoryAlarms"] = json!([{"repository": "acme/shop", "failureRateAbove": 15}]);
            let said = Settings::from_json(&config).map(drop).map_err(|problem| problem.to_string());
            let expected = "repositoryAlarms is \"acme/store\", allowed is a repository of repositoryMetrics";
            assert_eq!(said, if is_refused { Err(expected.to_owned()) } else { Ok(()) }, "{own}");
        }
        check(json!("all"), false);
        check(json!(["Acme/Store"]), false);
        check(json!(["acme/shop"]), false);
        check(json!("none"), true);
        check(json!(["acme/cart"]), true);
    }

    /// What is said of a value that can't be used.
    #[test]
    fn problems() {
        fn check(key: &str, value: Value, expected: &str) {
            let mut config = minimal();
            config[key] = value;
            let problem = Settings::from_json(&config).unwrap_err().to_string();
            assert!(problem.starts_with(expected), "{problem}");
        }
        check("webhookSecret", json!(5), "webhookSecret is no text, allowed is a text that is not empty");
        const TAGS: &str = "an object of texts, such as {\"cost-center\": \"42\"}: at most 48";
        let many: BTreeMap<String, &str> = (0..49).map(|number| (format!("tag-{number}"), "")).collect();
        for tags in [json!({"aws:cost": "1"}), json!({"AWS:cost": "1"}), json!({"": "1"}), json!({"a": "#"})]
        {
            check("tags", tags.clone(), &format!("tags is {tags}, allowed is {TAGS}"));
        }
        check("tags", json!({"a": "x".repeat(257)}), "tags is ");
        check("tags", json!(many), "tags is ");
        for prefix in ["xn--dora", "sthree", "sthree-dora", "amzn-s3-demo", "dora-", "1dora"] {
            check("prefix", json!(prefix), &format!("prefix is \"{prefix}\", allowed is 1 to 16"));
        }
        check("webhookSecret", json!(""), "webhookSecret is empty, allowed is a text that is not empty");
        check("attributionWindow", json!("24"), "attributionWindow is \"24\", allowed is a length of time");
        check(
            "teams",
            json!({"bücher": []}),
            "teams.\"bücher\" is [], allowed is a team whose name CloudWatch can have as a dimension",
        );
        check(
            "repositoryAlarms",
            json!([{"repository": "acme/bücher", "failureRateAbove": 15}]),
            "repositoryAlarms[0].repository is \"acme/bücher\", allowed is a name that CloudWatch can have",
        );
    }

    /// Pulumi hands over texts only: what looks like a number may be a name, and is no length of time by itself.
    #[test]
    fn texts_of_digits() {
        fn check(key: &str, value: &str, expected: Result<(), &str>) {
            let config = json!({
                "dora:stack": "ops",
                "dora:toolingAccounts": r#"[{"account": "111111111111", "regions": ["eu-west-1"]}]"#,
                "dora:opsAccount": "999999999999",
                "dora:region": "eu-west-1",
                format!("dora:{key}"): value,
            });
            let read = StackSettings::from_pulumi(&config.to_string(), "dora").map(drop);
            let read =
                read.map_err(|problem| problem.to_string().split(", allowed").next().unwrap().to_owned());
            assert_eq!(read, expected.map_err(str::to_owned), "{key} {value}");
        }
        check("mainBranch", "1", Ok(()));
        check("attributionDelay", "900", Ok(()));
        check("attributionDelay", "0", Ok(()));
        check("attributionWindow", "24", Err("attributionWindow is \"24\""));
        check("logRetentionDays", "30", Ok(()));
        check("logRetentionDays", "42", Err("logRetentionDays is \"42\""));
        check("alarmSilenceDays", "7", Ok(()));
        check("alarmSilenceDays", "8", Err("alarmSilenceDays is \"8\""));
        check("alarmSilenceDays", "soon", Err("alarmSilenceDays is \"soon\""));
    }

    #[test]
    fn a_misspelt_key_is_told() {
        let mut config = minimal();
        config["maniBranch"] = json!("main");
        assert_eq!(Settings::from_json(&config).unwrap().unknown_keys, ["maniBranch"]);
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let config = json!({
            "toolingAccounts": [{"account": "11", "regions": ["eu-west"]}, {"acount": "1"}],
            "opsAccount": 5,
            "mainBranch": "",
            "trunkBasedRepositories": "acme/shop",
            "teams": {"payments": "acme/shop"},
            "attributionWindow": "soon",
            "levelBands": {"leadTime": {"elite": "2d", "high": "1d", "medium": "30d"}},
            "documentation": "METRICS.md",
        });
        let InvalidSettings(problems) = Settings::from_json(&config).unwrap_err();
        let keys: Vec<_> = problems.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(
            keys,
            [
                "opsAccount",
                "region",
                "toolingAccounts[0].account",
                "toolingAccounts[0].regions",
                "toolingAccounts[1]",
                "mainBranch",
                "trunkBasedRepositories",
                "teams.payments",
                "attributionWindow",
                "levelBands.leadTime",
                "documentation",
            ]
        );
        assert_eq!(problems[0].to_string(), "opsAccount is 5, allowed is an account id as text, 12 digits");
    }
}
