//! What came of the chaos of a seed, compared with what is true.

use super::removed;
use crate::{
    parts,
    sample::{Metrics, Truth, measured_metrics},
};
use jiff::Timestamp;
use metrics_lib::{
    contract::Metric,
    fact::{FactKind, FactState},
};
use simulator::{
    cloud::{Cloud, CloudError},
    replay::ReplayError,
    replay_result::{ReplayResult, ReplayedFact},
};
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
    /// How many facts no event had brought.
    pub reconciled: usize,
}

impl Verdict {
    pub(super) fn of(seed: u64, cloud: &Cloud, truth: &Truth, faults: usize) -> Result<Self, ReplayError> {
        let outcome = ReplayResult::of(cloud).map_err(CloudError::from)?;
        let mut differences = Vec::new();
        let (mut expected, mut measured) = (truth.metrics.clone(), measured_metrics(&outcome));
        removed::add_truth(&outcome, &mut expected);
        differences.extend(parts::that_do_not_add_up(&outcome));
        for metrics in [&mut expected, &mut measured] {
            // Steps of pull requests that GitHub delivers late are unknown.
            metrics.retain(|(metric, _), _| !metric.is_part_of_lead_time());
        }
        metrics(&measured, &expected, &mut differences);
        let drift = outcome.metrics.iter().find(|metric| metric.name == Metric::LedgerDrift.name());
        let last = drift.and_then(|drift| drift.points.last()).map(|last| last.values.clone());
        compare(
            "the last comparison of the ledger with CloudWatch",
            &last,
            &Some(vec![0.0]),
            &mut differences,
        );
        ledger(&outcome, truth, &mut differences);
        let reconciled = outcome.total(Metric::ReconciledFacts) as usize;
        Ok(Self { seed, differences, faults, reconciled })
    }

    /// Whether everything is as it is true.
    pub fn is_exact(&self) -> bool {
        self.differences.is_empty()
    }
}

fn compare<T: Debug + PartialEq + ?Sized>(
    what: &str,
    measured: &T,
    truth: &T,
    differences: &mut Vec<String>,
) {
    if measured != truth {
        differences.push(format!("{what}: {measured:?}, true {truth:?}"));
    }
}

/// Compares the values that CloudWatch has with those that are true: each once.
fn metrics(measured: &Metrics, truth: &Metrics, differences: &mut Vec<String>) {
    for key in measured.keys().chain(truth.keys()).collect::<BTreeSet<_>>() {
        let points = |metrics: &Metrics| metrics.get(key).cloned().unwrap_or_default();
        let (measured, truth) = (points(measured), points(truth));
        for time in measured.keys().chain(truth.keys()).collect::<BTreeSet<_>>() {
            let values =
                |points: &BTreeMap<Timestamp, Vec<f64>>| points.get(time).cloned().unwrap_or_default();
            let (mut more, mut missing) = (values(&measured), Vec::new());
            for value in values(&truth) {
                match more.iter().position(|other| *other == value) {
                    Some(index) => drop(more.swap_remove(index)),
                    None => missing.push(value),
                }
            }
            if !missing.is_empty() || !more.is_empty() {
                let (metric, dimensions) = key;
                differences
                    .push(format!("{metric} {dimensions:?} {time}: lacks {missing:?}, too much {more:?}"));
            }
        }
    }
}

/// Compares the facts that the ledger has with what is true.
fn ledger(outcome: &ReplayResult, truth: &Truth, differences: &mut Vec<String>) {
    for (repository, figures) in &truth.figures {
        let of = |kind: FactKind| {
            let facts = outcome.facts.iter().filter(move |fact| fact.kind == kind);
            facts.filter(|fact| {
                fact.repository.as_ref() == Some(repository) && fact.state == FactState::Published
            })
        };
        let count = |kind| of(kind).count() as u64;
        let values = |kind| {
            let mut values: Vec<f64> = of(kind).filter_map(|fact: &ReplayedFact| fact.value).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let mut check = |what: &str, measured: u64, truth: u64| {
            compare(&format!("ledger, {repository}, {what}"), &measured, &truth, differences);
        };
        check("deployments", count(FactKind::Deployment), figures.count(Metric::Deployments));
        check("failures", count(FactKind::Failure), figures.count(Metric::FailedDeployments));
        check("rollbacks", count(FactKind::Rollback), figures.count(Metric::Rollbacks));
        let what = format!("ledger, {repository}, restores");
        let before = differences.len();
        compare(&what, &*values(FactKind::Restore), figures.values(Metric::TimeToRestore), differences);
        if differences.len() > before {
            let told = outcome.facts.iter().filter(|fact| {
                matches!(fact.kind, FactKind::Restore | FactKind::Failure)
                    && fact.repository.as_ref().is_none_or(|of| of == repository)
            });
            differences.extend(told.map(|fact| {
                let (kind, id) = (fact.kind.name(), fact.ops_item_id.as_deref().unwrap_or_default());
                format!("{what}: {kind} {id} {} {}: {}", fact.time, fact.state.name(), fact.evidence)
            }));
        }
        let what = format!("ledger, {repository}, lead times");
        let before = differences.len();
        compare(&what, &*values(FactKind::LeadTime), figures.values(Metric::LeadTimeForChanges), differences);
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
    let open = open.filter(|fact| !removed::is_of_account(fact));
    let open: Vec<_> = open.filter(|fact| fact.state == FactState::Pending).collect();
    if !open.is_empty() {
        differences.push(format!("facts that are not settled: {open:?}"));
    }
}
