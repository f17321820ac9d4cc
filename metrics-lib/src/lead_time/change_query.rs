//! What is asked of the changes of a repository, and what they answer.

use crate::{
    identity::IncidentId,
    lake::{Commit, CommitId},
    parts::PullRequestTimes,
};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// How long after something happened GitHub may deliver it: three days long it delivers again what failed, when somebody
/// asks for that; and then it is on its way.
pub const LATEST_DELIVERY: SignedDuration = SignedDuration::from_hours(4 * 24);

/// What went live in a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    /// When.
    pub time: Timestamp,
    /// The revision: what was deployed, or what a rollback went back to.
    pub revision: CommitId,
}

/// What lead time is made from, beside the pushes.
#[derive(Clone, Copy, Debug)]
pub struct ChangeQuery<'a> {
    /// The revision that was deployed.
    pub revision: &'a CommitId,
    /// What went live in this pipeline before, the latest first; for a new pipeline what ran for the repository. The latest,
    /// and what is [`concerned`](super::concerned), are enough. None for the first deployment ever.
    pub live: &'a [Live],
    /// The names of the branches that are deployed.
    pub lines: &'a BTreeSet<String>,
    /// When the deployment ended.
    pub deployed: Timestamp,
    /// How far back the first deployment ever reaches.
    pub lookback: SignedDuration,
    /// The present.
    pub now: Timestamp,
    /// The changes are all that have arrived since.
    pub read_since: Timestamp,
    /// Nothing older can be read.
    pub oldest: Timestamp,
}

impl ChangeQuery<'_> {
    /// Before when there is something that was not read, but can be.
    pub(super) fn unread_before(&self) -> Timestamp {
        if self.read_since > self.oldest { self.read_since } else { Timestamp::MIN }
    }
}

/// What a deployment changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeSet {
    /// This.
    Changed(Changed),
    /// Nothing new.
    Nothing(&'static str),
    /// Older changes may tell: to be read, and asked again.
    Older,
    /// It can't be told yet: something may still arrive.
    Awaited {
        /// What is missing.
        reason: String,
        /// What is new for certain. More may be, and other commits may count instead of some.
        known: Changed,
    },
    /// It can't be told, ever.
    Incomplete {
        /// What is missing.
        reason: String,
        /// What is new for certain. More may be, and other commits may count instead of some.
        known: Changed,
    },
}

impl ChangeSet {
    pub(super) fn missing(reason: String, known: Changed, happened: Timestamp, now: Timestamp) -> Self {
        match may_arrive(happened, now) {
            true => Self::Awaited { reason, known },
            false => Self::Incomplete { reason, known },
        }
    }

    /// What is new for certain.
    pub fn known(&self) -> Option<&Changed> {
        match self {
            Self::Changed(changed)
            | Self::Awaited { known: changed, .. }
            | Self::Incomplete { known: changed, .. } => Some(changed),
            Self::Nothing(_) | Self::Older => None,
        }
    }

    /// The commit since which the change has taken for certain, where not more is known.
    pub fn lower_bound(&self) -> Option<&Commit> {
        match self {
            Self::Awaited { known, .. } | Self::Incomplete { known, .. } => known.commits.first(),
            Self::Changed(_) | Self::Nothing(_) | Self::Older => None,
        }
    }
}

/// What is new.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// The commits, without those that only merge and those of bots; the earliest first.
    pub commits: Vec<Commit>,
    /// The incidents that any of its commits or merged branches references, merges and bots included.
    pub incidents: BTreeSet<IncidentId>,
    /// The branches that were merged: by pull requests, and as messages of merges say.
    pub branches: BTreeSet<String>,
    /// The commits whose messages are of rework, merges and bots included.
    pub rework: BTreeSet<CommitId>,
    /// How its first commit came to a branch that is deployed.
    pub pull_request: PullRequestTimes,
}

/// What can't be told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Problem {
    /// When the latest happened that would tell it.
    pub(super) happened: Timestamp,
    pub(super) reason: String,
    /// Whether changes from further back may tell it.
    pub(super) further: bool,
}

/// Whether what happened at an instant may still be delivered.
pub(super) fn may_arrive(happened: Timestamp, now: Timestamp) -> bool {
    now.duration_since(happened) < LATEST_DELIVERY
}
