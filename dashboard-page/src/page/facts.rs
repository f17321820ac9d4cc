//! The facts as columns, the newest first: what a figure is made of.

use super::{
    data::{Attribution, PageData, PageFact, PageIncident},
    link::template,
    words::Words,
};
use metrics_lib::{
    contract::Metric,
    fact::{FactKind, FactState},
    identity::DeploymentKey,
    links,
    parts::{HEADINGS, Part, by_metric},
    place::Place,
};
use serde::Serialize;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// A column for each property; texts by their numbers.
#[derive(Debug, Default, Serialize)]
pub(super) struct Facts {
    kind: Vec<u8>,
    /// In seconds: the first since 1970, every other before the one above it.
    time: Vec<i64>,
    repository: Vec<i64>,
    /// The index of its deployment.
    deployment: Vec<i64>,
    incident: Vec<i64>,
    seconds: Vec<Option<f64>>,
    /// Whether it counts as rework.
    rework: Vec<u8>,
    /// Whether it is decided, so that it counts.
    counts: Vec<u8>,
    evidence: Vec<i64>,
    /// Of a lead time the seconds of each part, in the order of [`HEADINGS`], without the last ones that are
    /// zero; zero of what has none.
    parts: Vec<Parts>,
    /// The commit, if it has an address at GitHub.
    revision: Vec<i64>,
}

/// How long what a lead time went into took.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Parts {
    Unknown(u8),
    Known(Vec<f64>),
}

impl Parts {
    fn of(parts: &[Part]) -> Self {
        let known = by_metric(parts);
        let of =
            |metric: Metric| known.iter().find(|(of, _)| *of == metric).map_or(0.0, |(_, value)| value.get());
        let mut seconds = Vec::from(HEADINGS.map(|heading| of(heading.metric)));
        while seconds.last() == Some(&0.0) {
            seconds.pop();
        }
        if seconds.is_empty() { Self::Unknown(0) } else { Self::Known(seconds) }
    }
}

/// What names deployments: account, region, pipeline, id, and the address in the console with `{}` for the id.
#[derive(Debug, Default, Serialize)]
pub(super) struct Deployments {
    names: Vec<[i64; 5]>,
    #[serde(skip)]
    indexes: BTreeMap<DeploymentKey, i64>,
}

impl Deployments {
    pub(super) fn index(&mut self, of: Option<&DeploymentKey>, words: &mut Words) -> i64 {
        let Some(of) = of else { return Words::NONE };
        if let Some(index) = self.indexes.get(of) {
            return *index;
        }
        let index = self.names.len() as i64;
        let Place { account, region } = of.place();
        let [account, region, unit, id] =
            [account, region, of.unit_name(), of.id()].map(|text| words.number(text));
        let link = links::deployment(of).map(|address| template(address, of.id()));
        self.names.push([account, region, unit, id, words.optional(link.as_deref())]);
        self.indexes.insert(of.clone(), index);
        index
    }
}

impl Facts {
    /// The facts that a figure is made of, of those that are newest first.
    pub(super) fn new(facts: &[&PageFact], words: &mut Words, deployments: &mut Deployments) -> Self {
        let mut columns = Self::default();
        let mut above = None;
        for fact in facts {
            let time = fact.time.as_second();
            columns.time.push(above.map_or(time, |above: i64| above - time));
            above = Some(time);
            columns.kind.push(number(fact.kind));
            columns.repository.push(words.optional(fact.repository.as_deref()));
            columns.deployment.push(deployments.index(fact.deployment.as_ref(), words));
            columns.incident.push(words.optional(fact.incident.as_deref()));
            columns.seconds.push(fact.seconds);
            columns.rework.push(u8::from(fact.samples.contains_key(&Metric::ReworkDeployments)));
            columns.counts.push(u8::from(fact.state != FactState::Pending));
            columns.parts.push(Parts::of(&fact.parts));
            columns.evidence.push(words.number(&fact.evidence));
            let commit = fact.revision.as_deref().filter(|sha| {
                fact.repository.as_deref().is_some_and(|name| links::commit(name, sha).is_some())
            });
            columns.revision.push(words.optional(commit));
        }
        columns
    }
}

/// The number of a kind: its place in [`FactKind::ALL`].
pub(super) fn number(kind: FactKind) -> u8 {
    FactKind::ALL.into_iter().take_while(|other| *other != kind).count() as u8
}

/// An incident: what is blamed, and what restored service.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    time: i64,
    id: i64,
    link: i64,
    repository: i64,
    deployment: i64,
    evidence: i64,
    /// Whether nothing is known to have restored service.
    open: bool,
}

/// The incidents, the newest first.
pub(super) fn incidents(data: &PageData, words: &mut Words, deployments: &mut Deployments) -> Vec<Row> {
    let restored: BTreeSet<&str> = data
        .facts
        .iter()
        .filter(|fact| fact.kind == FactKind::Restore && fact.state != FactState::Pending)
        .filter_map(|fact| fact.incident.as_deref())
        .collect();
    let mut incidents: Vec<&PageIncident> = data.incidents.iter().collect();
    incidents.sort_by_key(|incident| (Reverse(incident.time), &incident.key));
    let row = |incident: &&PageIncident| {
        let blamed = match &incident.attribution {
            Attribution::Deployment { deployment, repository } => Some((deployment, repository)),
            Attribution::Pending | Attribution::Nothing => None,
        };
        let id = incident.key.id().to_string();
        Row {
            time: incident.time.as_second(),
            id: words.number(&id),
            link: words.optional(links::incident(&incident.key).as_deref()),
            repository: words.optional(blamed.map(|(_, repository)| repository.as_str())),
            deployment: deployments.index(blamed.map(|(deployment, _)| deployment), words),
            evidence: words.number(&incident.evidence),
            open: !restored.contains(id.as_str()),
        }
    };
    incidents.iter().map(row).collect()
}

/// The addresses at GitHub of a repository's commits, and of the pull requests that have one, with `{}` for the commit.
pub(super) fn git_hub(data: &PageData, words: &mut Words) -> Vec<[i64; 3]> {
    // Any commit does.
    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
    let names: BTreeSet<&str> = data.facts.iter().filter_map(|fact| fact.repository.as_deref()).collect();
    let addresses = names.into_iter().filter_map(|name| {
        let of = [links::commit(name, COMMIT)?, links::pull_requests(name, COMMIT)?];
        let [commit, pull_requests] = of.map(|address| words.number(&template(address, COMMIT)));
        Some([words.number(name), commit, pull_requests])
    });
    addresses.collect()
}
