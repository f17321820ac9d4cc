//! The metrics that AWS's services put into `CloudWatch` themselves, as far as the plan's alarms look at them. They are put where
//! that is asked for: what they need grows with time.
//!
//! Sources: AWS Lambda developer guide, "Types of metrics for Lambda functions"; Amazon SQS developer guide, "Available
//! CloudWatch metrics for Amazon SQS"; Amazon Data Firehose developer guide, "Dynamic partitioning and direct PUT CloudWatch
//! metrics"; Amazon API Gateway developer guide, "Amazon API Gateway dimensions and metrics".

use crate::queue::Queue;
use fake_aws::{Services, Vended};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// For how long SQS tells of a queue that nobody uses. Source: Amazon SQS developer guide, "Monitoring Amazon SQS queues using
/// CloudWatch": it may be less if a queue holds messages, which is not counted on here.
const ACTIVE: SignedDuration = SignedDuration::from_hours(6);
/// How often gauges are told.
const EVERY: SignedDuration = SignedDuration::from_mins(1);

/// What happened to a function's invocation: `Invocations`, `Errors`, `Throttles`.
pub(crate) const fn of_function<'a>(metric: &'static str, function: &'a str) -> Vended<'a> {
    ("AWS/Lambda", metric, ("FunctionName", function))
}

/// The deliveries that an API answered with a status of 500 and more.
pub(crate) const fn failures_of_api(api: &str) -> Vended<'_> {
    ("AWS/ApiGateway", "5XXError", ("ApiName", api))
}

const fn of_queue<'a>(metric: &'static str, queue: &'a str) -> Vended<'a> {
    ("AWS/SQS", metric, ("QueueName", queue))
}

/// How much the dead-letter queues hold, and since when that is so.
#[derive(Debug, Default)]
pub(crate) struct Depths(BTreeMap<String, (usize, Timestamp)>);

impl Depths {
    /// Takes note of how much a queue holds at an instant.
    fn note(&mut self, queue: &str, depth: usize, now: Timestamp) {
        match self.0.get_mut(queue) {
            Some(noted) if noted.0 == depth => {}
            Some(noted) => *noted = (depth, now),
            None if depth > 0 => drop(self.0.insert(queue.to_owned(), (depth, now))),
            None => {}
        }
    }
}

/// The minutes after an instant, up to another one.
fn minutes(from: Timestamp, until: Timestamp) -> impl Iterator<Item = Timestamp> {
    let minute = |time: Timestamp| time.as_second().div_euclid(EVERY.as_secs());
    (minute(from) + 1..=minute(until))
        .filter_map(|number| Timestamp::from_second(number * EVERY.as_secs()).ok())
}

/// Puts the gauges of the minutes after an instant, up to another one, in between which nothing happened.
pub(crate) fn gauges<'a>(
    services: &mut Services,
    depths: &mut Depths,
    queues: impl Iterator<Item = &'a Queue>,
    dead_letters: impl Iterator<Item = (&'a str, usize)>,
    (from, until): (Timestamp, Timestamp),
) {
    for queue in queues.filter(|queue| !queue.is_empty()) {
        for minute in minutes(from, until) {
            let age = queue.oldest().map_or(0.0, |oldest| minute.duration_since(oldest).as_secs_f64());
            services.vend(of_queue("ApproximateAgeOfOldestMessage", &queue.plan().name), minute, age);
        }
    }
    for (queue, depth) in dead_letters {
        depths.note(queue, depth, from);
    }
    for (queue, (depth, since)) in &depths.0 {
        for minute in minutes(from, until.min(*since + ACTIVE)) {
            services.vend(of_queue("ApproximateNumberOfMessagesVisible", queue), minute, *depth as f64);
        }
    }
    if let Some((stream, oldest)) = services.firehose.oldest() {
        let stream = stream.to_owned();
        let freshness =
            ("AWS/Firehose", "DeliveryToS3.DataFreshness", ("DeliveryStreamName", stream.as_str()));
        for minute in minutes(from, until) {
            services.vend(freshness, minute, minute.duration_since(oldest).as_secs_f64());
        }
    }
}
