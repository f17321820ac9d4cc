//! Pull requests that are ready for review, and those that were merged.

use super::{InvalidPayload, LONGEST_BRANCH, repository::Repository};
use crate::{
    lake::{Change, CommitId, PullRequest, PullRequestStep, StepKind},
    repository::GitName,
};
use jiff::Timestamp;
use serde::Deserialize;

const EVENT: &str = "pull_request";

/// Event `pull_request`.
#[derive(Deserialize)]
pub(super) struct PullRequestPayload {
    action: String,
    pull_request: PullRequestDetail,
    pub(super) repository: Repository,
}

#[derive(Deserialize)]
struct PullRequestDetail {
    number: Option<u64>,
    // Missing where a server has no drafts.
    draft: Option<bool>,
    created_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    #[serde(default)]
    merged: bool,
    merged_at: Option<Timestamp>,
    merge_commit_sha: Option<CommitId>,
    commits: Option<u32>,
    base: Branch,
    head: Branch,
}

#[derive(Deserialize)]
struct Branch {
    #[serde(rename = "ref")]
    name: String,
    sha: CommitId,
    // Null for a fork that was deleted.
    repo: Option<BranchRepository>,
}

#[derive(Deserialize)]
struct BranchRepository {
    full_name: String,
}

/// What a pull request came to, if it matters.
pub(super) fn pull_request(payload: PullRequestPayload) -> Result<Vec<Change>, InvalidPayload> {
    let PullRequestPayload { action, pull_request, repository } = payload;
    match action.as_str() {
        "closed" if pull_request.merged => merged(pull_request, &repository),
        "opened" if pull_request.draft != Some(true) => {
            let PullRequestDetail { number, created_at, .. } = pull_request;
            ready(&repository, number, created_at, "pull_request.created_at")
        }
        "ready_for_review" => {
            let PullRequestDetail { number, updated_at, .. } = pull_request;
            ready(&repository, number, updated_at, "pull_request.updated_at")
        }
        _ => Ok(Vec::new()),
    }
}

fn merged(pull_request: PullRequestDetail, repository: &Repository) -> Result<Vec<Change>, InvalidPayload> {
    let PullRequestDetail { number, merged_at, merge_commit_sha, commits, base, head, .. } = pull_request;
    let same_repository = head
        .repo
        .as_ref()
        .is_some_and(|head| GitName::new(&head.full_name) == GitName::new(&repository.full_name));
    for (name, branch) in [("base", &base), ("head", &head)] {
        if branch.name.len() > LONGEST_BRANCH {
            return Err(InvalidPayload::new(EVENT, format!("pull_request.{name}.ref is too long")));
        }
    }
    let missing = |field| InvalidPayload::unreadable(EVENT, field);
    Ok(vec![Change::PullRequest(PullRequest {
        repository: repository.name().ok_or_else(|| missing("repository.full_name"))?.to_owned(),
        repository_id: repository.id,
        branch: base.name,
        head_branch: head.name,
        head_commit: head.sha,
        merge_commit: merge_commit_sha.ok_or_else(|| missing("pull_request.merge_commit_sha"))?,
        commit_count: commits.ok_or_else(|| missing("pull_request.commits"))?,
        merged: merged_at.ok_or_else(|| missing("pull_request.merged_at"))?,
        same_repository,
        number,
    })])
}

/// That a pull request is ready for review, at an instant that is named so.
fn ready(
    repository: &Repository,
    number: Option<u64>,
    happened: Option<Timestamp>,
    name: &str,
) -> Result<Vec<Change>, InvalidPayload> {
    let missing = |field| InvalidPayload::unreadable(EVENT, field);
    Ok(vec![Change::PullRequestStep(PullRequestStep {
        repository: repository.name().ok_or_else(|| missing("repository.full_name"))?.to_owned(),
        repository_id: repository.id,
        number: number.ok_or_else(|| missing("pull_request.number"))?,
        step: StepKind::Ready,
        happened: happened.ok_or_else(|| missing(name))?,
    })])
}

#[cfg(test)]
mod tests {
    use super::super::{
        Marks,
        tests::{changes, check, step},
    };
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn pull_requests() {
        let payload = json!({
            "action": "closed",
            "pull_request": {
                "number": 7,
                "draft": false,
                "created_at": "2026-06-14T12:00:00Z",
                "updated_at": "2026-06-15T12:00:01Z",
                "merged": true,
                "merged_at": "2026-06-15T12:00:00Z",
                "merge_commit_sha": "a".repeat(40),
                "commits": 3,
                "base": {"ref": "main", "sha": "b".repeat(40)},
                "head": {"ref": "feature", "sha": "c".repeat(40)},
            },
            "repository": {"full_name": "acme/shop", "created_at": "2020-01-01T00:00:00Z"},
        });
        let changed = |path: &str, value: Value| {
            let mut payload = payload.clone();
            *payload.pointer_mut(path).unwrap() = value;
            payload
        };
        check("pull_request", &payload, Ok(1));
        check("pull_request", &changed("/action", json!("synchronize")), Ok(0));
        check("pull_request", &changed("/pull_request/merged", json!(false)), Ok(0));
        for (head, expected) in [
            (json!({"full_name": "acme/shop"}), true),
            (json!({"full_name": "person/shop"}), false),
            (json!(null), false),
        ] {
            let mut payload = payload.clone();
            payload["pull_request"]["head"]["repo"] = head;
            let changes = changes("pull_request", &payload, &Marks::default()).unwrap();
            let Change::PullRequest(request) = &changes[0] else { panic!("{changes:?}") };
            assert_eq!(request.same_repository, expected, "{payload}");
        }
        let long = Err("pull_request.head.ref is too long");
        check("pull_request", &changed("/pull_request/head/ref", json!("x".repeat(1025))), long);
        let missing = Err("pull_request.merge_commit_sha can't be read");
        check("pull_request", &changed("/pull_request/merge_commit_sha", Value::Null), missing);
    }

    #[test]
    fn pull_requests_that_are_ready() {
        fn check(action: &str, draft: Value, expected: Option<&str>) {
            let branch = |name: &str| json!({"ref": name, "sha": "b".repeat(40)});
            let mut payload = json!({
                "action": action,
                "pull_request": {
                    "number": 7,
                    "created_at": "2026-06-14T12:00:00Z",
                    "updated_at": "2026-06-15T12:00:00Z",
                    "base": branch("main"),
                    "head": branch("feature"),
                },
                "repository": {"full_name": "acme/shop"},
            });
            if !draft.is_null() {
                payload["pull_request"]["draft"] = draft;
            }
            let expected = expected.map(|time| (StepKind::Ready, 7, time.to_owned()));
            assert_eq!(step("pull_request", &payload), expected, "{payload}");
        }
        check("opened", json!(false), Some("2026-06-14T12:00:00Z"));
        check("opened", json!(null), Some("2026-06-14T12:00:00Z"));
        check("opened", json!(true), None);
        check("ready_for_review", json!(false), Some("2026-06-15T12:00:00Z"));
        check("converted_to_draft", json!(true), None);
        check("reopened", json!(false), None);
        check("closed", json!(false), None);
    }
}
