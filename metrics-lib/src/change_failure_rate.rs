//! Change failure rate: the share of deployments that failed.

use crate::{
    contract::Metric,
    event::{DeploymentRef, Incident, Rollback},
    fact::{Fact, FactId},
    identity::IncidentKey,
};

/// The failure that an incident attributed to a deployment makes of it.
///
/// It is stamped at the deployment's time, so that both sides of the ratio count the same deployments; where CloudWatch no
/// longer takes that, the ledger alone has it.
pub fn failed_by_incident(deployment: &DeploymentRef, incident: &Incident, evidence: &str) -> Fact {
    let evidence = format!("{}: {evidence}", incident.key.id());
    failure(deployment, Some(incident.key.clone()), evidence)
}

/// The failure that a rollback makes of the deployment that it rolled back.
pub fn failed_by_rollback(rollback: &Rollback) -> Fact {
    let evidence = format!("rolled back by {}", rollback.key.described());
    failure(&rollback.rolled_back, None, evidence)
}

fn failure(deployment: &DeploymentRef, incident: Option<IncidentKey>, evidence: String) -> Fact {
    Fact {
        repository: Some(deployment.repository.clone()),
        incident,
        count_metrics: vec![Metric::FailedDeployments],
        ..Fact::new(FactId::Failure(deployment.key.clone()), deployment.time, evidence)
    }
}

/// The fact that no deployment could be attributed to an incident.
pub fn unattributed(incident: &Incident, evidence: &str) -> Fact {
    Fact {
        count_metrics: vec![Metric::UnattributedIncidents],
        ..Fact::new(FactId::Unattributed(incident.key.clone()), incident.created, evidence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    /// However often a deployment failed, and however late that comes to be known, it is one failure at its time.
    #[test]
    fn failures_are_stamped_at_the_deployment() {
        let key = |id: &str| format!("1/r/p/{id}").parse().unwrap();
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let deployed = DeploymentRef { time: at(1000), key: key("e1"), repository: "acme/shop".into() };
        let incident = Incident {
            key: "1/r/oi-0123456789ab".parse().unwrap(),
            created: at(9_000_000),
            title: String::new(),
            description: String::new(),
            deployment: None,
            repository: None,
            units: Vec::new(),
        };
        let by_incident = failed_by_incident(&deployed, &incident, "");
        let rollback =
            Rollback { key: key("e2"), time: at(9_000_000), rolled_back: deployed, restored: None };
        let by_rollback = failed_by_rollback(&rollback);
        assert_eq!([by_incident.time, by_rollback.time], [at(1000); 2]);
        assert_eq!(by_incident.id, by_rollback.id);
    }
}
