//! What this process has asked CodePipeline for, and what can't change.

use jiff::{SignedDuration, Timestamp};
use metrics_lib::sources::codepipeline::{
    ExecutionKey, PipelineKey,
    production::{Classification, Execution, Structure},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// What became of executions that can't change any more, as this process has asked for them.
#[derive(Debug, Default)]
pub struct Runs(Mutex<HashMap<ExecutionKey, (Timestamp, Classification)>>);

impl Runs {
    /// How many executions are remembered at the most.
    const MOST: usize = 2_000;

    /// How long an outcome is believed: its repository may be renamed.
    const BELIEVED: SignedDuration = SignedDuration::from_mins(10);

    pub(super) fn get(&self, key: &ExecutionKey, now: Timestamp) -> Option<Classification> {
        let runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, outcome) = runs.get(key).filter(|(at, _)| now.duration_since(*at).abs() < Self::BELIEVED)?;
        Some(outcome.clone())
    }

    pub(super) fn put(&self, key: &ExecutionKey, now: Timestamp, outcome: &Classification) {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if runs.len() >= Self::MOST {
            runs.clear();
        }
        runs.insert(key.clone(), (now, outcome.clone()));
    }
}

/// The structures that this process has asked for, and when. A version's never changes, but who deletes a pipeline and makes
/// another one of that name begins with version 1 again: a structure holds for executions that had begun when it was asked for.
#[derive(Debug, Default)]
pub struct Structures(Mutex<HashMap<(PipelineKey, i32), AskedFor>>);

#[derive(Debug)]
struct AskedFor {
    at: Timestamp,
    structure: Arc<Structure>,
}

impl Structures {
    pub(super) fn get(&self, execution: &Execution, version: i32) -> Option<Arc<Structure>> {
        let began = execution.actions.iter().map(|action| action.started).min()?;
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let AskedFor { at, structure } = known.get(&(PipelineKey::from(&execution.key), version))?;
        (began <= *at).then(|| structure.clone())
    }

    pub(super) fn put(&self, pipeline: PipelineKey, version: i32, at: Timestamp, structure: Arc<Structure>) {
        let asked_for = AskedFor { at, structure };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert((pipeline, version), asked_for);
    }
}
