//! Deployment frequency: how many production deployments there were.

use crate::{
    contract::Metric,
    event::{Deployment, Ignored, Rollback},
    fact::{Fact, FactId},
    rework_rate,
    rules::ReworkRule,
};

/// The fact of a production deployment. Its batch counts the deployment and, if it is one, the rework.
pub fn deployment(deployment: &Deployment, rule: &ReworkRule) -> Fact {
    let source = &deployment.source;
    let mut evidence = format!("production deployment of {}, {}", source.repository, source.reference);
    if let Some(revision) = &source.revision {
        evidence += &format!(", revision {revision}");
    }
    if let Some(status) = &deployment.ended_as {
        evidence += &match status.as_str() {
            "InProgress" => "; the execution goes on after production".to_owned(),
            status => format!("; the execution ended as {status} after production"),
        };
    }
    let mut count_metrics = vec![Metric::Deployments];
    if let Some(reason) = rework_rate::rework(source, rule) {
        count_metrics.push(Metric::ReworkDeployments);
        evidence += &format!("; rework: {reason}");
    }
    Fact {
        repository: Some(source.repository.clone()),
        count_metrics,
        source_kind: Some(source.kind),
        branch: source.reference.branch().map(str::to_owned),
        revision: source.revision.clone(),
        began: Some(deployment.began).filter(|began| *began != deployment.time),
        references: source.incidents(),
        rule: Some(deployment.rule.clone()),
        ..Fact::new(FactId::Deployment(deployment.key.clone()), deployment.time, evidence)
    }
}

/// The fact of a rollback, which is no deployment.
pub fn rollback(rollback: &Rollback) -> Fact {
    let evidence = format!("rolled back {}", rollback.rolled_back.key.described());
    Fact {
        repository: Some(rollback.rolled_back.repository.clone()),
        count_metrics: vec![Metric::Rollbacks],
        ..Fact::new(FactId::Rollback(rollback.key.clone()), rollback.time, evidence)
    }
}

/// The fact that something was no production deployment; none if it came to nothing, or ended without a time to count
/// it at.
pub fn ignored(ignored: &Ignored) -> Option<Fact> {
    let id = FactId::Ignored(ignored.key.clone());
    ignored.ran_through.then_some(())?;
    Some(Fact {
        repository: ignored.repository.clone(),
        count_metrics: vec![Metric::IgnoredExecutions],
        rule: Some(ignored.rule.clone()),
        ..Fact::new(id, ignored.time?, ignored.reason.clone())
    })
}
