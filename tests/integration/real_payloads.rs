//! Payloads that GitHub's users have published, through the webhook and the transformation.
//!
//! They are those of the npm package @octokit/webhooks-examples, fetched into `target/`, never committed.

use crate::{
    outside::{self, Outside},
    scene::{Scene, with_webhook},
};
use metrics_lib::lake::{Change, Row};
use serde_json::Value;
use simulator::payload_builders::delivery;
use std::{fs, process::Command};

const PACKAGE: &str = "@octokit/webhooks-examples@7.6.1";

/// The payloads, with the name of the event of each.
fn examples() -> Outside<Vec<(String, Value)>> {
    let folder = outside::target().join("webhooks-examples-7.6.1");
    let index = folder.join("package/api.github.com/index.json");
    if !index.exists() {
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        outside::run(Command::new("npm").args(["pack", "--silent", PACKAGE]).current_dir(&folder))?;
        let archive = "octokit-webhooks-examples-7.6.1.tgz";
        outside::run(Command::new("tar").args(["-xzf", archive]).current_dir(&folder))?;
    }
    let text = fs::read_to_string(&index).map_err(|error| error.to_string())?;
    let events: Vec<Value> = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let examples = events.iter().flat_map(|event| {
        let name = event["name"].as_str().unwrap_or_default();
        event["examples"]
            .as_array()
            .into_iter()
            .flatten()
            .map(move |example| (name.to_owned(), example.clone()))
    });
    Ok(examples.collect())
}

/// The status that a payload must get, and how many lines it must leave in the lake.
fn expected(event: &str, payload: &Value) -> (u16, usize) {
    let is_branch = payload["ref"].as_str().is_some_and(|name| name.starts_with("refs/heads/"));
    let action = payload["action"].as_str().unwrap_or_default();
    let user = |of: &str| payload[of]["user"]["id"].as_u64();
    match event {
        "ping" => (200, 0),
        "pull_request" if action == "opened" && payload["pull_request"]["draft"] == false => (200, 1),
        "pull_request" if action == "ready_for_review" => (200, 1),
        "pull_request_review" if action == "submitted" && user("review") != user("pull_request") => (200, 1),
        "push" if is_branch && payload["deleted"] == false => (200, 1),
        "pull_request" if payload["action"] == "closed" && payload["pull_request"]["merged"] == true => {
            (200, 1)
        }
        _ => (202, 0),
    }
}

#[tokio::test]
async fn every_published_payload() {
    let Some(examples) = outside::or_skip("every_published_payload", examples()) else { return };
    assert_eq!(examples.len(), 329);
    let mut scene = Scene::with(with_webhook()).await;
    let mut lines = 0;
    for (event, payload) in &examples {
        let (status, stored) = expected(event, payload);
        assert_eq!(scene.delivers("12:00", &delivery(event, payload)).await, status, "{event}: {payload}");
        lines += stored;
    }
    scene.finish().await;
    let services = scene.services();
    let mut stored = String::new();
    for object in services.bucket.objects("") {
        let (key, object) = object.unwrap();
        assert!(key.starts_with("changes/"), "{key}");
        stored += &String::from_utf8(object).unwrap();
    }
    assert_eq!(stored.lines().count(), lines);
    for line in stored.lines() {
        let row: Row = serde_json::from_str(line).unwrap();
        Change::try_from(row).unwrap();
    }
}
