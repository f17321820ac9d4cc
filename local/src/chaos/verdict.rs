//! What came of the chaos of a seed, compared with what is true.

use crate::{
    cloud::{Cloud, CloudError},
    outcome::{Fact, Outcome},
    replay::ReplayError,
    sample::{Metrics, Truth, measured_metrics},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use metrics_lib::{
    contract::Metric,
    fact::{FactKind, FactState},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
};

/// What came of the chaos of a seed.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The seed.
    pub seed: u64,
    /// What is not as it is true, one sentence each; nothing if all is.
    pub differences: Vec<String>,
    /// How many faults were asked for.
    pub faults: usize,
    /// How many values were put twice, each of which the comparison has found.
    pub doubled: u64,
    /// How many facts no event had brought.
    pub reconciled: usize,
}

/// A number of values too much, by metric and day.
type Excess = BTreeMap<(String, Date), u64>;

impl Verdict {
    pub(super) fn of(seed: u64, cloud: &Cloud, truth: &Truth, faults: usize) -> Result<Self, ReplayError> {
        let outcome = Outcome::of(cloud).map_err(CloudError::from)?;
        let mut differences = Vec::new();
        let excess = excess(&measured_metrics(&outcome), &truth.metrics, &mut differences);
        let found = found(cloud, &outcome).map_err(CloudError::from)?;
        compare("values put twice, as the comparison found them", &found, &excess, &mut differences);
        ledger(&outcome, truth, &mut differences);
        let doubled = excess.values().sum();
        let reconciled = outcome.total(Metric::ReconciledFacts) as usize;
        Ok(Self { seed, differences, faults, doubled, reconciled })
    }

    /// Whether everything is as it is true.
    pub fn is_exact(&self) -> bool {
        self.differences.is_empty()
    }
}

fn compare<T: Debug + PartialEq>(what: &str, measured: &T, truth: &T, differences: &mut Vec<String>) {
    if measured != truth {
        differences.push(format!("{what}: {measured:?}, true {truth:?}"));
    }
}

/// The values that CloudWatch has more than once. What it lacks, or has and nothing is true of, is a difference.
fn excess(measured: &Metrics, truth: &Metrics, differences: &mut Vec<String>) -> Excess {
    let mut excess = Excess::new();
    for key in measured.keys().chain(truth.keys()).collect::<BTreeSet<_>>() {
        let points = |metrics: &Metrics| metrics.get(key).cloned().unwrap_or_default();
        let (measured, truth) = (points(measured), points(truth));
        for time in measured.keys().chain(truth.keys()).collect::<BTreeSet<_>>() {
            let values =
                |points: &BTreeMap<Timestamp, Vec<f64>>| points.get(time).cloned().unwrap_or_default();
            let (mut more, truth) = (values(&measured), values(&truth));
            let mut missing = Vec::new();
            for value in &truth {
                match more.iter().position(|other| other == value) {
                    Some(index) => drop(more.swap_remove(index)),
                    None => missing.push(*value),
                }
            }
            let untrue: Vec<_> = more.iter().filter(|value| !truth.contains(value)).collect();
            if !missing.is_empty() || !untrue.is_empty() {
                let (metric, dimensions) = key;
                differences
                    .push(format!("{metric} {dimensions:?} {time}: lacks {missing:?}, untrue {untrue:?}"));
            }
            if key.1.is_empty() && !more.is_empty() {
                let day = time.to_zoned_datetime(TimeZone::UTC).date();
                *excess.entry((key.0.to_string(), day)).or_default() += more.len() as u64;
            }
        }
    }
    excess
}

/// What the last comparison found, from the reconciler's log. What it put as a metric must be the sum.
fn found(cloud: &Cloud, outcome: &Outcome) -> std::io::Result<Excess> {
    let drift = outcome.metrics.iter().find(|metric| metric.name == Metric::LedgerDrift.name());
    let last = drift.and_then(|drift| drift.points.last());
    let logs = cloud.logs()?;
    let lines = logs.get("reconciler").map(String::as_str).unwrap_or_default().lines();
    let mut found = Excess::new();
    for line in lines.filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let fields = &line["fields"];
        let time = |name: &str| fields[name].as_str().and_then(|text| text.parse::<Timestamp>().ok());
        let is_told = fields["message"] == "CloudWatch and the ledger differ";
        let (true, Some(compared), Some(day)) = (is_told, time("compared"), time("day")) else { continue };
        if last.is_none_or(|last| last.timestamp != compared) {
            continue;
        }
        let metric = fields["metric"].as_str().unwrap_or_default().to_owned();
        let number = |name: &str| fields[name].as_u64().unwrap_or_default();
        let more = number("cloudwatch").wrapping_sub(number("ledger"));
        found.insert((metric, day.to_zoned_datetime(TimeZone::UTC).date()), more);
    }
    let sum = found.values().sum::<u64>();
    match last.is_some_and(|last| last.values.iter().all(|value| *value as u64 == sum)) {
        true => Ok(found),
        // The metric says something else than the log: nothing is believed.
        false => Ok(Excess::from([(Metric::LedgerDrift.to_string(), Date::ZERO)].map(|key| (key, sum)))),
    }
}

/// Compares the facts that the ledger has with what is true.
fn ledger(outcome: &Outcome, truth: &Truth, differences: &mut Vec<String>) {
    for (repository, figures) in &truth.figures {
        let of = |kind: FactKind| {
            let facts = outcome.facts.iter().filter(move |fact| fact.kind == kind);
            facts.filter(|fact| {
                fact.repository.as_ref() == Some(repository) && fact.state == FactState::Published
            })
        };
        let count = |kind| of(kind).count() as u64;
        let values = |kind| {
            let mut values: Vec<f64> = of(kind).filter_map(|fact: &Fact| fact.value).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let mut check = |what: &str, measured: u64, truth: u64| {
            compare(&format!("ledger, {repository}, {what}"), &measured, &truth, differences);
        };
        check("deployments", count(FactKind::Deployment), figures.deployments);
        check("failures", count(FactKind::Failure), figures.failed);
        check("rollbacks", count(FactKind::Rollback), figures.rollbacks);
        let what = format!("ledger, {repository}, restores");
        compare(&what, &values(FactKind::Restore), &figures.restores, differences);
        let what = format!("ledger, {repository}, lead times");
        let before = differences.len();
        compare(&what, &values(FactKind::LeadTime), &figures.lead_times, differences);
        if differences.len() > before {
            // What is incomplete says why.
            let told = outcome.facts.iter().filter(|fact| {
                fact.kind == FactKind::LeadTime
                    && fact.repository.as_ref() == Some(repository)
                    && fact.state != FactState::Published
            });
            differences.extend(told.map(|fact| format!("{what}, {}: {}", fact.time, fact.evidence)));
        }
    }
    let unattributed =
        outcome.facts.iter().filter(|fact| fact.kind == FactKind::Failure && fact.execution_id.is_none());
    compare("ledger, unattributed incidents", &unattributed.count(), &truth.unattributed, differences);
    compare("ledger, ignored executions", &outcome.ignored.len(), &truth.ignored, differences);
    let open = outcome.facts.iter().filter(|fact| fact.kind != FactKind::Failure);
    let open: Vec<_> = open.filter(|fact| fact.state == FactState::Pending).collect();
    if !open.is_empty() {
        differences.push(format!("facts that are not settled: {open:?}"));
    }
}
