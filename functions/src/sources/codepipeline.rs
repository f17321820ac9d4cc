//! Turns (account, region, pipeline, execution id) into a deployment, a rollback, or the reason why it is neither,
//! from what CodePipeline's API says of exactly this execution.

mod events;
pub mod execution_listing;
mod history;
pub mod known;
pub mod listings;
mod structure;

pub use history::{History, ListedExecution};

use crate::{
    ledger::Owner,
    runtime::{clients::Reader, error::Error, tools::Tools},
    sources::{
        envelope::{Envelope, Reading},
        names,
        source::{Asked, DeploymentEvent, DeploymentSource, Look, Resolution, Unseen, explained},
    },
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
    event::{Ignored, Rollback},
    identity::DeploymentKey,
    place::Place,
    sources::codepipeline::{
        ExecutionKey,
        production::{
            self, Action, ArtifactRevision, Classification, Execution, ExecutionStatus, ExecutionType, Known,
            needs_structure,
        },
    },
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError},
};

/// CodePipeline, as a source of deployments.
#[derive(Debug)]
pub struct CodePipeline;

impl DeploymentSource for CodePipeline {
    fn name(&self) -> &'static str {
        "codepipeline"
    }

    fn read(&self, event: &Envelope) -> Result<Reading<DeploymentEvent>, Error> {
        events::read(event)
    }

    fn resolve<'a>(
        &'a self,
        tools: &'a Tools,
        owner: Owner<'a>,
        event: &'a DeploymentEvent,
    ) -> Asked<'a, Option<Resolution>> {
        Box::pin(resolved(tools, owner, event))
    }

    fn look<'a>(&'a self, tools: &'a Tools, owner: Owner<'a>, key: &'a DeploymentKey) -> Asked<'a, Look> {
        Box::pin(async move { look(tools, owner, execution(key)?).await })
    }

    fn explain<'a>(
        &'a self,
        tools: &'a Tools,
        owner: Owner<'a>,
        key: &'a DeploymentKey,
    ) -> Asked<'a, Vec<String>> {
        Box::pin(async move { explain(tools, owner, execution(key)?).await })
    }

    fn unseen<'a>(
        &'a self,
        tools: &'a Tools,
        owner: Owner<'a>,
        is_asked: &'a (dyn Fn(&str) -> bool + Sync),
        changed_since: Timestamp,
        began_before: Timestamp,
    ) -> Asked<'a, Unseen> {
        Box::pin(execution_listing::unseen(tools, owner, is_asked, changed_since, began_before))
    }
}

/// The execution that a deployment is.
fn execution(key: &DeploymentKey) -> Result<&ExecutionKey, Error> {
    match key {
        DeploymentKey::Execution(key) => Ok(key),
        DeploymentKey::Sourced(key) => Err(Error::UnknownSource(key.unit.source.to_string())),
    }
}

/// Looks at an execution, whether or not it has ended.
async fn look(tools: &Tools, owner: Owner<'_>, key: &ExecutionKey) -> Result<Look, Error> {
    Ok(match classify(tools, key).await? {
        Classification::Deployment(deployment) => Look::Resolved(Resolution::Deployment(deployment)),
        Classification::NotProduction(reason) => Look::Resolved(Resolution::Ignored(reason)),
        Classification::Running(running) => Look::Running(running),
        Classification::Unfinished(reason) => Look::Unfinished(reason),
        Classification::Rollback { time, target, repository } => {
            Look::Resolved(rollback(tools, owner, key, time, target, repository).await?)
        }
    })
}

/// What an event's execution is; none if the event is of a stage that can't be the production stage, or of an execution that
/// goes on after it was retried.
async fn resolved(
    tools: &Tools,
    owner: Owner<'_>,
    DeploymentEvent { key, part, may_go_on, .. }: &DeploymentEvent,
) -> Result<Option<Resolution>, Error> {
    let execution = execution(key)?;
    // Stages are compared by name here: the tooling accounts don't know which is the production stage.
    let rule = &tools.config.production;
    if part.as_ref().is_some_and(|stage| !rule.may_be_production(&execution.pipeline, stage)) {
        return Ok(None);
    }
    match look(tools, owner, execution).await? {
        Look::Running(_) | Look::Unfinished(_) if *may_go_on => Ok(None),
        look => look.resolved(key).map(Some),
    }
}

async fn reader(tools: &Tools, key: &ExecutionKey) -> Arc<Reader> {
    tools.clients.reader(&key.place).await
}

async fn classify(tools: &Tools, key: &ExecutionKey) -> Result<Classification, Error> {
    let now = tools.now()?;
    if let Some(known) = tools.runs.get(key, now) {
        return Ok(known);
    }
    let described = describe(tools, key).await?;
    let Described { execution, source, .. } = &described;
    let outcome = production::classify(execution, source, &tools.config.production, described.known());
    // A run that failed or was stopped may be retried, and one whose structure is not known may be told otherwise.
    let is_final = match &execution.status {
        ExecutionStatus::Succeeded => true,
        ExecutionStatus::Ended(status) => ["Superseded", "Cancelled"].contains(&status.as_str()),
        ExecutionStatus::InProgress => false,
    };
    if is_final && !matches!(outcome, Classification::Running(_) | Classification::Unfinished(_)) {
        tools.runs.put(key, now, &outcome);
    }
    Ok(outcome)
}

/// Every rule by which an execution is what it is, and what came of it, for people.
async fn explain(tools: &Tools, owner: Owner<'_>, key: &ExecutionKey) -> Result<Vec<String>, Error> {
    let described = describe(tools, key).await?;
    let Described { execution, source, .. } = &described;
    let mut tried = production::explain(execution, source, &tools.config.production, described.known());
    tried.push(explained(&look(tools, owner, key).await?));
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

async fn describe(tools: &Tools, key: &ExecutionKey) -> Result<Described, Error> {
    let reader = reader(tools, key).await;
    let execution = pipeline_execution(&reader, key).await?;
    let actions = actions(&reader, key).await?;
    let execution = typed(key, &execution, &actions)?;
    let source = named_source(tools, &execution).await?;
    let rule = &tools.config.production;
    let (mut structure, mut succeeded_in_stage) = (None, None);
    if needs_structure(&execution, &source, rule) {
        structure = structure::of(tools, &reader, &execution).await?;
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
async fn named_source(tools: &Tools, execution: &Execution) -> Result<production::FoundSource, Error> {
    let (rule, pipeline) = (&tools.config.production, &execution.key.pipeline);
    let time = execution.actions.iter().map(|action| action.updated).max();
    let now = tools.now()?;
    let time = time.unwrap_or(now);
    let mut source = production::source(execution, rule.source_action(pipeline, None));
    // Of several source actions, the repository of one may say that another counts.
    for _ in 0..2 {
        let Ok(found) = &mut source else { return Ok(source) };
        found.repository =
            tools.repositories.shown(&tools.ledger, found.kind, (&found.repository, time), now).await?;
        let Some(named) = rule.source_action(pipeline, Some(&found.repository)) else { break };
        let mut by_name = production::source(execution, Some(named));
        if let Ok(by_name) = &mut by_name {
            by_name.repository = tools
                .repositories
                .shown(&tools.ledger, by_name.kind, (&by_name.repository, time), now)
                .await?;
        }
        if by_name == source {
            break;
        }
        source = by_name;
    }
    if let Ok(found) = &source
        && !names::may_deploy(&tools.config, &found.repository, &execution.key.place.account)
    {
        let (repository, account) = (&found.repository, &execution.key.place.account);
        return Ok(Err(names::not_deployed_from(repository, account)));
    }
    Ok(source)
}

/// What a rollback took back: what was live before it, unless that is its own target.
async fn rollback(
    tools: &Tools,
    owner: Owner<'_>,
    key: &ExecutionKey,
    time: Timestamp,
    target: Option<String>,
    repository: Option<String>,
) -> Result<Resolution, Error> {
    let mut history = History::before_itself(tools, owner, key);
    let live = history.live_before(time).await?;
    let ignored = |repository: Option<String>, reason: &str| {
        let (key, rule) =
            (key.clone().into(), tools.config.production.fingerprint(&key.pipeline, repository.as_deref()));
        let (time, reason, ran_through) = (Some(time), reason.to_owned(), true);
        Resolution::Ignored(Ignored { key, time, repository, reason, ran_through, rule })
    };
    let Some(live) = live else {
        return Ok(ignored(repository, "it took nothing back: nothing that is known was live"));
    };
    if Some(live.deployed.key.id()) == target.as_deref() {
        return Ok(ignored(Some(live.deployed.repository), "it took nothing back: its target was live"));
    }
    let restored = match target {
        Some(id) => history.live_since(&id).await?,
        None => None,
    };
    let (key, rolled_back) = (key.clone().into(), live.deployed);
    let restored = restored.map(|live| live.deployed);
    Ok(Resolution::Rollback(Rollback { key, time, rolled_back, restored }))
}

/// The type of the Git host that a connection leads to; none if the connection is no more, or can't be read.
///
/// # Errors
/// [`Error::Aws`].
pub async fn provider_of(tools: &Tools, place: &Place, connection: &str) -> Result<Option<String>, Error> {
    if let Some(known) = tools.providers.lock().unwrap_or_else(PoisonError::into_inner).get(connection) {
        return Ok(known.clone());
    }
    let request =
        tools.clients.reader(place).await.codeconnections.get_connection().connection_arn(connection);
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
    let mut known = tools.providers.lock().unwrap_or_else(PoisonError::into_inner);
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
