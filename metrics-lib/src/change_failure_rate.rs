//! Change failure rate: the share of deployments that failed.

use crate::{
    contract::Metric,
    datum::DatumTime,
    event::{Deployed, Incident, OpsItemKey, Rollback},
    fact::{Fact, FactId},
};
use jiff::Timestamp;

/// The failure that an incident attributed to a deployment makes of it.
///
/// It is stamped at the deployment's time, so that both sides of the ratio count the same deployments; at the
/// incident's creation when CloudWatch no longer takes that.
pub fn failed_by_incident(
    deployment: &Deployed,
    incident: &Incident,
    evidence: &str,
    now: Timestamp,
) -> Fact {
    let evidence = format!("{}: {evidence}", incident.key.ops_item_id);
    failure(deployment, incident.created, Some(incident.key.clone()), evidence, now)
}

/// The failure that a rollback makes of the deployment that it rolled back; none if it rolled back none.
pub fn failed_by_rollback(rollback: &Rollback, now: Timestamp) -> Option<Fact> {
    let deployment = rollback.rolled_back.as_ref()?;
    let evidence = format!("rolled back by execution {}", rollback.key.execution_id);
    Some(failure(deployment, rollback.time, None, evidence, now))
}

fn failure(
    deployment: &Deployed,
    otherwise: Timestamp,
    ops_item: Option<OpsItemKey>,
    evidence: String,
    now: Timestamp,
) -> Fact {
    let time = if DatumTime::new(deployment.time, now).is_ok() { deployment.time } else { otherwise };
    Fact {
        id: FactId::Failure(deployment.key.clone()),
        time,
        repository: Some(deployment.repository.clone()),
        execution: Some(deployment.key.clone()),
        ops_item,
        measured: Vec::new(),
        counted_by: vec![Metric::FailedDeployments],
        evidence,
    }
}

/// The fact that no deployment could be attributed to an incident.
pub fn unattributed(incident: &Incident, evidence: &str) -> Fact {
    Fact {
        id: FactId::Unattributed(incident.key.clone()),
        time: incident.created,
        repository: None,
        execution: None,
        ops_item: Some(incident.key.clone()),
        measured: Vec::new(),
        counted_by: vec![Metric::UnattributedIncidents],
        evidence: evidence.into(),
    }
}
