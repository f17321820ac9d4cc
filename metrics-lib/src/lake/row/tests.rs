//! What is written is read again.

use super::*;
use crate::lake::{COLUMNS, Commit, CommitId, PullRequest, PullRequestStep, Push, StepKind};
use jiff::Timestamp;

#[test]
fn a_row_is_what_it_was_made_from() {
    let id = |digit: &str| CommitId::try_from(digit.repeat(40)).unwrap();
    let time: Timestamp = "2026-06-15T12:00:00.5Z".parse().unwrap();
    let commit = Commit {
        id: id("a"),
        time,
        merge: true,
        bot: false,
        from_pull_request: true,
        ops_items: vec!["oi-0123456789ab".parse().unwrap()],
        merged: Some("hotfix/it's".into()),
        rework: true,
    };
    let push = Change::Push(Push {
        repository: "acme/shop".into(),
        repository_created: Some(time),
        branch: "it's \"main\"".into(),
        pushed: time,
        old_head: Some(id("b")),
        new_head: id("a"),
        part: 1,
        parts: 2,
        commits: vec![commit],
        forced: true,
        repository_id: Some(186_853_002),
    });
    let request = Change::PullRequest(PullRequest {
        repository: "acme/shop".into(),
        branch: "main".into(),
        head_branch: "feature".into(),
        head_commit: id("c"),
        merge_commit: id("d"),
        commit_count: 3,
        merged: time,
        same_repository: true,
        repository_id: Some(u64::from(u32::MAX) + 1),
        number: Some(7),
    });
    let step = |step| {
        Change::PullRequestStep(PullRequestStep {
            repository: "acme/shop".into(),
            repository_id: Some(7),
            number: 8,
            step,
            happened: time,
        })
    };
    for change in [push, request].into_iter().chain(StepKind::ALL.map(step)) {
        let row = Row::from(&change);
        let json = serde_json::to_value(&row).unwrap();
        let columns = COLUMNS.map(|(name, _)| {
            json.get(name).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        });
        assert_eq!(Row::from_columns(columns.to_vec()).unwrap(), row);
        for (version, expected) in [
            (Some("2"), "version is not valid: it has version 2, and this release reads versions up to 1"),
            (Some("0"), "version is not valid: it has version 0"),
            (None, "version is not valid: it is missing"),
        ] {
            let mut columns = columns.to_vec();
            columns[0] = version.map(str::to_owned);
            let error = Row::from_columns(columns).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{version:?}: {error}");
            let mut record = json.clone();
            record["version"] = version.map_or(serde_json::Value::Null, |text| text.parse().unwrap());
            assert!(serde_json::from_value::<Row>(record).is_err(), "{version:?}");
        }
        assert_eq!(Change::try_from(row).unwrap(), change);
    }
}
