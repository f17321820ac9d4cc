//! The stages of pipelines: which there are, and how one ended in an execution.

use super::{Action, Execution, ExecutionStatus, IN_PROGRESS, Known};
use std::collections::BTreeMap;

/// The stages of a pipeline, in order (API `PipelineDeclaration.stages`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Structure {
    /// The stages.
    pub stages: Vec<Stage>,
}

/// A stage of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// The names of its actions.
    pub actions: Vec<String>,
}

impl Structure {
    /// The stage of a name.
    pub fn stage(&self, name: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.name == name)
    }

    /// What an execution that ran through shows of its pipeline's structure.
    pub fn shown_by(execution: &Execution) -> Self {
        let mut stages: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for action in latest_attempts(execution) {
            stages.entry(&action.stage).or_default().push(action.name.clone());
        }
        let stages = stages.into_iter().map(|(name, actions)| Stage { name: name.to_owned(), actions });
        Self { stages: stages.collect() }
    }
}

/// How a stage stands in an execution.
#[derive(Debug)]
pub(super) enum Progress {
    /// The execution ran no action of it.
    Absent,
    /// The latest attempt of each of its actions succeeded.
    Succeeded,
    /// An action is still in progress, or may yet begin.
    Running,
    /// It did not succeed, for this reason.
    NotSucceeded(String),
}

impl Progress {
    pub(super) fn of(execution: &Execution, name: &str, known: Known<'_>) -> Self {
        let latest: Vec<&Action> =
            latest_attempts(execution).into_iter().filter(|action| action.stage == name).collect();
        if latest.is_empty() {
            return Self::Absent;
        }
        if latest.iter().any(|action| action.status == IN_PROGRESS) {
            return Self::Running;
        }
        if let Some(action) = latest.iter().find(|action| action.status != "Succeeded") {
            return Self::NotSucceeded(format!("the last attempt of {} did not", action.name));
        }
        // A run that succeeded left nothing out but by a condition of its own.
        if execution.status == ExecutionStatus::Succeeded {
            return Self::Succeeded;
        }
        let is_missing = |action: &&String| !latest.iter().any(|ran| ran.name == **action);
        let stage = known.structure.and_then(|structure| structure.stage(name));
        let missing = stage.and_then(|stage| stage.actions.iter().find(is_missing));
        let in_progress = execution.status == ExecutionStatus::InProgress;
        match (known.succeeded_in_stage, missing) {
            (Some(true), _) => Self::Succeeded,
            (Some(false), _) | (None, Some(_)) if in_progress => Self::Running,
            (_, Some(action)) => Self::NotSucceeded(format!("{action} did not run")),
            (Some(false), None) => Self::NotSucceeded("CodePipeline says so".into()),
            (None, None) if stage.is_none() && in_progress => Self::Running,
            (None, None) => Self::Succeeded,
        }
    }
}

/// The latest attempt of each action, by stage and name; the API lists attempts in an order that it doesn't promise.
pub(super) fn latest_attempts(execution: &Execution) -> Vec<&Action> {
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
