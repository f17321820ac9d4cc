//! The values that the cloud's `CloudWatch` holds, for dashboards and alarms.

use super::Cloud;
use dashboard_page::{MetricName, Stored};
use jiff::SignedDuration;

impl Cloud {
    /// What `CloudWatch` received, and how many messages the dead-letter queues hold, which SQS tells.
    pub fn stored(&self) -> Stored {
        let mut stored = Stored::default();
        for (key, points) in self.server().services().cloudwatch.metrics() {
            let (namespace, name) = (key.namespace.clone(), key.name.clone());
            let metric = MetricName { namespace, name, dimensions: key.dimensions.clone() };
            for (&time, values) in points {
                stored.add(metric.clone(), time, values.iter().copied());
            }
        }
        // Where AWS's services tell their metrics themselves, SQS has told it.
        let told = self.server().services().vends;
        for consumer in self.plan().consumers.iter().filter(|_| !told) {
            let queue = &consumer.queue;
            let letters = self.dead_letters().filter(|(name, _)| *name == queue.name).count();
            let metric = MetricName {
                namespace: "AWS/SQS".to_owned(),
                name: "ApproximateNumberOfMessagesVisible".to_owned(),
                dimensions: [("QueueName".to_owned(), queue.dead_letter_queue.clone())].into(),
            };
            // SQS tells once a minute.
            stored.add(metric, self.now() - SignedDuration::from_mins(1), [letters as f64]);
        }
        stored
    }
}
