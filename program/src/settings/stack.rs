//! The configuration of a stack, as Pulumi hands it over.

use super::{
    InvalidSettings, Settings, ToolingSettings, WEBHOOK_SECRET, places,
    problem::{Found, Problem},
    reader::Reader,
    section::Section as _,
    table::STACK,
};
use crate::naming::Names;
use metrics_lib::place::Place;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The configuration of a stack; `stack` says of which kind.
#[derive(Clone, Debug, PartialEq)]
pub enum StackSettings {
    /// `ops`: the stack of the operations account.
    Ops(Box<Settings>),
    /// `tooling`: a stack in a region of a tooling account.
    Tooling(ToolingSettings),
}

const UNKNOWN: &str = "nothing: no setting is called so";

impl ToolingSettings {
    /// The stacks of the tooling accounts that an installation lists: one for each region of each account, whether it runs
    /// pipelines or has incidents only. An organisation's come from a StackSet, and are no configuration.
    pub fn of(settings: &Settings) -> Vec<Self> {
        let stack = |Place { account, region }, executions| Self {
            prefix: settings.prefix.clone(),
            account,
            region,
            ops_account: settings.ops_account.clone(),
            ops_region: settings.region.clone(),
            lead_time: settings.lead_time,
            executions,
            incident_types: settings.incidents.types.clone(),
            tags: settings.operations.tags.clone(),
        };
        let pipelines = settings.pipeline_places().map(|place| stack(place, true));
        let incidents = places(&settings.incident_places);
        pipelines.chain(incidents.map(|place| stack(place, false))).collect()
    }

    /// The configuration that reads as these settings, without what is the default.
    pub fn to_config(&self) -> Map<String, Value> {
        let mut config = Map::from_iter([("stack".to_owned(), json!("tooling"))]);
        config.extend(self.given());
        config
    }

    /// The account and region of the stack.
    pub fn place(&self) -> Place {
        Place::new(&self.account, &self.region)
    }

    /// The account and region of the operations account's stack.
    pub fn ops_place(&self) -> Place {
        Place::new(&self.ops_account, &self.ops_region)
    }

    /// The names of the installation's resources.
    pub fn names(&self) -> Names {
        Names::new(&self.prefix, self.ops_place())
    }
}

impl StackSettings {
    /// Reads the configuration of a stack: what Pulumi hands over in `PULUMI_CONFIG`, a JSON object whose keys start with
    /// the project's name, and whose values are texts; lists and objects are JSON in a text.
    ///
    /// # Errors
    /// Every value that can't be used and every key that means nothing, with what is allowed.
    pub fn from_pulumi(config: &str, project: &str) -> Result<Self, InvalidSettings> {
        let values: BTreeMap<String, String> = serde_json::from_str(config).map_err(|_| {
            InvalidSettings(vec![Problem {
                key: "PULUMI_CONFIG".into(),
                found: Found::Missing,
                allowed: "what Pulumi hands over to a compiler: a JSON object of texts".into(),
            }])
        })?;
        let own = values.into_iter().filter_map(|(key, value)| {
            let key = key.strip_prefix(project)?.strip_prefix(':')?.to_owned();
            let value = if key == WEBHOOK_SECRET { Value::String(value) } else { structured(value) };
            Some((key, value))
        });
        let object: Map<String, Value> = own.collect();
        let mut reader = Reader::new(&object);
        let kind = reader.setting("stack", &STACK);
        let settings = match kind.as_str() {
            "ops" => Self::Ops(Box::new(Settings::read(&mut reader))),
            "tooling" => Self::Tooling(ToolingSettings::read(&mut reader)),
            // What its keys mean depends on the kind.
            _ => return Err(reader.problems()),
        };
        for key in reader.unknown_keys() {
            let value = object.get(&key).cloned();
            let nearest = reader.nearest(&key).map(|nearest| format!(", the nearest is {nearest}"));
            reader.refuse(key, value, format!("{UNKNOWN}{}", nearest.unwrap_or_default()));
        }
        reader.finish(settings)
    }
}

/// A value of a stack's configuration: lists, objects and switches are JSON, everything else is text; a branch may well
/// be called `1`.
fn structured(text: String) -> Value {
    match serde_json::from_str(&text) {
        Ok(value @ (Value::Array(_) | Value::Object(_) | Value::Bool(_))) => value,
        _ => Value::String(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The stacks that an installation lists are configured so that they read as what is meant.
    #[test]
    fn tooling_stacks_of_an_installation() {
        fn check(changes: Value, expected: &[(&str, &str, Value)]) {
            let mut config = json!({
                "opsAccount": "999999999999",
                "region": "eu-west-1",
                "toolingAccounts": [{"account": "111111111111", "regions": ["eu-west-1"]}],
            });
            for (key, value) in changes.as_object().unwrap() {
                config[key] = value.clone();
            }
            let stacks = ToolingSettings::of(&Settings::from_json(&config).unwrap());
            let mut found = Vec::new();
            for stack in &stacks {
                let mut config = stack.to_config();
                let mut reader = Reader::new(&config);
                assert_eq!(reader.setting("stack", &STACK), "tooling");
                let read = ToolingSettings::read(&mut reader);
                assert_eq!(reader.unknown_keys(), [""; 0], "{changes}");
                assert_eq!(reader.finish(read).as_ref(), Ok(stack), "{changes}");
                for key in ["stack", "account", "region", "opsAccount", "opsRegion"] {
                    config.remove(key);
                }
                found.push((&*stack.account, &*stack.region, Value::Object(config)));
            }
            assert_eq!(found, expected, "{changes}");
        }
        let without = json!({"leadTime": false});
        check(json!({}), &[("111111111111", "eu-west-1", without.clone())]);
        check(json!({"webhookSecret": "s"}), &[("111111111111", "eu-west-1", json!({}))]);
        check(
            json!({"toolingAccounts": [{"account": "222222222222", "regions": ["us-east-1", "eu-west-1"]}]}),
            &[("222222222222", "eu-west-1", without.clone()), ("222222222222", "us-east-1", without.clone())],
        );
        check(
            json!({"webhookSecret": "s", "prefix": "other", "tags": {"a": "b"}, "incidentTypes": []}),
            &[(
                "111111111111",
                "eu-west-1",
                json!({"prefix": "other", "tags": {"a": "b"}, "incidentTypes": []}),
            )],
        );
        check(
            json!({"webhookSecret": "s", "incidentAccounts": {"333333333333": ["acme/shop"]}}),
            &[
                ("111111111111", "eu-west-1", json!({})),
                ("333333333333", "eu-west-1", json!({"executions": false})),
            ],
        );
        // The operations account's own stack forwards the incidents of its region.
        check(
            json!({"webhookSecret": "s", "incidentAccounts": {"999999999999": ["acme/shop"]}}),
            &[("111111111111", "eu-west-1", json!({}))],
        );
        check(
            json!({"toolingAccounts": null, "organization": {"id": "o-a1b2c3d4e5", "regions": ["eu-west-1"]}}),
            &[],
        );
    }
}
