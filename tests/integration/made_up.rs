//! A source of deployments and a source of incidents that are in no registry of the product (crate `made-up`): from their events
//! to every figure, through the rules, the queues and the functions.

use crate::scene::binaries;
use made_up::others;
use serde_json::{Value, json};
use simulator::{
    binaries::Binaries,
    replay::replay_with,
    replay_result::{IgnoredExecution, ReplayResult, ReplayedFact},
    world::World,
};
use std::{fmt::Write, os::unix::fs::symlink};
use tempfile::TempDir;

const ACCOUNT: &str = "111111111111";

/// The functions of an installation with the made-up sources, which are another program.
fn functions(folder: &TempDir) -> Binaries {
    symlink(binaries().path("made-up").unwrap(), folder.path().join("functions")).unwrap();
    Binaries::in_folder(folder.path().to_owned())
}

fn at(time: &str) -> String {
    format!("2026-06-{}:00Z", time.replace(' ', "T"))
}

fn event(time: &str, source: &str, detail_type: &str, detail: &Value) -> String {
    let at = at(time);
    json!({"at": at, "event": {
        "version": "0", "id": format!("{source}-{time}"), "source": source, "detail-type": detail_type, "account": ACCOUNT,
        "region": "eu-west-1", "time": at, "resources": [], "detail": detail,
    }})
    .to_string()
}

/// A delivery of Courier.
fn delivered(time: &str, id: &str, environment: &str, commit: char, takes_back: &Value) -> String {
    let detail = json!({
        "state": "DELIVERED", "service": "parcel", "id": id, "environment": environment, "repository": "Acme/Parcel",
        "branch": "main", "revision": commit.to_string().repeat(40), "message": "Change it", "began": at(time),
        "ended": at(time), "takes-back": takes_back,
    });
    event(time, "courier", "Courier Delivery", &detail)
}

/// What Beacon's API knows of an incident.
fn known(time: &str, id: &str, lit: &str, out: Option<&str>, names: &Value) -> String {
    let mut knows = json!({"id": id, "lit": at(lit), "title": "Parcels are lost", "out": out.map(at)});
    for (name, value) in names.as_object().into_iter().flatten() {
        knows[name] = value.clone();
    }
    json!({"at": at(time), "api": {"name": "beacon", "knows": knows}}).to_string()
}

fn beacon(time: &str, id: &str, state: &str) -> String {
    event(time, "beacon", "Beacon Incident", &json!({"id": id, "state": state, "at": at(time)}))
}

/// A push of one commit to the main branch.
fn pushed(time: &str, before: char, after: char) -> String {
    let [before, after] = [before, after].map(|digit| digit.to_string().repeat(40));
    let person = json!({"name": "A", "email": "a@example.com", "username": "a"});
    let body = json!({
        "ref": "refs/heads/main", "before": before, "after": after, "created": false, "deleted": false, "forced": false,
        "repository": {"id": 7, "full_name": "acme/parcel", "default_branch": "main"},
        "commits": [{
            "id": after, "distinct": true, "message": "Change it", "timestamp": at(time), "author": person,
            "committer": person, "added": [], "removed": [], "modified": [],
        }],
        "head_commit": null,
    });
    let headers = json!({"Content-Type": "application/json", "X-GitHub-Event": "push", "X-GitHub-Delivery": format!("delivery-{after}")});
    json!({"at": at(time), "github": {"headers": headers, "body": body.to_string()}}).to_string()
}

fn world() -> Vec<String> {
    let config = json!({
        "toolingAccounts": [{"account": ACCOUNT, "regions": ["eu-west-1"]}], "leadTime": true,
        "trunkBasedRepositories": ["acme/parcel"], "teams": {"post": ["acme/parcel"]},
    });
    vec![
        json!({"at": at("01 00:00"), "config": config}).to_string(),
        pushed("01 08:00", '0', 'a'),
        delivered("01 09:00", "d1", "production", 'a', &Value::Null),
        pushed("02 08:00", 'a', 'b'),
        delivered("02 09:00", "d2", "staging", 'b', &Value::Null),
        delivered("02 10:00", "d3", "production", 'b', &Value::Null),
        // The same event again is no second deployment.
        delivered("02 10:00", "d3", "production", 'b', &Value::Null),
        known("02 11:00", "b1", "02 11:00", None, &json!({"repository": "acme/parcel"})),
        beacon("02 11:00", "b1", "LIT"),
        delivered("02 13:00", "d4", "production", 'a', &json!({"id": "d3", "ended": at("02 10:00")})),
        // It names an older deployment, by its canonical text; nothing restores it but its resolution.
        known(
            "03 08:00",
            "b2",
            "03 08:00",
            None,
            &json!({"deployment": format!("courier:{ACCOUNT}/eu-west-1/parcel/d1")}),
        ),
        beacon("03 08:00", "b2", "LIT"),
        known(
            "03 09:30",
            "b2",
            "03 08:00",
            Some("03 09:30"),
            &json!({"deployment": format!("courier:{ACCOUNT}/eu-west-1/parcel/d1")}),
        ),
        beacon("03 09:30", "b2", "OUT"),
        pushed("03 10:00", 'b', 'c'),
        delivered("03 12:00", "d5", "production", 'c', &Value::Null),
    ]
}

fn report(result: &ReplayResult) -> String {
    let mut report = String::new();
    for ReplayedFact {
        kind,
        repository,
        source,
        pipeline,
        execution_id,
        ops_item_id,
        time,
        value,
        evidence,
        ..
    } in &result.facts
    {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
        let of = [source, pipeline, execution_id, ops_item_id, repository].map(text).join(" ");
        let value = value.map(|seconds| format!(", {seconds} s")).unwrap_or_default();
        let _ = writeln!(report, "{time} {kind:?} {of}{value}\n    {evidence}");
    }
    for IgnoredExecution { time, pipeline, execution_id, reason, .. } in &result.ignored {
        let _ = writeln!(report, "{time} ignored {pipeline} {execution_id}: {reason}");
    }
    for metric in result.metrics.iter().filter(|metric| metric.dimensions.is_empty()) {
        let values: Vec<f64> = metric.points.iter().flat_map(|point| point.values.clone()).collect();
        if metric.namespace == "DORA" {
            let _ = writeln!(report, "{}: {values:?}", metric.name);
        }
    }
    for refused in &result.refused {
        let _ = writeln!(report, "refused {refused:?}");
    }
    let _ = writeln!(report, "dead letters: {}", result.dead_letters.len());
    report
}

#[tokio::test]
async fn from_events_to_figures() {
    let folder = TempDir::new().unwrap();
    let world = World::Lines("made up".into(), world());
    let header = world.check().unwrap();
    let cloud = replay_with(others(), &world, &header, &functions(&folder), || ()).await.unwrap();
    insta::assert_snapshot!(report(&ReplayResult::of(&cloud).unwrap()));
}
