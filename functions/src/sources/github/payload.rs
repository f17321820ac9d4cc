//! GitHub's payloads, trimmed to what lead time needs: no messages, no names, no addresses.
//!
//! Source: GitHub documentation, "Webhook events and payloads": `push`, `pull_request` and `pull_request_review`.

use crate::runtime::json;
use jiff::Timestamp;
use metrics_lib::{
    lake::{Change, Commit, CommitId, PullRequest, PullRequestStep, Push, StepKind, is_repository},
    repository::GitName,
    rules::ReworkRule,
    text,
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;
use std::{borrow::Cow, collections::BTreeSet};

/// How many commits a record holds at the most: Firehose takes records of 1,000 KiB.
const COMMITS_PER_RECORD: usize = 500;
/// How many `OpsItem`s a commit references at the most; more are not meant.
const REFERENCES_PER_COMMIT: usize = 20;
const BRANCH: &str = "refs/heads/";
/// Who GitHub says has made the commits that it makes itself.
const GITHUB: &str = "web-flow";
/// How long a branch's name may be, in bytes: GitHub takes 255, and a record must stay within Firehose's limit.
const LONGEST_BRANCH: usize = 1024;

/// A body that is not the payload of its event.
#[derive(Debug, thiserror::Error)]
#[error("not a payload of event {event}: {reason}")]
pub struct Invalid {
    event: String,
    reason: String,
}

/// A text of a payload, which is not copied unless it is escaped.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
struct PushPayload<'a> {
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
    repository: Repository,
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

#[derive(Deserialize)]
struct Repository {
    // It outlives the repository's names.
    id: Option<u64>,
    full_name: String,
    // Seconds in pushes, text elsewhere.
    created_at: Option<Value>,
    pushed_at: Option<Value>,
}

#[derive(Deserialize)]
struct PullRequestPayload {
    action: String,
    pull_request: PullRequestDetail,
    repository: Repository,
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
struct ReviewPayload {
    action: String,
    review: Review,
    pull_request: ReviewedPullRequest,
    repository: Repository,
}

#[derive(Deserialize)]
struct Review {
    // Lower case in deliveries, upper case in the API.
    state: String,
    submitted_at: Option<Timestamp>,
    // Null, if the account is no more.
    user: Option<Account>,
}

#[derive(Deserialize)]
struct ReviewedPullRequest {
    number: u64,
    user: Option<Account>,
}

#[derive(Deserialize)]
struct Account {
    id: u64,
    login: String,
    #[serde(rename = "type")]
    kind: Option<String>,
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

/// A repository's name and GitHub's id of it, as a delivery has them; and the name that it had before, if the delivery
/// tells that it was renamed or moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryNames {
    /// GitHub's id.
    pub id: u64,
    /// The names, `owner/name`, the former one first.
    pub names: Vec<GitName>,
}

#[derive(Deserialize)]
struct NamedPayload {
    repository: Repository,
    changes: Option<RepositoryChanges>,
}

/// Source: GitHub documentation, event `repository`, actions `renamed` and `transferred`.
#[derive(Deserialize)]
struct RepositoryChanges {
    repository: Option<NameChange>,
    owner: Option<OwnerChange>,
}

#[derive(Deserialize)]
struct NameChange {
    name: Option<From>,
}

#[derive(Deserialize)]
struct From {
    from: String,
}

#[derive(Deserialize)]
struct OwnerChange {
    from: Option<FormerOwner>,
}

#[derive(Deserialize)]
struct FormerOwner {
    user: Option<Login>,
    organization: Option<Login>,
}

#[derive(Deserialize)]
struct Login {
    login: String,
}

/// What is marked of commits, as their messages are not kept.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// The authors that are bots, by name or user name.
    pub bots: BTreeSet<String>,
    /// Which messages are of rework.
    pub rework: ReworkRule,
}

/// What a delivery tells.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The changes; none if it tells of nothing that matters.
    pub changes: Vec<Change>,
    /// The names of its repository, if it has them.
    pub names: Option<RepositoryNames>,
}

/// Reads what a payload tells.
///
/// # Errors
/// [`Invalid`], when the body is not a payload of the event.
pub fn read(event: &str, body: &[u8], now: Timestamp, marks: &Marks) -> Result<Told, Invalid> {
    match event {
        "push" => {
            let payload: PushPayload<'_> = parse(event, body)?;
            let names = names(&payload.repository, None);
            Ok(Told { changes: push(payload, now, marks)?, names })
        }
        "pull_request" => {
            let payload: PullRequestPayload = parse(event, body)?;
            let names = names(&payload.repository, None);
            Ok(Told { changes: pull_request(payload)?, names })
        }
        "pull_request_review" => {
            let payload: ReviewPayload = parse(event, body)?;
            let names = names(&payload.repository, None);
            Ok(Told { changes: review(payload, marks)?, names })
        }
        // Of what is known of no other event, nothing can be wrong.
        _ => Ok(json::read::<NamedPayload>(body).map_or_else(
            |_| Told::default(),
            |NamedPayload { repository, changes }| Told {
                changes: Vec::new(),
                names: names(&repository, changes.filter(|_| event == "repository")),
            },
        )),
    }
}

fn parse<'a, T: Deserialize<'a>>(event: &str, body: &'a [u8]) -> Result<T, Invalid> {
    json::read(body).map_err(|fault| Invalid { event: event.to_owned(), reason: fault.to_string() })
}

/// The names of a repository, and what it was called before it changed.
fn names(repository: &Repository, changes: Option<RepositoryChanges>) -> Option<RepositoryNames> {
    let id = repository.id?;
    let name = checked(repository)?;
    let (owner, own) = name.split_once('/')?;
    let former = changes.and_then(|changes| {
        let former_name = changes.repository.and_then(|change| Some(change.name?.from));
        let former_owner = changes.owner.and_then(|change| {
            let from = change.from?;
            Some(from.user.or(from.organization)?.login)
        });
        match (former_owner, former_name) {
            (None, None) => None,
            (former_owner, former_name) => {
                let (owner, own) =
                    (former_owner.as_deref().unwrap_or(owner), former_name.as_deref().unwrap_or(own));
                Some(format!("{owner}/{own}")).filter(|name| is_repository(name))
            }
        }
    });
    Some(RepositoryNames {
        id,
        names: former.into_iter().chain([name.to_owned()]).map(GitName::new).collect(),
    })
}

fn push(payload: PushPayload<'_>, now: Timestamp, marks: &Marks) -> Result<Vec<Change>, Invalid> {
    let PushPayload { reference, before, after, deleted, forced, commits, repository } = payload;
    let Some(branch) = reference.strip_prefix(BRANCH) else { return Ok(Vec::new()) };
    if deleted {
        return Ok(Vec::new());
    }
    let invalid = |reason: String| Invalid { event: "push".into(), reason };
    if branch.len() > LONGEST_BRANCH {
        return Err(invalid("ref is too long".into()));
    }
    let id = |name: &str, text: String| {
        CommitId::try_from(text).map_err(|_| invalid(format!("{name} is no commit id")))
    };
    let old_head = if before.bytes().all(|digit| digit == b'0') { None } else { Some(id("before", before)?) };
    let new_head = id("after", after)?;
    let name = checked(&repository).ok_or_else(|| invalid("repository.full_name is no owner/name".into()))?;
    let pushed = repository.pushed_at.as_ref().and_then(time).unwrap_or(now);
    let count = commits.len().div_ceil(COMMITS_PER_RECORD).max(1);
    let mut commits = commits.into_iter().map(|commit| trimmed(commit, pushed, marks));
    let changes = (0..count).map(|part| {
        Change::Push(Push {
            repository: name.to_owned(),
            repository_id: repository.id,
            repository_created: repository.created_at.as_ref().and_then(time),
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

fn pull_request(payload: PullRequestPayload) -> Result<Vec<Change>, Invalid> {
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

fn unreadable(event: &str, name: &str) -> Invalid {
    Invalid { event: event.to_owned(), reason: format!("{name} can't be read") }
}

fn merged(pull_request: PullRequestDetail, repository: &Repository) -> Result<Vec<Change>, Invalid> {
    let PullRequestDetail { number, merged_at, merge_commit_sha, commits, base, head, .. } = pull_request;
    let same_repository = head
        .repo
        .as_ref()
        .is_some_and(|head| GitName::new(&head.full_name) == GitName::new(&repository.full_name));
    for (name, branch) in [("base", &base), ("head", &head)] {
        if branch.name.len() > LONGEST_BRANCH {
            let reason = format!("pull_request.{name}.ref is too long");
            return Err(Invalid { event: "pull_request".into(), reason });
        }
    }
    let missing = |name: &str| unreadable("pull_request", name);
    Ok(vec![Change::PullRequest(PullRequest {
        repository: checked(repository).ok_or_else(|| missing("repository.full_name"))?.to_owned(),
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
) -> Result<Vec<Change>, Invalid> {
    let missing = |name: &str| unreadable("pull_request", name);
    Ok(vec![Change::PullRequestStep(PullRequestStep {
        repository: checked(repository).ok_or_else(|| missing("repository.full_name"))?.to_owned(),
        repository_id: repository.id,
        number: number.ok_or_else(|| missing("pull_request.number"))?,
        step: StepKind::Ready,
        happened: happened.ok_or_else(|| missing(name))?,
    })])
}

/// That somebody reviewed a pull request: neither who opened it nor a bot.
fn review(payload: ReviewPayload, marks: &Marks) -> Result<Vec<Change>, Invalid> {
    let ReviewPayload { action, review, pull_request, repository } = payload;
    let is_bot = |account: &Account| {
        account.kind.as_deref() == Some("Bot") || marks.bots.contains(account.login.as_str())
    };
    let is_own = |account: &Account| pull_request.user.as_ref().is_some_and(|user| user.id == account.id);
    if action != "submitted" || review.user.as_ref().is_some_and(|user| is_bot(user) || is_own(user)) {
        return Ok(Vec::new());
    }
    let missing = |name: &str| unreadable("pull_request_review", name);
    Ok(vec![Change::PullRequestStep(PullRequestStep {
        repository: checked(&repository).ok_or_else(|| missing("repository.full_name"))?.to_owned(),
        repository_id: repository.id,
        number: pull_request.number,
        step: match review.state.eq_ignore_ascii_case("approved") {
            true => StepKind::Approved,
            false => StepKind::Reviewed,
        },
        happened: review.submitted_at.ok_or_else(|| missing("review.submitted_at"))?,
    })])
}

fn checked(repository: &Repository) -> Option<&str> {
    is_repository(&repository.full_name).then_some(repository.full_name.as_str())
}

fn time(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Number(seconds) => Timestamp::from_second(seconds.as_i64()?).ok(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn now() -> Timestamp {
        "2026-06-15T12:00:00Z".parse().unwrap()
    }

    fn changes(event: &str, payload: &Value, marks: &Marks) -> Result<Vec<Change>, Invalid> {
        read(event, payload.to_string().as_bytes(), now(), marks).map(|told| told.changes)
    }

    fn check(event: &str, payload: &Value, expected: Result<usize, &str>) {
        let found = changes(event, payload, &Marks::default());
        let found = found.map(|changes| changes.len()).map_err(|error| error.reason);
        assert_eq!(
            found.as_ref().map_err(String::as_str),
            expected.as_ref().map_err(|text| *text),
            "{payload}"
        );
    }

    fn push_payload() -> Value {
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

    fn changed(path: &str, value: Value) -> Value {
        let mut payload = push_payload();
        *payload.pointer_mut(path).unwrap() = value;
        payload
    }

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
    fn names_of_repositories() {
        fn check(event: &str, payload: &Value, expected: Option<(u64, &[&str])>) {
            let found = read(event, payload.to_string().as_bytes(), now(), &Marks::default());
            let found = found.unwrap().names;
            let names = |names: &[&str]| names.iter().map(|name| GitName::new(*name)).collect();
            assert_eq!(
                found,
                expected.map(|(id, all)| RepositoryNames { id, names: names(all) }),
                "{payload}"
            );
        }
        let repository = json!({"id": 7, "full_name": "acme/store"});
        let pushed = |repository: Value| changed("/repository", repository);
        check("push", &pushed(repository.clone()), Some((7, &["acme/store"])));
        check("push", &pushed(json!({"full_name": "acme/store"})), None);
        check("watch", &json!({"repository": repository}), Some((7, &["acme/store"])));
        check("watch", &json!({"repository": {"id": 7, "full_name": "a'b"}}), None);
        check("watch", &json!({"repository": 7}), None);
        let changes = json!({"repository": {"name": {"from": "shop"}}});
        let renamed = json!({"action": "renamed", "repository": repository, "changes": changes});
        check("repository", &renamed, Some((7, &["acme/shop", "acme/store"])));
        let changes = json!({"owner": {"from": {"user": {"login": "person"}}}});
        let moved = json!({"action": "transferred", "repository": repository, "changes": changes});
        check("repository", &moved, Some((7, &["person/store", "acme/store"])));
        check("repository", &json!({"repository": repository, "changes": {}}), Some((7, &["acme/store"])));
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

    /// The step that a delivery tells, its pull request and its instant; none if it tells of no step.
    fn step(event: &str, payload: &Value) -> Option<(StepKind, u64, String)> {
        let bots = BTreeSet::from(["renovate".to_owned()]);
        let changes = changes(event, payload, &Marks { bots, ..Marks::default() }).unwrap();
        match changes.as_slice() {
            [] => None,
            [Change::PullRequestStep(step)] => Some((step.step, step.number, step.happened.to_string())),
            other => panic!("{other:?}"),
        }
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

    #[test]
    fn reviews() {
        let payload = |reviewer: Value, state: &str| {
            json!({
                "action": "submitted",
                "review": {"state": state, "submitted_at": "2026-06-15T12:00:00Z", "user": reviewer, "body": "Well"},
                "pull_request": {"number": 7, "user": {"id": 1, "login": "person", "type": "User"}},
                "repository": {"full_name": "acme/shop"},
            })
        };
        let check = |reviewer: Value, state: &str, expected: Option<StepKind>| {
            let expected = expected.map(|step| (step, 7, "2026-06-15T12:00:00Z".to_owned()));
            assert_eq!(step("pull_request_review", &payload(reviewer, state)), expected);
        };
        let other = json!({"id": 2, "login": "other", "type": "User"});
        check(other.clone(), "approved", Some(StepKind::Approved));
        check(other.clone(), "APPROVED", Some(StepKind::Approved));
        check(other.clone(), "commented", Some(StepKind::Reviewed));
        check(other.clone(), "changes_requested", Some(StepKind::Reviewed));
        check(json!(null), "approved", Some(StepKind::Approved));
        // Who opened it, and bots.
        check(json!({"id": 1, "login": "person", "type": "User"}), "commented", None);
        check(json!({"id": 3, "login": "reviewer[bot]", "type": "Bot"}), "commented", None);
        check(json!({"id": 4, "login": "renovate", "type": "User"}), "approved", None);
        let mut dismissed = payload(other.clone(), "dismissed");
        dismissed["action"] = json!("dismissed");
        assert_eq!(step("pull_request_review", &dismissed), None);
        let mut unsubmitted = payload(other, "approved");
        unsubmitted["review"]["submitted_at"] = json!(null);
        super::tests::check("pull_request_review", &unsubmitted, Err("review.submitted_at can't be read"));
        super::tests::check(
            "pull_request_review",
            &json!({"action": "submitted"}),
            Err(".: missing field `review`"),
        );
    }
}
