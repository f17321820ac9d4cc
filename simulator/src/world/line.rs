//! One line of a world: what it must hold, and nothing about what else it may.

use super::{
    Malformed,
    recorded::{
        API, CONNECTION, DELIVERY, EVENT, EXECUTION, EXECUTION_CHANGE, OPS_ITEM, OPS_ITEM_CHANGE, PIPELINE,
        STAGE_CHANGE,
    },
};
use crate::router::Envelope;
use fake_aws::{PipelineKey, RecordedExecution, RecordedOpsItem};
use jiff::Timestamp;
use metrics_lib::{place::Place, sources::opscenter::OpsItemId};
use serde::Deserialize;
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
    /// CodePipeline knows the structure of a version of a pipeline as it is here from now on.
    Pipeline(PipelineKey, Value),
    /// `CodeConnections` knows a connection as it is here from now on.
    Connection(Value),
    /// `OpsCenter` knows an `OpsItem` as it is here from now on.
    OpsItem(RecordedOpsItem),
    /// The API of a source, by name, knows this from now on.
    Api(String, Value),
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
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The headers, as GitHub sent them.
    pub headers: BTreeMap<String, String>,
    /// The body, as GitHub sent it.
    pub body: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wire {
    at: Option<Timestamp>,
    config: Option<Value>,
    pipeline: Option<Value>,
    connection: Option<Value>,
    execution: Option<Value>,
    ops_item: Option<Value>,
    event: Option<Box<RawValue>>,
    github: Option<Value>,
    api: Option<Value>,
}

impl Line {
    /// Reads a line.
    pub(super) fn parse(number: usize, text: &str) -> Result<Self, Malformed> {
        let Wire { at, config, pipeline, connection, execution, ops_item, event, github, api } = wire(text)?;
        let Some(at) = at else { return Err(Malformed::new("at", "it is missing: a time")) };
        let mut entries: Vec<Result<Entry, Malformed>> = Vec::new();
        entries.extend(config.map(|config| Ok(Entry::Config(config))));
        entries.extend(pipeline.map(recorded_pipeline));
        entries.extend(connection.map(recorded_connection));
        entries.extend(execution.map(recorded_execution));
        entries.extend(ops_item.map(recorded_ops_item));
        entries.extend(event.map(|event| event_entry(event.get())));
        entries.extend(api.map(recorded_in_api));
        entries.extend(github.map(|delivery| recorded_delivery(&delivery).map(Entry::GitHub)));
        let (Some(entry), 0) = (entries.pop(), entries.len()) else {
            let reason = "a line holds exactly one of config, pipeline, connection, execution, opsItem, event, github and api";
            return Err(Malformed::new("", reason));
        };
        let entry = entry?;
        Ok(Self { number, at, entry })
    }
}

/// Reads all of a text: one object, and nothing after it.
fn wire(text: &str) -> Result<Wire, Malformed> {
    // A derived reader would take a list for an object.
    if !text.trim_start().starts_with('{') {
        return Err(Malformed::new("", "it is no JSON object"));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let wire = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        // What is no JSON at all has no path from there on.
        let path = error.path().to_string().trim_end_matches(['.', '?']).to_owned();
        Malformed { path, reason: reason(error.inner()) }
    })?;
    deserializer.end().map_err(|error| Malformed::new("", reason(&error)))?;
    Ok(wire)
}

/// What is wrong with a text, and in which column; it is one line, whose number is said already.
fn reason(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let reason = error.to_string();
    match reason.strip_suffix(&format!(" at line {line} column {column}")) {
        Some(reason) => format!("{reason}, column {column}"),
        None => reason,
    }
}

fn recorded_pipeline(mut value: Value) -> Result<Entry, Malformed> {
    PIPELINE.check("pipeline", &value)?;
    let structure = value["pipeline"].take();
    let (account, region) = (text(&value["account"]), text(&value["region"]));
    let key = PipelineKey { account, region, pipeline: text(&structure["name"]) };
    Ok(Entry::Pipeline(key, structure))
}

/// What the API of a source knows: its name, and anything.
fn recorded_in_api(mut value: Value) -> Result<Entry, Malformed> {
    API.check("api", &value)?;
    let what = value["knows"].take();
    Ok(Entry::Api(text(&value["name"]), what))
}

fn recorded_connection(value: Value) -> Result<Entry, Malformed> {
    CONNECTION.check("connection", &value)?;
    Ok(Entry::Connection(value))
}

fn recorded_execution(mut value: Value) -> Result<Entry, Malformed> {
    EXECUTION.check("execution", &value)?;
    let detail = value["detail"].take();
    let actions = value["actions"].as_array_mut().map(std::mem::take).unwrap_or_default();
    let execution_id = text(&detail["pipelineExecutionId"]);
    for (index, action) in actions.iter().enumerate() {
        if action["pipelineExecutionId"].as_str().is_some_and(|id| id != execution_id) {
            let path = format!("execution.actions[{index}].pipelineExecutionId");
            return Err(Malformed::new(path, format!("it is not that of the execution, {execution_id}")));
        }
    }
    let (account, region) = (text(&value["account"]), text(&value["region"]));
    let pipeline = PipelineKey { account, region, pipeline: text(&detail["pipelineName"]) };
    Ok(Entry::Execution(RecordedExecution { pipeline, execution_id, detail, actions }))
}

fn recorded_ops_item(mut value: Value) -> Result<Entry, Malformed> {
    OPS_ITEM.check("opsItem", &value)?;
    let item = value["item"].take();
    let id: Result<OpsItemId, _> = text(&item["OpsItemId"]).parse();
    let id = id.map_err(|_| Malformed::new("opsItem.item.OpsItemId", "it is no id"))?.to_string();
    let (account, region) = (text(&value["account"]), text(&value["region"]));
    Ok(Entry::OpsItem(RecordedOpsItem { account, region, id, item }))
}

fn recorded_delivery(value: &Value) -> Result<Delivery, Malformed> {
    DELIVERY.check("github", value)?;
    let headers = value["headers"].as_object().into_iter().flatten();
    let headers = headers.filter(|(_, header)| !header.is_null());
    let headers = headers.map(|(name, header)| (name.clone(), text(header))).collect();
    Ok(Delivery { headers, body: text(&value["body"]) })
}

fn event_entry(json: &str) -> Result<Entry, Malformed> {
    let event: Value = serde_json::from_str(json).map_err(|error| Malformed::new("event", reason(&error)))?;
    EVENT.check("event", &event)?;
    let (source, detail_type) = (text(&event["source"]), text(&event["detail-type"]));
    match (source.as_str(), detail_type.as_str()) {
        ("aws.codepipeline", "CodePipeline Pipeline Execution State Change") => {
            EXECUTION_CHANGE.check("event.detail", &event["detail"])?;
        }
        ("aws.codepipeline", "CodePipeline Stage Execution State Change") => {
            STAGE_CHANGE.check("event.detail", &event["detail"])?;
        }
        ("aws.ssm", "OpsItem Create" | "OpsItem Update") => {
            OPS_ITEM_CHANGE.check("event.detail", &event["detail"])?;
        }
        // Nothing reads the details of others.
        _ => {}
    }
    let place = Place::new(text(&event["account"]), text(&event["region"]));
    let envelope = Envelope { place, source, detail_type };
    Ok(Entry::Event { envelope, id: event["id"].as_str().map(str::to_owned), text: json.to_owned() })
}

/// A text whose shape was checked.
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
