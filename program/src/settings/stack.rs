//! The configuration of a stack, as Pulumi hands it over.

use super::{
    InvalidSettings, Settings, WEBHOOK_SECRET, prefix,
    problem::{Found, Problem},
    reader::{ACCOUNT, REGION, Reader, is_account, is_region},
};
use crate::naming::Names;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The configuration of a stack in a region of a tooling account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolingSettings {
    /// `prefix`: that of the operations account's stack.
    pub prefix: String,
    /// `account`: the account that runs the pipelines.
    pub account: String,
    /// `region`: the region that it runs them in.
    pub region: String,
    /// `opsAccount`: the account that computes and shows the metrics.
    pub ops_account: String,
    /// `opsRegion`: the region of its stack.
    pub ops_region: String,
    /// `leadTime`: whether the operations account's stack measures lead time.
    pub lead_time: bool,
    /// `executions`: whether the account runs pipelines; if not, it is one of `incidentAccounts`.
    pub executions: bool,
    /// `incidentTypes`: those of the operations account's stack.
    pub incident_types: BTreeSet<String>,
    /// `tags`: what every resource is tagged with, beside the installation's own tags.
    pub tags: BTreeMap<String, String>,
}

/// The configuration of a stack; `stack` says of which kind.
#[derive(Clone, Debug, PartialEq)]
pub enum StackSettings {
    /// `ops`: the stack of the operations account.
    Ops(Box<Settings>),
    /// `tooling`: a stack in a region of a tooling account.
    Tooling(ToolingSettings),
}

const UNKNOWN: &str = "nothing: no setting is called so";
const STACK: &str = "\"ops\" or \"tooling\"";

impl ToolingSettings {
    fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            prefix: prefix(reader),
            account: reader.checked("account", None, ACCOUNT, is_account),
            region: reader.checked("region", None, REGION, is_region),
            ops_account: reader.checked("opsAccount", None, ACCOUNT, is_account),
            ops_region: reader.checked("opsRegion", None, REGION, is_region),
            lead_time: reader.switch("leadTime", true),
            executions: reader.switch("executions", true),
            incident_types: reader.incident_types(),
            tags: reader.tags("tags"),
        }
    }

    /// The names of the installation's resources.
    pub fn names(&self) -> Names {
        Names::new(&self.prefix, &self.ops_account, &self.ops_region)
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
                allowed: "what Pulumi hands over to a compiler: a JSON object of texts",
            }])
        })?;
        let own = values.into_iter().filter_map(|(key, value)| {
            let key = key.strip_prefix(project)?.strip_prefix(':')?.to_owned();
            let value = if key == WEBHOOK_SECRET { Value::String(value) } else { structured(value) };
            Some((key, value))
        });
        let object: Map<String, Value> = own.collect();
        let mut reader = Reader::new(&object);
        let kind = reader.checked("stack", None, STACK, |kind| kind == "ops" || kind == "tooling");
        let settings = match kind.as_str() {
            "ops" => Self::Ops(Box::new(Settings::read(&mut reader))),
            "tooling" => Self::Tooling(ToolingSettings::read(&mut reader)),
            // What its keys mean depends on the kind.
            _ => return Err(reader.problems()),
        };
        for key in reader.unknown_keys() {
            let value = object.get(&key).cloned();
            reader.refuse(key, value, UNKNOWN);
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
