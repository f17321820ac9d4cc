//! What merging pull requests made, and the commits that count instead.

use super::{
    change_query::Problem,
    history::{Below, History, Node, Pushed, Set, Told},
    proof::{Membership, Proof},
};
use crate::lake::{Commit, PullRequest};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// What a pull request made its merge commit.
#[derive(Clone, Debug)]
pub(super) enum Made {
    /// Nothing new: the branch was pushed as it is.
    Nothing,
    /// A merge of the branch.
    Merge,
    /// A squashed or rebased commit of a branch that is not pushed here, which counts itself.
    Itself,
    /// A squashed or rebased commit, which others count instead of.
    Instead {
        /// The commits of the branch.
        own: Vec<Node>,
        /// What else rebasing made.
        chain: Vec<Node>,
        /// What the own commits are not in anc of.
        base: Option<Node>,
    },
    /// It can't be told what.
    Unclear {
        /// Why.
        problem: Problem,
        /// Those that count for certain; none where it can't even be told whether others do.
        own: Vec<Node>,
    },
}

/// The way back from the head of a branch, latest commits first, without what is on the branch that it was merged into.
struct Trail {
    /// What is in anc of the head.
    certain: Vec<Node>,
    /// What may be, of what was forced away; each time that something was.
    uncertain: Vec<Vec<Node>>,
    /// Whether it leads to where the branch began.
    has_ended: bool,
    /// When the earliest push was.
    earliest: Option<Timestamp>,
}

/// Tells what a pull request made.
pub(super) fn made(proof: &Proof<'_, '_>, request: &PullRequest) -> Made {
    let history = proof.history;
    let (Some(head), Some(made)) = (history.node(&request.head_commit), history.node(&request.merge_commit))
    else {
        return Made::Nothing;
    };
    if head == made {
        return Made::Nothing;
    }
    if proof.ancestors(made).contains(head) {
        return Made::Merge;
    }
    let whole: Vec<_> = history.listing(made).filter(|(push, _)| push.told == Told::All).collect();
    let on_base = whole.iter().find(|(push, _)| push.branch == request.branch);
    let is_apart = || {
        let seen = history.seen(made).unwrap_or(Timestamp::MAX);
        proof.membership(head, &proof.root(made, seen), &BTreeSet::new()) == Membership::Out
    };
    let Some((push, place)) = on_base.or_else(|| whole.first().filter(|_| is_apart())) else {
        let problem = problem(request, request.merged, "the push that merged it", true);
        return Made::Unclear { problem, own: Vec::new() };
    };
    if !request.same_repository {
        return Made::Itself;
    }
    let own = match own_commits(proof, request, head, push, *place) {
        Ok(own) => own,
        Err((problem, own)) => return Made::Unclear { problem, own },
    };
    let commits: Vec<&Commit> = own.iter().filter_map(|node| history.commit(*node)).collect();
    let count = commits.iter().filter(|commit| !commit.merge).count();
    let is_requested = history.commit(made).is_some_and(|commit| commit.from_pull_request);
    if on_base.is_none() && count > 1 && !is_requested {
        let problem = problem(request, request.merged, "the push that merged it", true);
        return Made::Unclear { problem, own };
    }
    let before = push.list.get(..*place).filter(|_| on_base.is_some()).unwrap_or_default();
    let anew = made_anew(history, before, &commits);
    let chain = match anew.len() + 1 {
        _ if count <= 1 => &[],
        // Nothing before it was made with it: it was squashed.
        1 => &[],
        made if made == count => anew,
        // All that was pushed: some of the branch were merges, which their messages do not say.
        made if made < count && anew.len() == *place && !is_requested => anew,
        _ => {
            let what = "what tells whether it was squashed or rebased";
            return Made::Unclear { problem: problem(request, request.merged, what, true), own };
        }
    };
    Made::Instead { own, chain: chain.to_vec(), base: push.old.filter(|_| on_base.is_some()) }
}

/// The last ones of a list that may be those of a branch made anew, by rebasing. Each keeps its date or was made after all of
/// the branch, and none was made by another pull request.
fn made_anew<'l>(history: &History<'_>, list: &'l [Node], own: &[&Commit]) -> &'l [Node] {
    let times: BTreeSet<_> = own.iter().filter(|commit| !commit.merge).map(|commit| commit.time).collect();
    let is_made_anew = |node: &Node| {
        history.commit(*node).is_some_and(|commit| {
            let is_after = times.last().is_some_and(|last| commit.time >= *last);
            let is_of_another = commit.from_pull_request || !history.making(*node).is_empty();
            !is_of_another && !commit.merge && (times.contains(&commit.time) || is_after)
        })
    };
    let count = list.iter().rev().take_while(|node| is_made_anew(node)).count();
    list.get(list.len() - count..).unwrap_or_default()
}

fn problem(request: &PullRequest, happened: Timestamp, what: &str, further: bool) -> Problem {
    let reason = format!(
        "{what} has not arrived, of pull request {} into {}, which made {}",
        request.head_branch, request.branch, request.merge_commit
    );
    Problem { reason, happened: happened.min(request.merged), further }
}

/// The commits of a pull request's branch: as many as it says, found from its head back, without what was on the branch
/// that it was merged into; or what is missing, and those that it has for certain.
fn own_commits(
    proof: &Proof<'_, '_>,
    request: &PullRequest,
    head: Node,
    merging: &Pushed<'_>,
    place: usize,
) -> Result<Vec<Node>, (Problem, Vec<Node>)> {
    let history = proof.history;
    let count = request.commit_count as usize;
    let on_base = on_base(history, request, merging, place);
    let is_merged_there = merging.branch == request.branch;
    if let Some(base) = merging.old.filter(|_| is_merged_there) {
        let base = proof.root(base, history.seen(base).unwrap_or(merging.time));
        let is_own = |node: &Node| {
            !on_base.contains(*node)
                && history.commit(*node).is_some()
                && proof.membership(*node, &base, &BTreeSet::new()) == Membership::Out
        };
        let own: Vec<Node> = proof.ancestors(head).nodes().filter(is_own).collect();
        if own.len() == count {
            return Ok(own);
        }
    }
    let Trail { certain, uncertain, has_ended, earliest } = trail(proof, head, &on_base);
    let merges = |node: &Node| history.commit(*node).is_some_and(|commit| commit.merge);
    let straight = certain.iter().position(merges).map_or(certain.len(), |merge| merge + 1);
    if straight >= count {
        return Ok(certain.into_iter().take(count).collect());
    }
    let sure = || certain.iter().take(straight).copied().collect();
    let too_few = || {
        let happened = earliest.unwrap_or(request.merged);
        Err((problem(request, happened, "a push to the branch", true), sure()))
    };
    let ambiguous = || {
        let what = "what tells which commits are the branch's own";
        Err((problem(request, request.merged, what, true), sure()))
    };
    let all = certain.len() + uncertain.iter().map(Vec::len).sum::<usize>();
    match has_ended {
        true if all == count => Ok(certain.iter().copied().chain(uncertain.into_iter().flatten()).collect()),
        true if certain.len() < count && all > count => {
            let left: Vec<_> = uncertain.into_iter().filter(|some| !some.is_empty()).collect();
            match left.as_slice() {
                // What a force push left is where the branch began.
                [some] if !some.iter().any(merges) => {
                    let earliest = some.iter().rev().take(count - certain.len()).copied();
                    Ok(certain.iter().copied().chain(earliest).collect())
                }
                _ => ambiguous(),
            }
        }
        _ if all < count || !has_ended => too_few(),
        _ => ambiguous(),
    }
}

/// What was on the branch that a pull request was merged into, when it was.
fn on_base(history: &History<'_>, request: &PullRequest, merging: &Pushed<'_>, place: usize) -> Set {
    let is_merged_there = merging.branch == request.branch;
    let until = if is_merged_there { merging.time } else { request.merged };
    let pushes = || history.pushes.iter().filter(|push| push.branch == request.branch && push.time < until);
    // What was forced away was there no more.
    let kept = pushes().rev().take_while(|push| !push.forced).map(|push| push.new);
    let before = merging.list.iter().take(place).copied().filter(|_| is_merged_there);
    let old = merging.old.filter(|_| is_merged_there && !merging.forced);
    history.ancestors(kept.chain(before).chain(old))
}

fn trail(proof: &Proof<'_, '_>, head: Node, on_base: &Set) -> Trail {
    let history = proof.history;
    let known = proof.ancestors(head);
    let mut trail = Trail { certain: Vec::new(), uncertain: Vec::new(), has_ended: false, earliest: None };
    let (mut at, mut is_dropped, mut seen) = (head, false, BTreeSet::new());
    loop {
        if on_base.contains(at) {
            trail.has_ended = true;
            return trail;
        }
        let Some(step) = history.steps(at).first().copied().filter(|_| seen.insert(at)) else {
            return trail;
        };
        trail.earliest = Some(history.pushes[step.push].time);
        let is_new = |node: &Node| !(on_base.contains(*node) || (is_dropped && *node == at));
        let list = step.list.iter().rev().copied().filter(is_new);
        match trail.uncertain.last_mut() {
            None => trail.certain.extend(list),
            Some(some) => some.extend(list.filter(|node| !known.contains(*node))),
        }
        match step.below {
            Below::All(old) => (at, is_dropped) = (old, false),
            Below::Some(old) => {
                trail.uncertain.push(Vec::new());
                (at, is_dropped) = (old, true);
            }
            Below::BranchStart => {
                trail.has_ended = true;
                return trail;
            }
        }
    }
}
