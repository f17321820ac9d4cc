//! The events that metrics are made of: deployments, rollbacks and incidents, whatever source tells of them.

use crate::{
    identity::{DeploymentKey, IncidentId, IncidentKey, UnitKey},
    sources,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

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

impl SourceKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Git, Self::CodeCommit, Self::Ecr, Self::S3];

    /// Its name in the ledger.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Git => "git",
            Self::CodeCommit => "codeCommit",
            Self::Ecr => "ecr",
            Self::S3 => "s3",
        }
    }
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
pub struct SourceRevision {
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

impl SourceRevision {
    /// Whether the webhook may tell the commits of this source: a Git host that is GitHub's, or one that nothing is
    /// known of.
    pub fn may_be_delivered(&self) -> bool {
        let is_git_hub = |provider: &String| provider.starts_with("GitHub");
        self.kind == SourceKind::Git && self.provider.as_ref().is_none_or(is_git_hub)
    }

    /// The ids of the incidents that the branch, the merged branch or the commit message references, sorted, each
    /// once.
    pub fn incidents(&self) -> Vec<IncidentId> {
        let texts = self.reference.branch().into_iter().chain(self.message.as_deref());
        let mut ids: Vec<_> = texts.flat_map(sources::referenced_incidents).collect();
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
    pub key: DeploymentKey,
    /// When it ended.
    pub time: Timestamp,
    /// When the first attempt of its production stage began; its end in a pipeline without such a stage.
    pub began: Timestamp,
    /// What became of it after production, in its source's words, if it did not just succeed.
    pub ended_as: Option<String>,
    /// What was deployed.
    pub source: SourceRevision,
    /// The settings that it was decided by, see [`crate::rules::ProductionRule::fingerprint`].
    pub rule: String,
    /// What ran until it ended, each attempt, in order of their beginnings; none where its source has no actions.
    #[serde(default)]
    pub actions: Vec<ActionTime>,
}

/// An action of what deployed, in one attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionTime {
    /// Its stage.
    pub stage: String,
    /// What it does.
    pub category: ActionCategory,
    /// When it began.
    pub start: Timestamp,
    /// When it ended; none of one that has not.
    pub end: Option<Timestamp>,
}

/// What an action does, as far as a lead time tells it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ActionCategory {
    /// It waits for somebody to approve.
    Approval,
    /// It deploys to production.
    Deploy,
    /// It does something else.
    Other,
}

/// What stays known of a production deployment: all that attribution needs, and nothing of its content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentRef {
    /// When it ended.
    pub time: Timestamp,
    /// What identifies it.
    pub key: DeploymentKey,
    /// The repository.
    pub repository: String,
}

impl From<&Deployment> for DeploymentRef {
    fn from(deployment: &Deployment) -> Self {
        let Deployment { key, time, source, .. } = deployment;
        Self { time: *time, key: key.clone(), repository: source.repository.clone() }
    }
}

/// A production deployment as the history of its pipeline knows it: what ran in production since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveDeployment {
    /// Which deployment it is.
    pub deployed: DeploymentRef,
    /// When the first attempt of its production stage began; its end in a pipeline without such a stage.
    pub began: Timestamp,
    /// The kind of its source.
    pub kind: SourceKind,
    /// The branch, if that was deployed.
    pub branch: Option<String>,
    /// The commit, image digest or object version.
    pub revision: Option<String>,
}

impl From<&Deployment> for LiveDeployment {
    fn from(deployment: &Deployment) -> Self {
        let Deployment { began, source, .. } = deployment;
        Self {
            deployed: DeploymentRef::from(deployment),
            began: *began,
            kind: source.kind,
            branch: source.reference.branch().map(str::to_owned),
            revision: source.revision.clone(),
        }
    }
}

/// What took a production deployment back. It is no deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rollback {
    /// What identifies it.
    pub key: DeploymentKey,
    /// When it ended.
    pub time: Timestamp,
    /// The deployment that it took back: what was live before it.
    pub rolled_back: DeploymentRef,
    /// The deployment that is live after it; none if its target is not known.
    pub restored: Option<DeploymentRef>,
}

/// An incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Incident {
    /// What identifies it.
    pub key: IncidentKey,
    /// When it was raised.
    pub created: Timestamp,
    /// Its title, as written by whoever raised it.
    pub title: String,
    /// Its description.
    pub description: String,
    /// The deployment that its data name by its id (of an `OpsItem`, `dora/execution`).
    pub deployment: Option<String>,
    /// The repository that its data name (of an `OpsItem`, `dora/repository`).
    pub repository: Option<String>,
    /// What its data name that is deployed to (of an `OpsItem`, the pipelines whose ARN `/aws/resources` has).
    pub units: Vec<UnitKey>,
}

/// What is being deployed to production now, and may become a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// What will identify the deployment.
    pub key: DeploymentKey,
    /// The repository that it deploys.
    pub repository: String,
    /// When it began to change production.
    pub began: Timestamp,
}

/// Something that a source tells of and that is no production deployment, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// What identifies it.
    pub key: DeploymentKey,
    /// When it ended; none if it came to nothing.
    pub time: Option<Timestamp>,
    /// The repository, if it is known.
    pub repository: Option<String>,
    /// The reason, a sentence fragment.
    pub reason: String,
    /// Whether it ran to its end and did something else: such are counted, those that came to nothing are not.
    pub ran_through: bool,
    /// The settings that it was decided by.
    pub rule: String,
}
