//! A record of the lake: how it is written.

mod read;
#[cfg(test)]
mod tests;

use super::Change;
use crate::format::Version;
use serde::{Deserialize, Serialize};

/// The version of the rows that are written, and the latest that is read. See docs/design/formats.md.
pub const ROW_VERSION: u32 = 1;

/// A record as it lies in the lake: the columns of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    version: Version<ROW_VERSION>,
    /// `push`, `pull_request` or `pull_request_step`.
    pub kind: String,
    /// `owner/name`.
    pub repository: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repository_created: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    branch: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pushed: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    old_head: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    new_head: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    part: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parts: Option<u32>,
    /// JSON in a text: Athena has no type for it that every engine reads alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commits: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    head_branch: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    head_commit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    merge_commit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commit_count: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    merged: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    forced: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    same_repository: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repository_id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    step: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    happened: Option<String>,
}

/// What ends a line.
pub const LINE_END: u8 = b'\n';

const PUSH: &str = "push";
const PULL_REQUEST: &str = "pull_request";
const PULL_REQUEST_STEP: &str = "pull_request_step";

impl From<&Change> for Row {
    fn from(change: &Change) -> Self {
        match change {
            Change::Push(push) => Self {
                kind: PUSH.into(),
                repository: push.repository.clone(),
                repository_created: push.repository_created.map(|time| time.to_string()),
                branch: push.branch.clone(),
                pushed: Some(push.pushed.to_string()),
                old_head: push.old_head.as_ref().map(ToString::to_string),
                new_head: Some(push.new_head.to_string()),
                part: Some(push.part),
                parts: Some(push.parts),
                // Texts and times always are JSON.
                commits: serde_json::to_string(&push.commits).ok(),
                forced: push.forced.then_some(true),
                repository_id: push.repository_id,
                ..Self::default()
            },
            Change::PullRequest(request) => Self {
                kind: PULL_REQUEST.into(),
                repository: request.repository.clone(),
                branch: request.branch.clone(),
                head_branch: Some(request.head_branch.clone()),
                head_commit: Some(request.head_commit.to_string()),
                merge_commit: Some(request.merge_commit.to_string()),
                commit_count: Some(request.commit_count),
                merged: Some(request.merged.to_string()),
                same_repository: request.same_repository.then_some(true),
                repository_id: request.repository_id,
                number: request.number,
                ..Self::default()
            },
            Change::PullRequestStep(step) => Self {
                kind: PULL_REQUEST_STEP.into(),
                repository: step.repository.clone(),
                repository_id: step.repository_id,
                number: Some(step.number),
                step: Some(step.step.name().to_owned()),
                happened: Some(step.happened.to_string()),
                ..Self::default()
            },
        }
    }
}

impl Row {
    /// The row as it lies in the lake: a line, with its end.
    ///
    /// # Errors
    /// None is known: texts, numbers and lists always are JSON.
    pub fn to_line(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut line = serde_json::to_vec(self)?;
        line.push(LINE_END);
        Ok(line)
    }
}
