//! The commits of a change.

use super::{
    change_query::{ChangeQuery, Changed, Problem, may_arrive},
    history::{History, Node, Set},
    live::Before,
    proof::{Dead, Membership, Proof, Rules},
    pull_requests::{Made, made},
};
use crate::{
    identity::IncidentId,
    lake::{Commit, PullRequest},
    parts::PullRequestTimes,
    sources,
};
use jiff::Timestamp;
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    /// What is new for certain.
    pub(super) changed: Changed,
    /// What can't be told.
    pub(super) problems: BTreeSet<Problem>,
    /// The commits that may be new. With each, what it is not in anc of, beside what pushes tell.
    pub(super) nodes: BTreeMap<Node, BTreeSet<Node>>,
}

/// Finds what a revision changed.
pub(super) struct Search<'s, 'h, 'a> {
    proof: &'s Proof<'h, 'a>,
    history: &'h History<'a>,
    question: &'s ChangeQuery<'a>,
    before: &'s Before,
    /// Since when commits count.
    since: Timestamp,
    /// What pull requests made, as far as it was asked for.
    made: RefCell<BTreeMap<&'a PullRequest, Rc<Made>>>,
}

/// Commits with those of pull requests in place of what merging made of them.
#[derive(Default)]
struct Gathered {
    nodes: BTreeMap<Node, BTreeSet<Node>>,
    /// What others count instead of, and what only merges.
    replaced: BTreeSet<Node>,
    /// What counts itself whatever its message says.
    counting: BTreeSet<Node>,
    problems: BTreeSet<Problem>,
}

impl<'s, 'h, 'a> Search<'s, 'h, 'a> {
    pub(super) fn new(proof: &'s Proof<'h, 'a>, question: &'s ChangeQuery<'a>, before: &'s Before) -> Self {
        let is_first = before.roots.is_empty();
        let earliest = question.deployed.checked_sub(question.lookback);
        let since = earliest.ok().filter(|_| is_first).unwrap_or(Timestamp::MIN);
        Self { proof, history: proof.history, question, before, since, made: RefCell::default() }
    }

    pub(super) fn find(&self, revision: Node) -> Found {
        let (new, problems) = self.reached(revision);
        let Gathered { nodes, replaced, counting, problems: unclear } = self.gather(new);
        let mut problems: BTreeSet<Problem> = problems.into_iter().chain(unclear).collect();
        let (certain, uncertain): (Vec<Node>, Vec<Node>) =
            nodes.keys().copied().partition(|node| self.is_new(*node, &nodes));
        problems.extend(uncertain.into_iter().map(|node| self.uncertain(node)));
        let counts = |node: &Node, commit: &Commit| {
            !replaced.contains(node) && (!commit.merge || counting.contains(node)) && !commit.bot
        };
        let mut changed = Changed::default();
        for node in certain {
            let Some(commit) = self.history.commit(node) else { continue };
            self.note(&mut changed, node, commit);
            if counts(&node, commit) {
                // Whatever its date says, it was made before it was deployed.
                let time = commit.time.min(self.question.deployed);
                changed.commits.push(Commit { time, ..commit.clone() });
            }
        }
        changed.commits.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        let first = changed.commits.first().and_then(|first| self.history.node(&first.id));
        changed.pull_request = first.map(|first| self.way_to_merge(first, &nodes)).unwrap_or_default();
        Found { changed, problems, nodes }
    }

    fn made(&self, request: &'a PullRequest) -> Rc<Made> {
        let mut known = self.made.borrow_mut();
        Rc::clone(known.entry(request).or_insert_with(|| Rc::new(made(self.proof, request))))
    }

    /// How a commit came to a branch that is deployed: by the pull request of the change that was merged first with it, or by
    /// a push, which is all of that at once.
    fn way_to_merge(&self, commit: Node, new: &BTreeMap<Node, BTreeSet<Node>>) -> PullRequestTimes {
        let history = self.history;
        let requests = new.keys().flat_map(|made| history.making(*made).iter().copied());
        let merging = requests.filter(|request| self.is_of(request, commit));
        if let Some(request) = merging.min_by_key(|request| request.merged) {
            return history.times(request);
        }
        let pushes =
            history.listing(commit).map(|(push, _)| push).filter(|push| history.is_line(push.branch));
        let Some(push) = pushes.min_by_key(|push| push.time) else { return PullRequestTimes::default() };
        match push.list.iter().any(|node| history.is_unrequested(*node)) {
            true => PullRequestTimes::default(),
            false => PullRequestTimes::at_once(push.time),
        }
    }

    /// Whether a commit is one of a pull request's own.
    fn is_of(&self, request: &'a PullRequest, commit: Node) -> bool {
        let history = self.history;
        let (Some(head), Some(made)) =
            (history.node(&request.head_commit), history.node(&request.merge_commit))
        else {
            return false;
        };
        match &*self.made(request) {
            Made::Instead { own, .. } => own.contains(&commit),
            Made::Itself => made == commit,
            Made::Unclear { .. } => false,
            Made::Nothing | Made::Merge => {
                let lists = history.listing(made).map(|(push, _)| push).chain(history.ending(made));
                let merging = lists.filter(|push| push.branch == request.branch).min_by_key(|push| push.time);
                let was_there = |old: Node| self.proof.ancestors(old).contains(commit);
                merging.is_some_and(|push| {
                    // GitHub merges and pushes at once: all that is new on the branch is of the pull request.
                    let is_merge = push.new == made && push.list.contains(&commit);
                    is_merge
                        || self.proof.ancestors(head).contains(commit) && !push.old.is_some_and(was_there)
                })
            }
        }
    }

    /// Notes what a commit references and merges.
    fn note(&self, changed: &mut Changed, node: Node, commit: &Commit) {
        changed.incidents.extend(commit.ops_items.iter().cloned().map(IncidentId::OpsItem));
        changed.branches.extend(commit.merged.iter().cloned());
        if commit.rework {
            changed.rework.insert(commit.id.clone());
        }
        for PullRequest { head_branch, .. } in self.history.making(node) {
            changed.incidents.extend(sources::referenced_incidents(head_branch));
            changed.branches.insert(head_branch.clone());
        }
    }

    /// What can be reached from a revision and may be new, and why that is not all.
    fn reached(&self, revision: Node) -> (Vec<Node>, Option<Problem>) {
        let (history, before) = (self.history, self.before);
        let certain = self.proof.ancestors(revision);
        let is_old = |node: Node| history.commit(node).is_some_and(|commit| commit.time < self.since);
        let fits = |node: Node| certain.contains(node) || before.out.contains(node) || is_old(node);
        let is_first = before.roots.is_empty();
        let ends = |node: Node| {
            let was_there = history.seen(node).is_some_and(|seen| seen < self.since);
            before.out.contains(node) || was_there
        };
        let begins = |push: usize| {
            let origin = self.proof.origin(push);
            let is_out = |node: &Node| before.out.contains(*node);
            (!is_first || !history.began_earlier())
                && origin.known.nodes().all(fits)
                && origin.unknown.iter().all(is_out)
        };
        let way = self.proof.way(revision, &Rules { fits: &fits, ends: &ends, begins: &begins });
        let through = |through: Set| certain.nodes().filter(|node| through.contains(*node)).collect();
        match way {
            // What was pushed earlier may be what the branch began from.
            Ok(way) if way.has_begun && self.proof.read_since > Timestamp::MIN => {
                (through(way.through), Some(self.dead(Dead::BranchStart(revision))))
            }
            Ok(way) => (through(way.through), None),
            Err(dead) => (certain.nodes().collect(), dead.into_iter().map(|dead| self.dead(dead)).max()),
        }
    }

    fn gather(&self, new: Vec<Node>) -> Gathered {
        let mut gathered = Gathered::default();
        let mut waiting: Vec<(Node, Option<Node>)> = new.into_iter().map(|node| (node, None)).collect();
        while let Some((node, base)) = waiting.pop() {
            let Some(commit) = self.history.commit(node) else { continue };
            if self.before.out.contains(node) || commit.time < self.since {
                continue;
            }
            let is_known = gathered.nodes.contains_key(&node);
            gathered.nodes.entry(node).or_default().extend(base);
            if is_known {
                continue;
            }
            let requests = self.history.making(node);
            if self.history.is_unrequested(node) {
                gathered.problems.extend(self.unrequested(node, commit));
            }
            for request in requests {
                match &*self.made(request) {
                    Made::Nothing => {}
                    Made::Merge => drop(gathered.replaced.insert(node)),
                    Made::Itself => drop(gathered.counting.insert(node)),
                    Made::Unclear { problem, own } => {
                        let counts =
                            if own.is_empty() { &mut gathered.counting } else { &mut gathered.replaced };
                        counts.insert(node);
                        waiting.extend(own.iter().map(|own| (*own, None)));
                        gathered.problems.insert(problem.clone());
                    }
                    Made::Instead { own, chain, base } => {
                        gathered.replaced.extend(chain.iter().copied().chain([node]));
                        waiting.extend(own.iter().map(|own| (*own, *base)));
                    }
                }
            }
        }
        gathered
    }

    /// A commit that GitHub made of a pull request that has not arrived. A merge tells itself, when nothing may arrive.
    fn unrequested(&self, node: Node, commit: &Commit) -> Option<Problem> {
        let happened = self.history.seen(node).unwrap_or(self.question.deployed);
        let is_awaited = may_arrive(happened, self.question.now);
        let reason = format!("the pull request that made {} has not arrived", commit.id);
        (is_awaited || !commit.merge).then_some(Problem { reason, happened, further: false })
    }

    /// Whether a commit is not in anc of anything that is live, and did not count instead of what is.
    fn is_new(&self, node: Node, all: &BTreeMap<Node, BTreeSet<Node>>) -> bool {
        let empty = BTreeSet::new();
        let more = all.get(&node).unwrap_or(&empty);
        let is_out = |node: Node, more: &BTreeSet<Node>| {
            let roots = &self.before.roots;
            roots.iter().all(|(root, _)| self.proof.membership(node, root, more) == Membership::Out)
        };
        // What was merged after the last revision went live is in none of them, whether or not its push has arrived.
        let live_until = self.question.live.iter().map(|live| live.time).max();
        let mut earlier = self.history.requests.iter().filter(|request| {
            let made = self.history.node(&request.merge_commit);
            request.same_repository
                && live_until.is_some_and(|live_until| request.merged <= live_until)
                && !self.history.is_later(node, request.merged)
                && made.is_some_and(|made| {
                    !all.contains_key(&made) && (self.before.out.contains(made) || !is_out(made, &empty))
                })
        });
        is_out(node, more) && !earlier.any(|request| self.may_count_in(node, request))
    }

    /// Whether a commit that is not live may have counted instead of what a pull request made, which is or may be.
    fn may_count_in(&self, node: Node, request: &'a PullRequest) -> bool {
        let made_live =
            self.history.node(&request.merge_commit).is_some_and(|made| self.before.out.contains(made));
        let Some(head) = self.history.node(&request.head_commit) else { return true };
        let head = self.proof.root(head, request.merged);
        match &*self.made(request) {
            // What else is in anc of the branch is live.
            Made::Instead { own, .. } if made_live => own.contains(&node),
            Made::Nothing | Made::Merge | Made::Itself if made_live => false,
            // It has commits that are not known: its branch need not have begun on one that is deployed.
            Made::Unclear { .. } => !self.proof.is_apart(node, &head),
            _ => self.proof.membership(node, &head, &BTreeSet::new()) != Membership::Out,
        }
    }

    fn uncertain(&self, node: Node) -> Problem {
        let reason = format!("nothing tells whether {} was live before", self.history.id(node));
        Problem { reason, happened: self.question.deployed, further: true }
    }

    fn dead(&self, dead: Dead) -> Problem {
        let deployed = self.question.deployed;
        let id = |node: Node| self.history.id(node);
        let (happened, reason) = match dead {
            Dead::Unknown(node, None) => {
                (deployed, format!("no push that brought revision {} has arrived", id(node)))
            }
            Dead::Unknown(node, Some(time)) => (
                time,
                format!(
                    "commits were pushed before the webhook existed, or the push that brought {} has not arrived",
                    id(node)
                ),
            ),
            Dead::MissingPart(node) => {
                (deployed, format!("a part of the push that brought {} has not arrived", id(node)))
            }
            Dead::Cut(node) => {
                (deployed, format!("GitHub does not list all commits of the push that brought {}", id(node)))
            }
            Dead::BranchStart(node) => {
                (deployed, format!("nothing tells what the branch of {} began from", id(node)))
            }
            Dead::Forced(node) => {
                (deployed, format!("nothing tells what the force push that brought {} left", id(node)))
            }
        };
        Problem { reason, happened, further: true }
    }
}
