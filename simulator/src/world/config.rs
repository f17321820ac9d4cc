//! What must be known of a world before its first line is played: the installation's configuration.

use super::{Entry, Line, Malformed};
use jiff::Timestamp;
use metrics_lib::place::Place;
use program::settings::{Settings, WEBHOOK_SECRET};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What must be known before the first line is played.
#[derive(Clone, Debug)]
pub struct Header {
    /// The installation's configuration.
    pub settings: Settings,
    /// When the first line takes effect.
    pub start: Timestamp,
    /// How many lines there are.
    pub lines: u64,
    /// What was assumed or ignored, for people.
    pub notes: Vec<String>,
}

/// Where things happen in a world.
#[derive(Debug, Default)]
pub(super) struct Places {
    executions: BTreeMap<String, BTreeSet<String>>,
    ops_items: BTreeSet<String>,
    git_hub: bool,
}

impl Places {
    fn runs(&mut self, Place { account, region }: &Place) {
        self.executions.entry(account.clone()).or_default().insert(region.clone());
    }

    /// Takes note of where an entry happens.
    pub(super) fn see(&mut self, entry: &Entry) {
        match entry {
            Entry::Execution(execution) => self.runs(&execution.key.place),
            Entry::Pipeline(key, _) => self.runs(&key.place),
            Entry::OpsItem(item) => {
                self.ops_items.insert(item.key.place.account.clone());
            }
            Entry::GitHub(_) => self.git_hub = true,
            Entry::Config(_) | Entry::Event { .. } | Entry::Connection(_) | Entry::Api(..) => {}
        }
    }
}

impl Header {
    /// Reads the configuration; what it does not say of accounts and regions is taken from where things happen.
    pub(super) fn new(first: Line, places: &Places, lines: u64) -> Result<Self, Malformed> {
        let mut notes = Vec::new();
        let mut config = match first.entry {
            Entry::Config(Value::Object(config)) => config,
            Entry::Config(_) => return Err(Malformed::new("config", "it is not an object")),
            _ => {
                notes.push("the first line is no configuration, the defaults are used".to_owned());
                Map::new()
            }
        };
        let mut assume = |config: &mut Map<String, Value>, key: &str, value: Value| {
            if config.get(key).is_none_or(Value::is_null) {
                notes.push(format!("config.{key} is missing, {value} is assumed"));
                config.insert(key.to_owned(), value);
            }
        };
        let tooling = places
            .executions
            .iter()
            .map(|(account, regions)| json!({"account": account, "regions": regions}));
        assume(&mut config, "toolingAccounts", tooling.collect());
        let accounts: BTreeSet<&String> = places.executions.keys().collect();
        let incidents_only = |account: &String| {
            config.get("incidentAccounts").is_some_and(|accounts| accounts.get(account).is_some())
        };
        let mut elsewhere = places.ops_items.iter().filter(|account| !accounts.contains(account));
        let ops_account = elsewhere.find(|account| !incidents_only(account)).cloned();
        assume(&mut config, "opsAccount", json!(ops_account.as_deref().unwrap_or("000000000000")));
        let region = config["toolingAccounts"][0]["regions"][0].clone();
        assume(&mut config, "region", region);
        if places.git_hub && config.get(WEBHOOK_SECRET).is_none_or(Value::is_null) {
            // There is no secret to be had on this machine: the webhook gets one of its own.
            config.insert(WEBHOOK_SECRET.to_owned(), crate::aws::WEBHOOK_SECRET.into());
        }
        let settings = Settings::from_json(&Value::Object(config)).map_err(|invalid| {
            let reasons: Vec<_> = invalid.0.iter().map(|problem| format!("config.{problem}")).collect();
            Malformed::new("", reasons.join("; "))
        })?;
        let unknown = settings.unknown_keys.iter();
        notes.extend(unknown.map(|key| format!("config.{key} means nothing here and is ignored")));
        Ok(Self { settings, start: first.at, lines, notes })
    }
}
