//! The commits of a repository, and which of them each pipeline has deployed.

use crate::shapes::PushedCommit;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// How far back the first deployment of a pipeline reaches.
const LOOKBACK: SignedDuration = SignedDuration::from_hours(90 * 24);

/// The main branch of a repository.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Its head.
    pub(super) head: Option<String>,
    /// The times of the commits that were brought to it, merge commits left out.
    commits: Vec<Timestamp>,
    /// Where a push ended that references an incident, and the time of the commit that does.
    references: Vec<(usize, Timestamp)>,
    /// How many of them each pipeline has deployed.
    deployed: BTreeMap<&'static str, usize>,
    /// How many of them each revision holds.
    revisions: BTreeMap<String, usize>,
    /// The times of the commits of revisions that are on other branches.
    branches: BTreeMap<String, Vec<Timestamp>>,
}

impl History {
    /// A push brought these commits to the main branch.
    pub(super) fn pushed(&mut self, head: &str, commits: impl IntoIterator<Item = Timestamp>) {
        self.head = Some(head.to_owned());
        self.commits.extend(commits);
        self.revisions.insert(head.to_owned(), self.commits.len());
    }

    /// The last push references an incident, by a commit of a time.
    pub(super) fn references(&mut self, time: Timestamp) {
        self.references.push((self.commits.len(), time));
    }

    /// A push brought these commits to a new branch.
    pub(super) fn branched(&mut self, commits: &[PushedCommit]) {
        if let Some(head) = commits.last() {
            let times = commits.iter().map(|commit| commit.time).collect();
            self.branches.insert(head.id.clone(), times);
        }
    }

    /// A pipeline deploys a revision: the times of the commits of the change, and whether one references an incident.
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
        let (from, oldest) = match self.deployed.insert(pipeline, to) {
            Some(from) => (from, Timestamp::MIN),
            None => (0, at - LOOKBACK),
        };
        let commits = self.commits[from.min(to)..to].iter().copied().filter(|time| *time >= oldest);
        let mut references = self.references.iter();
        let references = references.any(|(end, time)| *end > from && *end <= to && *time >= oldest);
        (commits.collect(), references)
    }
}
