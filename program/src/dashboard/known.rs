//! The repositories and teams that the configuration names, as far as `CloudWatch` can have figures of them.

use crate::settings::Settings;
use metrics_lib::datum::DimensionValue;
use std::collections::BTreeSet;

/// Names that can be values of a dimension.
pub(super) struct Known {
    /// In order.
    pub(super) names: Vec<DimensionValue>,
    /// How many more there are, by why they are left out.
    others: [(usize, &'static str); 2],
}

impl Known {
    /// The repositories of `teams` and `trunkBasedRepositories` that have metrics of their own, and those that are named for that
    /// or for dashboards.
    pub(super) fn repositories(settings: &Settings) -> Self {
        let all = settings.teams.0.values().flatten().chain(&settings.production.trunk_based);
        let (own, others): (BTreeSet<_>, BTreeSet<_>) =
            all.partition(|name| settings.repository_metrics.of(Some(name)).is_some());
        let named: BTreeSet<_> =
            settings.dashboards.repositories.iter().chain(settings.own_metrics()).collect();
        let others = others.difference(&named).count();
        Self::new(own.union(&named).copied(), others)
    }

    /// The teams.
    pub(super) fn teams(settings: &Settings) -> Self {
        Self::new(settings.teams.0.keys(), 0)
    }

    /// Names in order, and how many more have no metrics.
    fn new<'a>(all: impl Iterator<Item = &'a String>, without: usize) -> Self {
        let (names, unusable): (Vec<_>, Vec<_>) =
            all.map(|name| DimensionValue::new(name)).partition(Result::is_ok);
        let unusable = (unusable.len(), "have names that can't be dimensions in CloudWatch");
        let names = names.into_iter().flatten().collect();
        Self { names, others: [unusable, (without, "have no metrics of their own")] }
    }

    /// How many there are, and how many are left out.
    pub(super) fn said(&self, what: &str) -> String {
        let mut said = format!("{what}: {}", self.names.len());
        for (number, why) in self.others.iter().filter(|(number, _)| *number > 0) {
            said += &format!(" ({number} more {why})");
        }
        said
    }
}
