//! Turns (account, region, pipeline, execution id) into a deployment, a rollback, or the reason why it is neither,
//! from what CodePipeline's API says of exactly this execution.

use crate::{clients::Reader, context::Context, error::Error};
use aws_sdk_codepipeline::{
    primitives::DateTime,
    types::{
        ActionExecutionDetail, ActionExecutionFilter, ExecutionType as ApiExecutionType, PipelineExecution,
        PipelineExecutionStatus, PipelineExecutionSummary,
    },
};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::{
    event::{Deployed, Deployment, ExecutionKey, Rollback},
    production::{
        self, Action, ArtifactRevision, Execution, ExecutionStatus, ExecutionType, NotProduction, Outcome,
    },
};
use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

/// What an execution is to the metrics.
#[derive(Clone, Debug)]
pub enum Resolution {
    /// A production deployment.
    Deployment(Deployment),
    /// A rollback.
    Rollback(Rollback),
    /// Neither.
    NotProduction(NotProduction),
}

impl Resolution {
    /// The repository that it is about, where that is known.
    pub fn repository(&self) -> Option<&str> {
        match self {
            Self::Deployment(deployment) => Some(&deployment.source.repository),
            Self::Rollback(rollback) => rollback.repository.as_deref(),
            Self::NotProduction(ignored) => ignored.repository.as_deref(),
        }
    }
}

/// Resolves an execution that has succeeded.
///
/// # Errors
/// [`Error::Unconfigured`] for an account or region that is not ours to read, [`Error::Unfinished`] while the API does
/// not show the execution's end, [`Error::Aws`].
pub async fn resolve(context: &Context, key: &ExecutionKey) -> Result<Resolution, Error> {
    check_configured(context, key)?;
    match classify(context, key).await? {
        Outcome::Deployment(deployment) => Ok(Resolution::Deployment(deployment)),
        Outcome::NotProduction(reason) => Ok(Resolution::NotProduction(reason)),
        Outcome::Unfinished(reason) => Err(Error::Unfinished { key: key.clone(), reason }),
        Outcome::Rollback { time, target, repository } => {
            rollback(context, key, time, target, repository).await.map(Resolution::Rollback)
        }
    }
}

/// Resolves an execution if it is a rollback; none if it is an ordinary run, which takes one request to know.
///
/// # Errors
/// Those of [`resolve`].
pub async fn resolve_rollback(context: &Context, key: &ExecutionKey) -> Result<Option<Rollback>, Error> {
    check_configured(context, key)?;
    let execution = pipeline_execution(&*reader(context, key).await, key).await?;
    if !matches!(execution_type(&execution), ExecutionType::Rollback { .. }) {
        return Ok(None);
    }
    match resolve(context, key).await? {
        Resolution::Rollback(rollback) => Ok(Some(rollback)),
        Resolution::Deployment(_) | Resolution::NotProduction(_) => Ok(None),
    }
}

fn check_configured(context: &Context, key: &ExecutionKey) -> Result<(), Error> {
    if context.config.covers(&key.account, &key.region) {
        return Ok(());
    }
    Err(Error::Unconfigured { account: key.account.clone(), region: key.region.clone() })
}

async fn reader(context: &Context, key: &ExecutionKey) -> Arc<Reader> {
    context.clients.reader(&key.account, &key.region).await
}

async fn classify(context: &Context, key: &ExecutionKey) -> Result<Outcome, Error> {
    let reader = reader(context, key).await;
    let execution = pipeline_execution(&reader, key).await?;
    let actions = actions(&reader, key).await?;
    Ok(production::classify(&typed(key, &execution, &actions)?, &context.config.production))
}

/// The rollback, with the deployment that it rolled back: the latest production deployment of the pipeline that ended
/// before it, unless that is its own target.
async fn rollback(
    context: &Context,
    key: &ExecutionKey,
    time: Timestamp,
    target: Option<String>,
    repository: Option<String>,
) -> Result<Rollback, Error> {
    let latest = latest_deployment_before(context, key, time).await?.as_ref().map(Deployed::from);
    let repository = match (&latest, repository, &target) {
        (Some(deployment), _, _) => Some(deployment.repository.clone()),
        (None, Some(repository), _) => Some(repository),
        (None, None, Some(id)) => repository_of(context, key, id).await?,
        (None, None, None) => None,
    };
    let rolled_back = latest.filter(|deployment| Some(&deployment.key.execution_id) != target.as_ref());
    Ok(Rollback { key: key.clone(), time, repository, rolled_back })
}

/// The repository of another execution of the pipeline. CodePipeline forgets executions after a year.
async fn repository_of(context: &Context, key: &ExecutionKey, id: &str) -> Result<Option<String>, Error> {
    let key = ExecutionKey { execution_id: id.to_owned(), ..key.clone() };
    let outcome = match classify(context, &key).await {
        Err(Error::Aws { code, .. }) if code == "PipelineExecutionNotFoundException" => return Ok(None),
        outcome => outcome?,
    };
    Ok(match outcome {
        Outcome::Deployment(deployment) => Some(deployment.source.repository),
        Outcome::NotProduction(ignored) => ignored.repository,
        Outcome::Rollback { repository, .. } => repository,
        Outcome::Unfinished(_) => None,
    })
}

/// How long an execution may take from its start to its end, waiting for approvals and retries included. Executions are
/// listed by when they started, so this says how far back to look for one that ended late.
pub(crate) const LONGEST_EXECUTION: SignedDuration = SignedDuration::from_hours(60 * 24);

/// The latest production deployment of an execution's pipeline that ended before an instant.
///
/// # Errors
/// [`Error::Aws`].
pub async fn latest_deployment_before(
    context: &Context,
    key: &ExecutionKey,
    time: Timestamp,
) -> Result<Option<Deployment>, Error> {
    const API: &str = "codepipeline:ListPipelineExecutions";
    let reader = reader(context, key).await;
    let request = reader.codepipeline.list_pipeline_executions().pipeline_name(&key.pipeline);
    let mut pages = request.into_paginator().send();
    let mut latest: Option<Deployment> = None;
    while let Some(page) = pages.next().await {
        let page = page.map_err(Error::aws(API))?;
        let mut candidates = Vec::new();
        let mut oldest_start = Timestamp::MAX;
        for summary in page.pipeline_execution_summaries() {
            let candidate = Candidate::of(API, summary)?;
            oldest_start = oldest_start.min(candidate.started);
            if candidate.may_be_deployment && candidate.started < time {
                candidates.push(candidate);
            }
        }
        // An execution's deployment ended no later than the execution changed last: the rest can't win once one has.
        candidates.sort_by_key(|candidate| Reverse(candidate.changed));
        for Candidate { changed, execution_id, .. } in candidates {
            if latest.as_ref().is_some_and(|latest| changed < latest.time) {
                break;
            }
            let candidate = ExecutionKey { execution_id, ..key.clone() };
            if let Outcome::Deployment(deployment) = classify(context, &candidate).await?
                && deployment.time < time
                && latest
                    .as_ref()
                    .is_none_or(|latest| (latest.time, &latest.key) < (deployment.time, &deployment.key))
            {
                latest = Some(deployment);
            }
        }
        if latest.as_ref().is_some_and(|latest| oldest_start + LONGEST_EXECUTION < latest.time) {
            break;
        }
    }
    Ok(latest)
}

/// An execution that may be the deployment that is looked for.
struct Candidate {
    started: Timestamp,
    changed: Timestamp,
    execution_id: String,
    may_be_deployment: bool,
}

impl Candidate {
    fn of(api: &'static str, summary: &PipelineExecutionSummary) -> Result<Self, Error> {
        let time = |time: &Option<DateTime>| time.as_ref().map(|time| timestamp(api, time)).transpose();
        let id =
            summary.pipeline_execution_id.clone().ok_or_else(|| incomplete(api, "pipelineExecutionId"))?;
        let is_rollback = summary.execution_type == Some(ApiExecutionType::Rollback);
        Ok(Self {
            started: time(&summary.start_time)?.unwrap_or(Timestamp::MIN),
            changed: time(&summary.last_update_time)?.unwrap_or(Timestamp::MAX),
            execution_id: id,
            may_be_deployment: summary.status == Some(PipelineExecutionStatus::Succeeded) && !is_rollback,
        })
    }
}

async fn pipeline_execution(reader: &Reader, key: &ExecutionKey) -> Result<PipelineExecution, Error> {
    const API: &str = "codepipeline:GetPipelineExecution";
    let request = reader.codepipeline.get_pipeline_execution();
    let output = request
        .pipeline_name(&key.pipeline)
        .pipeline_execution_id(&key.execution_id)
        .send()
        .await
        .map_err(Error::aws(API))?;
    output.pipeline_execution.ok_or_else(|| incomplete(API, "pipelineExecution"))
}

async fn actions(reader: &Reader, key: &ExecutionKey) -> Result<Vec<ActionExecutionDetail>, Error> {
    let filter = ActionExecutionFilter::builder().pipeline_execution_id(&key.execution_id).build();
    let request = reader.codepipeline.list_action_executions().pipeline_name(&key.pipeline).filter(filter);
    let pages = request.into_paginator().items().send();
    pages.collect::<Result<_, _>>().await.map_err(Error::aws("codepipeline:ListActionExecutions"))
}

fn execution_type(execution: &PipelineExecution) -> ExecutionType {
    if execution.execution_type != Some(ApiExecutionType::Rollback) {
        return ExecutionType::Standard;
    }
    let metadata = execution.rollback_metadata.as_ref();
    ExecutionType::Rollback {
        target: metadata.and_then(|data| data.rollback_target_pipeline_execution_id.clone()),
    }
}

fn typed(
    key: &ExecutionKey,
    execution: &PipelineExecution,
    actions: &[ActionExecutionDetail],
) -> Result<Execution, Error> {
    let status = match &execution.status {
        Some(PipelineExecutionStatus::Succeeded) => ExecutionStatus::Succeeded,
        Some(PipelineExecutionStatus::InProgress | PipelineExecutionStatus::Stopping) | None => {
            ExecutionStatus::InProgress
        }
        Some(other) => ExecutionStatus::Ended(other.as_str().into()),
    };
    let revisions = execution.artifact_revisions().iter().map(|revision| ArtifactRevision {
        name: revision.name.clone().unwrap_or_default(),
        revision: revision.revision_id.clone(),
        summary: revision.revision_summary.clone(),
    });
    Ok(Execution {
        key: key.clone(),
        status,
        execution_type: execution_type(execution),
        revisions: revisions.collect(),
        trigger_detail: execution.trigger.as_ref().and_then(|trigger| trigger.trigger_detail.clone()),
        actions: actions.iter().map(action).collect::<Result<_, _>>()?,
    })
}

fn action(detail: &ActionExecutionDetail) -> Result<Action, Error> {
    const API: &str = "codepipeline:ListActionExecutions";
    let input = detail.input.as_ref();
    let action_type = input.and_then(|input| input.action_type_id.as_ref());
    let output = detail.output.as_ref();
    let result = output.and_then(|output| output.execution_result.as_ref());
    let mut configuration = BTreeMap::new();
    for map in input.into_iter().flat_map(|input| [&input.configuration, &input.resolved_configuration]) {
        configuration.extend(map.iter().flatten().map(|(name, value)| (name.clone(), value.clone())));
    }
    let updated = detail.last_update_time.as_ref().ok_or_else(|| incomplete(API, "lastUpdateTime"))?;
    let updated = timestamp(API, updated)?;
    let started = detail.start_time.as_ref().map(|time| timestamp(API, time)).transpose()?;
    let artifacts = output.map(|output| output.output_artifacts()).unwrap_or_default();
    Ok(Action {
        stage: detail.stage_name.clone().unwrap_or_default(),
        name: detail.action_name.clone().unwrap_or_default(),
        category: action_type.map(|id| id.category.as_str().to_owned()).unwrap_or_default(),
        provider: action_type.map(|id| id.provider.clone()).unwrap_or_default(),
        status: detail.status.as_ref().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        started: started.unwrap_or(updated),
        updated,
        configuration,
        output_variables: output
            .and_then(|output| output.output_variables.clone())
            .unwrap_or_default()
            .into_iter()
            .collect(),
        output_artifacts: artifacts.iter().filter_map(|artifact| artifact.name.clone()).collect(),
        external_id: result.and_then(|result| result.external_execution_id.clone()),
        external_summary: result.and_then(|result| result.external_execution_summary.clone()),
    })
}

/// An instant as an API gave it, to the microsecond.
///
/// The JSON protocols send seconds as binary fractions, which the SDK cuts off at the nanosecond: what was 0.728 s came
/// as 0.727999999 s.
pub(crate) fn instant(time: &DateTime) -> Option<Timestamp> {
    let microseconds = (time.as_nanos() + 500).div_euclid(1000);
    Timestamp::from_microsecond(i64::try_from(microseconds).ok()?).ok()
}

pub(crate) fn timestamp(api: &'static str, time: &DateTime) -> Result<Timestamp, Error> {
    instant(time).ok_or_else(|| incomplete(api, "a time that can be represented"))
}

pub(crate) fn incomplete(api: &'static str, field: &str) -> Error {
    Error::Aws { api, code: "InvalidResponse".into(), message: format!("the answer lacks {field}") }
}
