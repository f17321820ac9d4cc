//! What a production deployment is: the definition, applied to one pipeline execution as CodePipeline's API has it.

mod source;

use crate::{
    event::{Deployment, ExecutionKey, Reference, Source},
    rules::ProductionRule,
};
use jiff::Timestamp;
use std::collections::BTreeMap;

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
    /// The revisions that it worked on.
    pub revisions: Vec<ArtifactRevision>,
    /// What started it, as its trigger tells; free text, for Git triggers it may name a tag.
    pub trigger_detail: Option<String>,
    /// Every attempt of every action.
    pub actions: Vec<Action>,
}

/// The status of an action that has not ended.
const IN_PROGRESS: &str = "InProgress";

/// What an execution is to the metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A production deployment.
    Deployment(Deployment),
    /// A succeeded rollback.
    Rollback {
        /// When it ended.
        time: Timestamp,
        /// The execution that it went back to.
        target: Option<String>,
        /// The repository, if the rollback's own source actions say it.
        repository: Option<String>,
    },
    /// Neither.
    NotProduction(NotProduction),
    /// It has not ended, or the API does not show its end yet: to be asked again.
    Unfinished(String),
}

/// Why an execution is no production deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotProduction {
    /// The execution.
    pub key: ExecutionKey,
    /// When it ended; none if it had no actions.
    pub time: Option<Timestamp>,
    /// The repository, if the execution says it.
    pub repository: Option<String>,
    /// The reason, a sentence fragment.
    pub reason: String,
}

/// Applies the definition of a production deployment (see [`crate::definitions`]) to one execution.
pub fn classify(execution: &Execution, rule: &ProductionRule) -> Outcome {
    let production_stage = rule.production_stages.last().map_or("", String::as_str);
    let source = source::primary(execution);
    let repository = || source.as_ref().ok().map(|source| source.repository.clone());
    let not_production = |reason: String| {
        let repository = repository();
        let time = end(execution, production_stage);
        Outcome::NotProduction(NotProduction { key: execution.key.clone(), time, repository, reason })
    };
    match &execution.status {
        ExecutionStatus::Succeeded => {}
        ExecutionStatus::InProgress => {
            return Outcome::Unfinished("the execution is still in progress".into());
        }
        ExecutionStatus::Ended(status) => {
            return not_production(format!("the execution ended as {status}"));
        }
    }
    let Some(time) = end(execution, production_stage) else {
        return Outcome::Unfinished("the API lists no action of the execution".into());
    };
    if let ExecutionType::Rollback { target } = &execution.execution_type {
        return Outcome::Rollback { time, target: target.clone(), repository: repository() };
    }
    let source = match &source {
        Ok(source) => source,
        Err(reason) => return not_production(reason.clone()),
    };
    let stage = StageResult::of(execution, production_stage);
    if let StageResult::Running = stage {
        return Outcome::Unfinished(format!("stage {} is still in progress", production_stage));
    }
    let running = latest_attempts(execution).into_iter().find(|action| action.status == IN_PROGRESS);
    if let (StageResult::Absent, Some(action)) = (&stage, running) {
        // Its end would become the deployment's time.
        return Outcome::Unfinished(format!("action {} is still in progress", action.name));
    }
    match refusal(source, &stage, rule) {
        Some(reason) => not_production(reason),
        None => {
            let (key, source) = (execution.key.clone(), source.clone());
            Outcome::Deployment(Deployment { key, time, source })
        }
    }
}

/// Why a succeeded execution is no production deployment; none if it is one.
fn refusal(source: &Source, stage: &StageResult, rule: &ProductionRule) -> Option<String> {
    let ProductionRule { main_branch, trunk_based, .. } = rule;
    let production_stage = rule.production_stages.last().map_or("", String::as_str);
    let stage_refusal = match stage {
        StageResult::Succeeded => None,
        StageResult::Absent => Some(format!("it did not run a stage {production_stage}")),
        StageResult::NotSucceeded(action) => {
            Some(format!("stage {production_stage} did not succeed: the last attempt of {action} did not"))
        }
        StageResult::Running => Some(format!("stage {production_stage} is still in progress")),
    };
    let trunk_based = trunk_based.contains(&source.repository);
    match &source.reference {
        Reference::Branch(branch) if !trunk_based => {
            if branch != main_branch {
                return Some(format!("branch {branch} is not the main branch {main_branch}"));
            }
            stage_refusal.filter(|_| !matches!(stage, StageResult::Absent))
        }
        Reference::Branch(_) | Reference::Tag(_) | Reference::None => stage_refusal,
    }
}

/// The end of an execution: the latest update of its production stage's actions, or of all where it has no such stage.
fn end(execution: &Execution, production_stage: &str) -> Option<Timestamp> {
    let latest = |stage: Option<&str>| {
        let actions = execution.actions.iter();
        actions
            .filter(|action| stage.is_none_or(|stage| action.stage == stage))
            .map(|action| action.updated)
            .max()
    };
    latest(Some(production_stage)).or_else(|| latest(None))
}

/// How a stage ended in an execution.
enum StageResult {
    /// The execution ran no action of it.
    Absent,
    /// The latest attempt of each of its actions succeeded.
    Succeeded,
    /// An action is still in progress.
    Running,
    /// The latest attempt of this action did not succeed.
    NotSucceeded(String),
}

impl StageResult {
    fn of(execution: &Execution, stage: &str) -> Self {
        let latest: Vec<&Action> =
            latest_attempts(execution).into_iter().filter(|action| action.stage == stage).collect();
        if latest.is_empty() {
            return Self::Absent;
        }
        if latest.iter().any(|action| action.status == IN_PROGRESS) {
            return Self::Running;
        }
        match latest.iter().find(|action| action.status != "Succeeded") {
            None => Self::Succeeded,
            Some(action) => Self::NotSucceeded(action.name.clone()),
        }
    }
}

/// The latest attempt of each action, by stage and name; the API lists attempts in an order that it doesn't promise.
fn latest_attempts(execution: &Execution) -> Vec<&Action> {
    // Attempts that began and ended together are told apart by the rest, so that the order listed never decides.
    fn age(action: &Action) -> impl Ord + '_ {
        (action.started, action.updated, &action.status, &action.external_id)
    }
    let mut latest: BTreeMap<(&str, &str), &Action> = BTreeMap::new();
    for action in &execution.actions {
        let last = latest.entry((&action.stage, &action.name)).or_insert(action);
        *last = std::cmp::max_by(*last, action, |one, other| age(one).cmp(&age(other)));
    }
    latest.into_values().collect()
}

#[cfg(test)]
mod tests;
