//! Invocations of all functions with what no service of AWS sends.

use super::{
    deliveries::Request,
    events::{CONSUMERS, message},
    mutation::{CANARY, mutated},
    tally::Tally,
};
use crate::scene::{Scene, execution};
use fake_aws::lambda::Failure;
use rand_chacha::ChaCha12Rng;
use serde_json::{Value, json};

/// Invocations of all functions with what nobody should send.
pub(super) struct Invocations {
    valid: Vec<(&'static str, Value)>,
}

impl Invocations {
    pub(super) fn new() -> Self {
        let started = execution("e2", "12:00").event("STARTED").to_string();
        let batch = json!({"Records": [message("m1", &started)]});
        let mut valid: Vec<_> = CONSUMERS.iter().map(|function| (*function, batch.clone())).collect();
        let ping = Request::signed("ping", "{\"zen\": \"hostile text\"}").event();
        let record = json!({"recordId": "r", "approximateArrivalTimestamp": 0, "data": "e30="});
        valid.push(("github-webhook", ping));
        valid.push(("commit-transform", json!({"invocationId": "i", "records": [record]})));
        valid.push(("reconciler", json!({"source": "aws.scheduler", "detail": {}})));
        let backfill = json!({
            "since": "2026-06-01T00:00:00Z",
            "until": "2026-06-15T00:00:00Z",
            "step": {"executions": {"account": "111111111111", "region": "eu-west-1"}},
            "perSecond": 5,
            "dryRun": true,
        });
        valid.push(("reconciler", json!({"backfill": backfill})));
        valid.push(("reconciler", json!({"check": {}})));
        let context = json!({"timeRange": {"start": 0, "end": 1_800_000_000_000_i64}, "forms": {"all": {"repository": "acme/shop"}}});
        let widget = json!({"view": "failures", "form": true, "page": 2, "widgetContext": context});
        valid.push(("dashboard-widget", widget));
        Self { valid }
    }

    pub(super) async fn play(
        &self,
        scene: &mut Scene,
        rng: &mut ChaCha12Rng,
        count: usize,
        tally: &mut Tally,
    ) {
        for number in 0..count {
            let (function, valid) = &self.valid[number % self.valid.len()];
            let (_, payload) = mutated(rng, valid);
            let answer = match scene.cloud.invoke(function, payload).await.unwrap() {
                Ok(_) => "answered".to_owned(),
                Err(Failure::Error { error_type, message }) => {
                    assert!(!message.is_empty() && !message.contains(CANARY), "{function}: {message}");
                    match error_type.contains("DeserializeError") {
                        true => "refused by the runtime: no JSON".to_owned(),
                        false => format!("refused as {error_type}"),
                    }
                }
                Err(other) => panic!("{function}: {other:?}"),
            };
            tally.tell("invocations", function, answer);
        }
    }
}
