//! What GitHub's deliveries tell of a repository's commits: true statements, not the graph.
//!
//! A commit is a [`Node`] here, whether or not a push lists it. *anc(x)* is x and all its ancestors.

use crate::{
    lake::{Change, Commit, CommitId, PullRequest, PullRequestStep, Push, StepKind},
    parts::PullRequestTimes,
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// A commit, by its place in [`History`].
pub(super) type Node = usize;

/// GitHub lists so many commits of a push at most.
const LISTED_AT_MOST: usize = 2048;

/// Commits, one bit each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Set(Vec<u64>);

impl Set {
    fn new(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }

    pub(super) fn contains(&self, node: Node) -> bool {
        self.0[node / 64] >> (node % 64) & 1 == 1
    }

    /// Whether it was not there before.
    pub(super) fn insert(&mut self, node: Node) -> bool {
        let is_new = !self.contains(node);
        self.0[node / 64] |= 1 << (node % 64);
        is_new
    }

    pub(super) fn add(&mut self, nodes: impl IntoIterator<Item = Node>) {
        for node in nodes {
            self.insert(node);
        }
    }

    pub(super) fn extend(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(all, more)| *all |= more);
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = Node> {
        let words = self.0.iter().enumerate().filter(|(_, word)| **word != 0);
        words.flat_map(|(place, word)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| place * 64 + bit)
        })
    }
}

/// A push, of all its parts that have arrived.
#[derive(Debug)]
pub(super) struct Pushed<'a> {
    pub(super) branch: &'a str,
    pub(super) time: Timestamp,
    /// None where it created the branch.
    pub(super) old: Option<Node>,
    pub(super) new: Node,
    /// What it lists, parents first.
    pub(super) list: Vec<Node>,
    pub(super) forced: bool,
    pub(super) told: Told,
}

/// How much of what is new a push lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// All.
    All,
    /// Nothing: other branches had it.
    Nothing,
    /// Not all: GitHub lists so many at most.
    Cut,
    /// Not all: a part has not arrived.
    MissingPart,
}

/// A statement about anc(x): it is these commits, and what is below.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step<'h> {
    pub(super) push: usize,
    pub(super) list: &'h [Node],
    pub(super) below: Below,
}

/// What is below the commits of a [`Step`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Below {
    /// All of anc of this.
    All(Node),
    /// Some of anc of this, but not this: it was forced away.
    Some(Node),
    /// What the branch began from.
    BranchStart,
}

/// What a branch may have begun from.
#[derive(Debug)]
pub(super) struct Origin {
    /// The commits that are known.
    pub(super) known: Set,
    /// Commits of which nothing tells what is in anc of them.
    pub(super) unknown: BTreeSet<Node>,
}

/// What is known of a repository.
pub(super) struct History<'a> {
    nodes: BTreeMap<&'a CommitId, Node>,
    ids: Vec<&'a CommitId>,
    /// With the time that each counts from; none where no push lists it.
    commits: Vec<Option<Commit>>,
    /// Whether that time is the commit's own date.
    dated: Vec<bool>,
    /// Whether each is a head, or was asked about.
    heads: Vec<bool>,
    /// When each was there for certain.
    seen: Vec<Option<Timestamp>>,
    pub(super) pushes: Vec<Pushed<'a>>,
    pub(super) requests: Vec<&'a PullRequest>,
    /// The pushes that end with a commit.
    ending: Vec<Vec<usize>>,
    /// The pushes that list a commit, and its place there.
    listing: Vec<Vec<(usize, usize)>>,
    /// The pushes that a commit was the old head of.
    leaving: Vec<Vec<usize>>,
    /// The pull requests that made a commit.
    making: BTreeMap<Node, Vec<&'a PullRequest>>,
    /// What is known of pull requests before they were merged, by their numbers.
    steps_of: BTreeMap<u64, Vec<&'a PullRequestStep>>,
    lines: &'a BTreeSet<String>,
    /// What was asked about.
    asked: Vec<Node>,
}

impl<'a> History<'a> {
    /// What changes tell, in any order and any number of times; others are commits that are asked about, and when each was there.
    pub(super) fn new(
        changes: &'a [Change],
        lines: &'a BTreeSet<String>,
        others: impl IntoIterator<Item = (&'a CommitId, Timestamp)>,
    ) -> Self {
        let mut history = Self {
            nodes: BTreeMap::new(),
            ids: Vec::new(),
            commits: Vec::new(),
            dated: Vec::new(),
            heads: Vec::new(),
            seen: Vec::new(),
            pushes: Vec::new(),
            requests: Vec::new(),
            ending: Vec::new(),
            listing: Vec::new(),
            leaving: Vec::new(),
            making: BTreeMap::new(),
            steps_of: BTreeMap::new(),
            lines,
            asked: Vec::new(),
        };
        // In their own order, whatever order they came in.
        let changes: BTreeSet<&Change> = changes.iter().collect();
        let mut parts: BTreeMap<_, BTreeMap<u32, &'a Push>> = BTreeMap::new();
        for change in &changes {
            match change {
                Change::Push(push) => {
                    let key =
                        (push.pushed, &push.branch, &push.old_head, &push.new_head, push.forced, push.parts);
                    parts.entry(key).or_default().entry(push.part).or_insert(push);
                }
                Change::PullRequest(request) => history.add_request(request),
                Change::PullRequestStep(step) => history.steps_of.entry(step.number).or_default().push(step),
            }
        }
        let created =
            parts.values().flat_map(|parts| parts.values()).filter_map(|push| push.repository_created).min();
        for parts in parts.into_values() {
            history.add_push(&Vec::from_iter(parts.into_values()), created);
        }
        for (id, time) in others {
            let node = history.head(id);
            history.asked.push(node);
            history.seen[node] = history.seen[node].map_or(Some(time), |seen| Some(seen.min(time)));
        }
        history
    }

    fn intern(&mut self, id: &'a CommitId) -> Node {
        if let Some(node) = self.nodes.get(id) {
            return *node;
        }
        let node = self.ids.len();
        self.nodes.insert(id, node);
        self.ids.push(id);
        self.commits.push(None);
        self.dated.push(false);
        self.heads.push(false);
        self.seen.push(None);
        self.ending.push(Vec::new());
        self.listing.push(Vec::new());
        self.leaving.push(Vec::new());
        node
    }

    fn head(&mut self, id: &'a CommitId) -> Node {
        let node = self.intern(id);
        self.heads[node] = true;
        node
    }

    fn add_request(&mut self, request: &'a PullRequest) {
        self.head(&request.head_commit);
        let made = self.intern(&request.merge_commit);
        self.making.entry(made).or_default().push(request);
        self.requests.push(request);
    }

    /// Adds a push; the earlier ones have been added.
    fn add_push(&mut self, parts: &[&'a Push], created: Option<Timestamp>) {
        let Some(first) = parts.first() else { return };
        let number = self.pushes.len();
        let (new, old) = (self.head(&first.new_head), first.old_head.as_ref().map(|old| self.head(old)));
        let mut list = Vec::new();
        for commit in parts.iter().flat_map(|part| &part.commits) {
            let node = self.intern(&commit.id);
            self.listing[node].push((number, list.len()));
            list.push(node);
            if self.commits[node].is_none() {
                let is_date =
                    commit.time <= first.pushed && created.is_none_or(|created| commit.time >= created);
                let time = if is_date { commit.time } else { first.pushed };
                self.commits[node] = Some(Commit { time, ..commit.clone() });
                self.dated[node] = is_date;
            }
        }
        for node in list.iter().copied().chain([new]).chain(old) {
            self.seen[node].get_or_insert(first.pushed);
        }
        let told = match () {
            () if parts.len() < first.parts as usize => Told::MissingPart,
            () if list.is_empty() => Told::Nothing,
            () if list.len() >= LISTED_AT_MOST || !list.contains(&new) => Told::Cut,
            () => Told::All,
        };
        self.ending[new].push(number);
        if let Some(old) = old {
            self.leaving[old].push(number);
        }
        let (branch, time, forced) = (first.branch.as_str(), first.pushed, first.forced && old.is_some());
        self.pushes.push(Pushed { branch, time, old, new, list, forced, told });
    }

    pub(super) fn node(&self, id: &CommitId) -> Option<Node> {
        self.nodes.get(id).copied()
    }

    pub(super) fn id(&self, node: Node) -> &'a CommitId {
        self.ids[node]
    }

    pub(super) fn commit(&self, node: Node) -> Option<&Commit> {
        self.commits[node].as_ref()
    }

    /// When a commit was there for certain, and with it all its ancestors.
    pub(super) fn seen(&self, node: Node) -> Option<Timestamp> {
        self.seen[node]
    }

    /// Whether a commit was made after an instant, as its date says.
    pub(super) fn is_later(&self, node: Node, time: Timestamp) -> bool {
        self.dated[node] && self.commit(node).is_some_and(|commit| commit.time > time)
    }

    /// The pushes that list a commit, and its place there.
    pub(super) fn listing(&self, node: Node) -> impl Iterator<Item = (&Pushed<'a>, usize)> {
        self.listing[node].iter().map(|(push, place)| (&self.pushes[*push], *place))
    }

    /// The pushes that end with a commit.
    pub(super) fn ending(&self, node: Node) -> impl Iterator<Item = &Pushed<'a>> {
        self.ending[node].iter().map(|push| &self.pushes[*push])
    }

    /// The pull requests that made a commit.
    pub(super) fn making(&self, node: Node) -> &[&'a PullRequest] {
        self.making.get(&node).map_or(&[], Vec::as_slice)
    }

    /// Whether GitHub made a commit of a pull request that has not arrived.
    pub(super) fn is_unrequested(&self, node: Node) -> bool {
        self.making(node).is_empty() && self.commit(node).is_some_and(|commit| commit.from_pull_request)
    }

    /// When a pull request that was merged came how far. A review after the merge led to nothing.
    pub(super) fn times(&self, PullRequest { number, merged, .. }: &PullRequest) -> PullRequestTimes {
        let all = number.iter().filter_map(|number| self.steps_of.get(number)).flatten();
        let steps = Vec::from_iter(all.filter(|step| step.happened <= *merged));
        let times = |of: &'static [StepKind]| {
            steps.iter().filter(|step| of.contains(&step.step)).map(|step| step.happened)
        };
        PullRequestTimes {
            ready: times(&[StepKind::Ready]).min(),
            reviewed: times(&[StepKind::Reviewed, StepKind::Approved]).min(),
            approved: times(&[StepKind::Approved]).max(),
            merged: Some(*merged),
        }
    }

    pub(super) fn is_line(&self, branch: &str) -> bool {
        self.lines.contains(branch)
    }

    /// Whether only one branch is deployed, which nothing is known to have been forced away from.
    pub(super) fn has_one_line(&self) -> bool {
        self.lines.len() <= 1 && !self.pushes.iter().any(|push| push.forced && self.is_line(push.branch))
    }

    pub(super) fn empty(&self) -> Set {
        Set::new(self.ids.len())
    }

    /// Whether a push lists a commit among the first so many.
    pub(super) fn is_in(&self, step: &Step<'_>, node: Node) -> bool {
        self.listing[node].iter().any(|&(push, place)| push == step.push && place < step.list.len())
    }

    /// The pushes that tell of a commit's ancestors, and how much of the list of each are ancestors.
    fn sources(&self, node: Node) -> impl Iterator<Item = (usize, usize)> {
        let ending = self.ending[node].iter().map(|&push| (push, self.pushes[push].list.len()));
        ending.chain(self.within(node))
    }

    /// The list that a head lies within, and how much of it is made up of its ancestors. It tells only where no push that
    /// lists something ends with the head, and no merge is behind it, by which others may have come. What others list too, or
    /// was there before, was merged, whether or not a message says so; and branches that are not deployed merge those that are.
    fn within(&self, node: Node) -> Option<(usize, usize)> {
        let is_hidden = !self.heads[node] || self.ending(node).any(|push| push.told != Told::Nothing);
        let [(push, place)] = self.listing[node].as_slice() else { return None };
        let Pushed { branch, list, told, time, .. } = &self.pushes[*push];
        let is_hidden = is_hidden || self.seen[node].is_some_and(|seen| seen < *time);
        let merges = || list.iter().skip(place + 1).any(|&later| self.may_merge(later, list));
        let tells = !is_hidden && *told == Told::All && self.is_line(branch) && !merges();
        tells.then_some((*push, place + 1))
    }

    /// Whether a commit of a list merges something, as its message or a pull request says.
    fn may_merge(&self, node: Node, list: &[Node]) -> bool {
        let by_request = || {
            let heads = self.making(node).iter().filter_map(|request| self.node(&request.head_commit));
            heads.into_iter().any(|head| head != node && list.contains(&head))
        };
        self.commit(node).is_some_and(|commit| commit.merge) || by_request()
    }

    /// What is in anc of some commits for certain, these included.
    pub(super) fn ancestors(&self, of: impl IntoIterator<Item = Node>) -> Set {
        let mut reached = self.empty();
        let mut read = vec![0; self.pushes.len()];
        let mut waiting = Vec::from_iter(of);
        while let Some(node) = waiting.pop() {
            if !reached.insert(node) {
                continue;
            }
            for (number, count) in self.sources(node) {
                let push = &self.pushes[number];
                waiting.extend(push.list.get(read[number]..count).unwrap_or_default());
                read[number] = count.max(read[number]);
                waiting.extend(push.old.filter(|_| !push.forced));
            }
        }
        reached
    }

    /// What a commit is in anc of for certain, itself included.
    pub(super) fn descendants(&self, of: Node) -> Set {
        let mut reached = self.empty();
        let mut waiting = vec![of];
        while let Some(node) = waiting.pop() {
            if !reached.insert(node) {
                continue;
            }
            waiting.extend(self.listing(node).map(|(push, _)| push.new));
            let leaving = self.leaving[node].iter().map(|push| &self.pushes[*push]);
            waiting.extend(leaving.filter(|push| !push.forced).map(|push| push.new));
        }
        reached
    }

    /// All that is known to make up anc of a commit, the best first.
    pub(super) fn steps(&self, node: Node) -> Vec<Step<'_>> {
        let step = |(number, count): (usize, usize)| {
            let push = &self.pushes[number];
            let below = match push.old {
                None => Below::BranchStart,
                Some(old) if push.forced => Below::Some(old),
                Some(old) => Below::All(old),
            };
            (push.told == Told::All).then(|| Step { push: number, list: &push.list[..count], below })
        };
        let mut steps: Vec<_> = self.sources(node).filter_map(step).collect();
        steps.sort_by_key(|step| match step.below {
            Below::All(_) => 0,
            Below::BranchStart => 1,
            Below::Some(_) => 2,
        });
        steps
    }

    /// What had been pushed to branches that are deployed before a push, and is not later than what it lists: a branch that
    /// it created is taken to begin there.
    pub(super) fn origin(&self, push: usize) -> Origin {
        let created = &self.pushes[push];
        let times = created.list.iter().filter_map(|node| self.commit(*node)).map(|commit| commit.time);
        let latest = times.max().unwrap_or(created.time);
        let lines = || self.pushes.iter().filter(|push| self.is_line(push.branch));
        let heads = lines().filter(|push| push.time < created.time).map(|push| push.new);
        let reached = self.ancestors(heads);
        // A head that was there before all that is known may have been there before the branch, and so may what went live.
        let is_there = |node: &Node| self.seen[*node].is_some_and(|seen| seen < created.time);
        let asked = self.asked.iter().copied().filter(is_there);
        let first =
            lines().filter_map(|push| push.old).chain(asked).filter(|node| self.listing[*node].is_empty());
        let mut origin = Origin { known: self.empty(), unknown: first.collect() };
        for node in reached.nodes().filter(|node| !created.list.contains(node)) {
            if self.commit(node).is_some_and(|commit| commit.time <= latest) {
                origin.known.insert(node);
            }
            if !self.is_explained(node, &reached) {
                origin.unknown.insert(node);
            }
        }
        origin
    }

    /// Whether all of anc of a commit is in some others, or in anc of an old head there.
    fn is_explained(&self, node: Node, others: &Set) -> bool {
        let is_whole = |(push, _): (&Pushed<'_>, usize)| push.told == Told::All && others.contains(push.new);
        self.listing(node).any(is_whole) || !self.steps(node).is_empty()
    }

    /// Whether some commit was there before the first push that is known.
    pub(super) fn began_earlier(&self) -> bool {
        let mut old = self.pushes.iter().filter_map(|push| push.old);
        old.any(|old| self.listing[old].is_empty())
    }
}
