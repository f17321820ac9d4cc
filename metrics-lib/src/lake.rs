//! The lake: what is kept of GitHub's webhooks, where it lies, and how it is asked.
//!
//! A record is one line of JSON. Records lie in S3 by a hash of the repository and the day that they arrived, so that a
//! question about one repository reads a small part. Values never become part of a statement: they are parameters.

mod change;
mod commit_id;
mod row;
mod table;

pub use change::{Change, Commit, PullRequest, PullRequestStep, Push, StepKind};
pub use commit_id::CommitId;
pub use row::{LINE_END, ROW_VERSION, Row};
pub use table::{
    BUCKETS, CHANGES_STATEMENT, COLUMNS, ERROR_PREFIX, LOCATION_TEMPLATE, PARTITION_KEYS, PREFIX, SERDE,
    TABLE, bucket, day, literal, table_parameters,
};

/// A text that is no commit's id, repository or record.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{what} is not valid: {reason}")]
pub struct InvalidRecord {
    what: &'static str,
    reason: String,
}
