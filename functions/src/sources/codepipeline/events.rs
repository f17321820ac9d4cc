//! The events of CodePipeline that the functions are fed with.

use crate::{
    runtime::error::Error,
    sources::{
        envelope::{Envelope, Reading, name},
        source::DeploymentEvent,
    },
};
use metrics_lib::{identity::DeploymentKey, sources::codepipeline::ExecutionKey};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct PipelineDetail {
    #[serde(deserialize_with = "name")]
    pipeline: String,
    #[serde(deserialize_with = "name")]
    execution_id: String,
    state: PipelineState,
    // A whole number, written as a float.
    pipeline_execution_attempt: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum PipelineState {
    Succeeded,
    Failed,
    Stopped,
    Superseded,
    Canceled,
    Cancelled,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct StageDetail {
    #[serde(deserialize_with = "name")]
    pipeline: String,
    #[serde(deserialize_with = "name")]
    execution_id: String,
    stage: String,
    state: StageState,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum StageState {
    Succeeded,
    #[serde(other)]
    Other,
}

/// What an event says.
///
/// # Errors
/// [`Error::Malformed`].
pub(super) fn read(event: &Envelope) -> Result<Reading<DeploymentEvent>, Error> {
    match event.detail_type.as_str() {
        "CodePipeline Pipeline Execution State Change" => ended(event),
        "CodePipeline Stage Execution State Change" => stage(event),
        _ => Ok(Reading::NotOurs),
    }
}

/// A pipeline execution has ended; no other change of it is of interest.
fn ended(event: &Envelope) -> Result<Reading<DeploymentEvent>, Error> {
    let detail = event.detail()?;
    let PipelineDetail { pipeline, execution_id, state, pipeline_execution_attempt } = detail;
    // The words are those that the ledger has.
    let (state, may_go_on) = match state {
        PipelineState::Succeeded => ("Succeeded", false),
        PipelineState::Failed | PipelineState::Stopped => ("Broken", true),
        PipelineState::Superseded | PipelineState::Canceled | PipelineState::Cancelled => {
            ("Superseded", false)
        }
        PipelineState::Other => return Ok(Reading::Irrelevant),
    };
    let attempt = pipeline_execution_attempt.unwrap_or(1.0) as u32;
    let told = format!("{state}{attempt}");
    let key = key(event, pipeline, execution_id);
    Ok(Reading::Event(DeploymentEvent { key, told, part: None, may_go_on, carried: None }))
}

/// A pipeline execution has succeeded in a stage.
fn stage(event: &Envelope) -> Result<Reading<DeploymentEvent>, Error> {
    let StageDetail { pipeline, execution_id, stage, state } = event.detail()?;
    let StageState::Succeeded = state else { return Ok(Reading::Irrelevant) };
    let (key, told) = (key(event, pipeline, execution_id), "stage".to_owned());
    Ok(Reading::Event(DeploymentEvent { key, told, part: Some(stage), may_go_on: false, carried: None }))
}

fn key(event: &Envelope, pipeline: String, execution_id: String) -> DeploymentKey {
    DeploymentKey::Execution(ExecutionKey { place: event.place(), pipeline, execution_id })
}
