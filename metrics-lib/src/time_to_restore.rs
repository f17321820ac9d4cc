//! Mean time to restore: how long incidents lasted, from the `OpsItem`'s creation to what restored service.

use crate::{
    contract::Metric,
    datum::DatumValue,
    event::{ExecutionKey, OpsItemKey},
    fact::{Fact, FactId},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How an execution can have restored service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RestoredBy {
    /// A production deployment that references the `OpsItem`.
    Deployment,
    /// A rollback of the deployment that the `OpsItem` is attributed to.
    Rollback,
}

/// An execution that may have restored service after an incident.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Restorer {
    /// When it ended.
    pub time: Timestamp,
    /// The execution.
    pub execution: ExecutionKey,
    /// Whether it deployed or rolled back.
    pub by: RestoredBy,
    /// The repository whose service it restored.
    pub repository: Option<String>,
}

/// The earliest execution that restored service.
///
/// What ended before the incident was raised restores nothing, nor does a rollback after somebody had resolved it: it
/// was no longer open.
pub fn earliest<'a>(
    created: Timestamp,
    resolved: Option<Timestamp>,
    restorers: impl IntoIterator<Item = &'a Restorer>,
) -> Option<&'a Restorer> {
    let was_open = |restorer: &Restorer| match restorer.by {
        RestoredBy::Deployment => true,
        RestoredBy::Rollback => resolved.is_none_or(|resolved| resolved >= restorer.time),
    };
    restorers.into_iter().filter(|restorer| restorer.time >= created && was_open(restorer)).min()
}

/// The fact that an execution restored service; none if it ended before the incident was raised.
pub fn restore(incident: &OpsItemKey, created: Timestamp, restorer: &Restorer) -> Option<Fact> {
    let seconds = DatumValue::seconds(restorer.time.duration_since(created)).ok()?;
    let execution = &restorer.execution;
    let evidence = match restorer.by {
        RestoredBy::Deployment => format!("deployment {} references the OpsItem", execution.execution_id),
        RestoredBy::Rollback => {
            format!("rollback {} undid the deployment that it is attributed to", execution.execution_id)
        }
    };
    Some(Fact {
        id: FactId::Restore(incident.clone()),
        time: restorer.time,
        repository: restorer.repository.clone(),
        execution: Some(execution.clone()),
        ops_item: Some(incident.clone()),
        measured: vec![(Metric::TimeToRestore, seconds)],
        commits: Vec::new(),
        counted_by: Vec::new(),
        evidence,
    })
}

/// The fact that an incident was resolved and nothing is known to have restored service: its resolution did. None if it
/// was resolved before it was raised.
///
/// It is pending until no deployment that restored service can be expected any more. The repository is that of the
/// deployment which the incident is attributed to.
pub fn resolved_without_deployment(
    incident: &OpsItemKey,
    created: Timestamp,
    resolved: Timestamp,
    repository: Option<String>,
) -> Option<Fact> {
    let seconds = DatumValue::seconds(resolved.duration_since(created)).ok()?;
    Some(Fact {
        id: FactId::Restore(incident.clone()),
        time: resolved,
        repository,
        execution: None,
        ops_item: Some(incident.clone()),
        measured: vec![(Metric::TimeToRestore, seconds)],
        commits: Vec::new(),
        counted_by: Vec::new(),
        evidence: "resolved without a deployment that references it".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn restorer(by: RestoredBy, second: i64) -> Restorer {
        let execution_id = format!("{by:?}{second}");
        let [account, region, pipeline] = ["1", "r", "p"].map(str::to_owned);
        let execution = ExecutionKey { account, region, pipeline, execution_id };
        Restorer { time: Timestamp::from_second(second).unwrap(), execution, by, repository: None }
    }

    /// Raised in second 100; the earliest of these restores it.
    #[test]
    fn the_earliest_restores() {
        fn check(resolved: Option<i64>, restorers: &[(RestoredBy, i64)], expected: Option<&str>) {
            let restorers: Vec<_> = restorers.iter().map(|&(by, second)| restorer(by, second)).collect();
            let resolved = resolved.map(|second| Timestamp::from_second(second).unwrap());
            let created = Timestamp::from_second(100).unwrap();
            let found = earliest(created, resolved, &restorers);
            assert_eq!(found.map(|restorer| restorer.execution.execution_id.as_str()), expected);
        }
        use RestoredBy::{Deployment, Rollback};
        check(None, &[], None);
        check(None, &[(Deployment, 200)], Some("Deployment200"));
        check(None, &[(Deployment, 300), (Deployment, 200)], Some("Deployment200"));
        check(None, &[(Deployment, 300), (Rollback, 200)], Some("Rollback200"));
        // What ended before it was raised restores nothing.
        check(None, &[(Deployment, 99)], None);
        check(None, &[(Deployment, 99), (Rollback, 99), (Deployment, 300)], Some("Deployment300"));
        check(None, &[(Deployment, 100)], Some("Deployment100"));
        // A rollback restores what is open, a deployment that references it whatever somebody had closed.
        check(Some(150), &[(Rollback, 200)], None);
        check(Some(200), &[(Rollback, 200)], Some("Rollback200"));
        check(Some(150), &[(Deployment, 200)], Some("Deployment200"));
    }
}
