//! One line of a world: what it must hold, and nothing about what else it may.

use super::Fault;
use crate::{
    aws::{RecordedExecution, RecordedOpsItem, recorded_time},
    router::Envelope,
};
use jiff::Timestamp;
use metrics_lib::event::{ExecutionKey, OpsItemId, OpsItemKey};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error},
};
use serde_json::{Value, value::RawValue};
use std::collections::BTreeMap;

/// A line: what happens, and when.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its number, from 1 on.
    pub number: usize,
    /// When it takes effect.
    pub at: Timestamp,
    /// What happens.
    pub entry: Entry,
}

/// What a line holds.
#[derive(Clone, Debug)]
pub enum Entry {
    /// The installation's configuration.
    Config(Value),
    /// CodePipeline knows an execution as it is here from now on.
    Execution(RecordedExecution),
    /// `OpsCenter` knows an `OpsItem` as it is here from now on.
    OpsItem(RecordedOpsItem),
    /// GitHub delivers a webhook.
    GitHub(Delivery),
    /// An event is on the default bus of its account.
    Event {
        /// What decides its way.
        envelope: Envelope,
        /// Its id, if it has one.
        id: Option<String>,
        /// All of it, as JSON.
        text: String,
    },
}

/// A delivery of GitHub's.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// The headers, as GitHub sent them.
    pub headers: BTreeMap<String, String>,
    /// The body, as GitHub sent it.
    pub body: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wire {
    at: Timestamp,
    config: Option<Value>,
    execution: Option<Value>,
    ops_item: Option<Value>,
    event: Option<Box<RawValue>>,
    github: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Execution {
    #[serde(deserialize_with = "account")]
    account: String,
    region: String,
    detail: ExecutionDetail,
    actions: Vec<Action>,
}

/// What every execution has that `GetPipelineExecution` describes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecutionDetail {
    pipeline_name: String,
    pipeline_execution_id: String,
    #[serde(rename = "status")]
    _status: String,
    #[serde(rename = "artifactRevisions", default)]
    _artifact_revisions: Vec<ArtifactRevision>,
}

#[derive(Deserialize)]
struct ArtifactRevision {
    #[serde(rename = "created", default, deserialize_with = "optional_time")]
    _created: (),
}

/// What every action has that `ListActionExecutions` describes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Action {
    pipeline_execution_id: Option<String>,
    #[serde(rename = "stageName")]
    _stage_name: String,
    #[serde(rename = "actionName")]
    _action_name: String,
    #[serde(rename = "status")]
    _status: String,
    #[serde(rename = "startTime", default, deserialize_with = "optional_time")]
    _start_time: (),
    #[serde(rename = "lastUpdateTime", deserialize_with = "time")]
    _last_update_time: (),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpsItem {
    #[serde(deserialize_with = "account")]
    account: String,
    region: String,
    item: Item,
}

/// What every `OpsItem` has that `GetOpsItem` describes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    ops_item_id: OpsItemId,
    #[serde(rename = "CreatedTime", deserialize_with = "time")]
    _created_time: (),
}

/// What every event has that EventBridge delivers.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Event {
    id: Option<String>,
    #[serde(deserialize_with = "account")]
    account: String,
    region: String,
    source: String,
    detail_type: String,
}

impl Line {
    /// Reads a line.
    pub(super) fn parse(number: usize, text: &str) -> Result<Self, Fault> {
        let wire: Wire = at_path("", &mut serde_json::Deserializer::from_str(text))?;
        let Wire { at, config, execution, ops_item, event, github } = wire;
        let entry = match (config, execution, ops_item, event, github) {
            (Some(config), None, None, None, None) => Entry::Config(config),
            (None, Some(execution), None, None, None) => recorded_execution(execution)?,
            (None, None, Some(item), None, None) => recorded_ops_item(item)?,
            (None, None, None, Some(event), None) => event_entry(event.get())?,
            (None, None, None, None, Some(delivery)) => Entry::GitHub(at_path("github", &delivery)?),
            _ => {
                let reason = "a line holds exactly one of config, execution, opsItem, event and github";
                return Err(Fault::new("", reason));
            }
        };
        Ok(Self { number, at, entry })
    }
}

fn recorded_execution(mut value: Value) -> Result<Entry, Fault> {
    let Execution { account, region, detail, actions } = at_path("execution", &value)?;
    for (index, action) in actions.iter().enumerate() {
        if action.pipeline_execution_id.as_ref().is_some_and(|id| *id != detail.pipeline_execution_id) {
            let path = format!("execution.actions[{index}].pipelineExecutionId");
            let reason = format!("it is not that of the execution, {}", detail.pipeline_execution_id);
            return Err(Fault::new(path, reason));
        }
    }
    let ExecutionDetail { pipeline_name: pipeline, pipeline_execution_id: execution_id, .. } = detail;
    let key = ExecutionKey { account, region, pipeline, execution_id };
    let detail = value["detail"].take();
    let actions = value["actions"].as_array_mut().map(std::mem::take).unwrap_or_default();
    Ok(Entry::Execution(RecordedExecution { key, detail, actions }))
}

fn recorded_ops_item(mut value: Value) -> Result<Entry, Fault> {
    let OpsItem { account, region, item } = at_path("opsItem", &value)?;
    let key = OpsItemKey { account, region, ops_item_id: item.ops_item_id };
    Ok(Entry::OpsItem(RecordedOpsItem { key, item: value["item"].take() }))
}

fn event_entry(text: &str) -> Result<Entry, Fault> {
    let Event { id, account, region, source, detail_type } =
        at_path("event", &mut serde_json::Deserializer::from_str(text))?;
    let envelope = Envelope { account, region, source, detail_type };
    Ok(Entry::Event { envelope, id, text: text.to_owned() })
}

fn at_path<'de, T: DeserializeOwned>(
    prefix: &str,
    deserializer: impl Deserializer<'de, Error = serde_json::Error>,
) -> Result<T, Fault> {
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let path = error.path().to_string();
        // What is no JSON at all has no path from there on.
        let path = match (prefix, path.trim_end_matches(['.', '?'])) {
            (prefix, "") => prefix.to_owned(),
            ("", path) => path.to_owned(),
            (prefix, path) => format!("{prefix}.{path}"),
        };
        Fault { path, reason: error.into_inner().to_string() }
    })
}

fn account<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let account = String::deserialize(deserializer)?;
    if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(account)
    } else {
        Err(D::Error::custom(format!("{account:?} is no account id, 12 digits")))
    }
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    let value = Value::deserialize(deserializer)?;
    let time = recorded_time(&value).map(drop);
    time.ok_or_else(|| D::Error::custom(format!("{value} is no time, such as \"2026-06-15T12:00:00.123Z\"")))
}

fn optional_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    Option::<Value>::deserialize(deserializer)?.map_or(Ok(()), |value| time(value).map_err(D::Error::custom))
}
