//! The DORA metrics of a window, from the facts of the ledger.

use crate::{
    contract::Metric,
    datum::DatumValue,
    fact::{Fact, FactId},
    window::Window,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::AddAssign,
};

/// The counts and lengths of time that the metrics of a window are made of. Figures of adjacent windows add up to
/// the figures of both.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Production deployments.
    pub deployments: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// Those of them that were made because of an incident.
    pub rework: u64,
    /// Rollbacks.
    pub rollbacks: u64,
    /// The times to restore, in seconds, ascending.
    pub restores: Vec<f64>,
    /// The lead times of the deployments that have one, in seconds, ascending.
    pub lead_times: Vec<f64>,
}

impl Figures {
    /// Failed deployments / deployments, 0 to 1; none without deployments.
    pub fn change_failure_rate(&self) -> Option<f64> {
        ratio(self.failed, self.deployments)
    }

    /// (Rework deployments + rollbacks) / (deployments + rollbacks), 0 to 1; none without either.
    pub fn rework_rate(&self) -> Option<f64> {
        ratio(self.rework + self.rollbacks, self.deployments + self.rollbacks)
    }

    /// The mean of the times to restore, in seconds; none without any.
    pub fn mean_time_to_restore(&self) -> Option<f64> {
        mean(&self.restores)
    }

    /// The mean of the lead times, in seconds; none without any.
    pub fn mean_lead_time(&self) -> Option<f64> {
        mean(&self.lead_times)
    }

    /// Brings the lengths of time in order.
    fn sort(&mut self) {
        self.restores.sort_by(f64::total_cmp);
        self.lead_times.sort_by(f64::total_cmp);
    }

    /// The median of the times to restore, in seconds; none without any. Of an even number, the mean of the two in
    /// the middle.
    pub fn median_time_to_restore(&self) -> Option<f64> {
        let (values, middle) = (&self.restores, self.restores.len() / 2);
        match values.len() {
            0 => None,
            odd if odd % 2 == 1 => Some(values[middle]),
            _ => Some(f64::midpoint(values[middle - 1], values[middle])),
        }
    }
}

impl AddAssign<&Self> for Figures {
    fn add_assign(&mut self, other: &Self) {
        self.deployments += other.deployments;
        self.failed += other.failed;
        self.rework += other.rework;
        self.rollbacks += other.rollbacks;
        self.restores.extend(&other.restores);
        self.lead_times.extend(&other.lead_times);
        self.sort();
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
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
        match &fact.id {
            FactId::Deployment(key) => {
                figures.deployments += 1;
                figures.failed += u64::from(failed.contains(key));
                figures.rework += u64::from(fact.counted_by.contains(&Metric::ReworkDeployments));
            }
            FactId::Rework(_) => figures.rework += 1,
            FactId::Rollback(_) => figures.rollbacks += 1,
            FactId::Restore(_) => figures.restores.extend(fact.value().map(DatumValue::get)),
            FactId::LeadTime(_) => figures.lead_times.extend(fact.value().map(DatumValue::get)),
            FactId::Failure(_) | FactId::Ignored(_) | FactId::Unattributed(_) => {}
        }
    }
    figures.values_mut().for_each(Figures::sort);
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
    use crate::event::{ExecutionKey, OpsItemKey};
    use jiff::{SignedDuration, Timestamp};

    fn execution(id: &str) -> ExecutionKey {
        let [account, region, pipeline, execution_id] = ["1", "r", "p", id].map(str::to_owned);
        ExecutionKey { account, region, pipeline, execution_id }
    }

    /// A fact of the repository acme/shop.
    fn fact(id: FactId, second: i64, counted_by: &[Metric]) -> Fact {
        Fact {
            repository: Some("acme/shop".into()),
            counted_by: counted_by.to_vec(),
            ..Fact::new(id, Timestamp::from_second(second).unwrap(), "")
        }
    }

    fn deployment(id: &str, second: i64, counted_by: &[Metric]) -> Fact {
        fact(FactId::Deployment(execution(id)), second, counted_by)
    }

    fn failure(id: &str, second: i64) -> Fact {
        fact(FactId::Failure(execution(id)), second, &[Metric::FailedDeployments])
    }

    fn restore(digit: char, second: i64, seconds: i64) -> Fact {
        let ops_item_id = format!("oi-{}", digit.to_string().repeat(12)).parse().unwrap();
        let key = OpsItemKey { account: "1".into(), region: "r".into(), ops_item_id };
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
        use Metric::{Deployments, ReworkDeployments, Rollbacks};
        let none = Figures::default;
        check("nothing", &[], &none());
        let ends =
            [99, 100, 199, 200].map(|second| deployment(&format!("e{second}"), second, &[Deployments]));
        check("half-open", &ends, &Figures { deployments: 2, ..none() });
        let rework = deployment("e1", 150, &[Deployments, ReworkDeployments]);
        check("rework", std::slice::from_ref(&rework), &Figures { deployments: 1, rework: 1, ..none() });
        check(
            "duplicates",
            &[rework.clone(), rework.clone()],
            &Figures { deployments: 1, rework: 1, ..none() },
        );
        let failed = Figures { deployments: 1, failed: 1, ..none() };
        let deployed = deployment("e1", 150, &[Deployments]);
        check("failed", &[deployed.clone(), failure("e1", 150)], &failed);
        check("failed, stamped after the window", &[deployed.clone(), failure("e1", 250)], &failed);
        check(
            "failed before the window",
            &[deployment("e1", 50, &[Deployments]), failure("e1", 150)],
            &none(),
        );
        check("failure of an unknown deployment", &[failure("e9", 150)], &none());
        let rollback = fact(FactId::Rollback(execution("e2")), 160, &[Rollbacks]);
        check("rollback", &[deployed, rollback], &Figures { deployments: 1, rollbacks: 1, ..none() });
        let restores = [restore('b', 150, 30), restore('a', 160, 10), restore('c', 250, 20)];
        check("restores", &restores, &Figures { restores: vec![10.0, 30.0], ..none() });
    }

    #[test]
    fn median_time_to_restore() {
        fn check(restores: &[f64], expected: Option<f64>) {
            let figures = Figures { restores: restores.to_vec(), ..Figures::default() };
            assert_eq!(figures.median_time_to_restore(), expected, "{restores:?}");
        }
        check(&[], None);
        check(&[10.0], Some(10.0));
        check(&[10.0, 20.0], Some(15.0));
        check(&[10.0, 20.0, 90.0], Some(20.0));
    }
}
