//! The values that CloudWatch holds.

use jiff::Timestamp;
use metrics_lib::window::Window;
use std::collections::BTreeMap;

/// What a dashboard calls a metric by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MetricName {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its dimensions, by name.
    pub dimensions: BTreeMap<String, String>,
}

/// The values of metrics, by instant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stored(BTreeMap<MetricName, BTreeMap<Timestamp, Vec<f64>>>);

impl Stored {
    /// Adds values, in any order.
    pub fn add(&mut self, metric: MetricName, time: Timestamp, values: impl IntoIterator<Item = f64>) {
        self.0.entry(metric).or_default().entry(time).or_default().extend(values);
    }

    /// The values of a metric in a window.
    pub fn values(&self, metric: &MetricName, window: Window) -> Vec<f64> {
        let points = self.0.get(metric).map(|points| points.range(window.start..window.end));
        points.into_iter().flatten().flat_map(|(_, values)| values).copied().collect()
    }
}
