//! Pushes to branches.

use super::{InvalidPayload, LONGEST_BRANCH, Marks, repository::Repository};
use crate::{
    lake::{Change, Commit, CommitId, Push},
    text,
};
use jiff::Timestamp;
use serde::{Deserialize, de::IgnoredAny};
use std::borrow::Cow;

/// How many commits a record holds at the most: Firehose takes records of 1,000 KiB.
const COMMITS_PER_RECORD: usize = 500;
/// How many `OpsItem`s a commit references at the most; more are not meant.
const REFERENCES_PER_COMMIT: usize = 20;
const BRANCH: &str = "refs/heads/";
/// Who GitHub says has made the commits that it makes itself.
const GITHUB: &str = "web-flow";

/// Event `push`.
#[derive(Deserialize)]
pub(super) struct PushPayload<'a> {
    #[serde(rename = "ref")]
    reference: String,
    before: String,
    after: String,
    #[serde(default)]
    deleted: bool,
    #[serde(default)]
    forced: bool,
    #[serde(default, borrow)]
    commits: Vec<CommitPayload<'a>>,
    pub(super) repository: Repository,
}

#[derive(Deserialize)]
struct CommitPayload<'a> {
    id: CommitId,
    #[serde(borrow)]
    timestamp: Cow<'a, str>,
    // GitHub does not send it; who relays deliveries may add it.
    parents: Option<Vec<IgnoredAny>>,
    #[serde(default, borrow)]
    message: Cow<'a, str>,
    author: Option<Person<'a>>,
    committer: Option<Person<'a>>,
}

#[derive(Deserialize)]
struct Person<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    username: Option<Text<'a>>,
}

/// A text of a payload, which is not copied unless it is escaped.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The parts of a push to a branch.
pub(super) fn push(
    payload: PushPayload<'_>,
    now: Timestamp,
    marks: &Marks,
) -> Result<Vec<Change>, InvalidPayload> {
    let PushPayload { reference, before, after, deleted, forced, commits, repository } = payload;
    let Some(branch) = reference.strip_prefix(BRANCH) else { return Ok(Vec::new()) };
    if deleted {
        return Ok(Vec::new());
    }
    let invalid = |reason: String| InvalidPayload::new("push", reason);
    if branch.len() > LONGEST_BRANCH {
        return Err(invalid("ref is too long".into()));
    }
    let id = |name: &str, text: String| {
        CommitId::try_from(text).map_err(|_| invalid(format!("{name} is no commit id")))
    };
    let old_head = if before.bytes().all(|digit| digit == b'0') { None } else { Some(id("before", before)?) };
    let new_head = id("after", after)?;
    let name = repository.name().ok_or_else(|| invalid("repository.full_name is no owner/name".into()))?;
    let pushed = repository.pushed().unwrap_or(now);
    let count = commits.len().div_ceil(COMMITS_PER_RECORD).max(1);
    let mut commits = commits.into_iter().map(|commit| trimmed(commit, pushed, marks));
    let changes = (0..count).map(|part| {
        Change::Push(Push {
            repository: name.to_owned(),
            repository_id: repository.id,
            repository_created: repository.created(),
            branch: branch.to_owned(),
            pushed,
            old_head: old_head.clone(),
            new_head: new_head.clone(),
            part: u32::try_from(part).unwrap_or(u32::MAX),
            parts: u32::try_from(count).unwrap_or(u32::MAX),
            commits: commits.by_ref().take(COMMITS_PER_RECORD).collect(),
            forced,
        })
    });
    Ok(changes.collect())
}

fn trimmed(commit: CommitPayload<'_>, pushed: Timestamp, marks: &Marks) -> Commit {
    let CommitPayload { id, timestamp, parents, message, author, committer } = commit;
    let names = author.into_iter().flat_map(|author| [author.name, author.username]).flatten();
    let mut ops_items: Vec<_> = text::ops_item_ids(&message).take(REFERENCES_PER_COMMIT).collect();
    ops_items.sort();
    ops_items.dedup();
    let by_github =
        committer.and_then(|committer| committer.username).is_some_and(|Text(name)| name == GITHUB);
    Commit {
        id,
        // Git takes dates that are none; such a commit counts from its push.
        time: timestamp.parse().unwrap_or(pushed),
        merge: parents.map_or_else(|| text::is_merge(&message), |parents| parents.len() > 1),
        bot: names.into_iter().any(|Text(name)| marks.bots.contains(&*name)),
        from_pull_request: by_github && text::is_of_pull_request(&message),
        ops_items,
        merged: text::merged_branch(&message).filter(|name| name.len() <= LONGEST_BRANCH).map(str::to_owned),
        rework: marks.rework.is_rework_message(&message),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{changed, changes, check, push_payload};
    use super::*;
    use serde_json::{Value, json};
    use std::collections::BTreeSet;

    #[test]
    fn pushes() {
        check("push", &push_payload(), Ok(1));
        check("push", &changed("/ref", json!("refs/tags/v1")), Ok(0));
        check("push", &changed("/deleted", json!(true)), Ok(0));
        check("push", &changed("/commits", json!([])), Ok(1));
        check("push", &changed("/commits/0/timestamp", json!("no date")), Ok(1));
        check("push", &changed("/after", json!("x")), Err("after is no commit id"));
        let long = format!("refs/heads/{}", "x".repeat(1025));
        check("push", &changed("/ref", json!(long)), Err("ref is too long"));
        check("push", &changed("/commits/0/id", json!("x")), Err("commits[0].id: its value is not valid"));
        check(
            "push",
            &changed("/repository/full_name", json!("a'b")),
            Err("repository.full_name is no owner/name"),
        );
        check("push", &json!([]), Err(".: expected an object"));
        check("issues", &json!({}), Ok(0));
    }

    #[test]
    fn bots() {
        fn check(author: Value, expected: bool) {
            let mut payload = push_payload();
            payload["commits"][0]["author"] = author.clone();
            let bots = BTreeSet::from(["renovate[bot]".to_owned()]);
            let marks = Marks { bots, ..Marks::default() };
            let changes = changes("push", &payload, &marks).unwrap();
            let Change::Push(push) = &changes[0] else { panic!("{changes:?}") };
            assert_eq!(push.commits[0].bot, expected, "{author}");
        }
        check(json!({"name": "renovate[bot]", "email": "r@example.com"}), true);
        check(json!({"name": "Renovate", "username": "renovate[bot]"}), true);
        check(json!({"name": "A. Person", "username": "person"}), false);
        check(json!({"name": "not renovate[bot]"}), false);
        check(json!(null), false);
    }

    /// What GitHub makes of pull requests, and what people write.
    #[test]
    fn commits_of_pull_requests() {
        fn check(message: &str, committer: Value, expected: bool) {
            let mut payload = push_payload();
            payload["commits"][0]["message"] = json!(message);
            payload["commits"][0]["committer"] = committer;
            let changes = changes("push", &payload, &Marks::default()).unwrap();
            let Change::Push(push) = &changes[0] else { panic!("{changes:?}") };
            assert_eq!(push.commits[0].from_pull_request, expected, "{message}");
        }
        let github = json!({"name": "GitHub", "email": "noreply@github.com", "username": "web-flow"});
        check("Fix login (#7)", github.clone(), true);
        check("Merge pull request #7 from acme/fix", github.clone(), true);
        check("Update README.md", github, false);
        check("Fix login (#7)", json!({"name": "A. Person", "username": "person"}), false);
        check("Fix login (#7)", json!(null), false);
    }

    /// What stays known of a commit's message.
    #[test]
    fn marks_of_messages() {
        fn check(commit: Value, merge: bool, merged: Option<&str>, rework: bool) {
            let mut payload = push_payload();
            for (name, value) in commit.as_object().unwrap() {
                payload["commits"][0][name] = value.clone();
            }
            let changes = changes("push", &payload, &Marks::default()).unwrap();
            let Change::Push(push) = &changes[0] else { panic!("{changes:?}") };
            let commit = &push.commits[0];
            assert_eq!((commit.merge, commit.merged.as_deref(), commit.rework), (merge, merged, rework));
        }
        check(json!({"message": "Merge branch 'hotfix/x'"}), true, Some("hotfix/x"), false);
        check(json!({"message": "Revert \"Add\""}), false, None, true);
        check(json!({"message": "Reapply \"Add\""}), false, None, true);
        check(json!({"message": "Sync", "parents": ["a", "b"]}), true, None, false);
        let one = json!({"message": "Merge branch 'x'", "parents": [{"sha": "a"}]});
        check(one, false, Some("x"), false);
    }

    #[test]
    fn force_pushes() {
        for forced in [true, false] {
            let body = changed("/forced", json!(forced));
            let changes = changes("push", &body, &Marks::default()).unwrap();
            let Change::Push(push) = &changes[0] else { panic!("{changes:?}") };
            assert_eq!(push.forced, forced);
        }
    }

    #[test]
    fn nothing_of_people_is_kept() {
        let changes = changes("push", &push_payload(), &Marks::default()).unwrap();
        let kept = format!("{changes:?}");
        assert!(kept.contains("oi-0123456789ab"), "{kept}");
        assert!(
            !kept.contains("Person") && !kept.contains("example.com") && !kept.contains("story"),
            "{kept}"
        );
    }

    #[test]
    fn large_pushes_are_split() {
        let commit = push_payload()["commits"][0].clone();
        let payload = changed("/commits", Value::Array(vec![commit; 2048]));
        let changes = changes("push", &payload, &Marks::default()).unwrap();
        let sizes: Vec<_> = changes
            .iter()
            .map(|change| match change {
                Change::Push(push) => (push.part, push.parts, push.commits.len()),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(sizes, [(0, 5, 500), (1, 5, 500), (2, 5, 500), (3, 5, 500), (4, 5, 48)]);
    }
}
