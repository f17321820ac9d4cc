//! The lake: what is kept of GitHub's webhooks, where it lies, and how it is asked.
//!
//! A record is one line of JSON. Records lie in S3 by a hash of the repository and the day that they arrived, so that a
//! question about one repository reads a small part. Values never become part of a statement: they are parameters.

mod commit_id;

pub use commit_id::CommitId;

use crate::{fnv::fnv_1a, format::Version, repository::GitName, sources::opscenter::OpsItemId};
use jiff::{Timestamp, tz::TimeZone};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{SeqAccess, Visitor},
};
use std::{fmt, marker::PhantomData, str::FromStr};

/// How many buckets the repositories are spread over: more would exceed the partitions that Firehose writes at once.
pub const BUCKETS: u64 = 64;
/// The table.
pub const TABLE: &str = "changes";
/// Where records lie, below the bucket's root; Firehose fills in the partition keys that the transformation gave.
pub const PREFIX: &str = "changes/bucket=!{partitionKeyFromLambda:bucket}/day=!{partitionKeyFromLambda:day}/";
/// Where Firehose puts what it could not deliver.
pub const ERROR_PREFIX: &str = "errors/!{firehose:error-output-type}/";
/// The folder of the table's data, which partition projection completes.
pub const LOCATION_TEMPLATE: &str = "changes/bucket=${bucket}/day=${day}/";
/// The `SerDe` that reads a line. Every line is checked when it is written, so one that can't be read is a fault to be
/// seen, not to be skipped.
pub const SERDE: &str = "org.apache.hive.hcatalog.data.JsonSerDe";
/// The table's columns and their types.
pub const COLUMNS: [(&str, &str); 22] = [
    ("version", "int"),
    ("kind", "string"),
    ("repository", "string"),
    ("repository_created", "string"),
    ("branch", "string"),
    ("pushed", "string"),
    ("old_head", "string"),
    ("new_head", "string"),
    ("part", "int"),
    ("parts", "int"),
    ("commits", "string"),
    ("head_branch", "string"),
    ("head_commit", "string"),
    ("merge_commit", "string"),
    ("commit_count", "int"),
    ("merged", "string"),
    ("forced", "boolean"),
    ("same_repository", "boolean"),
    ("repository_id", "bigint"),
    ("number", "bigint"),
    ("step", "string"),
    ("happened", "string"),
];
/// The table's partition keys and their types.
pub const PARTITION_KEYS: [(&str, &str); 2] = [("bucket", "string"), ("day", "string")];

/// All that is known of a repository from a range of days. Parameters: bucket, first day, last day, and the
/// repository in lower case, since GitHub's names ignore case. Rows of every version are asked for: one that can't be read is
/// an error, and no missing push.
pub const CHANGES_STATEMENT: &str = "SELECT version, kind, repository, repository_created, branch, pushed, old_head, new_head, \
     part, parts, commits, head_branch, head_commit, merge_commit, commit_count, merged, forced, same_repository, \
     repository_id, number, step, happened FROM changes \
     WHERE bucket = ? AND day BETWEEN ? AND ? AND lower(repository) = ?";

/// The table's parameters for partition projection, which needs no crawler.
pub fn table_parameters(bucket: &str) -> Vec<(&'static str, String)> {
    vec![
        ("projection.enabled", "true".into()),
        ("projection.bucket.type", "integer".into()),
        ("projection.bucket.range", format!("0,{}", BUCKETS - 1)),
        ("projection.bucket.digits", "2".into()),
        ("projection.day.type", "date".into()),
        ("projection.day.format", "yyyy-MM-dd".into()),
        ("projection.day.range", "2024-01-01,NOW+1DAYS".into()),
        ("storage.location.template", format!("s3://{bucket}/{LOCATION_TEMPLATE}")),
    ]
}

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

/// A text that is no commit's id, repository or record.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{what} is not valid: {reason}")]
pub struct Invalid {
    what: &'static str,
    reason: String,
}

/// Whether a text is a repository of GitHub's, `owner/name`.
pub fn is_repository(text: &str) -> bool {
    let is_name = |name: &str, longest: usize| {
        (1..=longest).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
    };
    text.split_once('/').is_some_and(|(owner, name)| is_name(owner, 39) && is_name(name, 100))
}

/// The partition of a repository's records: FNV-1a of its name's key.
pub fn bucket(repository: &GitName) -> String {
    format!("{:02}", fnv_1a(repository.key().as_bytes()) % BUCKETS)
}

/// The partition of an instant.
pub fn day(time: Timestamp) -> String {
    time.to_zoned_datetime(TimeZone::UTC).date().to_string()
}

/// A text as an SQL literal, for a parameter of a statement: parameters are expressions.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

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

impl TryFrom<Row> for Change {
    type Error = Invalid;

    fn try_from(row: Row) -> Result<Self, Self::Error> {
        Self::read(row, |commits| serde_json::from_str(commits))
    }
}

impl Change {
    /// Reads a row; its commits are read in a way that may only check them.
    fn read(
        row: Row,
        commits: impl FnOnce(&str) -> Result<Vec<Commit>, serde_json::Error>,
    ) -> Result<Self, Invalid> {
        if !is_repository(&row.repository) {
            let reason = format!("{:?} is no `owner/name`", row.repository);
            return Err(Invalid { what: "repository", reason });
        }
        let missing = |what| Invalid { what, reason: "it is missing".into() };
        let id = |what, id: Option<String>| id.ok_or_else(|| missing(what)).and_then(CommitId::try_from);
        let time = |what, text: Option<String>| -> Result<Timestamp, Invalid> {
            let text = text.ok_or_else(|| missing(what))?;
            text.parse().map_err(|error: jiff::Error| Invalid { what, reason: error.to_string() })
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
                    commits: read.map_err(|error| Invalid { what: "commits", reason: error.to_string() })?,
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
                let unknown = || Invalid { what: "step", reason: format!("{step:?} is unknown") };
                Ok(Self::PullRequestStep(PullRequestStep {
                    repository: row.repository,
                    repository_id: row.repository_id,
                    number: row.number.ok_or_else(|| missing("number"))?,
                    step: StepKind::ALL.into_iter().find(|known| known.name() == step).ok_or_else(unknown)?,
                    happened: time("happened", row.happened)?,
                }))
            }
            other => Err(Invalid { what: "kind", reason: format!("{other:?} is unknown") }),
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
    /// The row as it lies in the lake: a line, with its end.
    ///
    /// # Errors
    /// None is known: texts, numbers and lists always are JSON.
    pub fn to_line(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut line = serde_json::to_vec(self)?;
        line.push(LINE_END);
        Ok(line)
    }

    /// Checks that a row is a change, without making one.
    ///
    /// # Errors
    /// [`Invalid`], when it is none.
    pub fn check(self) -> Result<(), Invalid> {
        let check = |commits: &str| serde_json::from_str::<Checked<Commit>>(commits).map(|_| Vec::new());
        Change::read(self, check).map(drop)
    }

    /// A row of a query's result: the columns of [`CHANGES_STATEMENT`] in order, as text.
    ///
    /// # Errors
    /// [`Invalid`], when there are too few or a number is none.
    pub fn from_columns(columns: Vec<Option<String>>) -> Result<Self, Invalid> {
        fn number<N: FromStr>(text: Option<String>) -> Result<Option<N>, Invalid> {
            let parse = |text: String| text.parse().map_err(|_| Invalid { what: "number", reason: text });
            text.map(parse).transpose()
        }
        let columns: [Option<String>; COLUMNS.len()] = columns.try_into().map_err(|columns: Vec<_>| {
            Invalid { what: "row", reason: format!("{} columns", columns.len()) }
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
        let version =
            number::<u64>(version)?.ok_or(Invalid { what: "version", reason: "it is missing".into() })?;
        let version = Version::try_from(version)
            .map_err(|error| Invalid { what: "version", reason: error.to_string() })?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories() {
        fn check(text: &str, expected: bool) {
            assert_eq!(is_repository(text), expected, "{text:?}");
        }
        check("acme/shop", true);
        check("Acme-Corp/shop.js_2", true);
        check("acme", false);
        check("acme/", false);
        check("/shop", false);
        check("acme/shop/x", false);
        check("acme/sh op", false);
        check("acme/shop'--", false);
        check("äcme/shop", false);
        check(&format!("{}/shop", "a".repeat(40)), false);
    }

    #[test]
    fn literals_are_inert() {
        assert_eq!(literal("acme/shop"), "'acme/shop'");
        assert_eq!(literal("1 OR 1=1"), "'1 OR 1=1'");
        assert_eq!(literal("x' OR '1'='1"), "'x'' OR ''1''=''1'");
    }

    /// The hash must never change: records would not be found again.
    #[test]
    fn buckets_are_stable() {
        let buckets = ["acme/shop", "Acme/Shop", "acme/payments"].map(|name| bucket(&name.into()));
        assert_eq!(buckets, ["12", "12", "07"]);
    }

    #[test]
    fn a_row_is_what_it_was_made_from() {
        let id = |digit: &str| CommitId::try_from(digit.repeat(40)).unwrap();
        let time: Timestamp = "2026-06-15T12:00:00.5Z".parse().unwrap();
        let commit = Commit {
            id: id("a"),
            time,
            merge: true,
            bot: false,
            from_pull_request: true,
            ops_items: vec!["oi-0123456789ab".parse().unwrap()],
            merged: Some("hotfix/it's".into()),
            rework: true,
        };
        let push = Change::Push(Push {
            repository: "acme/shop".into(),
            repository_created: Some(time),
            branch: "it's \"main\"".into(),
            pushed: time,
            old_head: Some(id("b")),
            new_head: id("a"),
            part: 1,
            parts: 2,
            commits: vec![commit],
            forced: true,
            repository_id: Some(186_853_002),
        });
        let request = Change::PullRequest(PullRequest {
            repository: "acme/shop".into(),
            branch: "main".into(),
            head_branch: "feature".into(),
            head_commit: id("c"),
            merge_commit: id("d"),
            commit_count: 3,
            merged: time,
            same_repository: true,
            repository_id: Some(u64::from(u32::MAX) + 1),
            number: Some(7),
        });
        let step = |step| {
            Change::PullRequestStep(PullRequestStep {
                repository: "acme/shop".into(),
                repository_id: Some(7),
                number: 8,
                step,
                happened: time,
            })
        };
        for change in [push, request].into_iter().chain(StepKind::ALL.map(step)) {
            let row = Row::from(&change);
            let json = serde_json::to_value(&row).unwrap();
            let columns = COLUMNS.map(|(name, _)| {
                json.get(name).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            });
            assert_eq!(Row::from_columns(columns.to_vec()).unwrap(), row);
            for (version, expected) in [
                (
                    Some("2"),
                    "version is not valid: it has version 2, and this release reads versions up to 1",
                ),
                (Some("0"), "version is not valid: it has version 0"),
                (None, "version is not valid: it is missing"),
            ] {
                let mut columns = columns.to_vec();
                columns[0] = version.map(str::to_owned);
                let error = Row::from_columns(columns).unwrap_err().to_string();
                assert!(error.starts_with(expected), "{version:?}: {error}");
                let mut record = json.clone();
                record["version"] = version.map_or(serde_json::Value::Null, |text| text.parse().unwrap());
                assert!(serde_json::from_value::<Row>(record).is_err(), "{version:?}");
            }
            assert_eq!(Change::try_from(row).unwrap(), change);
        }
    }
}
