//! Says for people by which rules an execution is what it is.

use super::{
    Execution, ExecutionStatus, ExecutionType, FoundSource, Known, Progress, follows_git_flow,
    production_stage, refusal, refused_rollback,
};
use crate::{event::Reference, rules::ProductionRule};

/// Every rule of [`super::classify`] that was tried, in order, and what came of it.
pub fn explain(
    execution: &Execution,
    source: &FoundSource,
    rule: &ProductionRule,
    known: Known<'_>,
) -> Vec<String> {
    let pipeline = execution.key.pipeline.as_str();
    let is_excluded = if rule.is_excluded(pipeline) { "is" } else { "is not" };
    let mut tried = vec![format!("excluded pipelines: {pipeline} {is_excluded} one of them")];
    let status = match &execution.status {
        ExecutionStatus::Succeeded => "Succeeded",
        ExecutionStatus::InProgress => "InProgress",
        ExecutionStatus::Ended(status) => status,
    };
    tried.push(match &execution.execution_type {
        ExecutionType::Standard => format!("type and status: an ordinary run, {status}"),
        ExecutionType::Rollback { target } => {
            let target = target.as_deref().unwrap_or("an unknown execution");
            format!("type and status: a rollback to {target}, {status}")
        }
    });
    let repository = source.as_ref().ok().map(|source| source.repository.as_str());
    match source {
        Err(reason) => tried.push(format!("source action: {reason}")),
        Ok(source) => {
            let revision = source.revision.as_deref().unwrap_or("unknown");
            let (repository, reference) = (&source.repository, &source.reference);
            tried.push(format!("source action: {repository}, {reference}, revision {revision}"));
            let main = rule.main_branch(pipeline, Some(repository));
            tried.push(match (refusal(source, rule, pipeline), &source.reference) {
                (Some(reason), _) => format!("main branch: {reason}"),
                (None, Reference::Branch(_)) if follows_git_flow(source, rule) => {
                    format!("main branch: it is {main}")
                }
                (None, Reference::Branch(_)) => "main branch: any, the repository is trunk-based".into(),
                (None, Reference::Tag(_) | Reference::None) => "main branch: it has no branch".into(),
            });
        }
    }
    let stages = rule.production_stages(pipeline, repository).join(", ");
    let stage = production_stage(execution, source, rule, known.structure);
    let found = stage.map_or_else(|| "it has none of them".to_owned(), |stage| format!("it has {stage}"));
    tried.push(format!("production stages {stages}: {found}"));
    match (&execution.execution_type, stage) {
        (ExecutionType::Rollback { .. }, stage) => {
            let refused = refused_rollback(execution, source, rule, stage);
            tried.push(format!("rolled back: {}", refused.as_deref().unwrap_or("it rolled production back")));
        }
        (ExecutionType::Standard, Some(stage)) => tried.push(match Progress::of(execution, stage, known) {
            Progress::Absent => format!("stage {stage}: the execution did not run it"),
            Progress::Succeeded => format!("stage {stage}: it succeeded"),
            Progress::Running => format!("stage {stage}: it is in progress"),
            Progress::NotSucceeded(reason) => format!("stage {stage}: it did not succeed: {reason}"),
        }),
        (ExecutionType::Standard, None) => {}
    }
    tried
}
