//! Deliveries of GitHub's webhooks, in the shapes of its documentation ("Webhook events and payloads").

use crate::commit_ingestion::signature;
use jiff::Timestamp;
use metrics_lib::text;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A commit that is pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedCommit {
    /// Its id.
    pub id: String,
    /// Its date.
    pub time: Timestamp,
    /// Its message.
    pub message: String,
}

/// The headers and the body of a delivery.
pub type Delivery = (BTreeMap<String, String>, String);

/// A push to a branch; none before means that it creates the branch. Commits whose message is that of a pull request are
/// made by GitHub itself.
pub fn push(
    repository: &str,
    branch: &str,
    before: Option<&str>,
    commits: &[PushedCommit],
    at: Timestamp,
) -> Delivery {
    let zeros = "0".repeat(40);
    let after = commits.last().map_or(zeros.as_str(), |commit| commit.id.as_str());
    let person = json!({"name": "A. Person", "email": "person@example.com", "username": "person"});
    let github = json!({"name": "GitHub", "email": "noreply@github.com", "username": "web-flow"});
    let commits = commits.iter().map(|commit| {
        let committer = if text::is_of_pull_request(&commit.message) { &github } else { &person };
        json!({
            "id": commit.id,
            "tree_id": commit.id,
            "distinct": true,
            "message": commit.message,
            "timestamp": commit.time,
            "url": format!("https://github.com/{repository}/commit/{}", commit.id),
            "author": person,
            "committer": committer,
            "added": [],
            "removed": [],
            "modified": ["README.md"],
        })
    });
    delivery(
        "push",
        &json!({
            "ref": format!("refs/heads/{branch}"),
            "before": before.unwrap_or(&zeros),
            "after": after,
            "created": before.is_none(),
            "deleted": false,
            "forced": false,
            "base_ref": null,
            "commits": commits.collect::<Vec<_>>(),
            "repository": {
                "full_name": repository,
                "created_at": 1_500_000_000,
                "pushed_at": at.as_second(),
            },
            "pusher": {"name": "person", "email": "person@example.com"},
        }),
    )
}

/// A pull request of so many commits that was merged from a branch of the repository into `main`.
pub fn merged_pull_request(
    repository: &str,
    head_branch: &str,
    head_commit: &str,
    merge_commit: &str,
    commits: usize,
    at: Timestamp,
) -> Delivery {
    let own = json!({"full_name": repository});
    delivery(
        "pull_request",
        &json!({
            "action": "closed",
            "number": 7,
            "pull_request": {
                "number": 7,
                "merged": true,
                "merged_at": at,
                "merge_commit_sha": merge_commit,
                "commits": commits,
                "base": {"ref": "main", "sha": "0".repeat(40), "repo": own},
                "head": {"ref": head_branch, "sha": head_commit, "repo": own},
            },
            "repository": {"full_name": repository, "created_at": "2017-07-14T02:40:00Z"},
        }),
    )
}

/// A pull request into `main` came further: `opened` or `ready_for_review`, then as a draft or not.
pub fn pull_request(repository: &str, number: u64, action: &str, draft: bool, at: Timestamp) -> Delivery {
    let branch = |name: &str| json!({"ref": name, "sha": "0".repeat(40), "repo": {"full_name": repository}});
    delivery(
        "pull_request",
        &json!({
            "action": action,
            "number": number,
            "pull_request": {
                "number": number,
                "state": "open",
                "draft": draft,
                "user": {"login": "person", "id": 1, "type": "User"},
                "created_at": at,
                "updated_at": at,
                "merged": false,
                "merged_at": null,
                "merge_commit_sha": null,
                "commits": 1,
                "base": branch("main"),
                "head": branch("feature"),
            },
            "repository": {"full_name": repository, "created_at": "2017-07-14T02:40:00Z"},
        }),
    )
}

/// Somebody else reviewed a pull request: `approved`, `commented` or `changes_requested`.
pub fn review(repository: &str, number: u64, state: &str, at: Timestamp) -> Delivery {
    delivery(
        "pull_request_review",
        &json!({
            "action": "submitted",
            "review": {
                "user": {"login": "other", "id": 2, "type": "User"},
                "body": "Well done",
                "commit_id": "0".repeat(40),
                "submitted_at": at,
                "state": state,
            },
            "pull_request": {
                "number": number,
                "state": "open",
                "draft": false,
                "user": {"login": "person", "id": 1, "type": "User"},
            },
            "repository": {"full_name": repository, "created_at": "2017-07-14T02:40:00Z"},
        }),
    )
}

/// The delivery, of a pull request with another number.
pub fn with_number(delivery: Delivery, number: u64) -> Delivery {
    changed(delivery, |body| {
        body["number"] = json!(number);
        body["pull_request"]["number"] = json!(number);
    })
}

/// A repository was renamed.
pub fn renamed(from: &str, to: &str) -> Delivery {
    let former = from.split_once('/').map_or(from, |(_, name)| name);
    delivery(
        "repository",
        &json!({
            "action": "renamed",
            "changes": {"repository": {"name": {"from": former}}},
            "repository": {"full_name": to, "created_at": "2017-07-14T02:40:00Z"},
        }),
    )
}

/// The delivery, with GitHub's id of the repository, which outlives the repository's names.
pub fn with_id(delivery: Delivery, id: u64) -> Delivery {
    changed(delivery, |body| body["repository"]["id"] = json!(id))
}

fn changed((headers, body): Delivery, change: impl FnOnce(&mut Value)) -> Delivery {
    let Ok(mut body) = serde_json::from_str::<Value>(&body) else { return (headers, body) };
    change(&mut body);
    delivery(headers.get("X-GitHub-Event").map(String::as_str).unwrap_or_default(), &body)
}

/// A delivery with a body, signed.
pub fn delivery(event: &str, body: &Value) -> Delivery {
    let body = body.to_string();
    (headers(event, body.as_bytes()), body)
}

/// The headers of a delivery with a body, signed.
pub fn headers(event: &str, body: &[u8]) -> BTreeMap<String, String> {
    let headers = [
        ("Content-Type", "application/json"),
        ("User-Agent", "GitHub-Hookshot/044aadd"),
        ("X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"),
        ("X-GitHub-Event", event),
        ("X-Hub-Signature-256", &signature(body)),
    ];
    headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}
