//! The commits of a repository, and which of them each pipeline has deployed.

use jiff::{SignedDuration, Timestamp};
use simulator::payload_builders::PushedCommit;
use std::collections::BTreeMap;

/// How far back the first deployment of a pipeline reaches.
const LOOKBACK: SignedDuration = SignedDuration::from_hours(90 * 24);

/// A commit that was brought to a branch: its time, and how it came there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Brought {
    pub(super) time: Timestamp,
    pub(super) way: Way,
}

/// How a commit came to a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// It was pushed there.
    Pushed(Timestamp),
    /// A pull request was merged, of which deliveries tell so much.
    Requested(Requested),
}

/// What deliveries tell of a pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Requested {
    pub(super) ready: Option<Timestamp>,
    pub(super) reviewed: Option<Timestamp>,
    pub(super) approved: Option<Timestamp>,
    pub(super) merged: Timestamp,
}

/// The main branch of a repository.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Its head.
    pub(super) head: Option<String>,
    /// When it was pushed to last.
    pushed: Option<Timestamp>,
    /// The commits that were brought to it, merge commits left out.
    commits: Vec<Brought>,
    /// Where a push ended that is rework, by what a commit of it references or takes back, and the time of that commit.
    rework: Vec<(usize, Timestamp)>,
    /// How many of them are live by each pipeline.
    deployed: BTreeMap<&'static str, usize>,
    /// The pipeline that deployed last.
    latest: Option<&'static str>,
    /// How many of them each revision holds.
    revisions: BTreeMap<String, usize>,
    /// The commits of revisions that are on other branches.
    branches: BTreeMap<String, Vec<Brought>>,
    /// How many pull requests it had.
    requests: u64,
}

impl History {
    /// When it can be pushed to at the earliest: GitHub tells times to the second.
    pub(super) fn next_push(&self) -> Timestamp {
        self.pushed.map_or(Timestamp::MIN, |pushed| pushed + SignedDuration::from_secs(1))
    }

    /// A push brought these commits to the main branch.
    pub(super) fn pushed(&mut self, at: Timestamp, head: &str, commits: impl IntoIterator<Item = Brought>) {
        self.head = Some(head.to_owned());
        self.pushed = Some(at);
        self.commits.extend(commits);
        self.revisions.insert(head.to_owned(), self.commits.len());
    }

    /// The last push is rework, by a commit of a time.
    pub(super) fn is_rework(&mut self, time: Timestamp) {
        self.rework.push((self.commits.len(), time));
    }

    /// A push brought these commits to a new branch.
    pub(super) fn branched(&mut self, commits: &[PushedCommit], at: Timestamp) {
        if let Some(head) = commits.last() {
            let way = Way::Pushed(at);
            let commits = commits.iter().map(|commit| Brought { time: commit.time, way });
            self.branches.insert(head.id.clone(), commits.collect());
        }
    }

    /// The number of a new pull request.
    pub(super) fn next_request(&mut self) -> u64 {
        self.requests += 1;
        self.requests
    }

    /// A pipeline deploys a revision: the commits of the change, and whether it is rework.
    pub(super) fn deploy(
        &mut self,
        pipeline: &'static str,
        revision: &str,
        at: Timestamp,
    ) -> (Vec<Brought>, bool) {
        if let Some(commits) = self.branches.get(revision) {
            return (commits.clone(), false);
        }
        let to = self.revisions.get(revision).copied().unwrap_or_default();
        // A pipeline that has deployed nothing yet takes over from another one.
        let mut live = [Some(pipeline), self.latest].into_iter().flatten();
        let (from, oldest) = match live.find_map(|pipeline| self.deployed.get(pipeline)) {
            Some(from) => (*from, Timestamp::MIN),
            None => (0, at - LOOKBACK),
        };
        self.deployed.insert(pipeline, to);
        self.latest = Some(pipeline);
        let commits = self.commits[from.min(to)..to].iter().copied().filter(|commit| commit.time >= oldest);
        let mut rework = self.rework.iter();
        let is_rework = rework.any(|(end, time)| *end > from && *end <= to && *time >= oldest);
        (commits.collect(), is_rework)
    }

    /// A pipeline goes back to a revision: what came since is to be deployed again.
    pub(super) fn roll_back(&mut self, pipeline: &'static str, revision: &str) {
        if let Some(to) = self.revisions.get(revision) {
            self.deployed.insert(pipeline, *to);
        }
    }
}
