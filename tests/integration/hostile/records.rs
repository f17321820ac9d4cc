//! Records that are none, on their way to the lake.

use super::{
    mutation::{mutated, pick},
    tally::Tally,
};
use crate::scene::Scene;
use base64::{Engine, prelude::BASE64_STANDARD};
use rand::RngExt;
use rand_chacha::ChaCha12Rng;
use serde_json::{Value, json};

/// How many records are transformed at once.
const BATCH: usize = 10;

/// Records of the lake.
pub(super) struct Records {
    valid: Vec<Value>,
}

impl Records {
    /// Those that the lake holds.
    pub(super) fn of(scene: &Scene) -> Self {
        let services = scene.services();
        let objects = services.bucket.objects("").map(|object| String::from_utf8(object.unwrap().1).unwrap());
        let read = |object: String| -> Vec<Value> {
            object.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        Self { valid: objects.flat_map(read).collect() }
    }

    pub(super) async fn play(
        &self,
        scene: &mut Scene,
        rng: &mut ChaCha12Rng,
        count: usize,
        tally: &mut Tally,
    ) {
        const ARRIVED: i64 = 1_781_524_800_000;
        for first in (0..count).step_by(BATCH) {
            let records: Vec<_> = (first..count.min(first + BATCH))
                .map(|number| {
                    let valid = &self.valid[rng.random_range(0..self.valid.len())];
                    let (done, data) = mutated(rng, valid);
                    let id = format!("record-{number}");
                    match rng.random_range(0..20) {
                        0 => (id, "data that are not base64", "hostile text!".to_owned(), ARRIVED),
                        1 => {
                            let arrived = pick(rng, &[i64::MIN, i64::MAX, -1, 253_402_300_800_000]);
                            (
                                id,
                                "an arrival that is no time",
                                BASE64_STANDARD.encode(valid.to_string()),
                                arrived,
                            )
                        }
                        _ => (id, done, BASE64_STANDARD.encode(data), ARRIVED),
                    }
                })
                .collect();
            let wire = records.iter().map(|(id, _, data, arrived)| {
                json!({"recordId": id, "approximateArrivalTimestamp": arrived, "data": data})
            });
            let batch = json!({"invocationId": "i", "deliveryStreamArn": "arn:aws:firehose:x", "region": "eu-west-1",
                "records": wire.collect::<Vec<_>>()});
            let answer = scene.cloud.invoke("commit-transform", batch.to_string()).await.unwrap().unwrap();
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            let answers = answer["records"].as_array().unwrap();
            assert_eq!(answers.len(), records.len());
            for ((id, done, ..), answer) in records.iter().zip(answers) {
                assert_eq!(answer["recordId"], id.as_str());
                tally.tell("records", done, answer["result"].as_str().unwrap());
            }
        }
    }
}
