//! A ledger of a year, without the events that would have led to it.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const COMMIT: &str = "0000000000000000000000000000000000000001";

/// A year of an organisation: 10,000 deployments, each with a lead time, of which a tenth failed.
pub fn ten_thousand_deployments_before(end: Timestamp) -> Vec<Value> {
    let text = |text: String| json!({ "S": text });
    let mut items = Vec::new();
    for number in 0..10_000_i64 {
        let ended = end - SignedDuration::from_mins(51 * (number + 1));
        let [id, time] = [format!("{number:08x}-0000-4000-8000-000000000000"), ended.to_string()];
        let repository = format!("acme/service-{:03}", number % 150);
        let item = |kind: &str, more: Value| {
            let mut item = json!({
                "pk": text(format!("execution#{id}")),
                "sk": text(format!("{kind}#111111111111/eu-west-1/shop/{id}")),
                "kind": text(kind.to_owned()),
                "time": text(time.clone()),
                "timelineDay": text(format!("{kind}#{}", &time[..10])),
                "account": text("111111111111".into()),
                "region": text("eu-west-1".into()),
                "pipeline": text("shop".into()),
                "executionId": text(id.clone()),
                "repository": text(repository.clone()),
                "state": text("published".into()),
                "evidence": text(format!("production deployment of {repository}, branch main, revision c0ffee{number}, by a pipeline with a long name")),
                "version": { "N": "1" },
            });
            for (name, value) in more.as_object().into_iter().flatten() {
                item[name] = value.clone();
            }
            item
        };
        items.push(item(
            "deployment",
            json!({ "Deployments": { "N": "1" }, "revision": text(COMMIT.to_owned()) }),
        ));
        let seconds = (number % 977 + 1) * 600;
        items.push(item(
            "leadTime",
            json!({
                "LeadTimeForChanges": { "N": "1" },
                "parts": text(parts(ended, seconds)),
                "value": { "N": seconds.to_string() },
                "commits": text(format!("{COMMIT} 2026-01-01T00:00:00Z")),
            }),
        ));
        if number % 10 == 0 {
            items.push(item("failure", json!({ "FailedDeployments": { "N": "1" } })));
        }
    }
    items
}

/// The parts of a lead time, as the ledger has them.
fn parts(deployed: Timestamp, seconds: i64) -> String {
    let kinds = ["coding", "pickup", "review", "merge", "queue", "stage Build", "approval", "deploy"];
    let begin = |number: i64| deployed - SignedDuration::from_secs(seconds - seconds * number / 8);
    let lines = (0..).zip(kinds).map(|(number, kind)| format!("{} {kind}", begin(number)));
    Vec::from_iter(lines).join("\n")
}
