//! Turns (account, region, pipeline, execution id) into a deployment, a rollback, or the reason why it is neither,
//! from what CodePipeline's API says of exactly this execution.

pub mod execution_listing;
mod history;
pub mod known;
mod structure;

pub use history::{History, Listed, WentLive};

use crate::{
    ledger::Owner,
    runtime::{clients::Reader, context::Context, error::Error},
    sources::{events::Event, names},
};
use aws_sdk_codepipeline::{
    primitives::DateTime,
    types::{
        ActionExecutionDetail, ActionExecutionFilter, ExecutionType as ApiExecutionType, PipelineExecution,
        PipelineExecutionStatus,
    },
};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::{
    event::{Deployment, Rollback},
    sources::codepipeline::{
        ExecutionKey,
        production::{
            self, Action, ArtifactRevision, Classification, Execution, ExecutionStatus, ExecutionType, Known,
            NotProduction, Running, needs_structure,
        },
    },
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError},
};

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
            Self::Rollback(rollback) => Some(&rollback.rolled_back.repository),
            Self::NotProduction(ignored) => ignored.repository.as_deref(),
        }
    }
}

/// What an execution is to the metrics, or may become.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "one at a time, taken apart at once")]
pub enum Look {
    /// This, for good.
    Resolved(Resolution),
    /// Its production stage runs.
    Running(Running),
    /// It has not come to production, or the API does not show its end yet.
    Unfinished(String),
}

/// Resolves an execution that has ended, or whose production stage has.
///
/// # Errors
/// [`Error::Unconfigured`] for an account or region that is not ours to read, [`Error::Unfinished`] while the API does
/// not show the execution's end, [`Error::Aws`].
pub async fn resolve(context: &Context, owner: Owner<'_>, key: &ExecutionKey) -> Result<Resolution, Error> {
    let unfinished = |reason| Error::Unfinished { key: key.clone(), reason };
    match look(context, owner, key).await? {
        Look::Resolved(resolution) => Ok(resolution),
        Look::Running(_) => Err(unfinished("its production stage is still in progress".into())),
        Look::Unfinished(reason) => Err(unfinished(reason)),
    }
}

/// Looks at an execution, whether or not it has ended.
///
/// # Errors
/// [`Error::Unconfigured`], [`Error::OutOfTime`], [`Error::Aws`].
pub async fn look(context: &Context, owner: Owner<'_>, key: &ExecutionKey) -> Result<Look, Error> {
    check_configured(context, key)?;
    let outcome = classify(context, key).await?;
    look_at(context, owner, key, outcome).await
}

/// What an outcome comes to: of a rollback, the pipeline's history tells.
async fn look_at(
    context: &Context,
    owner: Owner<'_>,
    key: &ExecutionKey,
    outcome: Classification,
) -> Result<Look, Error> {
    Ok(match outcome {
        Classification::Deployment(deployment) => Look::Resolved(Resolution::Deployment(deployment)),
        Classification::NotProduction(reason) => Look::Resolved(Resolution::NotProduction(reason)),
        Classification::Running(running) => Look::Running(running),
        Classification::Unfinished(reason) => Look::Unfinished(reason),
        Classification::Rollback { time, target, repository } => {
            Look::Resolved(rollback(context, owner, key, time, target, repository).await?)
        }
    })
}

/// What an event's execution is; none if the event is not about one, or about one that goes on after it was retried.
///
/// # Errors
/// [`Error::Unfinished`], and those of [`look`].
pub async fn resolved(
    context: &Context,
    owner: Owner<'_>,
    event: &Event,
) -> Result<Option<Resolution>, Error> {
    let Some(key) = event.execution(&context.config.production) else { return Ok(None) };
    match look(context, owner, key).await? {
        Look::Resolved(resolution) => Ok(Some(resolution)),
        Look::Running(_) | Look::Unfinished(_) if event.is_overtaken_while_it_runs() => Ok(None),
        Look::Running(_) => Err(Error::Unfinished {
            key: key.clone(),
            reason: "its production stage is still in progress".into(),
        }),
        Look::Unfinished(reason) => Err(Error::Unfinished { key: key.clone(), reason }),
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

async fn classify(context: &Context, key: &ExecutionKey) -> Result<Classification, Error> {
    let now = context.now()?;
    if let Some(known) = context.runs.get(key, now) {
        return Ok(known);
    }
    let described = describe(context, key).await?;
    let Described { execution, source, .. } = &described;
    let outcome = production::classify(execution, source, &context.config.production, described.known());
    // A run that failed or was stopped may be retried, and one whose structure is not known may be told otherwise.
    let is_final = match &execution.status {
        ExecutionStatus::Succeeded => true,
        ExecutionStatus::Ended(status) => ["Superseded", "Cancelled"].contains(&status.as_str()),
        ExecutionStatus::InProgress => false,
    };
    if is_final && !matches!(outcome, Classification::Running(_) | Classification::Unfinished(_)) {
        context.runs.put(key, now, &outcome);
    }
    Ok(outcome)
}

/// Every rule by which an execution is what it is, and what came of it, for people.
///
/// # Errors
/// Those of [`look`].
pub async fn explain(context: &Context, owner: Owner<'_>, key: &ExecutionKey) -> Result<Vec<String>, Error> {
    check_configured(context, key)?;
    let described = describe(context, key).await?;
    let Described { execution, source, .. } = &described;
    let mut tried = production::explain(execution, source, &context.config.production, described.known());
    tried.push(match look(context, owner, key).await? {
        Look::Resolved(Resolution::Deployment(deployment)) => {
            let Deployment { time, began, .. } = deployment;
            format!("it is a production deployment of {time:.0}; its production stage began at {began:.0}")
        }
        Look::Resolved(Resolution::Rollback(Rollback { time, rolled_back, restored, .. })) => {
            let restored = match restored {
                Some(restored) => format!("brought execution {} back", restored.key.execution_id),
                None => "what it brought back is not known".into(),
            };
            let rolled_back = rolled_back.key.execution_id;
            format!("it is a rollback of {time:.0}: it took execution {rolled_back} back, and {restored}")
        }
        Look::Resolved(Resolution::NotProduction(ignored)) => {
            format!("it is no production deployment: {}", ignored.reason)
        }
        Look::Running(_) => "it is not decided: its production stage is still in progress".into(),
        Look::Unfinished(reason) => format!("it is not decided: {reason}"),
    });
    Ok(tried)
}

/// All that an execution is classified by.
struct Described {
    execution: Execution,
    source: production::FoundSource,
    structure: Option<Arc<production::Structure>>,
    succeeded_in_stage: Option<bool>,
}

impl Described {
    fn known(&self) -> Known<'_> {
        Known { structure: self.structure.as_deref(), succeeded_in_stage: self.succeeded_in_stage }
    }
}

async fn describe(context: &Context, key: &ExecutionKey) -> Result<Described, Error> {
    let reader = reader(context, key).await;
    let execution = pipeline_execution(&reader, key).await?;
    let actions = actions(&reader, key).await?;
    let execution = typed(key, &execution, &actions)?;
    let source = named_source(context, &execution).await?;
    let rule = &context.config.production;
    let (mut structure, mut succeeded_in_stage) = (None, None);
    if needs_structure(&execution, &source, rule) {
        structure = structure::of(context, &reader, &execution).await?;
        if structure.is_none()
            && execution.status != ExecutionStatus::Succeeded
            && let Some(stage) = production::production_stage(&execution, &source, rule, None)
        {
            succeeded_in_stage = Some(structure::has_succeeded_in(&reader, key, stage).await?);
        }
    }
    Ok(Described { execution, source, structure, succeeded_in_stage })
}

/// The source of an execution, its repository by the one name that is shown.
async fn named_source(context: &Context, execution: &Execution) -> Result<production::FoundSource, Error> {
    let (rule, pipeline) = (&context.config.production, &execution.key.pipeline);
    let time = execution.actions.iter().map(|action| action.updated).max();
    let now = context.now()?;
    let time = time.unwrap_or(now);
    let mut source = production::source(execution, rule.source_action(pipeline, None));
    // Of several source actions, the repository of one may say that another counts.
    for _ in 0..2 {
        let Ok(found) = &mut source else { return Ok(source) };
        found.repository =
            context.repositories.shown(&context.ledger, found.kind, (&found.repository, time), now).await?;
        let Some(named) = rule.source_action(pipeline, Some(&found.repository)) else { break };
        let mut by_name = production::source(execution, Some(named));
        if let Ok(by_name) = &mut by_name {
            by_name.repository = context
                .repositories
                .shown(&context.ledger, by_name.kind, (&by_name.repository, time), now)
                .await?;
        }
        if by_name == source {
            break;
        }
        source = by_name;
    }
    if let Ok(found) = &source
        && !names::may_deploy(&context.config, &found.repository, &execution.key.account)
    {
        let (repository, account) = (&found.repository, &execution.key.account);
        return Ok(Err(format!("repository {repository} is not deployed from account {account}")));
    }
    Ok(source)
}

/// What a rollback took back: what was live before it, unless that is its own target.
async fn rollback(
    context: &Context,
    owner: Owner<'_>,
    key: &ExecutionKey,
    time: Timestamp,
    target: Option<String>,
    repository: Option<String>,
) -> Result<Resolution, Error> {
    let mut history = History::before_itself(context, owner, key);
    let live = history.live_before(time).await?;
    let ignored = |repository: Option<String>, reason: &str| {
        let (key, rule) =
            (key.clone(), context.config.production.fingerprint(&key.pipeline, repository.as_deref()));
        let (time, reason, ran_through) = (Some(time), reason.to_owned(), true);
        Resolution::NotProduction(NotProduction { key, time, repository, reason, ran_through, rule })
    };
    let Some(live) = live else {
        return Ok(ignored(repository, "it took nothing back: nothing that is known was live"));
    };
    if Some(&live.deployed.key.execution_id) == target.as_ref() {
        return Ok(ignored(Some(live.deployed.repository), "it took nothing back: its target was live"));
    }
    let restored = match target {
        Some(id) => history.live_since(&id).await?,
        None => None,
    };
    let (key, rolled_back) = (key.clone(), live.deployed);
    let restored = restored.map(|live| live.deployed);
    Ok(Resolution::Rollback(Rollback { key, time, rolled_back, restored }))
}

/// The type of the Git host that a connection leads to; none if the connection is no more, or can't be read.
///
/// # Errors
/// [`Error::Aws`].
pub async fn provider_of(
    context: &Context,
    key: &ExecutionKey,
    connection: &str,
) -> Result<Option<String>, Error> {
    if let Some(known) = context.providers.lock().unwrap_or_else(PoisonError::into_inner).get(connection) {
        return Ok(known.clone());
    }
    let request = reader(context, key).await.codeconnections.get_connection().connection_arn(connection);
    let provider = match request.send().await.map_err(Error::aws("codeconnections:GetConnection")) {
        Ok(output) => output.connection.and_then(|connection| connection.provider_type),
        Err(Error::Aws { code, .. })
            if ["ResourceNotFoundException", "AccessDeniedException"].contains(&code.as_str()) =>
        {
            None
        }
        Err(error) => return Err(error),
    };
    let provider = provider.map(|provider| provider.as_str().to_owned());
    let mut known = context.providers.lock().unwrap_or_else(PoisonError::into_inner);
    known.insert(connection.to_owned(), provider.clone());
    Ok(provider)
}

/// How long an execution may take from its start to its end, waiting for approvals and retries included. Executions are
/// listed by when they started, so this says how far back to look for one that ended late.
pub(crate) const LONGEST_EXECUTION: SignedDuration = SignedDuration::from_hours(60 * 24);

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

/// Whether an execution of a status has ended; one that has may be retried.
pub(crate) fn has_ended(status: Option<&PipelineExecutionStatus>) -> bool {
    !matches!(status, Some(PipelineExecutionStatus::InProgress | PipelineExecutionStatus::Stopping) | None)
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
        Some(ended) if has_ended(Some(ended)) => ExecutionStatus::Ended(ended.as_str().into()),
        Some(_) | None => ExecutionStatus::InProgress,
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
        pipeline_version: execution.pipeline_version,
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
    let map = |map: &Option<HashMap<String, String>>| -> BTreeMap<String, String> {
        map.iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect()
    };
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
        owner: action_type.map(|id| id.owner.as_str().to_owned()).unwrap_or_default(),
        configured: input.map(|input| map(&input.configuration)).unwrap_or_default(),
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
