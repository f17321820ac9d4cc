//! What the tables are made of, as the ledger has it.

use super::{request::Repositories, table::Cell};
use crate::{
    ledger::{Ledger, Recorded},
    runtime::error::Error,
};
use jiff::Timestamp;
use metrics_lib::{
    fact::{FactKind, FactState},
    identity::{DeploymentKey, IncidentId},
    links,
    words::length,
};
use std::{cmp::Reverse, collections::BTreeMap, ops::Range};

/// The facts of some kinds, of some repositories, newest first.
pub(super) async fn facts(
    ledger: &Ledger,
    kinds: &[FactKind],
    range: Range<Timestamp>,
    whose: Repositories<'_>,
) -> Result<Vec<Recorded>, Error> {
    let mut facts = Vec::new();
    for kind in kinds {
        facts.extend(ledger.facts(*kind, range.clone()).await?);
    }
    whose.retain(&mut facts, |fact| fact.repository.as_deref());
    facts.sort_by_key(|fact| Reverse(fact.time));
    Ok(facts)
}

/// The restores since an instant, by incident.
pub(super) async fn restores(
    ledger: &Ledger,
    since: Timestamp,
    now: Timestamp,
) -> Result<BTreeMap<IncidentId, Recorded>, Error> {
    let restores = ledger.facts(FactKind::Restore, since..now).await?;
    Ok(restores.into_iter().filter_map(|fact| Some((fact.incident.clone()?, fact))).collect())
}

/// An instant, to the second.
pub(super) fn instant(time: Timestamp) -> Cell {
    time.strftime("%Y-%m-%d %H:%M:%S").to_string().into()
}

/// The repository that a fact is of.
pub(super) fn repository(fact: &Recorded) -> Cell {
    fact.repository.clone().unwrap_or_else(|| "none".to_owned()).into()
}

/// A deployment, with its place in the console.
pub(super) fn deployment(key: Option<&DeploymentKey>) -> Cell {
    let Some(key) = key else { return Cell::default() };
    Cell::from(format!("{}: {}", key.unit_name(), key.id())).to(links::deployment(key))
}

/// What restored service after an incident, and how long that took.
pub(super) fn repair(restore: Option<&Recorded>) -> [Cell; 2] {
    match restore {
        None => ["not restored yet".into(), Cell::default()],
        Some(fact) if fact.state == FactState::Pending => {
            [format!("not decided yet: {}", fact.evidence).into(), Cell::default()]
        }
        Some(fact) => {
            let took = fact.value.map(length).unwrap_or_default();
            let by = Cell::from(fact.evidence.clone());
            [by.to(fact.deployment.as_ref().and_then(links::deployment)), took.into()]
        }
    }
}
