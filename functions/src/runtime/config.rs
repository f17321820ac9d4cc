//! The configuration of the functions, read once from the environment.

use crate::runtime::clock::Clock;
use base64::{Engine, prelude::BASE64_STANDARD};
use flate2::read::ZlibDecoder;
use jiff::SignedDuration;
use metrics_lib::{
    contract::env,
    fact::{RepositoryMetrics, Teams},
    place::Place,
    rules::{IncidentRule, ProductionRule, RepositoryRule, ReworkRule},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::BTreeSet;

/// What the environment configures.
#[derive(Clone, Debug)]
pub struct Config {
    /// From [`env::TOOLING_ACCOUNTS`].
    pub tooling_accounts: Vec<ToolingAccount>,
    /// From [`env::ORGANIZATION`].
    pub organization: Option<Organization>,
    /// From [`env::OPS_ACCOUNT`].
    pub ops_account: String,
    /// From [`env::READ_ROLE_ARN`].
    pub read_role_arn: String,
    /// From [`env::READ_ROLE_EXTERNAL_ID`].
    pub read_role_external_id: String,
    /// From [`env::TOOLING_UNDELIVERED`]; only the reconciler looks at it.
    pub tooling_undelivered: Option<String>,
    /// From [`env::LEDGER_TABLE`].
    pub ledger_table: String,
    /// From [`env::PRODUCTION_RULE`].
    pub production: ProductionRule,
    /// From [`env::REWORK_RULE`].
    pub rework: ReworkRule,
    /// From [`env::INCIDENT_RULE`].
    pub incidents: IncidentRule,
    /// From [`env::INCIDENT_ACCOUNTS`].
    pub incident_accounts: Vec<ToolingAccount>,
    /// From [`env::REPOSITORY_RULE`].
    pub repositories: RepositoryRule,
    /// From [`env::TEAMS`].
    pub teams: Teams,
    /// From [`env::REPOSITORY_METRICS`].
    pub repository_metrics: RepositoryMetrics,
    /// The setting `attributionWindow`.
    pub attribution_window: SignedDuration,
    /// The setting `attributionDelay`.
    pub attribution_delay: SignedDuration,
    /// The setting `leadTimeLookback`.
    pub lead_time_lookback: SignedDuration,
    /// From [`env::ATHENA_WORKGROUP`].
    pub athena_workgroup: String,
    /// From [`env::LAKE_DATABASE`].
    pub lake_database: String,
    /// From [`env::LEAD_TIME`].
    pub lead_time: bool,
    /// From [`env::LEAD_TIME_QUEUE`]; only the function that counts deployments has one, where lead time is measured.
    pub lead_time_queue: Option<String>,
    /// From [`env::TRIES`]; functions that are not fed by a queue have none.
    pub tries: Option<u32>,
    /// From [`env::CLOCK_FILE`]; the system's clock if that is not set.
    pub clock: Clock,
}

/// What the environment configures of the widget.
#[derive(Clone, Debug)]
pub struct WidgetConfig {
    /// From [`env::LEDGER_TABLE`].
    pub ledger_table: String,
    /// From [`env::TEAMS`].
    pub teams: Teams,
    /// From [`env::CLOCK_FILE`]; the system's clock if that is not set.
    pub clock: Clock,
}

impl WidgetConfig {
    /// Reads the configuration; `variable` gives the value of an environment variable.
    ///
    /// # Errors
    /// The first variable that is missing or can't be used.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        Ok(Self {
            ledger_table: required(&variable, env::LEDGER_TABLE)?,
            teams: object(env::TEAMS, &required(&variable, env::TEAMS)?)?,
            clock: Clock::from_environment(&variable),
        })
    }
}

/// An account that runs pipelines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolingAccount {
    /// The account's id.
    pub account: String,
    /// The regions whose pipelines and `OpsItem`s count.
    pub regions: BTreeSet<String>,
}

/// An organisation whose accounts run pipelines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Its id.
    pub id: String,
    /// The regions whose pipelines and `OpsItem`s count, in every account.
    pub regions: BTreeSet<String>,
    /// The paths of the organisational units whose accounts count; all if there is none.
    pub paths: BTreeSet<String>,
}

/// A variable that is missing or can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It is not set.
    #[error("environment variable {0} is not set")]
    Missing(String),
    /// Its value can't be used.
    #[error("environment variable {name} can't be used: {reason}")]
    Invalid {
        /// The variable.
        name: String,
        /// What is wrong.
        reason: String,
    },
}

impl Config {
    /// Reads the configuration; `variable` gives the value of an environment variable.
    ///
    /// # Errors
    /// The first variable that is missing or can't be used.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let text = |name| required(&variable, name);
        let duration = |setting| duration(&variable, setting);
        Ok(Self {
            tooling_accounts: json(env::TOOLING_ACCOUNTS, &text(env::TOOLING_ACCOUNTS)?)?,
            organization: optional(&variable, env::ORGANIZATION, object)?,
            ops_account: text(env::OPS_ACCOUNT)?,
            read_role_arn: text(env::READ_ROLE_ARN)?,
            read_role_external_id: text(env::READ_ROLE_EXTERNAL_ID)?,
            tooling_undelivered: variable(env::TOOLING_UNDELIVERED).filter(|name| !name.is_empty()),
            ledger_table: text(env::LEDGER_TABLE)?,
            production: object(env::PRODUCTION_RULE, &text(env::PRODUCTION_RULE)?)?,
            rework: optional(&variable, env::REWORK_RULE, object)?,
            incidents: optional(&variable, env::INCIDENT_RULE, object)?,
            incident_accounts: optional(&variable, env::INCIDENT_ACCOUNTS, json)?,
            repositories: optional(&variable, env::REPOSITORY_RULE, object)?,
            teams: object(env::TEAMS, &text(env::TEAMS)?)?,
            repository_metrics: optional(&variable, env::REPOSITORY_METRICS, json)?,
            attribution_window: duration("attributionWindow")?,
            attribution_delay: duration("attributionDelay")?,
            lead_time_lookback: duration("leadTimeLookback")?,
            athena_workgroup: text(env::ATHENA_WORKGROUP)?,
            lake_database: text(env::LAKE_DATABASE)?,
            tries: optional(&variable, env::TRIES, |name, text| {
                text.parse().map(Some).map_err(|error| invalid(name, &error))
            })?,
            lead_time_queue: variable(env::LEAD_TIME_QUEUE).filter(|url| !url.is_empty()),
            lead_time: variable(env::LEAD_TIME).as_deref() == Some("true"),
            clock: Clock::from_environment(&variable),
        })
    }

    /// The names of repositories that the configuration has.
    pub fn repository_names(&self) -> impl Iterator<Item = &str> {
        let names = self.teams.0.values().flatten().chain(&self.production.trunk_based);
        names.chain(&self.repositories.spellings).map(String::as_str)
    }

    /// Whether pipelines and `OpsItem`s of an account and region count. That an account belongs to the organisation, the
    /// policy of the bus makes sure: who does not is not heard.
    pub fn covers(&self, place: &Place) -> bool {
        let has = |organization: &Organization| organization.regions.contains(&place.region);
        self.organization.as_ref().is_some_and(has) || self.is_listed(place)
    }

    /// Whether the configuration itself names an account and region.
    pub fn is_listed(&self, Place { account, region }: &Place) -> bool {
        self.tooling_accounts
            .iter()
            .any(|listed| listed.account == *account && listed.regions.contains(region))
    }

    /// All settings by which an execution is what it is, as one word: it is another one when any of them changes.
    pub fn settings(&self) -> String {
        format!("{:016x}{:016x}", self.production.digest(), self.repositories.digest())
    }

    /// Every account and region of the configuration whose pipelines count.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        places_of(&self.tooling_accounts)
    }

    /// Every account and region of the configuration that an `OpsItem` may be in: those of the pipelines, those that have incidents only, and the
    /// operations account.
    pub fn ops_item_places(&self, own_region: &str) -> impl Iterator<Item = Place> {
        let own = Place::new(&self.ops_account, own_region);
        let others = places_of(&self.tooling_accounts).chain(places_of(&self.incident_accounts));
        std::iter::once(own.clone()).chain(others.filter(move |place| *place != own))
    }
}

/// What the environment configures of the webhook.
#[derive(Clone, Debug)]
pub struct WebhookConfig {
    /// From [`env::WEBHOOK_SECRET`].
    pub secret: String,
    /// The setting `webhookSecretOverlap`.
    pub secret_overlap: SignedDuration,
    /// From [`env::DELIVERY_STREAM`].
    pub delivery_stream: String,
    /// The setting `botAuthors`.
    pub bot_authors: BTreeSet<String>,
    /// From [`env::REWORK_RULE`].
    pub rework: ReworkRule,
    /// From [`env::LEDGER_TABLE`].
    pub ledger_table: String,
    /// From [`env::CLOCK_FILE`]; the system's clock if that is not set.
    pub clock: Clock,
}

impl WebhookConfig {
    /// Reads the configuration; `variable` gives the value of an environment variable.
    ///
    /// # Errors
    /// The first variable that is missing.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        Ok(Self {
            secret: required(&variable, env::WEBHOOK_SECRET)?,
            secret_overlap: duration(&variable, "webhookSecretOverlap")?,
            delivery_stream: required(&variable, env::DELIVERY_STREAM)?,
            bot_authors: list(&variable, "botAuthors")?,
            rework: optional(&variable, env::REWORK_RULE, object)?,
            ledger_table: required(&variable, env::LEDGER_TABLE)?,
            clock: Clock::from_environment(&variable),
        })
    }
}

/// Every region of accounts.
fn places_of(accounts: &[ToolingAccount]) -> impl Iterator<Item = Place> {
    accounts.iter().flat_map(|ToolingAccount { account, regions }| {
        regions.iter().map(move |region| Place::new(account, region))
    })
}

/// What is its default where the variable is not set.
fn optional<T: Default>(
    variable: impl Fn(&str) -> Option<String>,
    name: &str,
    read: impl FnOnce(&str, &str) -> Result<T, ConfigError>,
) -> Result<T, ConfigError> {
    match variable(name).filter(|value| !value.is_empty()) {
        Some(text) => read(name, &text),
        None => Ok(T::default()),
    }
}

fn required(variable: impl Fn(&str) -> Option<String>, name: &str) -> Result<String, ConfigError> {
    variable(name).filter(|value| !value.is_empty()).ok_or_else(|| ConfigError::Missing(name.to_owned()))
}

/// A setting that is a length of time.
fn duration(variable: impl Fn(&str) -> Option<String>, setting: &str) -> Result<SignedDuration, ConfigError> {
    let name = env::of_setting(setting);
    required(variable, &name)?.parse().map_err(|error: jiff::Error| invalid(&name, &error))
}

/// A setting that is a list.
fn list<T: DeserializeOwned>(
    variable: impl Fn(&str) -> Option<String>,
    setting: &str,
) -> Result<T, ConfigError> {
    let name = env::of_setting(setting);
    json(&name, &required(variable, &name)?)
}

/// An object. A derived reader would take a list for one.
fn object<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, ConfigError> {
    if text.starts_with('[') {
        return Err(ConfigError::Invalid { name: name.to_owned(), reason: "expected an object".into() });
    }
    json(name, text)
}

/// A list or object: JSON, or base64 of zlib of it, which no JSON of a list or object looks like.
fn json<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, ConfigError> {
    if text.starts_with(['[', '{']) {
        return serde_json::from_str(text).map_err(|error| invalid(name, &error));
    }
    let compressed = BASE64_STANDARD.decode(text).map_err(|error| invalid(name, &error))?;
    serde_json::from_reader(ZlibDecoder::new(&compressed[..])).map_err(|error| invalid(name, &error))
}

fn invalid(name: &str, error: &dyn std::error::Error) -> ConfigError {
    ConfigError::Invalid { name: name.to_owned(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn variables() -> BTreeMap<&'static str, &'static str> {
        BTreeMap::from([
            (env::TOOLING_ACCOUNTS, r#"[{"account":"111111111111","regions":["eu-west-1"]}]"#),
            (env::OPS_ACCOUNT, "999999999999"),
            (env::READ_ROLE_ARN, "arn:aws:iam::{account}:role/dora-read-{region}"),
            (env::READ_ROLE_EXTERNAL_ID, "dora"),
            (env::LEDGER_TABLE, "dora-ledger"),
            (env::PRODUCTION_RULE, r#"{"mainBranch":"main","productionStages":["Production"]}"#),
            (env::TEAMS, "{}"),
            ("DORA_ATTRIBUTION_WINDOW", "PT24H"),
            ("DORA_ATTRIBUTION_DELAY", "PT15M"),
            ("DORA_LEAD_TIME_LOOKBACK", "PT2160H"),
            (env::ATHENA_WORKGROUP, "dora"),
            (env::LAKE_DATABASE, "dora"),
        ])
    }

    #[test]
    fn every_error_names_its_variable() {
        fn check(name: &'static str, value: Option<&'static str>) {
            let mut variables = variables();
            match value {
                Some(value) => variables.insert(name, value),
                None => variables.remove(name),
            };
            let error = Config::read(|name| variables.get(name).map(ToString::to_string)).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
        for name in variables().keys() {
            check(name, None);
            check(name, Some(""));
        }
        check(env::TOOLING_ACCOUNTS, Some("111111111111"));
        check(env::PRODUCTION_RULE, Some("Production"));
        check(env::ORGANIZATION, Some("o-a1b2c3d4e5"));
        check(env::REWORK_RULE, Some("[]"));
        check(env::INCIDENT_RULE, Some("[]"));
        check(env::REPOSITORY_RULE, Some("[]"));
        check(env::TEAMS, Some("[]"));
        check(env::REPOSITORY_METRICS, Some("{}"));
        check("DORA_ATTRIBUTION_WINDOW", Some("soon"));
        check("DORA_ATTRIBUTION_DELAY", Some("15"));
        check(env::TRIES, Some("often"));
    }

    #[test]
    fn only_configured_regions_count() {
        let config = Config::read(|name| variables().get(name).map(ToString::to_string)).unwrap();
        assert!(config.covers(&Place::new("111111111111", "eu-west-1")));
        assert!(!config.covers(&Place::new("111111111111", "us-east-1")));
        assert!(!config.covers(&Place::new("999999999999", "eu-west-1")));
        // Of an organisation every account counts, in its regions.
        let organization = r#"{"id": "o-a1b2c3d4e5", "regions": ["us-east-1"], "paths": []}"#;
        let variable = |name: &str| match name {
            env::ORGANIZATION => Some(organization.to_owned()),
            name => variables().get(name).map(ToString::to_string),
        };
        let config = Config::read(variable).unwrap();
        assert!(
            config.covers(&Place::new("111111111111", "eu-west-1"))
                && config.covers(&Place::new("222222222222", "us-east-1"))
        );
        assert!(!config.covers(&Place::new("222222222222", "eu-west-1")));
    }
}
