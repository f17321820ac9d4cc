//! What an installation looks like: the configuration of the stacks, checked once.

mod names;
mod organization;
mod problem;
mod reader;
mod rules;
mod stack;

pub use organization::Organization;
pub use problem::{Found, InvalidSettings, Problem};
pub use reader::{DEFAULT_PREFIX, LONGEST_PREFIX, is_region};
pub use stack::{StackSettings, ToolingSettings};

use crate::{levels::Levels, naming::Names};
use jiff::SignedDuration;
use metrics_lib::{
    fact::Teams,
    rules::{IncidentRule, ProductionRule, RepositoryRule, ReworkRule},
};
use reader::{ACCOUNT, DELAY, DURATION, LOOKBACK, OVERLAP, PREFIX, REGION, Reader, is_account, is_prefix};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

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
    /// `attributionWindow`: how long before an incident a deployment may have ended to be blamed for it.
    pub attribution_window: SignedDuration,
    /// `attributionDelay`: how long after an incident it is attributed.
    pub attribution_delay: SignedDuration,
    /// `leadTimeLookback`: how far back the lead time of a pipeline's first deployment reaches.
    pub lead_time_lookback: SignedDuration,
    /// `botAuthors`: the authors, by name or user name, whose commits are left out of lead time.
    pub bot_authors: BTreeSet<String>,
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

/// What the dashboards show beside the figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dashboards {
    /// `repositories`: what they list beside the repositories of `teams` and `trunkBasedRepositories`.
    pub repositories: BTreeSet<String>,
    /// `levelBands`: where DORA's levels end.
    pub level_bands: Levels,
    /// `documentation`: where this product's docs/METRICS.md can be read; they link there.
    pub documentation: Option<String>,
}

/// How the stack of the operations account is run: what does not change any figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Operations {
    /// `architecture`: of the functions' processors.
    pub architecture: Architecture,
    /// `logRetentionDays`: how long logs are kept.
    pub log_retention_days: u32,
    /// `webhookAllowedCidrs`: the ranges of addresses that may call the webhook; everybody if there is none.
    pub webhook_allowed_cidrs: BTreeSet<String>,
    /// `webhookFirewall`: whether a web application firewall refuses what has no signature, and limits by address what does
    /// not come from GitHub.
    pub webhook_firewall: bool,
    /// `webhookTrustedCidrs`: the ranges of addresses that GitHub delivers from, which the firewall does not limit.
    pub webhook_trusted_cidrs: BTreeSet<String>,
    /// `webhookSecretOverlap`: how long the secret before the present one is accepted after it was replaced.
    pub webhook_secret_overlap: SignedDuration,
    /// `manageApiGatewayAccount`: whether the stack sets the role that API Gateway logs with, which an account has once
    /// a region.
    pub manage_api_gateway_account: bool,
    /// `alarmEmails`: who gets alarms by e-mail.
    pub alarm_emails: BTreeSet<String>,
    /// `alarmSilenceDays`: how many days without any event raise an alarm, at most 7.
    pub alarm_silence_days: u32,
    /// `repositoryAlarms`: the alarms that repositories' people have asked for.
    pub repository_alarms: Vec<RepositoryAlarm>,
    /// `tags`: what every resource is tagged with, beside the installation's own tags.
    pub tags: BTreeMap<String, String>,
}

/// What of a repository raises an alarm, over a week.
#[derive(Clone, Debug, PartialEq)]
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

/// An account's id as text, or as the number that `pulumi config set --path` makes of it.
fn account<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(text),
        Value::Number(number) if number.is_u64() => Ok(number.to_string()),
        _ => Err(D::Error::custom("an account id is a text")),
    }
}

const SILENCE: &str = "a number of days from 1 to 7, which is as far as CloudWatch looks back";
const ARCHITECTURE: &str = "\"arm64\" or \"x86_64\"";

impl Settings {
    /// Reads a configuration: an object with the names of the stacks' configuration.
    ///
    /// `toolingAccounts` or `organization`, `opsAccount` and `region` are required. The defaults of the others: `dora`, `main`,
    /// `Production`, no trunk-based repositories, no teams, 24 hours, 15 minutes and 90 days.
    ///
    /// # Errors
    /// Every value that can't be used, with its key and what is allowed.
    pub fn from_json(config: &Value) -> Result<Self, InvalidSettings> {
        let Some(object) = config.as_object() else {
            let found = Found::Value(config.clone());
            return Err(InvalidSettings(vec![Problem { key: "config".into(), found, allowed: "an object" }]));
        };
        let mut reader = Reader::new(object);
        let settings = Self::read(&mut reader);
        reader.finish(settings)
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        const DAY: i64 = 24 * 3600;
        let prefix = prefix(reader);
        let organization = reader.organization();
        let tooling_accounts = reader.tooling_accounts(organization.is_some());
        let ops_account = reader.checked("opsAccount", None, ACCOUNT, is_account);
        let region = reader.checked("region", None, REGION, is_region);
        let incident_accounts = reader.incident_accounts();
        let aliases = reader.aliases();
        let settings = Self {
            prefix,
            production: reader.production(),
            rework: reader.rework(),
            incidents: reader.incidents(&incident_accounts),
            incident_places: incident_accounts.places(&tooling_accounts, (&ops_account, &region)),
            repositories: RepositoryRule {
                accounts: reader.repository_accounts(),
                ..RepositoryRule::default()
            },
            organization,
            tooling_accounts,
            ops_account,
            region,
            teams: reader.teams(),
            attribution_window: reader.duration("attributionWindow", DAY, 90 * DAY, DURATION),
            attribution_delay: reader.duration("attributionDelay", 900, DAY, DELAY),
            lead_time_lookback: reader.duration("leadTimeLookback", 90 * DAY, 365 * DAY, LOOKBACK),
            bot_authors: reader.names("botAuthors"),
            lead_time: reader.secret(WEBHOOK_SECRET),
            dashboards: Dashboards::read(reader),
            operations: Operations::read(reader),
            unknown_keys: reader.unknown_keys(),
        };
        settings.with_one_name_each(aliases)
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

    /// Every account and region whose pipelines count.
    pub fn pipeline_places(&self) -> impl Iterator<Item = (&str, &str)> {
        places(&self.tooling_accounts)
    }

    /// Every account and region whose `OpsItem`s count: those of the pipelines, those of incidents only, and the
    /// operations account.
    pub fn ops_item_places(&self) -> impl Iterator<Item = (&str, &str)> {
        let own = (self.ops_account.as_str(), self.region.as_str());
        let others = self.pipeline_places().chain(places(&self.incident_places));
        others.filter(move |place| *place != own).chain([own])
    }

    /// The regions of the operations account whose pipelines count.
    pub fn own_pipeline_regions(&self) -> BTreeSet<&str> {
        let listed = self.pipeline_places().filter(|(account, _)| *account == self.ops_account);
        let member = self.organization.iter().flat_map(|organization| &organization.regions);
        listed.map(|(_, region)| region).chain(member.map(String::as_str)).collect()
    }

    /// The regions of the operations account whose `OpsItem`s count.
    pub fn own_ops_item_regions(&self) -> BTreeSet<&str> {
        let listed = self.ops_item_places().filter(|(account, _)| *account == self.ops_account);
        listed.map(|(_, region)| region).chain(self.own_pipeline_regions()).collect()
    }

    /// The names of the installation's resources.
    pub fn names(&self) -> Names {
        Names::new(&self.prefix, &self.ops_account, &self.region)
    }
}

/// Every region of every account.
fn places(accounts: &[ToolingAccount]) -> impl Iterator<Item = (&str, &str)> {
    accounts.iter().flat_map(|account| {
        account.regions.iter().map(move |region| (account.account.as_str(), region.as_str()))
    })
}

/// Where GitHub delivers from: `hooks` of <https://api.github.com/meta>, which rarely changes.
const GITHUB_HOOKS: [&str; 6] = [
    "140.82.112.0/20",
    "143.55.64.0/20",
    "185.199.108.0/22",
    "192.30.252.0/22",
    "2606:50c0::/32",
    "2a0a:a440::/29",
];

/// The key of the secret that GitHub signs webhooks with.
pub const WEBHOOK_SECRET: &str = "webhookSecret";

fn prefix(reader: &mut Reader<'_>) -> String {
    reader.checked("prefix", Some(DEFAULT_PREFIX), PREFIX, is_prefix)
}

impl Dashboards {
    fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            repositories: reader.names("repositories"),
            level_bands: reader.level_bands("levelBands"),
            documentation: reader.url("documentation"),
        }
    }
}

impl Operations {
    fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            architecture: reader.typed("architecture", ARCHITECTURE, |_| true).unwrap_or_default(),
            log_retention_days: reader.log_retention("logRetentionDays", 365),
            webhook_allowed_cidrs: reader.cidrs("webhookAllowedCidrs"),
            webhook_firewall: reader.switch("webhookFirewall", true),
            webhook_trusted_cidrs: reader.cidrs_or("webhookTrustedCidrs", &GITHUB_HOOKS),
            webhook_secret_overlap: reader.duration(
                "webhookSecretOverlap",
                24 * 3600,
                7 * 24 * 3600,
                OVERLAP,
            ),
            manage_api_gateway_account: reader.switch("manageApiGatewayAccount", true),
            alarm_emails: reader.emails("alarmEmails"),
            alarm_silence_days: reader.days("alarmSilenceDays", 7, SILENCE, |days| (1..=7).contains(&days)),
            repository_alarms: reader.repository_alarms("repositoryAlarms"),
            tags: reader.tags("tags"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
        assert_eq!(settings.attribution_window, SignedDuration::from_hours(24));
        assert_eq!(settings.attribution_delay, SignedDuration::from_mins(15));
    }

    #[test]
    fn durations_in_every_form() {
        fn check(value: Value, seconds: Option<i64>) {
            let mut config = minimal();
            config["attributionDelay"] = value.clone();
            let delay = Settings::from_json(&config).map(|settings| settings.attribution_delay.as_secs());
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
        check("logRetentionDays", "42", Err("logRetentionDays is 42"));
        check("alarmSilenceDays", "7", Ok(()));
        check("alarmSilenceDays", "8", Err("alarmSilenceDays is 8"));
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
                "toolingAccounts[0].account",
                "toolingAccounts[0].regions",
                "toolingAccounts[1]",
                "opsAccount",
                "region",
                "mainBranch",
                "trunkBasedRepositories",
                "teams.payments",
                "attributionWindow",
                "levelBands.leadTime",
                "documentation",
            ]
        );
        assert_eq!(problems[3].to_string(), "opsAccount is 5, allowed is an account id as text, 12 digits");
    }
}
