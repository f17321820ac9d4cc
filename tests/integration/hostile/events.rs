//! Events that are none, in SQS batches and on the bus.

use super::{
    mutation::{CANARY, mutated},
    tally::{Answer, Tally},
};
use crate::scene::{Scene, at, execution, ops_item, rollback};
use rand::RngExt;
use rand_chacha::ChaCha12Rng;
use serde_json::{Value, json};
use simulator::router::Envelope;
use std::collections::BTreeSet;

/// The functions that get SQS batches.
pub(super) const CONSUMERS: [&str; 3] = ["deployments", "incidents", "lead-time-for-changes"];
/// The most messages in a batch.
const BATCH: usize = 10;
/// The largest message that SQS takes.
const LARGEST_MESSAGE: usize = 1024 * 1024;

/// Events that have been sent before.
fn events() -> Vec<Value> {
    let item = ops_item(1, "12:30").title(CANARY);
    vec![
        execution("e2", "12:00").event("SUCCEEDED"),
        rollback("r1", "e1", "13:00").event("SUCCEEDED"),
        item.create_event(),
        item.update_event("Resolved", at("13:30")),
    ]
}

/// Sends events whose details are none to the default buses of their accounts. EventBridge makes what surrounds the details.
pub(super) fn send_events(scene: &mut Scene, rng: &mut ChaCha12Rng, count: usize) {
    let valid = events();
    for _ in 0..count {
        let event = &valid[rng.random_range(0..valid.len())];
        let envelope = Envelope::of(event);
        let (_, detail) = mutated(rng, &event["detail"]);
        let whole =
            event.to_string().replace(&event["detail"].to_string(), &String::from_utf8_lossy(&detail));
        // EventBridge takes JSON only.
        let _ = scene.cloud.send(envelope, None, &whole);
    }
}

/// Events of CodePipeline and `OpsCenter`.
pub(super) struct Events {
    valid: Vec<Value>,
}

impl Events {
    pub(super) fn new() -> Self {
        // Less of what nothing reads: changing it would show little.
        const READ: [&str; 6] =
            ["pipeline", "execution-id", "state", "ops-item-id", "status", "modified-time"];
        let mut valid = events();
        for event in &mut valid {
            let members = event.as_object_mut().unwrap();
            members.retain(|name, _| !["version", "source", "resources", "time"].contains(&name.as_str()));
            let detail = event["detail"].as_object_mut().unwrap();
            detail.retain(|name, _| READ.contains(&name.as_str()) || name == "title");
        }
        Self { valid }
    }

    pub(super) async fn play(
        &self,
        scene: &mut Scene,
        rng: &mut ChaCha12Rng,
        count: usize,
        tally: &mut Tally,
    ) {
        for first in (0..count).step_by(BATCH) {
            let function = CONSUMERS[first / BATCH % CONSUMERS.len()];
            let messages: Vec<_> = (first..count.min(first + BATCH))
                .map(|number| {
                    let (done, body) = self.event(rng);
                    (format!("hostile-{number}"), done, body)
                })
                .collect();
            let records = messages.iter().map(|(id, _, body)| message(id, body));
            let batch = json!({"Records": records.collect::<Vec<_>>()}).to_string();
            let answer = scene.cloud.invoke(function, batch).await.unwrap().unwrap();
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            let failed: BTreeSet<&str> = answer["batchItemFailures"]
                .as_array()
                .unwrap()
                .iter()
                .map(|failure| failure["itemIdentifier"].as_str().unwrap())
                .collect();
            assert!(failed.iter().all(|id| messages.iter().any(|(other, ..)| other == id)), "{answer}");
            for (id, done, _) in messages {
                match failed.contains(id.as_str()) {
                    true => tally.count("events", done, Answer::Failed { id }),
                    false => tally.tell("events", done, "nothing follows from it"),
                }
            }
        }
    }

    fn event(&self, rng: &mut ChaCha12Rng) -> (&'static str, String) {
        let valid = &self.valid[rng.random_range(0..self.valid.len())];
        if rng.random_ratio(1, 500) {
            let mut event = valid.clone();
            event["detail"]["pipeline"] = json!(CANARY.repeat(LARGEST_MESSAGE / CANARY.len() - 200));
            return ("a message of 1 MiB", event.to_string());
        }
        let (done, body) = mutated(rng, valid);
        // SQS takes text only.
        (done, String::from_utf8_lossy(&body).into_owned())
    }
}

/// A message of a batch.
pub(super) fn message(id: &str, body: &str) -> Value {
    json!({"messageId": id, "receiptHandle": id, "body": body, "attributes": {"ApproximateReceiveCount": "1"},
           "messageAttributes": {}, "eventSource": "aws:sqs", "awsRegion": "eu-west-1"})
}
