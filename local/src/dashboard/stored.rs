//! The values that a `CloudWatch` holds.

use crate::cloud::Cloud;
use jiff::{SignedDuration, Timestamp};
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

    /// What a cloud's `CloudWatch` received, and how many messages its dead-letter queues hold, which SQS tells.
    pub fn of(cloud: &Cloud) -> Self {
        let mut stored = Self::default();
        for (key, points) in cloud.server().services().cloudwatch.metrics() {
            let (namespace, name) = (key.namespace.clone(), key.name.clone());
            let metric = MetricName { namespace, name, dimensions: key.dimensions.clone() };
            for (&time, values) in points {
                stored.add(metric.clone(), time, values.iter().copied());
            }
        }
        // Where AWS's services tell their metrics themselves, SQS has told it.
        let told = cloud.server().services().vends;
        for consumer in cloud.plan().consumers.iter().filter(|_| !told) {
            let queue = &consumer.queue;
            let letters = cloud.dead_letters().filter(|(name, _)| *name == queue.name).count();
            let metric = MetricName {
                namespace: "AWS/SQS".to_owned(),
                name: "ApproximateNumberOfMessagesVisible".to_owned(),
                dimensions: [("QueueName".to_owned(), queue.dead_letter_queue.clone())].into(),
            };
            // SQS tells once a minute.
            stored.add(metric, cloud.now() - SignedDuration::from_mins(1), [letters as f64]);
        }
        stored
    }

    /// The values of a metric in a window.
    pub fn values(&self, metric: &MetricName, window: Window) -> Vec<f64> {
        let points = self.0.get(metric).map(|points| points.range(window.start..window.end));
        points.into_iter().flatten().flat_map(|(_, values)| values).copied().collect()
    }
}
