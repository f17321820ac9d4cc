//! What can be proven of ancestors: ways back to what is known, and whether a commit is one.

use super::history::{Below, History, Node, Origin, Set, Step, Told};
use jiff::Timestamp;
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, VecDeque},
    rc::Rc,
};

/// Whether a commit is in anc of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Membership {
    /// It is.
    In,
    /// It is not.
    Out,
    /// What has arrived does not tell.
    Unknown,
}

/// A commit that others may be in anc of.
#[derive(Clone, Debug)]
pub(super) struct Root {
    pub(super) node: Node,
    /// When it was there.
    pub(super) time: Timestamp,
    pub(super) ancestors: Rc<Set>,
    descendants: Rc<Set>,
}

impl Root {
    /// Whether it is in anc of another for certain.
    pub(super) fn is_in(&self, other: &Self) -> bool {
        other.ancestors.contains(self.node)
    }
}

/// What proves, with what it has found out so far.
pub(super) struct Proof<'h, 'a> {
    pub(super) history: &'h History<'a>,
    /// Since when all is known that has arrived.
    pub(super) read_since: Timestamp,
    /// What has all of some commits in anc, none of which a commit is an ancestor of.
    outside: RefCell<BTreeMap<BTreeSet<Node>, Rc<Set>>>,
    origins: RefCell<BTreeMap<usize, Rc<Origin>>>,
    ancestors: RefCell<BTreeMap<Node, Rc<Set>>>,
    descendants: RefCell<BTreeMap<Node, Rc<Set>>>,
}

/// What a way back may come through, and where it may end.
pub(super) struct Rules<'r> {
    /// Whether a commit may be on the way.
    pub(super) fits: &'r dyn Fn(Node) -> bool,
    /// Whether all of anc of a commit is known.
    pub(super) ends: &'r dyn Fn(Node) -> bool,
    /// Whether all is known that a branch may have begun from, which a push created.
    pub(super) begins: &'r dyn Fn(usize) -> bool,
}

/// Where a way back is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Position {
    node: Node,
    /// Whether the commit itself was forced away.
    is_dropped: bool,
}

/// From where a way came to a place, and through what.
type Came<'h> = BTreeMap<Position, (Position, &'h [Node])>;

impl Position {
    const fn at(node: Node) -> Self {
        Self { node, is_dropped: false }
    }

    /// None where a branch began.
    fn below(step: &Step<'_>) -> Option<Self> {
        match step.below {
            Below::All(node) => Some(Self { node, is_dropped: false }),
            Below::Some(node) => Some(Self { node, is_dropped: true }),
            Below::BranchStart => None,
        }
    }

    fn leaves_out(&self, node: Node) -> bool {
        self.is_dropped && self.node == node
    }
}

/// A way back.
pub(super) struct Way {
    /// What it comes through, and may have begun from.
    pub(super) through: Set,
    /// Whether it ends where a branch began.
    pub(super) has_begun: bool,
}

/// Why no way leads back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dead {
    /// No push tells how a commit came about that was there at this instant; none for the first.
    Unknown(Node, Option<Timestamp>),
    /// A part of a push that ends with a commit is missing.
    MissingPart(Node),
    /// A push that ends with a commit is longer than GitHub's list.
    Cut(Node),
    /// A branch may have begun from what is not known.
    BranchStart(Node),
    /// A force push may have left something.
    Forced(Node),
}

impl<'h, 'a> Proof<'h, 'a> {
    pub(super) fn new(history: &'h History<'a>, read_since: Timestamp) -> Self {
        Self {
            history,
            read_since,
            outside: RefCell::default(),
            origins: RefCell::default(),
            ancestors: RefCell::default(),
            descendants: RefCell::default(),
        }
    }

    pub(super) fn root(&self, node: Node, time: Timestamp) -> Root {
        let ancestors = self.ancestors(node);
        let mut known = self.descendants.borrow_mut();
        let descendants = known.entry(node).or_insert_with(|| Rc::new(self.history.descendants(node)));
        Root { node, time, ancestors, descendants: Rc::clone(descendants) }
    }

    /// What is in anc of a commit for certain.
    pub(super) fn ancestors(&self, node: Node) -> Rc<Set> {
        let mut known = self.ancestors.borrow_mut();
        Rc::clone(known.entry(node).or_insert_with(|| Rc::new(self.history.ancestors([node]))))
    }

    /// What a branch may have begun from, which a push created.
    pub(super) fn origin(&self, push: usize) -> Rc<Origin> {
        let mut known = self.origins.borrow_mut();
        Rc::clone(known.entry(push).or_insert_with(|| Rc::new(self.history.origin(push))))
    }

    /// What a commit is not in anc of for certain: what pushes that list it as new were made from, and some more.
    fn outside(&self, node: Node, more: &BTreeSet<Node>) -> Rc<Set> {
        let old = self.history.listing(node).filter_map(|(push, _)| push.old);
        let roots: BTreeSet<Node> = old.chain(more.iter().copied()).collect();
        let mut known = self.outside.borrow_mut();
        let entry = known.entry(roots);
        let ancestors = |roots: &BTreeSet<Node>| self.history.ancestors(roots.iter().copied());
        Rc::clone(entry.or_insert_with_key(|roots| Rc::new(ancestors(roots))))
    }

    /// Whether a commit is in anc of another; it is not in anc of some more.
    pub(super) fn membership(&self, node: Node, root: &Root, more: &BTreeSet<Node>) -> Membership {
        if root.ancestors.contains(node) {
            return Membership::In;
        }
        if self.history.is_later(node, root.time) || root.descendants.contains(node) {
            return Membership::Out;
        }
        let outside = self.outside(node, more);
        match outside.contains(root.node) || self.leads_past(node, root.node, &outside, true) {
            true => Membership::Out,
            false => Membership::Unknown,
        }
    }

    /// Whether a commit is not in anc of another, wherever branches began.
    pub(super) fn is_apart(&self, node: Node, root: &Root) -> bool {
        let outside = self.outside(node, &BTreeSet::new());
        !root.ancestors.contains(node)
            && (root.descendants.contains(node) || self.leads_past(node, root.node, &outside, false))
    }

    /// Whether some way back from a root leads past a commit, to what the commit is not in anc of; where it is presumed, to
    /// where a branch began.
    fn leads_past(&self, node: Node, root: Node, outside: &Set, is_presumed: bool) -> bool {
        let history = self.history;
        let is_apart = |at: Node| {
            let is_older = history.seen(at).is_some_and(|seen| history.is_later(node, seen));
            is_older || outside.contains(at)
        };
        let mut seen = BTreeSet::from([Position::at(root)]);
        let mut waiting = vec![Position::at(root)];
        while let Some(place) = waiting.pop() {
            if is_apart(place.node) {
                return true;
            }
            for step in history.steps(place.node) {
                if history.is_in(&step, node) && !place.leaves_out(node) {
                    continue;
                }
                match Position::below(&step) {
                    Some(below) if seen.insert(below) => waiting.push(below),
                    Some(_) => {}
                    None if history.is_later(node, history.pushes[step.push].time) => return true,
                    None if is_presumed && self.began_without(node, step.push, is_apart) => return true,
                    None => {}
                }
            }
        }
        false
    }

    /// Whether a commit is not in anc of what a branch began from, which a push created.
    fn began_without(&self, node: Node, push: usize, is_apart: impl Fn(Node) -> bool) -> bool {
        let history = self.history;
        let origin = self.origin(push);
        let is_read = history.commit(node).is_some_and(|commit| commit.time >= self.read_since);
        let is_not_there = || !origin.known.contains(node) && origin.unknown.iter().copied().all(is_apart);
        is_read && is_not_there()
    }

    /// A shortest way back from a commit to where all is known, or why there is none. Where a branch began, it ends only if it
    /// ends nowhere else.
    pub(super) fn way(&self, from: Node, rules: &Rules<'_>) -> Result<Way, BTreeSet<Dead>> {
        let history = self.history;
        let mut came = Came::new();
        let mut waiting = VecDeque::from([(Position::at(from), None)]);
        let mut seen = BTreeSet::from([Position::at(from)]);
        let (mut began, mut dead) = (None, BTreeSet::new());
        while let Some((place, time)) = waiting.pop_front() {
            let Position { node, .. } = place;
            if (rules.ends)(node) {
                return Ok(Way { through: self.through(&came, place), has_begun: false });
            }
            let steps = history.steps(node);
            if steps.is_empty() {
                dead.insert(self.dead_end(node, time));
            }
            for step in steps {
                if !step.list.iter().all(|node| place.leaves_out(*node) || (rules.fits)(*node)) {
                    dead.insert(Dead::Forced(node));
                    continue;
                }
                match Position::below(&step) {
                    Some(below) if seen.insert(below) => {
                        came.insert(below, (place, step.list));
                        waiting.push_back((below, Some(history.pushes[step.push].time)));
                    }
                    Some(_) => {}
                    None if (rules.begins)(step.push) => drop(began.get_or_insert((place, step))),
                    None => drop(dead.insert(Dead::BranchStart(node))),
                }
            }
        }
        let Some((place, step)) = began else {
            if dead.is_empty() {
                // In circles.
                dead.insert(Dead::Unknown(from, None));
            }
            return Err(dead);
        };
        let mut through = self.through(&came, place);
        through.add(step.list.iter().copied());
        through.extend(&self.origin(step.push).known);
        Ok(Way { through, has_begun: true })
    }

    /// What a way comes through.
    fn through(&self, came: &Came<'_>, mut place: Position) -> Set {
        let mut through = self.history.empty();
        while let Some((newer, list)) = came.get(&place) {
            through.add(list.iter().copied());
            place = *newer;
        }
        through
    }

    fn dead_end(&self, node: Node, time: Option<Timestamp>) -> Dead {
        let told = |told: Told| self.history.ending(node).any(|push| push.told == told);
        if told(Told::MissingPart) {
            Dead::MissingPart(node)
        } else if told(Told::Cut) {
            Dead::Cut(node)
        } else {
            Dead::Unknown(node, time)
        }
    }
}
