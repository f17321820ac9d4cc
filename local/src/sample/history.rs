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

    /// A push brought these commits to a new branch.
    pub(super) fn branched(&mut self, commits: &[PushedCommit]) {
        if let Some(head) = commits.last() {
            let times = commits.iter().map(|commit| commit.time).collect();
            self.branches.insert(head.id.clone(), times);
        }
    }

    /// A pipeline deploys a revision: the times of the commits of the change.
    pub(super) fn deploy(&mut self, pipeline: &'static str, revision: &str, at: Timestamp) -> Vec<Timestamp> {
        if let Some(commits) = self.branches.get(revision) {
            return commits.clone();
        }
        let to = self.revisions.get(revision).copied().unwrap_or_default();
        match self.deployed.insert(pipeline, to) {
            Some(from) => self.commits[from..to].to_vec(),
            None => self.commits[..to].iter().copied().filter(|time| *time >= at - LOOKBACK).collect(),
        }
    }
}
