//! The commits of a deployment, as its lead time asks for them: the rows of the lake are read, and what is new is proven.
//!
//! The repository has 50 pushes a day: ten pull requests of four pushes with two commits each, which are merged. The deployment
//! is of the head of a day, a day after the last one.

use super::{Outcome, measure_in};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::{
    lake::{COLUMNS, Change, Commit, CommitId, PullRequest, Push, Row},
    lead_time::{ChangeQuery, ChangeSet, Live, change},
};
use serde_json::{Map, Value};
use std::{
    collections::BTreeSet,
    io::{Write, stdout},
};

/// The history that a first query reads, and one that reaches further back than anybody looks.
const DAYS: [u32; 2] = [90, 400];
const PULL_REQUESTS: u32 = 10;
const PUSHES: u32 = 4;
const COMMITS: u32 = 2;
const ROUNDS: usize = 20;
const REPOSITORY: &str = "acme/shop";
const MAIN: &str = "main";

/// Measures each history.
pub(super) fn commits() -> Outcome<()> {
    DAYS.into_iter().try_for_each(history)
}

fn history(days: u32) -> Outcome<()> {
    let Repository { changes, heads, now } = repository(days)?;
    let [.., before, deployed] = heads.as_slice() else { return Err("nothing is deployed".into()) };
    let lines: Vec<Vec<u8>> =
        changes.iter().map(|change| Row::from(change).to_line()).collect::<Result<_, _>>()?;
    let rows: Vec<Vec<Option<String>>> = lines.iter().map(|line| columns(line)).collect::<Outcome<_>>()?;
    let megabytes = lines.iter().map(Vec::len).sum::<usize>() as f64 / 1e6;
    writeln!(stdout(), "commits: {days} days, {} rows, {megabytes:.1} MB in the lake", rows.len())?;

    measure_in(ROUNDS, &format!("commits: rows of {days} days"), || {
        let read = |row: &Vec<_>| Ok(Change::try_from(Row::from_columns(row.clone())?)?);
        rows.iter().map(read).collect::<Outcome<Vec<_>>>()
    })?;
    let branches = BTreeSet::from([MAIN.to_owned()]);
    let question = ChangeQuery {
        revision: &deployed.revision,
        live: std::slice::from_ref(before),
        lines: &branches,
        deployed: deployed.time,
        lookback: SignedDuration::from_hours(90 * 24),
        now,
        read_since: Timestamp::UNIX_EPOCH,
        oldest: Timestamp::UNIX_EPOCH,
    };
    // A merge commit is the deployment's too, but nobody's work.
    let expected = (PULL_REQUESTS * PUSHES * COMMITS) as usize;
    match change(question, &changes) {
        ChangeSet::Changed(changed) if changed.commits.len() == expected => {}
        other => return Err(format!("there are {expected} new commits, and not {other:?}").into()),
    }
    measure_in(ROUNDS, &format!("commits: what is new after {days} days"), || Ok(change(question, &changes)))
        .map(drop)
}

/// What was delivered of a repository, the heads of its main branch at the end of each day, and the present.
struct Repository {
    changes: Vec<Change>,
    heads: Vec<Live>,
    now: Timestamp,
}

fn repository(days: u32) -> Outcome<Repository> {
    let mut made = 0_u32;
    let mut id = || {
        made += 1;
        CommitId::try_from(format!("{made:040x}"))
    };
    let (mut time, mut head) = ("2026-01-01T00:00:00Z".parse::<Timestamp>()?, id()?);
    let mut repository = Repository { changes: vec![created(&head, time)], heads: Vec::new(), now: time };
    for number in 0..days * PULL_REQUESTS {
        let branch = format!("feature-{number}");
        let (mut all, mut old_head) = (Vec::new(), None);
        for _ in 0..PUSHES {
            time += SignedDuration::from_mins(2);
            let commits = (0..COMMITS).map(|_| Ok(commit(id()?, time))).collect::<Outcome<Vec<Commit>>>()?;
            let new_head = commits.last().ok_or("a push has commits")?.id.clone();
            let old = old_head.replace(new_head.clone());
            repository.changes.push(push(&branch, old, new_head, commits.clone(), time));
            all.extend(commits);
        }
        time += SignedDuration::from_mins(2);
        let merge = Commit {
            merge: true,
            from_pull_request: true,
            merged: Some(branch.clone()),
            ..commit(id()?, time)
        };
        let commit_count = u32::try_from(all.len())?;
        let head_commit = old_head.ok_or("a branch has commits")?;
        let merge_commit = merge.id.clone();
        all.push(merge);
        let old = std::mem::replace(&mut head, merge_commit.clone());
        repository.changes.push(push(MAIN, Some(old), merge_commit.clone(), all, time));
        repository.changes.push(Change::PullRequest(PullRequest {
            number: None,
            repository: REPOSITORY.to_owned(),
            branch: MAIN.to_owned(),
            head_branch: branch,
            head_commit,
            merge_commit,
            commit_count,
            merged: time,
            same_repository: true,
            repository_id: Some(1),
        }));
        if (number + 1) % PULL_REQUESTS == 0 {
            repository.heads.push(Live { time, revision: head.clone() });
            time += SignedDuration::from_hours(24)
                - SignedDuration::from_mins(i64::from(2 * (PUSHES + 1) * PULL_REQUESTS));
        }
    }
    repository.now = time;
    Ok(repository)
}

/// The first push to the main branch.
fn created(head: &CommitId, time: Timestamp) -> Change {
    push(MAIN, None, head.clone(), vec![commit(head.clone(), time)], time)
}

fn push(
    branch: &str,
    old_head: Option<CommitId>,
    new_head: CommitId,
    commits: Vec<Commit>,
    pushed: Timestamp,
) -> Change {
    Change::Push(Push {
        repository: REPOSITORY.to_owned(),
        repository_created: Some(pushed.min(Timestamp::UNIX_EPOCH)),
        branch: branch.to_owned(),
        pushed,
        old_head,
        new_head,
        part: 0,
        parts: 1,
        commits,
        forced: false,
        repository_id: Some(1),
    })
}

fn commit(id: CommitId, time: Timestamp) -> Commit {
    Commit {
        id,
        time,
        merge: false,
        bot: false,
        from_pull_request: false,
        ops_items: Vec::new(),
        merged: None,
        rework: false,
    }
}

/// The row of a query's result that a line of the lake is.
fn columns(line: &[u8]) -> Outcome<Vec<Option<String>>> {
    let row: Map<String, Value> = serde_json::from_slice(line)?;
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Ok(COLUMNS.iter().map(|(name, _)| row.get(*name).map(text)).collect())
}
