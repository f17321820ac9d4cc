//! What is live before a deployment.

use super::{
    change_query::Live,
    history::{History, Node, Set},
    proof::{Membership, Proof, Root},
};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// What went live before and was not taken back.
pub(super) struct Before {
    /// With each, whether that is certain.
    pub(super) roots: Vec<(Root, bool)>,
    /// What was deployed for certain: anc of what is live for certain, and of the branches of pull requests that were
    /// squashed there.
    pub(super) out: Set,
}

impl Before {
    /// Goes through what went live, the latest first: going live with x takes back what x is a proper ancestor of.
    pub(super) fn new(proof: &Proof<'_, '_>, live: &[Live]) -> Self {
        let mut roots: Vec<(Root, bool)> = Vec::new();
        let is_one_line = proof.history.has_one_line() && proof.read_since == Timestamp::MIN;
        for Live { time, revision } in live.iter().rev() {
            let Some(node) = proof.history.node(revision) else { continue };
            let again = roots.iter().position(|(root, _)| root.node == node).map(|place| roots.remove(place));
            // What went live again is what it was.
            let root = again.map_or_else(|| proof.root(node, *time), |(root, _)| root);
            roots.retain_mut(|(older, is_sure)| match proof.membership(node, older, &BTreeSet::new()) {
                Membership::In => false,
                Membership::Out => true,
                // Where one branch is deployed, either is in anc of the other: the later one says all.
                Membership::Unknown if is_one_line => older.is_in(&root),
                Membership::Unknown => {
                    *is_sure &= older.is_in(&root);
                    true
                }
            });
            roots.push((root, true));
        }
        let sure: Vec<Root> =
            roots.iter().filter(|(_, is_sure)| *is_sure).map(|(root, _)| root.clone()).collect();
        // What is in anc of another adds nothing.
        let adds = |root: &Root| !sure.iter().any(|other| other.node != root.node && root.is_in(other));
        roots.retain(|(root, _)| adds(root));
        let out = deployed(proof, &sure);
        Self { roots, out }
    }
}

/// What was deployed with some revisions: theirs, and that of the branches that were squashed into them.
fn deployed(proof: &Proof<'_, '_>, roots: &[Root]) -> Set {
    let history: &History<'_> = proof.history;
    let mut out = history.empty();
    roots.iter().for_each(|root| out.extend(&root.ancestors));
    let mut heads: BTreeSet<Node> = BTreeSet::new();
    loop {
        let squashed = history
            .requests
            .iter()
            .filter(|request| request.same_repository)
            .filter(|request| history.node(&request.merge_commit).is_some_and(|made| out.contains(made)));
        let new: Vec<Node> = squashed
            .filter_map(|request| history.node(&request.head_commit))
            .filter(|head| heads.insert(*head))
            .collect();
        if new.is_empty() {
            return out;
        }
        new.into_iter().for_each(|head| out.extend(&proof.ancestors(head)));
    }
}
