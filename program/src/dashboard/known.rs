//! The repositories and teams that the configuration names, as far as `CloudWatch` can have figures of them.

use crate::settings::Settings;
use metrics_lib::datum::DimensionValue;
use std::collections::BTreeSet;

/// Names that can be values of a dimension.
pub(super) struct Known {
    /// In order.
    pub(super) names: Vec<DimensionValue>,
    /// How many names can't.
    others: usize,
}

impl Known {
    /// The repositories of `teams`, `trunkBasedRepositories` and `repositories`.
    pub(super) fn repositories(settings: &Settings) -> Self {
        let owned = settings.teams.0.values().flatten();
        owned.chain(&settings.dashboards.repositories).chain(&settings.production.trunk_based).collect()
    }

    /// The teams.
    pub(super) fn teams(settings: &Settings) -> Self {
        settings.teams.0.keys().collect()
    }

    /// How many there are, and how many are left out.
    pub(super) fn said(&self, what: &str) -> String {
        let count = format!("{what}: {}", self.names.len());
        match self.others {
            0 => count,
            others => format!("{count} ({others} more have names that can't be dimensions in CloudWatch)"),
        }
    }
}

impl<'a> FromIterator<&'a String> for Known {
    fn from_iter<T: IntoIterator<Item = &'a String>>(names: T) -> Self {
        let all: BTreeSet<&String> = names.into_iter().collect();
        let names: Vec<_> = all.iter().filter_map(|name| DimensionValue::new(name).ok()).collect();
        Self { others: all.len() - names.len(), names }
    }
}
