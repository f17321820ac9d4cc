//! The commits of a repository, and which of them each pipeline has deployed.

use jiff::{SignedDuration, Timestamp};
use simulator::payload_builders::PushedCommit;
use std::collections::BTreeMap;

/// How far back the first deployment of a pipeline reaches.
const LOOKBACK: SignedDuration = SignedDuration::from_hours(90 * 24);

/// The main branch of a repository.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Its head.
    pub(super) head: Option<String>,
    /// When it was pushed to last.
    pushed: Option<Timestamp>,
    /// The times of the commits that were brought to it, merge commits left out.
    commits: Vec<Timestamp>,
    /// Where a push ended that is rework, by what a commit of it references or takes back, and the time of that commit.
    rework: Vec<(usize, Timestamp)>,
    /// How many of them are live by each pipeline.
    deployed: BTreeMap<&'static str, usize>,
    /// The pipeline that deployed last.
    latest: Option<&'static str>,
    /// How many of them each revision holds.
    revisions: BTreeMap<String, usize>,
    /// The times of the commits of revisions that are on other branches.
    branches: BTreeMap<String, Vec<Timestamp>>,
}

impl History {
    /// When it can be pushed to at the earliest: GitHub tells times to the second.
    pub(super) fn next_push(&self) -> Timestamp {
        self.pushed.map_or(Timestamp::MIN, |pushed| pushed + SignedDuration::from_secs(1))
    }

    /// A push brought these commits to the main branch.
    pub(super) fn pushed(&mut self, at: Timestamp, head: &str, commits: impl IntoIterator<Item = Timestamp>) {
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
    pub(super) fn branched(&mut self, commits: &[PushedCommit]) {
        if let Some(head) = commits.last() {
            let times = commits.iter().map(|commit| commit.time).collect();
            self.branches.insert(head.id.clone(), times);
        }
    }

    /// A pipeline deploys a revision: the times of the commits of the change, and whether it is rework.
    pub(super) fn deploy(
        &mut self,
        pipeline: &'static str,
        revision: &str,
        at: Timestamp,
    ) -> (Vec<Timestamp>, bool) {
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
        let commits = self.commits[from.min(to)..to].iter().copied().filter(|time| *time >= oldest);
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
