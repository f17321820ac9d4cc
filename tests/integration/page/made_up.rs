//! Data of pages that nothing was played for: names that want more than to be shown, and a large organisation.

use dashboard_page::{
    PageData,
    page::{Attribution, LeftOut, PageFact, PageIncident},
};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::{
    contract::Metric,
    fact::{FactKind, FactState, Teams},
    identity::{DeploymentKey, IncidentKey, SourcedId, SourcedIncident},
    parts::{Part, PartKind},
    place::Place,
    sources::codepipeline::ExecutionKey,
};

fn now() -> Timestamp {
    "2026-07-01T00:00:00Z".parse().unwrap()
}

fn deployment(repository: &str, number: usize) -> DeploymentKey {
    ExecutionKey {
        place: Place::new("111111111111", "eu-west-1"),
        pipeline: format!("{repository}-pipeline"),
        execution_id: format!("00000000-0000-4000-8000-{number:012}"),
    }
    .into()
}

fn fact(kind: FactKind, repository: &str, number: usize, time: Timestamp) -> PageFact {
    let samples = match kind {
        FactKind::Deployment => vec![Metric::Deployments],
        FactKind::Failure => vec![Metric::FailedDeployments],
        FactKind::Rollback => vec![Metric::Rollbacks],
        _ => vec![],
    };
    let kinds = [PartKind::Coding, PartKind::Review, PartKind::Queue, PartKind::Stage(repository.to_owned())];
    let kinds = kinds.into_iter().chain([PartKind::Approval, PartKind::Deploy]);
    let hours = |hours| time - SignedDuration::from_hours(hours);
    let parts =
        (0..).zip(kinds).map(|(part, kind)| Part { kind, start: hours(6 - part), end: hours(5 - part) });
    let parts = if kind == FactKind::LeadTime { parts.collect() } else { Vec::new() };
    PageFact {
        parts,
        kind,
        time,
        repository: Some(repository.to_owned()),
        deployment: Some(deployment(repository, number)),
        incident: None,
        seconds: None,
        samples: samples.into_iter().map(|metric| (metric, 1)).collect(),
        state: FactState::Published,
        evidence: format!("production deployment of {repository}, branch main, revision {number:040x}"),
        revision: Some(format!("{number:040x}")),
    }
}

/// Names that end scripts, begin elements, quote, turn text around.
pub(super) fn hostile() -> PageData {
    let name = "</script><img src=x onerror=hacked=1>\"'`${hacked=1}\u{202e}<!--<script>&lt;b>\u{2028}";
    let time = now() - SignedDuration::from_hours(40);
    let kinds =
        [FactKind::Deployment, FactKind::LeadTime, FactKind::Failure, FactKind::Restore, FactKind::Rollback];
    let facts = kinds.map(|kind| PageFact {
        incident: Some(name.to_owned()),
        seconds: Some(3600.0),
        evidence: name.to_owned(),
        ..fact(kind, name, 1, time)
    });
    let blamed = Attribution::Deployment { deployment: deployment(name, 1), repository: name.to_owned() };
    let incidents = [blamed, Attribution::Nothing].map(|attribution| PageIncident {
        key: IncidentKey::Sourced(SourcedIncident {
            place: Place::new(name, name),
            id: SourcedId { source: "pager".parse().unwrap(), id: name.to_owned() },
        }),
        time,
        attribution,
        evidence: name.to_owned(),
    });
    PageData {
        of: name.to_owned(),
        now: now(),
        teams: Teams([(name.to_owned(), [name.to_owned()].into())].into()),
        repositories: ["constructor".to_owned(), "__proto__".to_owned()].into(),
        facts: facts.into(),
        incidents: incidents.into(),
        left_out: vec![LeftOut { time, kind: "Messages", what: name.to_owned(), why: name.to_owned() }],
    }
}

/// 40,000 deployments of 150 repositories and 25 teams in 13 months.
pub(super) fn large() -> PageData {
    let repository = |number: usize| format!("acme/repository-{:03}", number % 150);
    let begin = now() - SignedDuration::from_hours(24 * 390);
    let facts = (0..40_000).flat_map(|number| {
        let name = repository(number * 7);
        let time = begin + SignedDuration::from_secs(number as i64 * 842);
        let lead_time = PageFact {
            seconds: Some((number % 971) as f64 * 731.25),
            evidence: format!("first of 3 commits is {number:040x} of {time}"),
            ..fact(FactKind::LeadTime, &name, number, time)
        };
        let failure = (number % 9 == 0).then(|| PageFact {
            incident: Some(format!("oi-{number:012}")),
            evidence: format!("oi-{number:012}: title or description names {name}; latest deployment of it before the incident"),
            ..fact(FactKind::Failure, &name, number, time)
        });
        [fact(FactKind::Deployment, &name, number, time), lead_time].into_iter().chain(failure)
    });
    let team = |team: usize| (format!("team {team}"), (team..150).step_by(25).map(repository).collect());
    PageData {
        of: "a large organisation".to_owned(),
        now: now(),
        teams: Teams((0..25).map(team).collect()),
        facts: facts.collect(),
        ..PageData::default()
    }
}
