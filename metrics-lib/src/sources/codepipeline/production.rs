//! What a production deployment is: the definition, applied to one pipeline execution as CodePipeline's API has it.

mod explain;
mod source;
mod stage;

use crate::{
    event::{ActionCategory, ActionTime, Deployment, Ignored, Reference, Running, SourceRevision},
    rules::ProductionRule,
    sources::codepipeline::ExecutionKey,
};
use jiff::Timestamp;
use stage::{Progress, latest_attempts};
use std::collections::{BTreeMap, BTreeSet};

pub use explain::explain;
pub use stage::{Stage, Structure};

/// The status of a pipeline execution (API `PipelineExecution.status`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecutionStatus {
    /// It ran to its end.
    Succeeded,
    /// It is running, or about to stop.
    InProgress,
    /// It ended in another way: `Failed`, `Stopped`, `Cancelled`, `Superseded`, or a status that we do not know.
    Ended(String),
}

/// The type of a pipeline execution (API `PipelineExecution.executionType`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecutionType {
    /// An ordinary run.
    Standard,
    /// A stage was rolled back to what an earlier execution had deployed.
    Rollback {
        /// The execution that it went back to.
        target: Option<String>,
    },
}

/// One attempt of an action (API `ActionExecutionDetail`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// The name of its stage.
    pub stage: String,
    /// Its name, unique in its stage.
    pub name: String,
    /// Its category: `Source`, `Build`, `Deploy`, …
    pub category: String,
    /// Who made its type: `AWS`, `ThirdParty` or `Custom`; empty where a recording does not say.
    pub owner: String,
    /// Its provider: `CodeStarSourceConnection`, `S3`, …
    pub provider: String,
    /// `InProgress`, `Succeeded`, `Failed`, `Abandoned`.
    pub status: String,
    /// When the attempt began.
    pub started: Timestamp,
    /// When it last changed; once it ended, when it ended.
    pub updated: Timestamp,
    /// Its configuration, variables resolved.
    pub configuration: BTreeMap<String, String>,
    /// Its configuration as the pipeline has it, whatever an execution overrode.
    pub configured: BTreeMap<String, String>,
    /// The variables that it set.
    pub output_variables: BTreeMap<String, String>,
    /// The names of the artifacts that it made.
    pub output_artifacts: Vec<String>,
    /// The id of what it ran (`externalExecutionId`); for a source action the revision.
    pub external_id: Option<String>,
    /// The summary of what it ran (`externalExecutionSummary`); for a source action the commit message.
    pub external_summary: Option<String>,
}

/// A revision that an execution worked on (API `ArtifactRevision`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtifactRevision {
    /// The artifact's name.
    pub name: String,
    /// The commit, image digest or object version.
    pub revision: Option<String>,
    /// The commit message, for connections wrapped in JSON.
    pub summary: Option<String>,
}

/// A pipeline execution as `GetPipelineExecution` and `ListActionExecutions` describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// What identifies it.
    pub key: ExecutionKey,
    /// Its status.
    pub status: ExecutionStatus,
    /// Its type.
    pub execution_type: ExecutionType,
    /// The version of the pipeline's structure that it ran.
    pub pipeline_version: Option<i32>,
    /// The revisions that it worked on.
    pub revisions: Vec<ArtifactRevision>,
    /// What started it, as its trigger tells: free text, or for Git triggers a JSON object.
    pub trigger_detail: Option<String>,
    /// Every attempt of every action.
    pub actions: Vec<Action>,
}

/// The status of an action that has not ended.
const IN_PROGRESS: &str = "InProgress";
/// The category of an action that deploys.
const DEPLOY: &str = "Deploy";
/// The category of an action that waits for somebody to approve.
const APPROVAL: &str = "Approval";

/// What an execution is to the metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Classification {
    /// A production deployment.
    Deployment(Deployment),
    /// A succeeded rollback of production. What it took back, the pipeline's history tells.
    Rollback {
        /// When it ended.
        time: Timestamp,
        /// The execution that it went back to.
        target: Option<String>,
        /// The repository, if the rollback's own source actions say it.
        repository: Option<String>,
    },
    /// Neither.
    NotProduction(Ignored),
    /// Its production stage runs: it may become a deployment.
    Running(Running),
    /// It has not ended, or the API does not show its end yet: to be asked again.
    Unfinished(String),
}

/// What must be known of a pipeline beside the execution itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// The pipeline's structure in the version that the execution ran, or as its latest deployment shows it.
    pub structure: Option<&'a Structure>,
    /// Whether CodePipeline says that the execution succeeded in its production stage (`succeededInStage`).
    pub succeeded_in_stage: Option<bool>,
}

/// What an execution deployed: the source of its primary source action, with the repository's name as the action has it.
pub type FoundSource = Result<SourceRevision, String>;

/// The source of the source action that counts: the one that is configured, else the first by kind (Git, ECR, S3), then
/// by name. Names of repositories are as the actions have them; whoever asks gives them their one spelling.
///
/// # Errors
/// Why there is none: the execution ran no source action, or only ones that name no repository.
pub fn source(execution: &Execution, source_action: Option<&str>) -> Result<SourceRevision, String> {
    source::primary(execution, source_action)
}

/// Whether an execution can't be told what it is without the pipeline's structure.
///
/// A run that succeeded ran everything, but for stages that were left out; one that failed, was stopped or superseded may
/// have ended between two actions of a stage.
pub fn needs_structure(execution: &Execution, source: &FoundSource, rule: &ProductionRule) -> bool {
    let pipeline = &execution.key.pipeline;
    if rule.is_excluded(pipeline) {
        return false;
    }
    let stages = rule.production_stages(pipeline, repository_of(source));
    let Some(last) = stages.last() else { return false };
    let ran = |stage: &String| execution.actions.iter().any(|action| action.stage == *stage);
    match (&execution.status, &execution.execution_type) {
        (_, ExecutionType::Rollback { .. }) => !stages.iter().any(ran),
        (ExecutionStatus::Succeeded, ExecutionType::Standard) => !ran(last),
        (ExecutionStatus::InProgress | ExecutionStatus::Ended(_), ExecutionType::Standard) => {
            stages.iter().any(ran)
        }
    }
}

/// The production stage of an execution: of the names that are configured, the last that its pipeline has.
pub fn production_stage<'r>(
    execution: &Execution,
    source: &FoundSource,
    rule: &'r ProductionRule,
    structure: Option<&Structure>,
) -> Option<&'r str> {
    let has = |stage: &&String| {
        let ran = execution.actions.iter().any(|action| action.stage == **stage);
        ran || structure.is_some_and(|structure| structure.stage(stage).is_some())
    };
    let stages = rule.production_stages(&execution.key.pipeline, repository_of(source));
    stages.iter().rev().find(has).map(String::as_str)
}

fn repository_of(source: &FoundSource) -> Option<&str> {
    source.as_ref().ok().map(|source| source.repository.as_str())
}

/// Applies the definition of a production deployment (see [`crate::definitions`]) to one execution, whose source is known
/// by its one name.
pub fn classify(
    execution: &Execution,
    source: &FoundSource,
    rule: &ProductionRule,
    known: Known<'_>,
) -> Classification {
    let pipeline = execution.key.pipeline.as_str();
    let repository = repository_of(source).map(str::to_owned);
    let stage = production_stage(execution, source, rule, known.structure);
    let progress = stage.map_or(Progress::Absent, |stage| Progress::of(execution, stage, known));
    let fingerprint = rule.fingerprint(pipeline, repository.as_deref());
    let not_production = |reason: String| {
        Classification::NotProduction(Ignored {
            key: execution.key.clone().into(),
            time: end(execution, stage),
            repository: repository.clone(),
            reason,
            ran_through: execution.status == ExecutionStatus::Succeeded,
            rule: fingerprint.clone(),
        })
    };
    if rule.is_excluded(pipeline) {
        return match &execution.status {
            ExecutionStatus::InProgress => {
                Classification::Unfinished("the execution is still in progress".into())
            }
            _ => not_production(format!("pipeline {pipeline} is excluded")),
        };
    }
    let ended_as = match &execution.status {
        ExecutionStatus::Succeeded => None,
        ExecutionStatus::InProgress => Some("InProgress"),
        ExecutionStatus::Ended(status) => Some(status.as_str()),
    };
    let Some(time) = end(execution, stage) else {
        return match &execution.status {
            ExecutionStatus::Ended(status) => not_production(format!("the execution ended as {status}")),
            _ => Classification::Unfinished("the API lists no action of the execution".into()),
        };
    };
    if let ExecutionType::Rollback { target } = &execution.execution_type {
        return match (&execution.status, refused_rollback(execution, source, rule, stage)) {
            (ExecutionStatus::InProgress, _) => {
                Classification::Unfinished("the rollback is still in progress".into())
            }
            (ExecutionStatus::Ended(status), _) => not_production(format!("the rollback ended as {status}")),
            (ExecutionStatus::Succeeded, Some(reason)) => not_production(reason),
            (ExecutionStatus::Succeeded, None) => {
                Classification::Rollback { time, target: target.clone(), repository }
            }
        };
    }
    let source = match source {
        Ok(source) => source,
        Err(reason) if execution.status == ExecutionStatus::InProgress => {
            return Classification::Unfinished(reason.clone());
        }
        Err(reason) => return not_production(reason.clone()),
    };
    let refused = refusal(source, rule, pipeline);
    let began = stage.and_then(|stage| began(execution, stage));
    match (progress, ended_as) {
        (Progress::Running, _) => {
            if let (Some(began), None) = (began, refused) {
                let (key, repository) = (execution.key.clone().into(), source.repository.clone());
                return Classification::Running(Running { key, repository, began });
            }
            let stage = stage.unwrap_or_default();
            Classification::Unfinished(format!("stage {stage} is still in progress"))
        }
        (Progress::Succeeded, _) => match refused {
            Some(reason) => not_production(reason),
            None => Classification::Deployment(Deployment {
                key: execution.key.clone().into(),
                time,
                began: began.unwrap_or(time),
                ended_as: ended_as.map(str::to_owned),
                source: source.clone(),
                rule: fingerprint,
                actions: action_times(execution, stage, time),
            }),
        },
        (Progress::Absent | Progress::NotSucceeded(_), Some("InProgress")) => {
            Classification::Unfinished("the execution is still in progress".into())
        }
        (Progress::NotSucceeded(reason), _) => {
            not_production(format!("stage {} did not succeed: {reason}", stage.unwrap_or_default()))
        }
        (Progress::Absent, Some(status)) => not_production(format!("the execution ended as {status}")),
        (Progress::Absent, None) => {
            let running = latest_attempts(execution).into_iter().find(|action| action.status == IN_PROGRESS);
            if let Some(action) = running {
                // Its end would become the deployment's time.
                return Classification::Unfinished(format!("action {} is still in progress", action.name));
            }
            let must_run = stage.is_some() || !follows_git_flow(source, rule);
            match refused {
                Some(reason) => not_production(reason),
                None if must_run => {
                    let stage = stage.or_else(|| {
                        rule.production_stages(pipeline, Some(&source.repository)).last().map(String::as_str)
                    });
                    not_production(format!("it did not run a stage {}", stage.unwrap_or_default()))
                }
                None => Classification::Deployment(Deployment {
                    key: execution.key.clone().into(),
                    time,
                    began: time,
                    ended_as: None,
                    source: source.clone(),
                    rule: fingerprint,
                    actions: action_times(execution, stage, time),
                }),
            }
        }
    }
}

/// Whether a source is deployed from the main branch only: one that has branches, unless it is trunk-based.
fn follows_git_flow(source: &SourceRevision, rule: &ProductionRule) -> bool {
    matches!(source.reference, Reference::Branch(_)) && !rule.trunk_based.contains(&source.repository)
}

/// Why what an execution deploys does not go to production, whatever its stages did.
fn refusal(source: &SourceRevision, rule: &ProductionRule, pipeline: &str) -> Option<String> {
    let branch = source.reference.branch()?;
    let main = rule.main_branch(pipeline, Some(&source.repository));
    (follows_git_flow(source, rule) && branch != main)
        .then(|| format!("branch {branch} is not the main branch {main}"))
}

/// Why a rollback took nothing of production back; none if it did.
fn refused_rollback(
    execution: &Execution,
    source: &FoundSource,
    rule: &ProductionRule,
    stage: Option<&str>,
) -> Option<String> {
    let rolled_back = || {
        let stages: BTreeSet<&str> = execution.actions.iter().map(|action| action.stage.as_str()).collect();
        Vec::from_iter(stages).join(", ")
    };
    let pipeline = &execution.key.pipeline;
    let stages = rule.production_stages(pipeline, repository_of(source));
    let any_production =
        stages.iter().any(|stage| execution.actions.iter().any(|action| action.stage == *stage));
    match stage {
        _ if any_production => None,
        Some(stage) => Some(format!("it rolled back stage {}, not {stage}", rolled_back())),
        None if execution.actions.iter().any(|action| action.category == DEPLOY) => None,
        None => Some(format!("it rolled back stage {}, which deploys nothing", rolled_back())),
    }
}

/// The end of an execution: the latest update of its production stage's actions, or of all where it ran no such stage.
fn end(execution: &Execution, production_stage: Option<&str>) -> Option<Timestamp> {
    let latest = |stage: Option<&str>| {
        let actions = execution.actions.iter();
        actions
            .filter(|action| stage.is_none_or(|stage| action.stage == stage))
            .map(|action| action.updated)
            .max()
    };
    production_stage.and_then(|stage| latest(Some(stage))).or_else(|| latest(None))
}

/// When the first attempt of a stage began.
fn began(execution: &Execution, stage: &str) -> Option<Timestamp> {
    execution.actions.iter().filter(|action| action.stage == stage).map(|action| action.started).min()
}

/// The actions of a deployment that ended at an instant. What the production stage does is deployment, but for its approvals;
/// in a pipeline without one, that of actions of category Deploy is.
fn action_times(execution: &Execution, production_stage: Option<&str>, ended: Timestamp) -> Vec<ActionTime> {
    let deploys = |action: &Action| match production_stage {
        Some(stage) => action.stage == stage,
        None => action.category == DEPLOY,
    };
    let time = |action: &Action| ActionTime {
        stage: action.stage.clone(),
        category: match action.category.as_str() {
            APPROVAL => ActionCategory::Approval,
            _ if deploys(action) => ActionCategory::Deploy,
            _ => ActionCategory::Other,
        },
        start: action.started,
        end: (action.status != IN_PROGRESS).then_some(action.updated),
    };
    let began = execution.actions.iter().filter(|action| action.started < ended);
    let mut times: Vec<ActionTime> = began.map(time).collect();
    times.sort_by(|a, b| {
        let order = |action: &ActionTime| (action.start, action.end, action.category);
        order(a).cmp(&order(b)).then_with(|| a.stage.cmp(&b.stage))
    });
    times
}

#[cfg(test)]
mod tests;
