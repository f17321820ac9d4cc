//! The events that metrics are made of: deployments, rollbacks, incidents, and what identifies each.

use crate::text;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What identifies a pipeline execution. A retried execution keeps its id, so it stays one deployment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionKey {
    /// The account that the pipeline runs in, 12 digits.
    pub account: String,
    /// The pipeline's region.
    pub region: String,
    /// The pipeline's name.
    pub pipeline: String,
    /// The execution's id, a UUID.
    pub execution_id: String,
}

impl ExecutionKey {
    /// Whether both executions are of one pipeline.
    pub fn same_pipeline(&self, other: &Self) -> bool {
        (&self.account, &self.region, &self.pipeline) == (&other.account, &other.region, &other.pipeline)
    }
}

impl fmt::Display for ExecutionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{}", self.account, self.region, self.pipeline, self.execution_id)
    }
}

/// A pipeline, wherever it runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PipelineKey {
    /// The account that the pipeline runs in, 12 digits.
    pub account: String,
    /// The pipeline's region.
    pub region: String,
    /// The pipeline's name.
    pub pipeline: String,
}

impl PipelineKey {
    /// An execution of the pipeline.
    pub fn execution(&self, execution_id: String) -> ExecutionKey {
        let Self { account, region, pipeline } = self.clone();
        ExecutionKey { account, region, pipeline, execution_id }
    }

    /// Reads a pipeline's ARN, `arn:PARTITION:codepipeline:REGION:ACCOUNT:NAME`, or that of one of its stages or actions,
    /// which have `/STAGE` or `/STAGE/ACTION` at the end; none if it is something else.
    pub fn from_arn(arn: &str) -> Option<Self> {
        let mut parts = arn.trim().splitn(6, ':');
        let ("arn", _partition, "codepipeline") = (parts.next()?, parts.next()?, parts.next()?) else {
            return None;
        };
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let mut names = resource.split('/');
        let pipeline = names.next()?;
        let is_name =
            |name: &str| !name.is_empty() && !name.contains(|c: char| c == ':' || c.is_whitespace());
        let named = is_name(region) && is_name(account) && is_name(pipeline);
        let complete = names.clone().count() <= 2 && names.all(is_name);
        (named && complete).then(|| Self {
            account: account.into(),
            region: region.into(),
            pipeline: pipeline.into(),
        })
    }
}

impl From<&ExecutionKey> for PipelineKey {
    fn from(key: &ExecutionKey) -> Self {
        Self { account: key.account.clone(), region: key.region.clone(), pipeline: key.pipeline.clone() }
    }
}

/// The id of an `OpsItem`: `oi-` and 12 hexadecimal digits, kept in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OpsItemId(String);

/// A text that is not the id of an `OpsItem`.
#[derive(Debug, thiserror::Error)]
#[error("\"{0}\" is not an OpsItem id: `oi-` and 12 hexadecimal digits")]
pub struct InvalidOpsItemId(String);

impl OpsItemId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OpsItemId {
    type Err = InvalidOpsItemId;

    fn from_str(id: &str) -> Result<Self, Self::Err> {
        let lower = id.to_ascii_lowercase();
        let valid = lower
            .strip_prefix("oi-")
            .is_some_and(|digits| digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if valid { Ok(Self(lower)) } else { Err(InvalidOpsItemId(id.into())) }
    }
}

impl TryFrom<String> for OpsItemId {
    type Error = InvalidOpsItemId;

    fn try_from(id: String) -> Result<Self, Self::Error> {
        id.parse()
    }
}

impl From<OpsItemId> for String {
    fn from(id: OpsItemId) -> Self {
        id.0
    }
}

impl fmt::Display for OpsItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What identifies an `OpsItem`: ids are unique in an account and region only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpsItemKey {
    /// The account that the `OpsItem` was created in, 12 digits.
    pub account: String,
    /// The region that it was created in.
    pub region: String,
    /// Its id.
    pub ops_item_id: OpsItemId,
}

impl fmt::Display for OpsItemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.account, self.region, self.ops_item_id)
    }
}

/// Where a source action of CodePipeline takes its code from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SourceKind {
    /// A Git host through a CodeStar connection, or GitHub version 1.
    Git,
    /// A Git repository of CodeCommit.
    CodeCommit,
    /// A container image.
    Ecr,
    /// An object in a bucket.
    S3,
}

/// What of a Git repository was deployed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reference {
    /// The head of a branch.
    Branch(String),
    /// A tag.
    Tag(String),
    /// The source has neither (S3, ECR), or the execution does not say.
    None,
}

impl Reference {
    /// The branch, if it is one.
    pub fn branch(&self) -> Option<&str> {
        match self {
            Self::Branch(name) => Some(name),
            Self::Tag(_) | Self::None => None,
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Branch(name) => write!(f, "branch {name}"),
            Self::Tag(name) if name.is_empty() => f.write_str("a tag"),
            Self::Tag(name) => write!(f, "tag {name}"),
            Self::None => f.write_str("no branch"),
        }
    }
}

/// What an execution deployed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// The kind of the primary source action.
    pub kind: SourceKind,
    /// The type of the Git host that a connection leads to, as CodePipeline says it (`ProviderType`): `GitHub`,
    /// `GitHubEnterpriseServer`, `Bitbucket`, `GitLab`, …; none where it was not told.
    pub provider: Option<String>,
    /// The ARN of the connection, which may be asked for the type of its host.
    pub connection: Option<String>,
    /// `owner/name`; for CodeCommit and ECR the repository's name, for S3 `bucket/key`.
    pub repository: String,
    /// The branch or tag.
    pub reference: Reference,
    /// The commit, image digest or object version.
    pub revision: Option<String>,
    /// The message of the commit.
    pub message: Option<String>,
}

impl Source {
    /// Whether the webhook may tell the commits of this source: a Git host that is GitHub's, or one that nothing is
    /// known of.
    pub fn may_be_delivered(&self) -> bool {
        let is_git_hub = |provider: &String| provider.starts_with("GitHub");
        self.kind == SourceKind::Git && self.provider.as_ref().is_none_or(is_git_hub)
    }

    /// The ids of the `OpsItem`s that the branch, the merged branch or the commit message references, sorted, each
    /// once.
    pub fn ops_items(&self) -> Vec<OpsItemId> {
        let texts = self.reference.branch().into_iter().chain(self.message.as_deref());
        let mut ids: Vec<_> = texts.flat_map(text::ops_item_ids).collect();
        ids.sort();
        ids.dedup();
        ids
    }
}

/// A production deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    /// What identifies it.
    pub key: ExecutionKey,
    /// When it ended.
    pub time: Timestamp,
    /// When the first attempt of its production stage began; its end in a pipeline without such a stage.
    pub began: Timestamp,
    /// The execution's status, where it is another one than `Succeeded`: what became of it after production.
    pub ended_as: Option<String>,
    /// What was deployed.
    pub source: Source,
    /// The settings that it was decided by, see [`crate::rules::ProductionRule::fingerprint`].
    pub rule: String,
}

/// What stays known of a production deployment: all that attribution needs, and nothing of its content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployed {
    /// When it ended.
    pub time: Timestamp,
    /// What identifies it.
    pub key: ExecutionKey,
    /// The repository.
    pub repository: String,
}

impl From<&Deployment> for Deployed {
    fn from(deployment: &Deployment) -> Self {
        let Deployment { key, time, source, .. } = deployment;
        Self { time: *time, key: key.clone(), repository: source.repository.clone() }
    }
}

/// A succeeded execution of type ROLLBACK that took a production deployment back. It is no deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rollback {
    /// What identifies it.
    pub key: ExecutionKey,
    /// When it ended.
    pub time: Timestamp,
    /// The deployment that it took back: what was live before it.
    pub rolled_back: Deployed,
    /// The deployment that is live after it; none if its target is not known.
    pub restored: Option<Deployed>,
}

/// An `OpsItem` of type `/aws/issue`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Incident {
    /// What identifies it.
    pub key: OpsItemKey,
    /// When it was raised.
    pub created: Timestamp,
    /// Its title, as written by whoever raised it.
    pub title: String,
    /// Its description.
    pub description: String,
    /// The execution that its operational data names (`dora/execution`).
    pub execution_id: Option<String>,
    /// The repository that its operational data names (`dora/repository`).
    pub repository: Option<String>,
    /// The pipelines whose ARN its operational data names (`/aws/resources`).
    pub pipelines: Vec<PipelineKey>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipelines_from_arns() {
        fn check(arn: &str, expected: Option<[&str; 3]>) {
            let found = PipelineKey::from_arn(arn);
            let expected = expected.map(|parts| {
                let [account, region, pipeline] = parts.map(str::to_owned);
                PipelineKey { account, region, pipeline }
            });
            assert_eq!(found, expected, "{arn:?}");
        }
        let shop = Some(["111111111111", "eu-west-1", "shop"]);
        check("arn:aws:codepipeline:eu-west-1:111111111111:shop", shop);
        check(" arn:aws-us-gov:codepipeline:eu-west-1:111111111111:shop\n", shop);
        check("arn:aws:codepipeline:eu-west-1:111111111111:shop/Source", shop);
        check("arn:aws:codepipeline:eu-west-1:111111111111:shop/Source/Action", shop);
        check("arn:aws:codepipeline:eu-west-1:111111111111:shop/", None);
        check("arn:aws:codepipeline:eu-west-1:111111111111:shop/Source/Action/More", None);
        check("arn:aws:codepipeline:eu-west-1:111111111111:/Source/Action", None);
        check("arn:aws:codepipeline:eu-west-1:aws:actiontype:Source/AWS/S3/1", None);
        check("arn:aws:codepipeline:eu-west-1:111111111111:actiontype:Build/Custom/Shop/1", None);
        check("arn:aws:codepipeline:::shop", None);
        check("arn:aws:codepipeline:eu-west-1:111111111111:webhook:shop", None);
        check("arn:aws:codepipeline:eu-west-1:111111111111:", None);
        check("arn:aws:lambda:eu-west-1:111111111111:shop", None);
        check("shop", None);
    }

    #[test]
    fn ops_item_ids() {
        fn check(id: &str, expected: Option<&str>) {
            let found = id.parse().ok().map(|id: OpsItemId| String::from(id));
            assert_eq!(found.as_deref(), expected, "{id:?}");
        }
        check("oi-0123456789ab", Some("oi-0123456789ab"));
        check("OI-0123456789AB", Some("oi-0123456789ab"));
        check("oi-0123456789a", None);
        check("oi-0123456789abc", None);
        check("oi-0123456789ag", None);
        check(" oi-0123456789ab", None);
        check("oi-éééééé", None);
    }
}
