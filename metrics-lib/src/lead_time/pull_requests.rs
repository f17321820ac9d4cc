//! What merging pull requests made, and the commits that count instead.

use super::{
    LATEST_DELIVERY,
    history::{End, History, Walk},
};
use crate::{
    event::OpsItemId,
    lake::{Commit, CommitId, PullRequest, Push},
    text,
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What merging pull requests made of commits.
#[derive(Default)]
pub(super) struct PullRequests<'a> {
    /// The branches that a commit merged.
    branches: BTreeMap<&'a CommitId, BTreeSet<&'a str>>,
    /// The commits that count instead of one that squashing or rebasing made; none instead of one that only merges.
    instead: BTreeMap<&'a CommitId, Vec<&'a Commit>>,
    /// The commits of which it can't be told yet what counts, and whether that is because a part of a push is missing.
    unknown: BTreeMap<&'a CommitId, Missing>,
}

/// What is missing to tell what counts instead of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Missing {
    /// Something that GitHub may still deliver.
    Delivery,
    /// A part of a push, of which another part is there.
    Part,
}

/// Commits, with those of pull requests in place of what merging made of them.
#[derive(Default)]
pub(super) struct Expanded<'a> {
    /// The commits.
    pub(super) commits: BTreeMap<&'a CommitId, &'a Commit>,
    /// The `OpsItem`s that they, what was made of them, or the merged branches reference.
    pub(super) ops_items: BTreeSet<OpsItemId>,
    /// The branches that were merged by pull requests.
    pub(super) branches: BTreeSet<&'a str>,
    /// What is missing to tell what counts instead of some commit, if anything is.
    pub(super) missing: Option<Missing>,
}

impl<'a> PullRequests<'a> {
    /// What pull requests made, as it is known at an instant.
    pub(super) fn new(history: &'a History, now: Timestamp) -> Self {
        let mut all = Self::default();
        for request in &history.requests {
            all.add(history, request, now);
        }
        for commit in history.pushes.iter().flat_map(|push| &push.commits) {
            let pushed = history.listing(&commit.id).map(|(push, _)| push.pushed).min();
            if commit.requested
                && !all.branches.contains_key(&commit.id)
                && pushed.is_some_and(|pushed| may_arrive(pushed, now))
            {
                all.unknown.insert(&commit.id, Missing::Delivery);
            }
        }
        all
    }

    fn add(&mut self, history: &'a History, request: &'a PullRequest, now: Timestamp) {
        let made = &request.merge_commit;
        self.branches.entry(made).or_default().insert(&request.head_branch);
        if request.head_commit == *made {
            // The branch was pushed as it is.
            return;
        }
        let on_base = |(push, _): &(&Push, usize)| push.branch == request.branch;
        let merged = history.listing(made).find(on_base).or_else(|| history.listing(made).next());
        let Some((push, place)) = merged else { return };
        if push.commits.iter().any(|commit| commit.id == request.head_commit) {
            self.instead.entry(made).or_default();
            return;
        }
        let (own, end) = own_commits(history, request, push);
        if own.len() < request.commit_count as usize {
            let missing = match end {
                End::Torn => Some(Missing::Part),
                End::Unknown(before) if request.own_branch && may_arrive(before.min(request.merged), now) => {
                    Some(Missing::Delivery)
                }
                _ => None,
            };
            self.unknown.extend(missing.map(|missing| (made, missing)));
        }
        // A branch that was not pushed to this repository: what is known are the commits that came of it.
        if own.is_empty() {
            return;
        }
        let first = if self.is_rebased(history, &push.commits, place, &own) {
            place + 1 - own.iter().filter(|commit| !commit.merge).count()
        } else {
            place
        };
        for commit in push.commits.get(first..place).unwrap_or_default() {
            self.instead.entry(&commit.id).or_default();
        }
        self.instead.insert(made, own);
    }

    /// Whether the last commits of a push, up to a place, are those of a branch made anew. Each keeps its date or was made
    /// after all of the branch, and none was made by another pull request. Merges are left out when rebasing.
    fn is_rebased(&self, history: &History, push: &[Commit], place: usize, own: &[&Commit]) -> bool {
        let times: BTreeSet<_> =
            own.iter().filter(|commit| !commit.merge).map(|commit| commit.time).collect();
        let count = own.iter().filter(|commit| !commit.merge).count();
        let Some(first) = (place + 1).checked_sub(count) else { return false };
        let made_by_another =
            |commit: &Commit| history.requests.iter().any(|request| request.merge_commit == commit.id);
        let is_made_anew = |commit: &Commit| {
            times.contains(&commit.time) || times.last().is_some_and(|last| commit.time >= *last)
        };
        push.get(first..=place)
            .is_some_and(|made| made.iter().all(|commit| !commit.merge && is_made_anew(commit)))
            && !push.get(first..place).unwrap_or_default().iter().any(made_by_another)
    }

    /// Commits since a time, with those that count in place of what was made of them.
    pub(super) fn expand(
        &self,
        commits: impl IntoIterator<Item = &'a Commit>,
        since: Timestamp,
        without: &BTreeSet<&CommitId>,
    ) -> Expanded<'a> {
        let mut expanded = Expanded::default();
        let mut seen = BTreeSet::new();
        let mut waiting: Vec<&Commit> = commits.into_iter().collect();
        while let Some(commit) = waiting.pop() {
            if commit.time < since || without.contains(&commit.id) || !seen.insert(&commit.id) {
                continue;
            }
            expanded.missing = expanded.missing.max(self.unknown.get(&commit.id).copied());
            expanded.ops_items.extend(commit.ops_items.iter().cloned());
            for branch in self.branches.get(&commit.id).into_iter().flatten() {
                expanded.ops_items.extend(text::ops_item_ids(branch));
                expanded.branches.insert(branch);
            }
            match self.instead.get(&commit.id) {
                Some(instead) => waiting.extend(instead),
                None => drop(expanded.commits.insert(&commit.id, commit)),
            }
        }
        expanded
    }
}

/// Whether what happened at an instant may still be delivered.
pub(super) fn may_arrive(happened: Timestamp, now: Timestamp) -> bool {
    now.duration_since(happened) < LATEST_DELIVERY
}

/// The commits of a pull request's branch, the earliest first: as many as it says, without what came from the branch
/// that it was merged into by a push. None where the branch was not pushed to this repository.
fn own_commits<'a>(history: &'a History, request: &'a PullRequest, merged: &Push) -> (Vec<&'a Commit>, End) {
    let on_base = |id: &CommitId| {
        let is_base = |push: &Push| push.branch == request.branch && push.pushed <= merged.pushed;
        history.bringing(id).any(is_base)
    };
    let Walk { steps, end, .. } = history.walk(&request.head_commit, on_base);
    let (mut own, mut maybe): (Vec<&Commit>, Vec<&Commit>) = (Vec::new(), Vec::new());
    for (commits, may_be_dropped) in steps.into_iter().rev() {
        let commits = commits.into_iter().filter(|commit| !on_base(&commit.id));
        if may_be_dropped { maybe.extend(commits) } else { own.extend(commits) }
    }
    let count = request.commit_count as usize;
    // What a force push left is where the branch began; what came with unknown pushes of the base came first.
    maybe.truncate(count.saturating_sub(own.len()));
    let own = own.split_off(own.len().saturating_sub(count));
    (maybe.into_iter().chain(own).collect(), end)
}
