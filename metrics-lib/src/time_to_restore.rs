//! Mean time to restore: how long incidents lasted, from when they were raised to what restored service.

use crate::{
    contract::Metric,
    datum::DatumValue,
    fact::{Fact, FactId},
    identity::{DeploymentKey, IncidentKey},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How service can have been restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RestoredBy {
    /// A production deployment that references the incident.
    Deployment,
    /// A rollback of the deployment that the incident is attributed to.
    Rollback,
}

/// What may have restored service after an incident.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Restorer {
    /// When it ended.
    pub time: Timestamp,
    /// The deployment or rollback.
    pub key: DeploymentKey,
    /// Whether it deployed or rolled back.
    pub by: RestoredBy,
    /// The repository whose service it restored.
    pub repository: Option<String>,
}

/// A change of an incident's status.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatusChange {
    /// When it was.
    pub time: Timestamp,
    /// Whether the incident was resolved then; if not, it was open.
    pub is_resolved: bool,
    /// How the instant is known.
    pub told_by: ToldBy,
}

/// How the instant of a change is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ToldBy {
    /// The event's `modified-time`.
    Event,
    /// `LastModifiedTime`, as the API has it: the change was no later.
    LastModified,
}

impl ToldBy {
    /// The source's name, for people and in the ledger.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Event => "modified-time of the event",
            Self::LastModified => "LastModifiedTime of the OpsItem",
        }
    }
}

/// The times at which an incident was open and resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statuses(Vec<StatusChange>);

impl Statuses {
    /// From changes in any order.
    pub fn new(mut changes: Vec<StatusChange>) -> Self {
        // At one instant, open comes first: whoever resolves an incident has it open before.
        changes.sort();
        Self(changes)
    }

    /// The resolution that holds: the start of the last stretch of `Resolved` or `Closed`. None if it is open.
    pub fn resolution(&self) -> Option<&StatusChange> {
        let last = self.0.iter().rev().take_while(|change| change.is_resolved);
        last.last()
    }

    /// When the incident was opened again last, if it was.
    pub fn reopened(&self) -> Option<Timestamp> {
        let pairs = self.0.iter().zip(self.0.iter().skip(1)).rev();
        pairs
            .into_iter()
            .find(|(before, after)| before.is_resolved && !after.is_resolved)
            .map(|(_, after)| after.time)
    }

    /// Whether the incident was open at an instant, or was resolved at just that.
    fn was_open(&self, time: Timestamp) -> bool {
        let before = self.0.iter().take_while(|change| change.time < time);
        before.last().is_none_or(|change| !change.is_resolved)
    }
}

/// The earliest that restored service for good.
///
/// What ended before the incident was raised restores nothing, nor does what ended before it was opened again, nor a
/// rollback while it was resolved: it was not open.
pub fn earliest<'a>(
    created: Timestamp,
    statuses: &Statuses,
    restorers: impl IntoIterator<Item = &'a Restorer>,
) -> Option<&'a Restorer> {
    let since = statuses.reopened().map_or(created, |reopened| reopened.max(created));
    let was_open = |restorer: &Restorer| match restorer.by {
        RestoredBy::Deployment => true,
        RestoredBy::Rollback => statuses.was_open(restorer.time),
    };
    restorers.into_iter().filter(|restorer| restorer.time >= since && was_open(restorer)).min()
}

/// The fact that something restored service; none if it ended before the incident was raised.
pub fn restore(incident: &IncidentKey, created: Timestamp, restorer: &Restorer) -> Option<Fact> {
    let seconds = DatumValue::seconds(restorer.time.duration_since(created)).ok()?;
    let key = &restorer.key;
    let evidence = match restorer.by {
        RestoredBy::Deployment => format!("deployment {} references the {}", key.id(), incident.noun()),
        RestoredBy::Rollback => {
            format!("rollback {} undid the deployment that it is attributed to", key.id())
        }
    };
    Some(Fact {
        repository: restorer.repository.clone(),
        deployment: Some(key.clone()),
        measured: vec![(Metric::TimeToRestore, seconds)],
        ..Fact::new(FactId::Restore(incident.clone()), restorer.time, evidence)
    })
}

/// The fact that an incident was resolved and nothing is known to have restored service: its resolution did. None if it
/// was resolved before it was raised.
///
/// It is pending until no deployment that restored service can be expected any more. The repository is that of the
/// deployment which the incident is attributed to.
pub fn resolved_without_deployment(
    incident: &IncidentKey,
    created: Timestamp,
    resolution: &StatusChange,
    repository: Option<String>,
) -> Option<Fact> {
    let seconds = DatumValue::seconds(resolution.time.duration_since(created)).ok()?;
    let told_by = resolution.told_by.name();
    let evidence = format!("resolved without a deployment that references it; the time is the {told_by}");
    Some(Fact {
        repository,
        measured: vec![(Metric::TimeToRestore, seconds)],
        ..Fact::new(FactId::Restore(incident.clone()), resolution.time, evidence)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn restorer(by: RestoredBy, second: i64) -> Restorer {
        let key = format!("1/r/p/{by:?}{second}").parse().unwrap();
        Restorer { time: Timestamp::from_second(second).unwrap(), key, by, repository: None }
    }

    fn statuses(changes: &[(i64, bool)]) -> Statuses {
        let change = |&(second, is_resolved): &(i64, bool)| {
            let time = Timestamp::from_second(second).unwrap();
            StatusChange { time, is_resolved, told_by: ToldBy::Event }
        };
        Statuses::new(changes.iter().map(change).collect())
    }

    #[test]
    fn the_resolution_that_holds() {
        fn check(changes: &[(i64, bool)], expected: Option<i64>) {
            let mut shuffled = changes.to_vec();
            shuffled.reverse();
            for changes in [changes, &shuffled] {
                let statuses = statuses(changes);
                let resolution = statuses.resolution().map(|change| change.time.as_second());
                assert_eq!(resolution, expected, "{changes:?}");
            }
        }
        check(&[], None);
        check(&[(150, true)], Some(150));
        // Somebody edited it, or closed what was resolved: it stays resolved.
        check(&[(150, true), (160, true)], Some(150));
        check(&[(150, true), (160, false)], None);
        check(&[(150, true), (160, false), (170, true), (180, true)], Some(170));
        check(&[(150, true), (150, false)], Some(150));
    }

    /// Raised in second 100; the earliest of these restores it.
    #[test]
    fn the_earliest_restores() {
        fn check(resolved: Option<i64>, restorers: &[(RestoredBy, i64)], expected: Option<&str>) {
            let changes: Vec<_> = resolved.into_iter().map(|second| (second, true)).collect();
            check_statuses(&changes, restorers, expected);
        }
        fn check_statuses(changes: &[(i64, bool)], restorers: &[(RestoredBy, i64)], expected: Option<&str>) {
            let restorers: Vec<_> = restorers.iter().map(|&(by, second)| restorer(by, second)).collect();
            let created = Timestamp::from_second(100).unwrap();
            let statuses = statuses(changes);
            let found = earliest(created, &statuses, &restorers);
            assert_eq!(found.map(|restorer| restorer.key.id()), expected);
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
        // Resolved, opened again, resolved.
        let again = [(150, true), (160, false), (300, true)];
        check_statuses(&again, &[(Rollback, 140)], None);
        check_statuses(&again, &[(Deployment, 140)], None);
        check_statuses(&again, &[(Deployment, 140), (Rollback, 200)], Some("Rollback200"));
        check_statuses(&again, &[(Deployment, 155), (Deployment, 170)], Some("Deployment170"));
        check_statuses(&again, &[(Rollback, 310)], None);
    }
}
