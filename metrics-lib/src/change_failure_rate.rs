//! Change failure rate: the share of deployments that failed.

use crate::{
    contract::Metric,
    datum::{DatumTime, InvalidDatum},
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
    let time = match DatumTime::new(deployment.time, now) {
        Err(InvalidDatum::TooOld { .. }) => otherwise,
        Ok(_) | Err(_) => deployment.time,
    };
    Fact {
        id: FactId::Failure(deployment.key.clone()),
        time,
        repository: Some(deployment.repository.clone()),
        execution: Some(deployment.key.clone()),
        ops_item,
        measured: Vec::new(),
        commits: Vec::new(),
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
        commits: Vec::new(),
        counted_by: vec![Metric::UnattributedIncidents],
        evidence: evidence.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::ExecutionKey;
    use jiff::SignedDuration;

    const HOUR: i64 = 3600;

    fn at(hour: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(hour * HOUR)
    }

    fn key(execution_id: &str) -> ExecutionKey {
        let [account, region, pipeline] = ["1", "r", "p"].map(str::to_owned);
        ExecutionKey { account, region, pipeline, execution_id: execution_id.into() }
    }

    fn deployed(hour: i64) -> Deployed {
        Deployed { time: at(hour), key: key("e1"), repository: "acme/shop".into() }
    }

    /// Deployed in hour 1000, raised or rolled back in hour 1010.
    #[test]
    fn failures_are_stamped_at_the_deployment_while_cloudwatch_takes_that() {
        fn check(now: i64, expected: i64) {
            let ops_item_id = "oi-0123456789ab".parse().unwrap();
            let incident = Incident {
                key: OpsItemKey { account: "1".into(), region: "r".into(), ops_item_id },
                created: at(1010),
                title: String::new(),
                description: String::new(),
                execution_id: None,
                repository: None,
                pipelines: Vec::new(),
            };
            let by_incident = failed_by_incident(&deployed(1000), &incident, "", at(now));
            let rollback = Rollback {
                key: key("e2"),
                time: at(1010),
                repository: None,
                rolled_back: Some(deployed(1000)),
            };
            let by_rollback = failed_by_rollback(&rollback, at(now)).unwrap();
            assert_eq!([by_incident.time, by_rollback.time], [at(expected); 2], "now is hour {now}");
            // However often it failed, it is one failure.
            assert_eq!(by_incident.id, by_rollback.id);
        }
        check(1011, 1000);
        check(1000 + 14 * 24, 1000);
        check(1000 + 14 * 24 + 1, 1010);
        // A clock that is behind: it is tried again later, not stamped elsewhere.
        check(997, 1000);
    }

    #[test]
    fn a_rollback_of_nothing_fails_nothing() {
        let rollback = Rollback { key: key("e2"), time: at(1010), repository: None, rolled_back: None };
        assert_eq!(failed_by_rollback(&rollback, at(1011)), None);
    }
}
