//! The tables of facts: deployments, failures, incidents, the slowest changes, and what is not in the figures.

use super::{
    facts::{deployment, facts, instant, repair, repository, restores},
    request::Repositories,
    table::{Cell, Table, Tone},
};
use crate::{
    ledger::{AttributionState, IncidentRecord, Ledger, Recorded},
    runtime::error::Error,
};
use jiff::Timestamp;
use metrics_lib::{
    fact::{FactKind, FactState, LeftOut},
    identity::DeploymentKey,
    links,
    parts::{Spent, spent},
    words::{self, length},
};
use std::{cmp::Reverse, collections::BTreeMap, ops::Range};

/// Deployments and rollbacks, with what became of them.
pub(super) async fn deployments(
    ledger: &Ledger,
    range: Range<Timestamp>,
    whose: Repositories<'_>,
) -> Result<Table, Error> {
    let kinds = [FactKind::Deployment, FactKind::Rollback, FactKind::Failure, FactKind::LeadTime];
    let all = facts(ledger, &kinds, range, whose).await?;
    let of = |kind: FactKind| -> BTreeMap<&DeploymentKey, &Recorded> {
        let of_kind = all.iter().filter(|fact| fact.kind == kind);
        of_kind.filter_map(|fact| Some((fact.deployment.as_ref()?, fact))).collect()
    };
    let (failures, lead_times) = (of(FactKind::Failure), of(FactKind::LeadTime));
    let rows = all.iter().filter(|fact| matches!(fact.kind, FactKind::Deployment | FactKind::Rollback));
    let rows = rows.map(|fact| {
        let key = fact.deployment.as_ref();
        let failure = key.and_then(|key| failures.get(key));
        let result = match (fact.kind, failure) {
            (FactKind::Rollback, _) => Cell::from("rollback"),
            (_, Some(failure)) => Cell::from(format!("failed: {}", failure.evidence)).toned(Tone::Bad),
            (_, None) => "succeeded".into(),
        };
        let lead_time = key.and_then(|key| lead_times.get(key)).copied();
        let revision = revision(fact, lead_time);
        vec![instant(fact.time), repository(fact), deployment(key), result, lead_time_of(lead_time), revision]
    });
    Ok(Table {
        caption: "Production deployments and rollbacks, newest first".into(),
        columns: vec!["ended (UTC)", "repository", "execution", "result", "lead time", "revision"],
        rows: rows.collect(),
        empty: "No deployment in this time range.",
    })
}

/// The lead time of a deployment, or why it has none.
fn lead_time_of(fact: Option<&Recorded>) -> Cell {
    let Some(fact) = fact else { return "not measured".into() };
    match fact.value {
        Some(value) => length(value).into(),
        None if fact.state == FactState::Pending => "not decided yet".into(),
        None => format!("none: {}", fact.evidence).into(),
    }
}

/// What was deployed. GitHub has what a lead time was measured from: only pushes that GitHub delivered are.
fn revision(fact: &Recorded, lead_time: Option<&Recorded>) -> Cell {
    let revision = fact.revision.clone().unwrap_or_default();
    let short = revision.chars().take(12).collect::<String>();
    let is_known = lead_time.is_some_and(|fact| !fact.commits.is_empty());
    match fact.repository.as_deref().filter(|_| is_known) {
        Some(repository) => Cell::from(short)
            .to(links::commit(repository, &revision))
            .beside("pull request", links::pull_requests(repository, &revision)),
        None => short.into(),
    }
}

/// Failed deployments, with what repaired them.
pub(super) async fn failures(
    ledger: &Ledger,
    range: Range<Timestamp>,
    now: Timestamp,
    whose: Repositories<'_>,
) -> Result<Table, Error> {
    let failed = facts(ledger, &[FactKind::Failure], range.clone(), whose).await?;
    let restores = restores(ledger, range.start, now).await?;
    let rows = failed.iter().map(|fact| {
        let [by, took] = match &fact.incident {
            Some(id) => repair(restores.get(id)),
            // Without an incident it is a rollback that tells of the failure, and that repaired it.
            None => [fact.evidence.clone().into(), Cell::default()],
        };
        let key = fact.deployment.as_ref();
        vec![instant(fact.time), repository(fact), deployment(key), fact.evidence.clone().into(), by, took]
    });
    Ok(Table {
        caption: "Failed deployments, newest first, at the end of the deployment".into(),
        columns: vec![
            "deployed (UTC)",
            "repository",
            "execution",
            "why it failed",
            "repaired by",
            "time to restore",
        ],
        rows: rows.collect(),
        empty: "No failed deployment in this time range.",
    })
}

/// Incidents, with why each was attributed as it was.
pub(super) async fn incidents(
    ledger: &Ledger,
    range: Range<Timestamp>,
    now: Timestamp,
    whose: Repositories<'_>,
) -> Result<Table, Error> {
    let mut incidents: Vec<_> = ledger.incidents_within(range.clone()).await?;
    incidents.sort_by_key(|incident| Reverse(incident.created));
    whose.retain(&mut incidents, blamed_repository);
    let restores = restores(ledger, range.start, now).await?;
    let unattributed = ledger.facts(FactKind::Unattributed, range).await?;
    let why: BTreeMap<_, _> =
        unattributed.iter().filter_map(|fact| Some((fact.incident.as_ref()?, &fact.evidence))).collect();
    let rows = incidents.iter().map(|incident| {
        let id = incident.key.id();
        let (blamed, reason) = match &incident.attribution {
            AttributionState::Attributed { deployment: blamed, evidence } => {
                (deployment(Some(&blamed.key)), evidence.clone())
            }
            AttributionState::Pending => ("not decided yet".into(), String::new()),
            AttributionState::Unattributed => {
                let reason = why.get(&id).map(|reason| (*reason).clone());
                ("no deployment".into(), reason.unwrap_or_default())
            }
        };
        let [by, took] = repair(restores.get(&id));
        let name = Cell::from(id.to_string()).to(links::incident(&incident.key));
        let repository = blamed_repository(incident).unwrap_or_default().to_owned();
        vec![instant(incident.created), name, repository.into(), blamed, reason.into(), by, took]
    });
    let left_out =
        if whose.is_all() { "" } else { "; those of no deployment are shown with all repositories only" };
    Ok(Table {
        caption: format!("Incidents, newest first{left_out}"),
        columns: vec![
            "raised (UTC)",
            "incident",
            "repository",
            "attributed to",
            "why",
            "restored by",
            "time to restore",
        ],
        rows: rows.collect(),
        empty: "No incident in this time range.",
    })
}

/// The repository of the deployment that an incident is attributed to.
fn blamed_repository(incident: &IncidentRecord) -> Option<&str> {
    match &incident.attribution {
        AttributionState::Attributed { deployment, .. } => Some(&deployment.repository),
        AttributionState::Pending | AttributionState::Unattributed => None,
    }
}

/// The changes that took longest.
pub(super) async fn slowest(
    ledger: &Ledger,
    range: Range<Timestamp>,
    whose: Repositories<'_>,
) -> Result<Table, Error> {
    let mut all = facts(ledger, &[FactKind::LeadTime], range, whose).await?;
    all.retain(|fact| fact.value.is_some());
    all.sort_by(|one, other| other.value.unwrap_or_default().total_cmp(&one.value.unwrap_or_default()));
    let rows = all.iter().map(|fact| {
        let first = fact.commits.first().map(String::as_str).unwrap_or_default();
        let (sha, time) = first.split_once(' ').unwrap_or((first, ""));
        let repository_name = fact.repository.as_deref().unwrap_or_default();
        let commit = Cell::from(format!("{} {time}", sha.chars().take(12).collect::<String>()))
            .to(links::commit(repository_name, sha))
            .beside("pull request", links::pull_requests(repository_name, sha));
        let took = length(fact.value.unwrap_or_default());
        let key = fact.deployment.as_ref();
        vec![
            took.into(),
            instant(fact.time),
            repository(fact),
            deployment(key),
            commit,
            words::longest_parts(&fact.parts).into(),
            fact.evidence.clone().into(),
        ]
    });
    Ok(Table {
        caption: "Lead times, the longest first".into(),
        columns: vec![
            "lead time",
            "deployed (UTC)",
            "repository",
            "execution",
            "first commit",
            "where it went",
            "evidence",
        ],
        rows: rows.collect(),
        empty: "No lead time in this time range.",
    })
}

/// What lead times went into.
pub(super) async fn parts(
    ledger: &Ledger,
    range: Range<Timestamp>,
    whose: Repositories<'_>,
) -> Result<Table, Error> {
    let all = facts(ledger, &[FactKind::LeadTime], range, whose).await?;
    let decided = all.iter().filter(|fact| fact.state != FactState::Pending && fact.value.is_some());
    let known = Vec::from_iter(decided.map(|fact| fact.parts.as_slice()).filter(|parts| !parts.is_empty()));
    let count = known.len();
    let rows = spent(known).into_iter().map(|Spent { heading, mean, share, of_some }| {
        let n = of_some.map_or(0, |of| of.n);
        let median = of_some.map_or_else(|| words::NO_DATA.to_owned(), |of| length(of.median));
        let cells = [
            heading.title.to_owned(),
            length(mean),
            words::percent(share),
            median,
            n.to_string(),
            heading.sentence.to_owned(),
        ];
        cells.map(Cell::from).into()
    });
    Ok(Table {
        caption: format!(
            "What {count} lead times went into, in order of time. The means are of all of them, and add up to the mean lead time"
        ),
        columns: vec!["part", "mean", "share", "median of those that have it", "n", "what it is"],
        rows: rows.collect(),
        empty: "No lead time in this time range of which the parts are known.",
    })
}

/// What is not in the figures, and why.
pub(super) async fn excluded(
    ledger: &Ledger,
    range: Range<Timestamp>,
    whose: Repositories<'_>,
) -> Result<Table, Error> {
    let mut rows = Vec::new();
    for fact in facts(ledger, &FactKind::ALL, range.clone(), whose).await? {
        let Some(left_out) = LeftOut::of(fact.kind, fact.state, fact.value.is_some()) else { continue };
        let why = standing(left_out);
        let what = match (&fact.deployment, &fact.incident) {
            (None, Some(id)) => Cell::from(id.to_string()),
            (key, _) => deployment(key.as_ref()),
        };
        let name = fact.kind.name();
        rows.push((
            fact.time,
            vec![instant(fact.time), repository(&fact), name.into(), what, why.into(), fact.evidence.into()],
        ));
    }
    if whose.is_all() {
        let incidents = ledger.incidents_within(range.clone()).await?;
        let pending =
            incidents.into_iter().filter(|incident| incident.attribution == AttributionState::Pending);
        for incident in pending {
            let name = Cell::from(incident.key.id().to_string()).to(links::incident(&incident.key));
            let row = vec![
                instant(incident.created),
                "none".into(),
                "incident".into(),
                name,
                "pending: not attributed yet".into(),
                Cell::default(),
            ];
            rows.push((incident.created, row));
        }
    }
    rows.sort_by(|(one, _), (other, _)| other.cmp(one));
    Ok(Table {
        caption: "What the figures don't have, or CloudWatch has not, newest first".into(),
        columns: vec!["time (UTC)", "repository", "kind", "what", "where it stands", "why"],
        rows: rows.into_iter().map(|(_, row)| row).collect(),
        empty: "Everything in this time range is in the figures.",
    })
}

fn standing(left_out: LeftOut) -> &'static str {
    match left_out {
        LeftOut::Ignored => "ignored: no production deployment",
        LeftOut::Unattributed => "unattributed: no deployment is blamed",
        LeftOut::Pending => "pending: not decided yet",
        LeftOut::WithoutLeadTime => "no lead time",
        LeftOut::TooOld => "too old for CloudWatch: in this widget and the ledger only",
        LeftOut::Undecided => "CloudWatch may have it or not",
    }
}
