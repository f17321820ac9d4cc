//! What happened to a repository.

use super::CommitId;
use crate::sources::opscenter::OpsItemId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What happened to a repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// A branch was pushed to.
    Push(Push),
    /// A pull request was merged.
    PullRequest(PullRequest),
    /// A pull request came further on its way to be merged.
    PullRequestStep(PullRequestStep),
}

impl Change {
    /// GitHub's id of the repository, if the delivery told it.
    pub fn repository_id(&self) -> Option<u64> {
        match self {
            Self::Push(push) => push.repository_id,
            Self::PullRequest(request) => request.repository_id,
            Self::PullRequestStep(step) => step.repository_id,
        }
    }
}

/// A push to a branch, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Push {
    /// `owner/name`.
    pub repository: String,
    /// When the repository was created.
    pub repository_created: Option<Timestamp>,
    /// The branch.
    pub branch: String,
    /// When it was pushed.
    pub pushed: Timestamp,
    /// The branch's head before; none if the push created the branch.
    pub old_head: Option<CommitId>,
    /// The branch's head after.
    pub new_head: CommitId,
    /// Which part this is, from 0 on.
    pub part: u32,
    /// How many parts there are.
    pub parts: u32,
    /// The commits of this part, in order.
    pub commits: Vec<Commit>,
    /// Whether the old head is not what the new one was made from. Records from before this was kept say no.
    pub forced: bool,
    /// The repository's id, which it keeps when it is renamed. Records from before this was kept have none.
    pub repository_id: Option<u64>,
}

/// A pull request that was merged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PullRequest {
    /// `owner/name`.
    pub repository: String,
    /// The branch that it was merged into.
    pub branch: String,
    /// The branch that was merged.
    pub head_branch: String,
    /// The head of the branch that was merged.
    pub head_commit: CommitId,
    /// What merging made: a merge commit, a squashed commit, or the last of the rebased ones.
    pub merge_commit: CommitId,
    /// How many commits it had.
    pub commit_count: u32,
    /// When it was merged.
    pub merged: Timestamp,
    /// Whether the branch lies in this repository, and not in a fork. Records from before this was kept say no.
    pub same_repository: bool,
    /// The repository's id, which it keeps when it is renamed. Records from before this was kept have none.
    pub repository_id: Option<u64>,
    /// Its number in the repository. Records from before this was kept have none.
    pub number: Option<u64>,
}

/// A step of a pull request on its way to be merged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PullRequestStep {
    /// `owner/name`.
    pub repository: String,
    /// The repository's id, which it keeps when it is renamed.
    pub repository_id: Option<u64>,
    /// The pull request's number in the repository.
    pub number: u64,
    /// Which step.
    pub step: StepKind,
    /// When it happened.
    pub happened: Timestamp,
}

/// How a pull request can come further. Its name is its text in the lake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepKind {
    /// It is ready for review: opened, or no longer a draft.
    Ready,
    /// Somebody else than who opened it reviewed it, and did not approve it.
    Reviewed,
    /// Somebody else than who opened it approved it.
    Approved,
}

impl StepKind {
    /// Every step.
    pub const ALL: [Self; 3] = [Self::Ready, Self::Reviewed, Self::Approved];

    /// Its text in the lake.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Reviewed => "reviewed",
            Self::Approved => "approved",
        }
    }
}

/// A commit of a push.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Commit {
    /// Its id.
    pub id: CommitId,
    /// Its date, as whoever made it says.
    pub time: Timestamp,
    /// Whether its message says that it merges a branch.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub merge: bool,
    /// Whether its author is one of the bots that are left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bot: bool,
    /// Whether GitHub made it by merging a pull request, which has a delivery of its own then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_pull_request: bool,
    /// The `OpsItem`s that its message references.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ops_items: Vec<OpsItemId>,
    /// The branch that its message says it merges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged: Option<String>,
    /// Whether its message is one of rework.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rework: bool,
}
