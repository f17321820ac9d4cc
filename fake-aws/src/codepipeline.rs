//! CodePipeline: the executions that were recorded, as its API describes them.

use crate::{
    AwsError,
    archive::{Archive, Extent},
    time,
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    io,
};

/// How many results a page has, unless the request says less.
const PAGE: usize = 100;

/// What identifies a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PipelineKey {
    /// The account that it runs in, 12 digits.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Its name.
    pub pipeline: String,
}

/// A pipeline execution, as the AWS CLI prints it.
#[derive(Clone, Debug)]
pub struct RecordedExecution {
    /// Its pipeline.
    pub pipeline: PipelineKey,
    /// Its id, a UUID.
    pub execution_id: String,
    /// The `pipelineExecution` of `GetPipelineExecution`.
    pub detail: Value,
    /// The `actionExecutionDetails` of `ListActionExecutions`.
    pub actions: Vec<Value>,
}

/// The executions of every pipeline.
#[derive(Debug, Default)]
pub struct CodePipeline {
    pipelines: HashMap<PipelineKey, Pipeline>,
    archive: Archive,
}

/// A pipeline's executions.
#[derive(Debug, Default)]
struct Pipeline {
    executions: HashMap<String, Stored>,
    /// The structures that were recorded, by version.
    structures: BTreeMap<i64, Value>,
    /// Their ids by when they started, and in order of recording.
    order: BTreeMap<(Timestamp, usize), String>,
}

#[derive(Debug)]
struct Stored {
    position: (Timestamp, usize),
    summary: Extent,
    detail: Extent,
    actions: Extent,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GetPipelineExecution {
    pipeline_name: String,
    pipeline_execution_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GetPipeline {
    name: String,
    version: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListPipelines {
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListPipelineExecutions {
    pipeline_name: String,
    filter: Option<ExecutionFilter>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ExecutionFilter {
    succeeded_in_stage: Option<StageFilter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StageFilter {
    stage_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListActionExecutions {
    pipeline_name: String,
    filter: Option<ActionFilter>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ActionFilter {
    pipeline_execution_id: Option<String>,
}

impl CodePipeline {
    /// Records an execution, in place of what was recorded of it before.
    ///
    /// # Errors
    /// When the execution can't be kept on disk.
    pub fn record(&mut self, execution: RecordedExecution) -> io::Result<()> {
        let RecordedExecution { pipeline, execution_id: id, mut detail, mut actions } = execution;
        let pipeline = self.pipelines.entry(pipeline).or_default();
        let summary = summary(&detail, &actions);
        for revision in detail["artifactRevisions"].as_array_mut().into_iter().flatten() {
            time::to_wire(revision, &["created"]);
        }
        for action in &mut actions {
            time::to_wire(action, &["startTime", "lastUpdateTime"]);
        }
        // The service lists the latest first, and of an unchanged order the recording's.
        let started = |action: &Value| action["startTime"].as_f64().unwrap_or_default();
        actions.sort_by(|a, b| started(b).total_cmp(&started(a)));
        let position = match pipeline.executions.get(&id) {
            Some(stored) => stored.position,
            None => {
                let started = time::recorded(&summary["startTime"]).unwrap_or(Timestamp::MAX);
                let position = (started, pipeline.executions.len());
                pipeline.order.insert(position, id.clone());
                position
            }
        };
        let stored = Stored {
            position,
            summary: self.archive.put_json(&summary)?,
            detail: self.archive.put_json(&detail)?,
            actions: self.archive.put_json(&actions)?,
        };
        pipeline.executions.insert(id, stored);
        Ok(())
    }

    /// Records the structure of a pipeline, in place of what was recorded of its version before.
    pub fn record_structure(&mut self, key: PipelineKey, structure: Value) {
        let version = structure["version"].as_i64().unwrap_or(1);
        self.pipelines.entry(key).or_default().structures.insert(version, structure);
    }

    /// Answers an operation for a caller in an account and region.
    pub(super) fn call(
        &self,
        account: &str,
        region: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, AwsError> {
        let pipeline = |name: String| {
            let key = PipelineKey { account: account.into(), region: region.into(), pipeline: name };
            self.pipelines.get(&key).ok_or_else(|| {
                let PipelineKey { account, pipeline, .. } = key;
                let message = format!("Account '{account}' does not have a pipeline with name '{pipeline}'");
                AwsError::new("PipelineNotFoundException", message)
            })
        };
        match operation {
            "GetPipelineExecution" => {
                let GetPipelineExecution { pipeline_name, pipeline_execution_id } = read(input)?;
                let stored = pipeline(pipeline_name)?.execution(&pipeline_execution_id)?;
                Ok(json!({"pipelineExecution": self.archive.json::<Value>(stored.detail)?}))
            }
            "GetPipeline" => {
                let GetPipeline { name, version } = read(input)?;
                let structures = &pipeline(name.clone())?.structures;
                let structure = match version {
                    Some(version) => structures.get(&version),
                    None => structures.values().next_back(),
                };
                let structure = structure.ok_or_else(|| {
                    let message = format!("Pipeline {name} has no such version");
                    AwsError::new("PipelineVersionNotFoundException", message)
                })?;
                Ok(json!({"pipeline": structure}))
            }
            "ListPipelines" => {
                let ListPipelines { max_results, next_token } = read(input)?;
                let here =
                    self.pipelines.keys().filter(|key| (&*key.account, &*key.region) == (account, region));
                let version =
                    |key| self.pipelines.get(key).and_then(|known| known.structures.keys().next_back());
                let mut names: Vec<_> = here.map(|key| (key.pipeline.as_str(), version(key))).collect();
                names.sort_unstable();
                let (page, next) = page(names.into_iter(), max_results, next_token.as_deref())?;
                let summaries = page
                    .into_iter()
                    .map(|(name, version)| json!({"name": name, "version": version.unwrap_or(&1)}));
                Ok(listed("pipelines", summaries.collect(), next))
            }
            "ListPipelineExecutions" => {
                let ListPipelineExecutions { pipeline_name, filter, max_results, next_token } = read(input)?;
                let pipeline = pipeline(pipeline_name)?;
                let stage = filter.and_then(|filter| filter.succeeded_in_stage).map(|stage| stage.stage_name);
                let mut newest_first: Vec<&String> = Vec::new();
                for id in pipeline.order.values().rev() {
                    if match &stage {
                        Some(stage) => {
                            let actions = self.archive.json::<Vec<Value>>(pipeline.executions[id].actions)?;
                            succeeded_in(&actions, stage)
                        }
                        None => true,
                    } {
                        newest_first.push(id);
                    }
                }
                let (page, next) = page(newest_first.into_iter(), max_results, next_token.as_deref())?;
                let summaries = page.into_iter().map(|id| self.archive.json(pipeline.executions[id].summary));
                Ok(listed("pipelineExecutionSummaries", summaries.collect::<io::Result<_>>()?, next))
            }
            "ListActionExecutions" => {
                let ListActionExecutions { pipeline_name, filter, max_results, next_token } = read(input)?;
                let pipeline = pipeline(pipeline_name)?;
                let executions = match filter.and_then(|filter| filter.pipeline_execution_id) {
                    Some(id) => vec![pipeline.execution(&id)?],
                    None => pipeline.order.values().rev().map(|id| &pipeline.executions[id]).collect(),
                };
                let mut actions: Vec<Value> = Vec::new();
                for execution in executions {
                    actions.extend(self.archive.json::<Vec<Value>>(execution.actions)?);
                }
                let (page, next) = page(actions.into_iter(), max_results, next_token.as_deref())?;
                Ok(listed("actionExecutionDetails", page, next))
            }
            _ => Err(AwsError::not_implemented("codepipeline", operation)),
        }
    }
}

/// Whether the latest attempt of each action of a stage succeeded.
fn succeeded_in(actions: &[Value], stage: &str) -> bool {
    let mut latest: BTreeMap<&str, (f64, &str)> = BTreeMap::new();
    for action in actions.iter().filter(|action| action["stageName"] == stage) {
        let started = action["startTime"].as_f64().unwrap_or_default();
        let entry = (started, action["status"].as_str().unwrap_or_default());
        let last = latest.entry(action["actionName"].as_str().unwrap_or_default()).or_insert(entry);
        if entry.0 >= last.0 {
            *last = entry;
        }
    }
    !latest.is_empty() && latest.values().all(|(_, status)| *status == "Succeeded")
}

impl Pipeline {
    fn execution(&self, id: &str) -> Result<&Stored, AwsError> {
        self.executions.get(id).ok_or_else(|| {
            let message = format!("Pipeline does not have an execution with id '{id}'");
            AwsError::new("PipelineExecutionNotFoundException", message)
        })
    }
}

/// What `ListPipelineExecutions` says of an execution, times on the wire's form.
fn summary(detail: &Value, actions: &[Value]) -> Value {
    let times = |member: &str| -> Vec<Timestamp> {
        actions.iter().filter_map(|action| time::recorded(&action[member])).collect()
    };
    let mut summary = json!({
        "pipelineExecutionId": detail["pipelineExecutionId"],
        "status": detail["status"],
        "startTime": times("startTime").into_iter().min().map(time::epoch),
        "lastUpdateTime": times("lastUpdateTime").into_iter().max().map(time::epoch),
    });
    let source_revisions: Vec<Value> =
        actions.iter().filter_map(|action| source_revision(detail, action)).collect();
    if !source_revisions.is_empty() {
        summary["sourceRevisions"] = source_revisions.into();
    }
    for member in ["statusSummary", "trigger", "executionMode", "executionType", "rollbackMetadata"] {
        if let Some(value) = detail.get(member) {
            summary[member] = value.clone();
        }
    }
    summary
}

/// What a source action brought in, as it is listed (`SourceRevision`); none for other actions. The artifact's revision
/// tells most, then the action's result, then its variables.
fn source_revision(detail: &Value, action: &Value) -> Option<Value> {
    (action["input"]["actionTypeId"]["category"] == "Source").then_some(())?;
    let (result, variables) = (&action["output"]["executionResult"], &action["output"]["outputVariables"]);
    let outputs = action["output"]["outputArtifacts"].as_array().into_iter().flatten();
    let artifacts: Vec<&Value> = outputs.map(|artifact| &artifact["name"]).collect();
    let revisions = detail["artifactRevisions"].as_array().into_iter().flatten();
    let artifact = revisions.into_iter().find(|revision| artifacts.contains(&&revision["name"]));
    let artifact = artifact.unwrap_or(&Value::Null);
    let first =
        |candidates: &[&Value]| candidates.iter().find(|text| text.is_string()).map(|text| (*text).clone());
    let id = first(&[
        &artifact["revisionId"],
        &result["externalExecutionId"],
        &variables["CommitId"],
        &variables["ImageDigest"],
        &variables["VersionId"],
    ])?;
    let mut revision = json!({"actionName": action["actionName"], "revisionId": id});
    let summary =
        [&artifact["revisionSummary"], &result["externalExecutionSummary"], &variables["CommitMessage"]];
    let url = [&artifact["revisionUrl"], &result["externalExecutionUrl"]];
    for (member, found) in [("revisionSummary", first(&summary)), ("revisionUrl", first(&url))] {
        if let Some(found) = found {
            revision[member] = found;
        }
    }
    Some(revision)
}

fn read<T: serde::de::DeserializeOwned>(input: Value) -> Result<T, AwsError> {
    serde_json::from_value(input).map_err(|error| AwsError::new("ValidationException", error.to_string()))
}

/// A page of results, and the token of the next if there are more.
fn page<T>(
    all: impl ExactSizeIterator<Item = T>,
    size: Option<usize>,
    token: Option<&str>,
) -> Result<(Vec<T>, Option<String>), AwsError> {
    let size = size.unwrap_or(PAGE);
    if !(1..=PAGE).contains(&size) {
        return Err(AwsError::new(
            "ValidationException",
            format!("maxResults must be 1 to {PAGE}, not {size}"),
        ));
    }
    let invalid =
        |token: &str| AwsError::new("InvalidNextTokenException", format!("The token {token} is invalid"));
    let start: usize = token.map_or(Ok(0), |token| token.parse().map_err(|_| invalid(token)))?;
    let end = start + size;
    let next = (end < all.len()).then(|| end.to_string());
    Ok((all.skip(start).take(size).collect(), next))
}

fn listed(member: &str, elements: Vec<Value>, next: Option<String>) -> Value {
    let mut output = json!({member: elements});
    if let Some(token) = next {
        output["nextToken"] = token.into();
    }
    output
}

#[cfg(test)]
mod tests;
