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
