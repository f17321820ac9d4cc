//! Deployment frequency: how many production deployments there were.

use crate::{
    contract::Metric,
    event::{Deployment, Rollback},
    fact::{Fact, FactId},
    production::NotProduction,
    rework_rate,
};

/// The fact of a production deployment. Its batch counts the deployment and, if it is one, the rework.
pub fn deployment(deployment: &Deployment) -> Fact {
    let source = &deployment.source;
    let rework = rework_rate::rework(source);
    let mut evidence = format!("production deployment of {}, {}", source.repository, source.reference);
    if let Some(revision) = &source.revision {
        evidence += &format!(", revision {revision}");
    }
    let mut counted_by = vec![Metric::Deployments];
    if let Some(reason) = rework {
        counted_by.push(Metric::ReworkDeployments);
        evidence += &format!("; rework: {reason}");
    }
    Fact {
        id: FactId::Deployment(deployment.key.clone()),
        time: deployment.time,
        repository: Some(source.repository.clone()),
        execution: Some(deployment.key.clone()),
        ops_item: None,
        measured: Vec::new(),
        commits: Vec::new(),
        counted_by,
        evidence,
    }
}

/// The fact of a rollback, which is no deployment.
pub fn rollback(rollback: &Rollback) -> Fact {
    let evidence = match &rollback.rolled_back {
        Some(deployment) => format!("rolled back execution {}", deployment.key.execution_id),
        None => "nothing had been deployed since its target".into(),
    };
    Fact {
        id: FactId::Rollback(rollback.key.clone()),
        time: rollback.time,
        repository: rollback.repository.clone(),
        execution: Some(rollback.key.clone()),
        ops_item: None,
        measured: Vec::new(),
        commits: Vec::new(),
        counted_by: vec![Metric::Rollbacks],
        evidence,
    }
}

/// The fact that an execution was no production deployment; none if it ended without a time to count it at.
pub fn ignored(ignored: &NotProduction) -> Option<Fact> {
    Some(Fact {
        id: FactId::Ignored(ignored.key.clone()),
        time: ignored.time?,
        repository: ignored.repository.clone(),
        execution: Some(ignored.key.clone()),
        ops_item: None,
        measured: Vec::new(),
        commits: Vec::new(),
        counted_by: vec![Metric::IgnoredExecutions],
        evidence: ignored.reason.clone(),
    })
}
