//! The pushes of a repository, and the walk back through them.
//!
//! A push tells its branch's heads before and after, and what is new: what can be reached from the head after is what could
//! be reached from the one before, and the commits that it lists. That holds whatever branch was pushed to.

use crate::lake::{Change, Commit, CommitId, PullRequest, Push};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The pushes, whole again and each once, and the pull requests.
pub(super) struct History {
    pub(super) pushes: Vec<Push>,
    pub(super) requests: Vec<PullRequest>,
    /// The pushes that end with a commit.
    ending: BTreeMap<CommitId, Vec<usize>>,
    /// The pushes that list a commit, and its place there.
    listing: BTreeMap<CommitId, Vec<(usize, usize)>>,
    /// The new heads of pushes of which a part is missing.
    torn: BTreeSet<CommitId>,
}

/// One step back: what is new, and where to go on.
struct Step<'a> {
    commits: &'a [Commit],
    /// None where the branch was created, with commits of its own.
    old_head: Option<&'a CommitId>,
    forced: bool,
    /// When it was pushed: what came before was pushed earlier.
    pushed: Timestamp,
}

/// A way back.
pub(super) struct Walk<'a> {
    /// The commits, those of the latest step first; within a step the earliest first. With each, whether it may have been
    /// dropped by a force push.
    pub(super) steps: Vec<(Vec<&'a Commit>, bool)>,
    /// The heads and the commits that it came through.
    pub(super) reached: BTreeSet<&'a CommitId>,
    pub(super) end: End,
}

/// Where a way back ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Where it was to end.
    Met,
    /// Where a branch was created.
    Began,
    /// At a head that no push brought, though one did before this instant.
    Unknown(Timestamp),
    /// At a push of which a part is missing.
    Torn,
}

impl<'a> Walk<'a> {
    pub(super) fn commits(&self) -> impl Iterator<Item = &'a Commit> {
        self.steps.iter().flat_map(|(commits, _)| commits.iter().copied())
    }
}

impl History {
    pub(super) fn new(changes: &[Change]) -> Self {
        let mut parts: BTreeMap<_, BTreeMap<u32, &Push>> = BTreeMap::new();
        let mut requests = BTreeSet::new();
        // In their own order, whatever order they came in.
        for change in changes.iter().collect::<BTreeSet<_>>() {
            match change {
                Change::PullRequest(request) => drop(requests.insert(request.clone())),
                Change::Push(push) => {
                    let key = (&push.branch, &push.old_head, &push.new_head);
                    parts.entry(key).or_default().entry(push.part).or_insert(push);
                }
            }
        }
        let mut history = Self {
            pushes: Vec::new(),
            requests: Vec::from_iter(requests),
            ending: BTreeMap::new(),
            listing: BTreeMap::new(),
            torn: BTreeSet::new(),
        };
        for parts in parts.into_values() {
            let Some(first) = parts.values().next().copied() else { continue };
            if parts.len() < first.parts as usize {
                history.torn.insert(first.new_head.clone());
                continue;
            }
            let commits =
                parts.values().flat_map(|part| part.commits.iter().map(|commit| believable(commit, part)));
            history.add(Push { commits: commits.collect(), ..(*first).clone() });
        }
        history
    }

    fn add(&mut self, push: Push) {
        let number = self.pushes.len();
        self.ending.entry(push.new_head.clone()).or_default().push(number);
        for (place, commit) in push.commits.iter().enumerate() {
            self.listing.entry(commit.id.clone()).or_default().push((number, place));
        }
        self.pushes.push(push);
    }

    /// The pushes that end with a commit.
    fn ending(&self, id: &CommitId) -> impl Iterator<Item = &Push> {
        self.ending.get(id).into_iter().flatten().filter_map(|number| self.pushes.get(*number))
    }

    /// The pushes that list a commit, and its place there.
    pub(super) fn listing(&self, id: &CommitId) -> impl Iterator<Item = (&Push, usize)> {
        let listing = self.listing.get(id).into_iter().flatten();
        listing.filter_map(|(number, place)| Some((self.pushes.get(*number)?, *place)))
    }

    /// The pushes that brought a commit.
    pub(super) fn bringing(&self, id: &CommitId) -> impl Iterator<Item = &Push> {
        self.ending(id).chain(self.listing(id).map(|(push, _)| push))
    }

    /// The steps back from a commit, of the best kind that there is.
    fn steps<'a>(&'a self, id: &CommitId) -> Vec<Step<'a>> {
        let whole = |push: &'a Push| Step {
            commits: &push.commits,
            old_head: push.old_head.as_ref(),
            forced: push.forced,
            pushed: push.pushed,
        };
        let ending = |is: fn(&Push) -> bool| -> Vec<Step<'a>> {
            self.ending(id).filter(|push| is(push)).map(whole).collect()
        };
        let within = || {
            // Of what a push lists, all that comes before a commit is taken for what it was made from.
            let cut = |(push, place): (&'a Push, usize)| Step {
                commits: push.commits.get(..=place).unwrap_or_default(),
                ..whole(push)
            };
            self.listing(id).filter(|_| !self.torn.contains(id)).map(cut).collect::<Vec<_>>()
        };
        let kinds: [&dyn Fn() -> Vec<Step<'a>>; 5] = [
            &|| ending(|push| push.old_head.is_some() && !push.forced),
            &|| ending(|push| push.old_head.is_none() && !push.commits.is_empty()),
            &|| ending(|push| push.forced && !push.commits.is_empty()),
            &within,
            // The branch went back to what it had been. A branch made of what another had tells nothing.
            &|| ending(|push| push.forced),
        ];
        kinds.into_iter().map(|steps| steps()).find(|steps| !steps.is_empty()).unwrap_or_default()
    }

    /// The shortest way back from a commit to one that is the end; where none leads there, all ways as far as they go.
    pub(super) fn walk<'a>(&'a self, from: &'a CommitId, is_end: impl Fn(&CommitId) -> bool) -> Walk<'a> {
        let mut came: BTreeMap<&CommitId, usize> = BTreeMap::new();
        let mut taken: Vec<(Step<'a>, &CommitId)> = Vec::new();
        let mut waiting = VecDeque::from([from]);
        let mut seen = BTreeSet::from([from]);
        let (mut began, mut unknown, mut torn) = (false, None, false);
        while let Some(at) = waiting.pop_front() {
            if is_end(at) {
                let mut way = Vec::new();
                let mut at = at;
                while let Some((step, newer)) = came.get(at).and_then(|number| taken.get(*number)) {
                    way.push(step);
                    at = newer;
                }
                way.reverse();
                return Walk::new(way, seen, End::Met);
            }
            let steps = self.steps(at);
            if steps.is_empty() {
                let newer = came.get(at).and_then(|number| taken.get(*number));
                unknown = unknown.max(Some(newer.map_or(Timestamp::MAX, |(step, _)| step.pushed)));
            }
            torn |= steps.is_empty() && self.torn.contains(at);
            for step in steps {
                match step.old_head {
                    None => began = true,
                    Some(old_head) => {
                        if seen.insert(old_head) {
                            came.insert(old_head, taken.len());
                            waiting.push_back(old_head);
                        }
                    }
                }
                taken.push((step, at));
            }
        }
        let end = match (torn, unknown, began) {
            (true, ..) => End::Torn,
            (_, Some(before), _) => End::Unknown(before),
            (_, None, true) => End::Began,
            // In circles.
            (_, None, false) => End::Unknown(Timestamp::MIN),
        };
        Walk::new(taken.iter().map(|(step, _)| step), seen, end)
    }
}

impl<'a> Walk<'a> {
    fn new<'s>(
        way: impl IntoIterator<Item = &'s Step<'a>>,
        mut reached: BTreeSet<&'a CommitId>,
        end: End,
    ) -> Self
    where
        'a: 's,
    {
        // A force push drops the head that was there, and maybe some that it was made from.
        let (mut dropped, mut forced) = (BTreeSet::new(), false);
        let mut steps = Vec::new();
        for step in way {
            let left = step.commits.iter().filter(|commit| !dropped.contains(&commit.id));
            steps.push((left.collect::<Vec<_>>(), forced));
            if step.forced {
                forced = true;
                dropped.extend(step.old_head);
            }
        }
        reached.retain(|id| !dropped.contains(id));
        reached.extend(steps.iter().flat_map(|(commits, _)| commits).map(|commit| &commit.id));
        Self { steps, reached, end }
    }
}

/// A commit whose date can be: one that says to be older than its repository, or newer than its push, counts from the
/// push.
fn believable(commit: &Commit, push: &Push) -> Commit {
    let can_be =
        commit.time <= push.pushed && push.repository_created.is_none_or(|created| commit.time >= created);
    Commit { time: if can_be { commit.time } else { push.pushed }, ..commit.clone() }
}
