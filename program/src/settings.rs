//! What an installation looks like: the configuration of the stacks, checked once.

use crate::dashboard::levels::{InvalidLevel, Levels};
use jiff::SignedDuration;
use metrics_lib::{fact::Teams, production::ProductionRule};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// The configuration of an installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `toolingAccounts`: the accounts that run pipelines, each with its regions.
    pub tooling_accounts: Vec<ToolingAccount>,
    /// `opsAccount`: the account that computes and shows the metrics.
    pub ops_account: String,
    /// `region`: the region of the operations account's stack.
    pub region: String,
    /// `mainBranch`, `productionStage` and `trunkBasedRepositories`: what is production.
    pub production: ProductionRule,
    /// `teams`: which team owns which repositories.
    pub teams: Teams,
    /// `attributionWindow`: how long before an incident a deployment may have ended to be blamed for it.
    pub attribution_window: SignedDuration,
    /// `attributionDelay`: how long after an incident it is attributed.
    pub attribution_delay: SignedDuration,
    /// `leadTimeLookback`: how far back the lead time of a pipeline's first deployment reaches.
    pub lead_time_lookback: SignedDuration,
    /// `webhookSecret`: the ARN of the secret that GitHub signs webhooks with; without it no lead time is measured.
    pub webhook_secret: Option<String>,
    /// `repositories`: what the dashboards list beside the repositories of `teams` and `trunkBasedRepositories`.
    pub repositories: BTreeSet<String>,
    /// `levelBands`: where DORA's levels end on the dashboards.
    pub level_bands: Levels,
    /// `documentation`: where this product's docs/METRICS.md can be read; the dashboards link there.
    pub documentation: Option<String>,
    /// Keys that mean nothing here, most likely misspelt; for the caller to report.
    pub unknown_keys: Vec<String>,
}

/// An account that runs pipelines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolingAccount {
    /// The account's id, 12 digits.
    pub account: String,
    /// The regions whose pipelines and `OpsItem`s count.
    pub regions: BTreeSet<String>,
}

/// Every value of a configuration that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct InvalidSettings(pub Vec<Problem>);

impl fmt::Display for InvalidSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problems: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&problems.join("; "))
    }
}

/// A value that can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The path of the value, from the key on.
    pub key: String,
    /// The value, as JSON; none if it is missing.
    pub value: Option<Value>,
    /// What is allowed.
    pub allowed: &'static str,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{} is {value}, allowed is {}", self.key, self.allowed),
            None => write!(f, "{} is missing, allowed is {}", self.key, self.allowed),
        }
    }
}

const ACCOUNT: &str = "an account id as text, 12 digits";
const REGION: &str = "a region such as \"eu-west-1\"";
const NAME: &str = "a text that is not empty";
const NAMES: &str = "a list of texts, such as [\"acme/shop\"]";
const TOOLING: &str =
    "a list that is not empty, such as [{\"account\": \"111111111111\", \"regions\": [\"eu-west-1\"]}]";
const TEAMS: &str = "an object such as {\"payments\": [\"acme/shop\"]}, or a list such as \
     [{\"name\": \"payments\", \"repositories\": [\"acme/shop\"]}]";
const DURATION: &str = "a length of time such as \"24h\", \"PT15M\" or a number of seconds, at most 90 days";
const DELAY: &str = "a length of time such as \"15min\", \"PT15M\" or a number of seconds, at most 1 day";
const LOOKBACK: &str = "a length of time such as \"90d\", \"PT2160H\" or a number of seconds, at most 1 year";
const SECRET: &str = "the ARN of a secret, such as \"arn:aws:secretsmanager:eu-west-1:999999999999:secret:dora-webhook-AbCdEf\"";
const URL: &str = "a URL such as \"https://example.com/docs/METRICS.md\"";

impl Settings {
    /// Reads a configuration: an object with the names of the stacks' configuration.
    ///
    /// `toolingAccounts`, `opsAccount` and `region` are required. The defaults of the others: `main`, `Production`, no
    /// trunk-based repositories, no teams, 24 hours and 15 minutes.
    ///
    /// # Errors
    /// Every value that can't be used, with its key and what is allowed.
    pub fn from_json(config: &Value) -> Result<Self, InvalidSettings> {
        let Some(object) = config.as_object() else {
            let value = Some(config.clone());
            return Err(InvalidSettings(vec![Problem { key: "config".into(), value, allowed: "an object" }]));
        };
        let mut reader = Reader { object, problems: Vec::new(), read: BTreeSet::new() };
        let settings = Self {
            tooling_accounts: reader.tooling_accounts(),
            ops_account: reader.checked("opsAccount", None, ACCOUNT, is_account),
            region: reader.checked("region", None, REGION, is_region),
            production: ProductionRule {
                main_branch: reader.checked("mainBranch", Some("main"), NAME, is_name),
                production_stage: reader.checked("productionStage", Some("Production"), NAME, is_name),
                trunk_based: reader.names("trunkBasedRepositories"),
            },
            teams: reader.teams(),
            attribution_window: reader.duration("attributionWindow", 24 * 3600, 90 * 24 * 3600, DURATION),
            attribution_delay: reader.duration("attributionDelay", 900, 24 * 3600, DELAY),
            lead_time_lookback: reader.duration(
                "leadTimeLookback",
                90 * 24 * 3600,
                365 * 24 * 3600,
                LOOKBACK,
            ),
            webhook_secret: reader.optional("webhookSecret", SECRET, is_secret),
            repositories: reader.names("repositories"),
            level_bands: reader.level_bands(),
            documentation: reader.optional("documentation", URL, is_url),
            unknown_keys: reader.unknown_keys(),
        };
        if reader.problems.is_empty() { Ok(settings) } else { Err(InvalidSettings(reader.problems)) }
    }

    /// The ids of the tooling accounts.
    pub fn tooling_account_ids(&self) -> Vec<String> {
        self.tooling_accounts.iter().map(|account| account.account.clone()).collect()
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_region(text: &str) -> bool {
    let mut parts = text.split('-');
    let allowed = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let number =
        parts.next_back().is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    number && parts.clone().count() >= 2 && parts.all(allowed)
}

fn is_secret(text: &str) -> bool {
    let mut parts = text.splitn(7, ':');
    parts.next() == Some("arn") && parts.nth(1) == Some("secretsmanager") && parts.nth(3).is_some_and(is_name)
}

fn is_url(text: &str) -> bool {
    text.strip_prefix("https://").is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"()<>\"".contains(&byte))
    })
}

fn is_name(text: &str) -> bool {
    !text.trim().is_empty()
}

/// Reads the values of a configuration and keeps every problem, so that all are reported at once.
struct Reader<'a> {
    object: &'a Map<String, Value>,
    problems: Vec<Problem>,
    read: BTreeSet<&'static str>,
}

impl Reader<'_> {
    fn get(&mut self, key: &'static str) -> Option<Value> {
        self.read.insert(key);
        self.object.get(key).filter(|value| !value.is_null()).cloned()
    }

    fn refuse(&mut self, key: impl Into<String>, value: Option<Value>, allowed: &'static str) {
        self.problems.push(Problem { key: key.into(), value, allowed });
    }

    fn checked(
        &mut self,
        key: &'static str,
        default: Option<&str>,
        allowed: &'static str,
        is_valid: fn(&str) -> bool,
    ) -> String {
        match (self.get(key), default) {
            (Some(Value::String(text)), _) if is_valid(&text) => return text,
            (None, Some(default)) => return default.into(),
            (value, _) => self.refuse(key, value, allowed),
        }
        String::new()
    }

    fn optional(
        &mut self,
        key: &'static str,
        allowed: &'static str,
        is_valid: fn(&str) -> bool,
    ) -> Option<String> {
        match self.get(key)? {
            Value::String(text) if is_valid(&text) => Some(text),
            value => {
                self.refuse(key, Some(value), allowed);
                None
            }
        }
    }

    fn names(&mut self, key: &'static str) -> BTreeSet<String> {
        match self.get(key) {
            None => BTreeSet::new(),
            Some(value) => self.list(key, value, NAMES),
        }
    }

    fn list(&mut self, key: &str, value: Value, allowed: &'static str) -> BTreeSet<String> {
        serde_json::from_value(value.clone()).unwrap_or_else(|_| {
            self.refuse(key, Some(value), allowed);
            BTreeSet::new()
        })
    }

    fn tooling_accounts(&mut self) -> Vec<ToolingAccount> {
        const KEY: &str = "toolingAccounts";
        let accounts = match self.get(KEY) {
            Some(Value::Array(accounts)) if !accounts.is_empty() => accounts,
            value => {
                self.refuse(KEY, value, TOOLING);
                return Vec::new();
            }
        };
        let mut merged: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (index, value) in accounts.into_iter().enumerate() {
            let Ok(account) = serde_json::from_value::<ToolingAccount>(value.clone()) else {
                self.refuse(format!("{KEY}[{index}]"), Some(value), TOOLING);
                continue;
            };
            if !is_account(&account.account) {
                self.refuse(format!("{KEY}[{index}].account"), Some(account.account.clone().into()), ACCOUNT);
            }
            if account.regions.is_empty() {
                self.refuse(format!("{KEY}[{index}].regions"), Some(Value::Array(Vec::new())), TOOLING);
            }
            for region in account.regions.iter().filter(|region| !is_region(region)) {
                self.refuse(format!("{KEY}[{index}].regions"), Some(region.as_str().into()), REGION);
            }
            merged.entry(account.account).or_default().extend(account.regions);
        }
        merged.into_iter().map(|(account, regions)| ToolingAccount { account, regions }).collect()
    }

    fn teams(&mut self) -> Teams {
        const KEY: &str = "teams";
        let teams = match self.get(KEY) {
            None => Map::new(),
            Some(Value::Object(teams)) => teams,
            Some(Value::Array(teams)) => self.named_teams(teams),
            value => {
                self.refuse(KEY, value, TEAMS);
                Map::new()
            }
        };
        let owned = teams.into_iter().map(|(team, repositories)| {
            let repositories = self.list(&format!("{KEY}.{team}"), repositories, NAMES);
            (team, repositories)
        });
        Teams(owned.collect())
    }

    /// Teams as a list of names and repositories, which some find easier to write.
    fn named_teams(&mut self, teams: Vec<Value>) -> Map<String, Value> {
        let mut named = Map::new();
        for (index, team) in teams.into_iter().enumerate() {
            match (team["name"].as_str(), team.get("repositories")) {
                (Some(name), Some(repositories)) => drop(named.insert(name.to_owned(), repositories.clone())),
                _ => self.refuse(format!("teams[{index}]"), Some(team), TEAMS),
            }
        }
        named
    }

    fn duration(
        &mut self,
        key: &'static str,
        default: i64,
        longest: i64,
        allowed: &'static str,
    ) -> SignedDuration {
        let Some(value) = self.get(key) else { return SignedDuration::from_secs(default) };
        let duration = match &value {
            Value::Number(seconds) => seconds.as_i64().map(SignedDuration::from_secs),
            Value::String(text) => {
                text.parse().ok().or_else(|| text.parse().ok().map(SignedDuration::from_secs))
            }
            _ => None,
        };
        match duration.filter(|length| (0..=longest).contains(&length.as_secs()) && !length.is_negative()) {
            Some(duration) => duration,
            None => {
                self.refuse(key, Some(value), allowed);
                SignedDuration::ZERO
            }
        }
    }

    fn level_bands(&mut self) -> Levels {
        const KEY: &str = "levelBands";
        let Some(value) = self.get(KEY) else { return Levels::default() };
        Levels::from_json(value).unwrap_or_else(|InvalidLevel { path, value, allowed }| {
            self.refuse(format!("{KEY}{path}"), Some(value), allowed);
            Levels::default()
        })
    }

    fn unknown_keys(&self) -> Vec<String> {
        self.object.keys().filter(|key| !self.read.contains(key.as_str())).cloned().collect()
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
        assert_eq!(settings.production.production_stage, "Production");
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
        check(json!("0s"), Some(0));
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
        check(json!("payments"), None);
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
