//! How a record of the lake is read.

use super::{PULL_REQUEST, PULL_REQUEST_STEP, PUSH, Row};
use crate::{
    format::Version,
    lake::{COLUMNS, Change, Commit, CommitId, InvalidRecord, PullRequest, PullRequestStep, Push, StepKind},
    sources::github::is_repository,
};
use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};
use std::{fmt, marker::PhantomData, str::FromStr};

impl TryFrom<Row> for Change {
    type Error = InvalidRecord;

    fn try_from(row: Row) -> Result<Self, Self::Error> {
        Self::read(row, |commits| serde_json::from_str(commits))
    }
}

impl Change {
    /// Reads a row; its commits are read in a way that may only check them.
    fn read(
        row: Row,
        commits: impl FnOnce(&str) -> Result<Vec<Commit>, serde_json::Error>,
    ) -> Result<Self, InvalidRecord> {
        if !is_repository(&row.repository) {
            let reason = format!("{:?} is no `owner/name`", row.repository);
            return Err(InvalidRecord { what: "repository", reason });
        }
        let missing = |what| InvalidRecord { what, reason: "it is missing".into() };
        let id = |what, id: Option<String>| id.ok_or_else(|| missing(what)).and_then(CommitId::try_from);
        let time = |what, text: Option<String>| -> Result<Timestamp, InvalidRecord> {
            let text = text.ok_or_else(|| missing(what))?;
            text.parse().map_err(|error: jiff::Error| InvalidRecord { what, reason: error.to_string() })
        };
        match row.kind.as_str() {
            PUSH => {
                let read = commits(&row.commits.ok_or_else(|| missing("commits"))?);
                Ok(Self::Push(Push {
                    repository: row.repository,
                    repository_created: row
                        .repository_created
                        .map(|text| time("repository_created", Some(text)))
                        .transpose()?,
                    branch: row.branch,
                    pushed: time("pushed", row.pushed)?,
                    old_head: row.old_head.map(CommitId::try_from).transpose()?,
                    new_head: id("new_head", row.new_head)?,
                    part: row.part.ok_or_else(|| missing("part"))?,
                    parts: row.parts.ok_or_else(|| missing("parts"))?,
                    commits: read
                        .map_err(|error| InvalidRecord { what: "commits", reason: error.to_string() })?,
                    forced: row.forced.unwrap_or_default(),
                    repository_id: row.repository_id,
                }))
            }
            PULL_REQUEST => Ok(Self::PullRequest(PullRequest {
                repository: row.repository,
                branch: row.branch,
                head_branch: row.head_branch.ok_or_else(|| missing("head_branch"))?,
                head_commit: id("head_commit", row.head_commit)?,
                merge_commit: id("merge_commit", row.merge_commit)?,
                commit_count: row.commit_count.ok_or_else(|| missing("commit_count"))?,
                merged: time("merged", row.merged)?,
                same_repository: row.same_repository.unwrap_or_default(),
                repository_id: row.repository_id,
                number: row.number,
            })),
            PULL_REQUEST_STEP => {
                let step = row.step.ok_or_else(|| missing("step"))?;
                let unknown = || InvalidRecord { what: "step", reason: format!("{step:?} is unknown") };
                Ok(Self::PullRequestStep(PullRequestStep {
                    repository: row.repository,
                    repository_id: row.repository_id,
                    number: row.number.ok_or_else(|| missing("number"))?,
                    step: StepKind::ALL.into_iter().find(|known| known.name() == step).ok_or_else(unknown)?,
                    happened: time("happened", row.happened)?,
                }))
            }
            other => Err(InvalidRecord { what: "kind", reason: format!("{other:?} is unknown") }),
        }
    }
}

/// Values that were read one after the other, and not kept.
struct Checked<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Checked<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Self(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Checked<T> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Self, A::Error> {
        while values.next_element::<T>()?.is_some() {}
        Ok(self)
    }
}

impl Row {
    /// Checks that a row is a change, without making one.
    ///
    /// # Errors
    /// [`InvalidRecord`], when it is none.
    pub fn check(self) -> Result<(), InvalidRecord> {
        let check = |commits: &str| serde_json::from_str::<Checked<Commit>>(commits).map(|_| Vec::new());
        Change::read(self, check).map(drop)
    }

    /// A row of a query's result: the columns of [`CHANGES_STATEMENT`](crate::lake::CHANGES_STATEMENT) in order, as text.
    ///
    /// # Errors
    /// [`InvalidRecord`], when there are too few or a number is none.
    pub fn from_columns(columns: Vec<Option<String>>) -> Result<Self, InvalidRecord> {
        fn number<N: FromStr>(text: Option<String>) -> Result<Option<N>, InvalidRecord> {
            let parse =
                |text: String| text.parse().map_err(|_| InvalidRecord { what: "number", reason: text });
            text.map(parse).transpose()
        }
        let columns: [Option<String>; COLUMNS.len()] = columns.try_into().map_err(|columns: Vec<_>| {
            InvalidRecord { what: "row", reason: format!("{} columns", columns.len()) }
        })?;
        let [
            version,
            kind,
            repository,
            repository_created,
            branch,
            pushed,
            old_head,
            new_head,
            part,
            parts,
            commits,
            head_branch,
            head_commit,
            merge_commit,
            commit_count,
            merged,
            forced,
            same_repository,
            repository_id,
            pull_request_number,
            step,
            happened,
        ] = columns;
        let version = number::<u64>(version)?
            .ok_or(InvalidRecord { what: "version", reason: "it is missing".into() })?;
        let version = Version::try_from(version)
            .map_err(|error| InvalidRecord { what: "version", reason: error.to_string() })?;
        Ok(Self {
            version,
            kind: kind.unwrap_or_default(),
            repository: repository.unwrap_or_default(),
            repository_created,
            branch: branch.unwrap_or_default(),
            pushed,
            old_head,
            new_head,
            part: number(part)?,
            parts: number(parts)?,
            commits,
            head_branch,
            head_commit,
            merge_commit,
            commit_count: number(commit_count)?,
            merged,
            forced: forced.map(|text| text == "true"),
            same_repository: same_repository.map(|text| text == "true"),
            repository_id: number(repository_id)?,
            number: number(pull_request_number)?,
            step,
            happened,
        })
    }
}
