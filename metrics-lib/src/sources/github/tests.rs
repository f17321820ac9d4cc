//! What the tests of each payload have in common.

use super::{InvalidPayload, Marks, read};
use crate::lake::{Change, StepKind};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) fn now() -> Timestamp {
    "2026-06-15T12:00:00Z".parse().unwrap()
}

pub(super) fn changes(event: &str, payload: &Value, marks: &Marks) -> Result<Vec<Change>, InvalidPayload> {
    read(event, payload.to_string().as_bytes(), now(), marks).map(|told| told.changes)
}

pub(super) fn check(event: &str, payload: &Value, expected: Result<usize, &str>) {
    let found = changes(event, payload, &Marks::default());
    let found = found.map(|changes| changes.len()).map_err(|error| error.reason);
    assert_eq!(found.as_ref().map_err(String::as_str), expected.as_ref().map_err(|text| *text), "{payload}");
}

pub(super) fn push_payload() -> Value {
    json!({
        "ref": "refs/heads/main",
        "before": "0".repeat(40),
        "after": "a".repeat(40),
        "created": true,
        "deleted": false,
        "forced": false,
        "repository": {"full_name": "acme/shop", "created_at": 1_700_000_000, "pushed_at": 1_781_500_000},
        "commits": [{
            "id": "a".repeat(40),
            "distinct": true,
            "message": "Fix login (oi-0123456789ab)\n\nSecret story",
            "timestamp": "2026-06-15T12:00:00+02:00",
            "author": {"name": "A. Person", "email": "person@example.com"},
        }],
    })
}

pub(super) fn changed(path: &str, value: Value) -> Value {
    let mut payload = push_payload();
    *payload.pointer_mut(path).unwrap() = value;
    payload
}

/// The step that a delivery tells, its pull request and its instant; none if it tells of no step.
pub(super) fn step(event: &str, payload: &Value) -> Option<(StepKind, u64, String)> {
    let bots = BTreeSet::from(["renovate".to_owned()]);
    let changes = changes(event, payload, &Marks { bots, ..Marks::default() }).unwrap();
    match changes.as_slice() {
        [] => None,
        [Change::PullRequestStep(step)] => Some((step.step, step.number, step.happened.to_string())),
        other => panic!("{other:?}"),
    }
}
