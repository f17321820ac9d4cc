//! Deliveries that are none, signed by who knows the secret, and requests of others.

use super::{
    mutation::{CANARY, mutated, pick},
    tally::Tally,
};
use crate::scene::{Scene, at, commit, commit_id, push};
use base64::{Engine, prelude::BASE64_STANDARD};
use rand::RngExt;
use rand_chacha::ChaCha12Rng;
use serde_json::{Value, json};
use simulator::payload_builders::{headers, merged_pull_request};
use std::collections::BTreeMap;

/// The largest body that the webhook takes.
const LARGEST_BODY: usize = 6 * 1024 * 1024;

/// Deliveries of whoever knows the secret, and requests of who does not.
pub(super) struct Deliveries {
    valid: Vec<(&'static str, Value)>,
}

/// A request as API Gateway hands it over.
pub(super) struct Request {
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Request {
    pub(super) fn signed(event: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self { headers: headers(event, &body), body }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// What is no text comes encoded.
    pub(super) fn event(&self) -> Value {
        let (body, encoded) = match std::str::from_utf8(&self.body) {
            Ok(text) => (text.to_owned(), false),
            Err(_) => (BASE64_STANDARD.encode(&self.body), true),
        };
        let several: BTreeMap<_, _> = self.headers.iter().map(|(name, value)| (name, [value])).collect();
        json!({"resource": "/github", "path": "/github", "httpMethod": "POST", "headers": self.headers,
               "multiValueHeaders": several, "queryStringParameters": null, "body": body, "isBase64Encoded": encoded})
    }
}

impl Deliveries {
    pub(super) fn new() -> Self {
        let body = |(_, body): simulator::payload_builders::Delivery| serde_json::from_str(&body).unwrap();
        let commits = [commit(2, "10:30", CANARY)];
        let pushed = push("acme/shop", "main", Some(&commit_id(1)), &commits, at("11:00"));
        let merged =
            merged_pull_request("acme/shop", "feature", &commit_id(3), &commit_id(2), 1, at("11:00"));
        Self { valid: vec![("push", body(pushed)), ("pull_request", body(merged))] }
    }

    pub(super) async fn play(
        &self,
        scene: &mut Scene,
        rng: &mut ChaCha12Rng,
        count: usize,
        tally: &mut Tally,
    ) {
        let large = self.large();
        let signed = count * 3 / 4;
        for number in 0..count - large.len() {
            let (kind, done, event) = match number < signed {
                true => {
                    let (done, event) = self.signed(rng);
                    ("signed deliveries", done, event)
                }
                false => {
                    let (done, event) = self.request(rng);
                    ("requests", done, event)
                }
            };
            let answer = deliver(scene, &event).await;
            tally.tell(kind, done, answer);
        }
        for (done, request) in large {
            let answer = deliver(scene, &request.event()).await;
            tally.tell("large requests", done, answer);
        }
    }

    /// A body that is no payload, or another one than is meant, signed by who knows the secret.
    fn signed(&self, rng: &mut ChaCha12Rng) -> (&'static str, Value) {
        let (event, valid) = &self.valid[rng.random_range(0..self.valid.len())];
        let (done, body) = mutated(rng, valid);
        (done, Request::signed(event, body).event())
    }

    /// A request that is not as GitHub sends it.
    fn request(&self, rng: &mut ChaCha12Rng) -> (&'static str, Value) {
        const SIGNATURE: &str = "X-Hub-Signature-256";
        let (event, valid) = &self.valid[rng.random_range(0..self.valid.len())];
        let request = Request::signed(event, valid.to_string());
        let right = request.headers[SIGNATURE].clone();
        let long = CANARY.repeat(800);
        match rng.random_range(0..18) {
            0 => ("without signature", request.without(SIGNATURE).event()),
            1 => {
                let wrong = format!("sha256={:032x}{:032x}", rng.random::<u128>(), rng.random::<u128>());
                ("with a wrong signature", request.with(SIGNATURE, &wrong).event())
            }
            2 => {
                const NONE: [&str; 6] =
                    ["", "sha256=", "hostile text", "sha1=0123", "sha256=\u{fc}", "sha512=00"];
                let none = pick(rng, &NONE);
                ("with a signature that is none", request.with(SIGNATURE, none).event())
            }
            3 => ("with a signature in upper case", request.with(SIGNATURE, &right.to_uppercase()).event()),
            4 => ("with a signature that is cut off", request.with(SIGNATURE, &right[..70]).event()),
            5 => ("with a very long signature", request.with(SIGNATURE, &format!("{right}{long}")).event()),
            6 => {
                let both = [right.clone(), "sha256=hostile text".to_owned()];
                let (last, order) = match rng.random_bool(0.5) {
                    true => (0, "with two signatures, the right one last"),
                    false => (1, "with two signatures, the wrong one last"),
                };
                // API Gateway hands over the last one, and all of them elsewhere.
                let mut event = request.with(SIGNATURE, &both[last]).event();
                event["multiValueHeaders"][SIGNATURE] = json!([both[1 - last], both[last]]);
                (order, event)
            }
            7 => {
                let mut event = request.event();
                event["headers"] = pick(rng, &["null", "{}"]).parse().unwrap();
                ("without headers", event)
            }
            8 => {
                let mut event = request.event();
                event["headers"][SIGNATURE] = pick(rng, &["null", "5", "[]", "{}"]).parse().unwrap();
                ("with a signature that is no text", event)
            }
            9 => {
                const TYPES: [&str; 4] = [
                    "application/x-www-form-urlencoded",
                    "text/hostile text",
                    "",
                    "application/json hostile text",
                ];
                let other = pick(rng, &TYPES);
                ("with another content type", request.with("Content-Type", other).event())
            }
            10 => ("without content type", request.without("Content-Type").event()),
            11 => ("without event", request.without("X-GitHub-Event").event()),
            12 => {
                const NAMES: [&str; 7] =
                    ["PUSH", "push\n", "issues", "../push", "hostile text", "", "push,ping"];
                let name = pick(rng, &NAMES);
                ("with an event of another name", request.with("X-GitHub-Event", name).event())
            }
            13 => ("with an event of a very long name", request.with("X-GitHub-Event", &long).event()),
            14 => {
                let mut event = request.event();
                event["isBase64Encoded"] = json!(true);
                ("with a body that is not encoded as it says", event)
            }
            15 => {
                let mut event = request.event();
                event["body"] = Value::Null;
                ("without body", event)
            }
            16 => {
                let mut other = request;
                other.body.extend_from_slice(b" ");
                ("with a body that was changed", other.event())
            }
            _ => {
                // What API Gateway makes of bytes that are no text, where it is not told to encode them.
                let mut body = valid.to_string().into_bytes();
                body.extend_from_slice(b"\xff\xfe");
                let mut event = Request::signed(event, body.clone()).event();
                event["body"] = json!(String::from_utf8_lossy(&body));
                event["isBase64Encoded"] = json!(false);
                ("with bytes that API Gateway has replaced", event)
            }
        }
    }

    fn large(&self) -> Vec<(&'static str, Request)> {
        let (event, valid) = &self.valid[0];
        let mut padded = valid.clone();
        let padding = |length: usize| json!("x".repeat(length));
        let frame = valid.to_string().len() + "\"pusher\":\"\",".len();
        padded["padding"] = padding(LARGEST_BODY - frame - 1);
        let largest = padded.to_string();
        assert!((LARGEST_BODY - 10..=LARGEST_BODY).contains(&largest.len()), "{}", largest.len());
        padded["padding"] = padding(LARGEST_BODY);
        let too_large = padded.to_string();
        let mut of_one_commit = valid.clone();
        of_one_commit["commits"][0]["message"] = json!(CANARY.repeat(400_000));
        let mut of_one_branch = valid.clone();
        of_one_branch["ref"] = json!(format!("refs/heads/{}", CANARY.repeat(100_000)));
        let mut of_many_commits = valid.clone();
        let commits = vec![valid["commits"][0].clone(); 12_000];
        of_many_commits["commits"] = json!(commits);
        let mut of_small_commits = valid.clone();
        let small = json!({"id": commit_id(2), "timestamp": ""});
        of_small_commits["commits"] = json!(vec![small; 88_000]);
        vec![
            ("88,000 commits", Request::signed(event, of_small_commits.to_string())),
            ("6 MiB that are in order", Request::signed(event, largest.clone())),
            (
                "6 MiB that nobody signed",
                Request::signed(event, largest.clone()).without("X-Hub-Signature-256"),
            ),
            ("6 MiB that are cut off", Request::signed(event, &largest[..largest.len() - 2])),
            ("6 MiB of brackets", Request::signed(event, "[".repeat(LARGEST_BODY))),
            ("6 MiB of zeros", Request::signed(event, vec![0; LARGEST_BODY])),
            ("more than 6 MiB", Request::signed(event, too_large)),
            ("a message of 5 MB", Request::signed(event, of_one_commit.to_string())),
            ("a branch's name of 1 MB", Request::signed(event, of_one_branch.to_string())),
            ("12,000 commits", Request::signed(event, of_many_commits.to_string())),
        ]
    }
}

/// The status and the text of what the webhook answers.
async fn deliver(scene: &mut Scene, event: &Value) -> String {
    let answer = scene.cloud.invoke("github-webhook", event.to_string()).await.unwrap();
    let answer: Value = serde_json::from_slice(&answer.unwrap()).unwrap();
    let (status, body) = (&answer["statusCode"], answer["body"].as_str().unwrap());
    assert!([200, 202, 400, 401, 413, 415].map(Value::from).contains(status), "{answer} to {event:.300}");
    assert!(!body.is_empty() && !body.contains(CANARY), "{answer}");
    // Which field it is, is of no interest here.
    format!("{status} {}", body.split(": ").next().unwrap_or_default())
}
