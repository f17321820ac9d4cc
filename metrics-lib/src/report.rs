//! The DORA metrics of a window, from the facts of the ledger.

use crate::{
    contract::Metric,
    dora_metric::{DoraMetric, MadeOf},
    fact::{Fact, FactId},
    statistics::{Distribution, Share, percentile},
    window::Window,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::AddAssign,
};

/// The values that DORA's metrics of a window are made of. Figures of adjacent windows add up to the figures of both.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures(BTreeMap<Metric, Vec<f64>>);

impl Figures {
    /// Adds values of a metric; those that no metric of DORA is made of don't matter.
    pub fn add(&mut self, metric: Metric, values: impl IntoIterator<Item = f64>) {
        let mut values = values.into_iter().peekable();
        let is_source = DoraMetric::ALL.into_iter().any(|of| of.sources().any(|source| source == metric));
        if !is_source || values.peek().is_none() {
            return;
        }
        let all = self.0.entry(metric).or_default();
        all.extend(values);
        all.sort_by(f64::total_cmp);
    }

    /// The values of a metric, ascending.
    pub fn values(&self, metric: Metric) -> &[f64] {
        self.0.get(&metric).map(Vec::as_slice).unwrap_or_default()
    }

    /// How many values of a metric there are.
    pub fn count(&self, metric: Metric) -> u64 {
        self.values(metric).len() as u64
    }

    /// Whether there is no value at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A metric of DORA: a number, a share from 0 to 1, or a median in seconds. No data is not zero: a share of nothing and the
    /// median of nothing are none.
    pub fn value(&self, of: DoraMetric) -> Option<f64> {
        match of.descriptor().made_of {
            MadeOf::Count(metric) => Some(self.count(metric) as f64),
            MadeOf::Share { parts, whole, .. } => self.share(parts, whole).map(Share::value),
            MadeOf::Lengths { metric, .. } => percentile(self.values(metric), 50.0),
        }
    }

    /// How many values a metric of DORA is made of: its n.
    pub fn n(&self, of: DoraMetric) -> u64 {
        match of.descriptor().made_of {
            MadeOf::Count(metric) | MadeOf::Lengths { metric, .. } => self.count(metric),
            MadeOf::Share { whole, .. } => self.sum(whole),
        }
    }

    /// The statistics of a metric's values; none without any.
    pub fn distribution(&self, metric: Metric) -> Option<Distribution> {
        Distribution::of(self.values(metric))
    }

    /// The share that some metrics' values are of those of others; none of nothing.
    pub fn share(&self, parts: &[Metric], whole: &[Metric]) -> Option<Share> {
        Share::new(self.sum(parts), self.sum(whole))
    }

    fn sum(&self, metrics: &[Metric]) -> u64 {
        metrics.iter().map(|metric| self.count(*metric)).sum()
    }
}

impl FromIterator<(Metric, Vec<f64>)> for Figures {
    fn from_iter<T: IntoIterator<Item = (Metric, Vec<f64>)>>(values: T) -> Self {
        let mut figures = Self::default();
        values.into_iter().for_each(|(metric, values)| figures.add(metric, values));
        figures
    }
}

impl FromIterator<(Metric, f64)> for Figures {
    fn from_iter<T: IntoIterator<Item = (Metric, f64)>>(values: T) -> Self {
        let mut all: BTreeMap<Metric, Vec<f64>> = BTreeMap::new();
        values.into_iter().for_each(|(metric, value)| all.entry(metric).or_default().push(value));
        all.into_iter().collect()
    }
}

impl AddAssign<&Self> for Figures {
    fn add_assign(&mut self, other: &Self) {
        other.0.iter().for_each(|(metric, values)| self.add(*metric, values.iter().copied()));
    }
}

/// The figures of each repository in a window. A fact that is given twice counts once, in any order.
///
/// A failure counts in the window of its deployment, so the rate never exceeds 1. What names no repository counts
/// under `None`.
pub fn by_repository<'a>(
    facts: impl IntoIterator<Item = &'a Fact>,
    window: Window,
) -> BTreeMap<Option<String>, Figures> {
    let facts: BTreeMap<&FactId, &Fact> = facts.into_iter().map(|fact| (&fact.id, fact)).collect();
    let failed: BTreeSet<_> = facts
        .keys()
        .filter_map(|id| match id {
            FactId::Failure(key) => Some(key),
            _ => None,
        })
        .collect();
    let mut figures: BTreeMap<Option<String>, Figures> = BTreeMap::new();
    for fact in facts.values().filter(|fact| window.contains(fact.time)) {
        let figures = figures.entry(fact.repository.clone()).or_default();
        if let FactId::Failure(_) = &fact.id {
            continue;
        }
        fact.count_metrics.iter().for_each(|metric| figures.add(*metric, [1.0]));
        fact.measured.iter().for_each(|(metric, value)| figures.add(*metric, [value.get()]));
        if let FactId::Deployment(key) = &fact.id
            && failed.contains(key)
        {
            figures.add(Metric::FailedDeployments, [1.0]);
        }
    }
    figures
}

/// The figures of all repositories together.
pub fn total<'a>(figures: impl IntoIterator<Item = &'a Figures>) -> Figures {
    let mut total = Figures::default();
    figures.into_iter().for_each(|figures| total += figures);
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{datum::DatumValue, identity::DeploymentKey};
    use jiff::{SignedDuration, Timestamp};

    fn execution(id: &str) -> DeploymentKey {
        format!("1/r/p/{id}").parse().unwrap()
    }

    /// A fact of the repository acme/shop.
    fn fact(id: FactId, second: i64, count_metrics: &[Metric]) -> Fact {
        Fact {
            repository: Some("acme/shop".into()),
            count_metrics: count_metrics.to_vec(),
            ..Fact::new(id, Timestamp::from_second(second).unwrap(), "")
        }
    }

    fn deployment(id: &str, second: i64, count_metrics: &[Metric]) -> Fact {
        fact(FactId::Deployment(execution(id)), second, count_metrics)
    }

    fn failure(id: &str, second: i64) -> Fact {
        fact(FactId::Failure(execution(id)), second, &[Metric::FailedDeployments])
    }

    fn restore(digit: char, second: i64, seconds: i64) -> Fact {
        let key = format!("1/r/oi-{}", digit.to_string().repeat(12)).parse().unwrap();
        let value = DatumValue::seconds(SignedDuration::from_secs(seconds)).unwrap();
        Fact { measured: vec![(Metric::TimeToRestore, value)], ..fact(FactId::Restore(key), second, &[]) }
    }

    /// The figures of seconds 100 to 199.
    #[test]
    fn figures_of_a_window() {
        fn check(name: &str, facts: &[Fact], expected: &Figures) {
            let [start, end] = [100, 200].map(|second| Timestamp::from_second(second).unwrap());
            let figures = by_repository(facts, Window { start, end });
            assert_eq!(total(figures.values()), *expected, "{name}");
        }
        use Metric::{Deployments, FailedDeployments, ReworkDeployments, Rollbacks, TimeToRestore};
        let of = |values: &[(Metric, &[f64])]| -> Figures {
            values.iter().map(|(metric, values)| (*metric, values.to_vec())).collect()
        };
        check("nothing", &[], &of(&[]));
        let ends =
            [99, 100, 199, 200].map(|second| deployment(&format!("e{second}"), second, &[Deployments]));
        check("half-open", &ends, &of(&[(Deployments, &[1.0, 1.0])]));
        let rework = deployment("e1", 150, &[Deployments, ReworkDeployments]);
        let once = of(&[(Deployments, &[1.0]), (ReworkDeployments, &[1.0])]);
        check("rework", std::slice::from_ref(&rework), &once);
        check("duplicates", &[rework.clone(), rework.clone()], &once);
        let failed = of(&[(Deployments, &[1.0]), (FailedDeployments, &[1.0])]);
        let deployed = deployment("e1", 150, &[Deployments]);
        check("failed", &[deployed.clone(), failure("e1", 150)], &failed);
        check("failed, stamped after the window", &[deployed.clone(), failure("e1", 250)], &failed);
        check(
            "failed before the window",
            &[deployment("e1", 50, &[Deployments]), failure("e1", 150)],
            &of(&[]),
        );
        check("failure of an unknown deployment", &[failure("e9", 150)], &of(&[]));
        let rollback = fact(FactId::Rollback(execution("e2")), 160, &[Rollbacks]);
        check("rollback", &[deployed, rollback], &of(&[(Deployments, &[1.0]), (Rollbacks, &[1.0])]));
        let restores = [restore('b', 150, 30), restore('a', 160, 10), restore('c', 250, 20)];
        check("restores", &restores, &of(&[(TimeToRestore, &[10.0, 30.0])]));
    }

    /// Each metric of DORA, with its n.
    #[test]
    fn values_of_doras_metrics() {
        fn check(values: &[(Metric, &[f64])], expected: [(Option<f64>, u64); 5]) {
            let figures: Figures = values.iter().map(|(metric, values)| (*metric, values.to_vec())).collect();
            assert_eq!(DoraMetric::ALL.map(|of| (figures.value(of), figures.n(of))), expected, "{values:?}");
        }
        use Metric::{
            Deployments, FailedDeployments, LeadTimeForChanges, ReworkDeployments, Rollbacks, TimeToRestore,
        };
        check(&[], [(Some(0.0), 0), (None, 0), (None, 0), (None, 0), (None, 0)]);
        let all: &[(Metric, &[f64])] = &[
            (Deployments, &[1.0; 4]),
            (FailedDeployments, &[1.0]),
            (ReworkDeployments, &[1.0]),
            (Rollbacks, &[1.0]),
            (LeadTimeForChanges, &[10.0, 30.0]),
            (TimeToRestore, &[5.0]),
        ];
        let expected = [(Some(4.0), 4), (Some(20.0), 2), (Some(0.25), 4), (Some(5.0), 1), (Some(0.4), 5)];
        check(all, expected);
        check(
            &[(Metric::CommitLeadTime, &[1.0])],
            [(Some(0.0), 0), (None, 0), (None, 0), (None, 0), (None, 0)],
        );
    }

    #[test]
    fn medians() {
        fn check(restores: &[f64], expected: Option<f64>) {
            let figures = Figures::from_iter([(Metric::TimeToRestore, restores.to_vec())]);
            assert_eq!(figures.value(DoraMetric::TimeToRestore), expected, "{restores:?}");
        }
        check(&[], None);
        check(&[10.0], Some(10.0));
        check(&[20.0, 10.0], Some(15.0));
        check(&[10.0, 20.0, 90.0], Some(20.0));
    }
}
