//! What an execution deployed, from its source actions.
//!
//! Configuration keys and output variables are those of CodePipeline's action structure reference (CodeStar
//! connection, CodeCommit, Amazon S3, Amazon ECR, GitHub version 1).

use super::{Action, ArtifactRevision, Execution, latest_attempts};
use crate::{
    event::{Reference, SourceKind, SourceRevision},
    repository::GitName,
};
use serde_json::{Value, json};

/// The source of the source action that is named, else of the first by kind (Git, ECR, S3), then by name.
///
/// # Errors
/// Why there is none: the execution ran no source action, or only ones that name no repository.
pub(super) fn primary(execution: &Execution, named: Option<&str>) -> Result<SourceRevision, String> {
    let mut unknown = None;
    let mut sources: Vec<(bool, u8, &str, SourceRevision)> = Vec::new();
    for action in latest_attempts(execution).into_iter().filter(|action| action.category == "Source") {
        match source(execution, action) {
            Some(source) => {
                let is_named = named.is_some_and(|name| name == action.name);
                sources.push((!is_named, rank(source.kind), &action.name, source));
            }
            None => unknown = unknown.or(Some(action)),
        }
    }
    let first = sources.into_iter().min_by(|a, b| (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2)));
    first.map(|(.., source)| source).ok_or_else(|| match unknown {
        Some(action) if !is_of_aws(action) => {
            format!("source action {} is one of the account's own ({})", action.name, action.provider)
        }
        Some(action) => {
            format!("source action {} (provider {}) names no repository", action.name, action.provider)
        }
        None => "it ran no source action that tells the repository".into(),
    })
}

/// Whether CodePipeline vouches for what an action reports: a custom action may call itself anything.
fn is_of_aws(action: &Action) -> bool {
    // Recordings may lack the owner, the API never does.
    matches!(action.owner.as_str(), "AWS" | "ThirdParty" | "")
}

/// Which kind comes first: Git, wherever it is hosted, then images, then objects.
fn rank(kind: SourceKind) -> u8 {
    match kind {
        SourceKind::Git | SourceKind::CodeCommit => 0,
        SourceKind::Ecr => 1,
        SourceKind::S3 => 2,
    }
}

fn source(execution: &Execution, action: &Action) -> Option<SourceRevision> {
    if !is_of_aws(action) {
        return None;
    }
    let value = |name: &str| {
        let maps = [&action.output_variables, &action.configuration];
        maps.into_iter().filter_map(|map| map.get(name)).find(|value| !value.is_empty()).cloned()
    };
    let repository = match action.provider.as_str() {
        "CodeStarSourceConnection" => value("FullRepositoryName").or_else(|| value("FullRepositoryId"))?,
        "GitHub" => format!("{}/{}", value("Owner")?, value("Repo").or_else(|| value("RepositoryName"))?),
        "CodeCommit" | "ECR" => value("RepositoryName")?,
        "S3" => {
            // An execution may override the key; the object's name is the one that is configured, variables resolved.
            let configured = |name: &str| {
                let value = action.configured.get(name).filter(|value| !value.is_empty())?;
                (!value.contains("#{")).then(|| value.clone())
            };
            let bucket =
                configured("S3Bucket").or_else(|| value("BucketName")).or_else(|| value("S3Bucket"))?;
            let key =
                configured("S3ObjectKey").or_else(|| value("ObjectKey")).or_else(|| value("S3ObjectKey"))?;
            format!("{bucket}/{key}")
        }
        _ => return None,
    };
    let kind = match action.provider.as_str() {
        "CodeCommit" => SourceKind::CodeCommit,
        "ECR" => SourceKind::Ecr,
        "S3" => SourceKind::S3,
        _ => SourceKind::Git,
    };
    let revision_variable = match kind {
        SourceKind::Git | SourceKind::CodeCommit => "CommitId",
        SourceKind::Ecr => "ImageDigest",
        SourceKind::S3 => "VersionId",
    };
    let revision = action.output_variables.get(revision_variable).filter(|id| !id.is_empty()).cloned();
    let artifact = artifact(execution, action, revision.as_deref());
    let revision = revision
        .or_else(|| artifact.and_then(|artifact| artifact.revision.clone()))
        .or_else(|| action.external_id.clone());
    let message = matches!(kind, SourceKind::Git | SourceKind::CodeCommit)
        .then(|| {
            action
                .output_variables
                .get("CommitMessage")
                .cloned()
                .or_else(|| artifact.and_then(|artifact| artifact.summary.as_deref()).map(commit_message))
                .or_else(|| action.external_summary.as_deref().map(commit_message))
        })
        .flatten();
    let reference = match kind {
        SourceKind::Git | SourceKind::CodeCommit => {
            reference(execution, action, &repository, revision.as_deref())
        }
        SourceKind::Ecr | SourceKind::S3 => Reference::None,
    };
    let provider = match action.provider.as_str() {
        "GitHub" => Some("GitHub".to_owned()),
        "CodeStarSourceConnection" => artifact
            .and_then(|artifact| provider_type(artifact.summary.as_deref()?))
            .or_else(|| provider_type(action.external_summary.as_deref()?))
            .or_else(|| trigger(execution, &repository, None)?.text(&["ProviderType", "provider-type"])),
        _ => None,
    };
    let connection = action.configuration.get("ConnectionArn").filter(|_| kind == SourceKind::Git).cloned();
    Some(SourceRevision { kind, provider, connection, repository, reference, revision, message })
}

/// The branch or tag of a Git source action.
///
/// An action that a tag triggered is still configured with a branch, so the configuration comes last: first the
/// trigger, then what the action reports to have fetched.
fn reference(execution: &Execution, action: &Action, repository: &str, revision: Option<&str>) -> Reference {
    if let Some(tag) = tag(execution, action, repository, revision) {
        return Reference::Tag(tag);
    }
    let named = |name: &str| match (name.strip_prefix("refs/tags/"), name.strip_prefix("refs/heads/")) {
        (Some(tag), _) => Reference::Tag(tag.into()),
        (None, Some(branch)) => Reference::Branch(branch.into()),
        (None, None) => Reference::Branch(name.into()),
    };
    let reported = !action.output_variables.is_empty();
    match action.output_variables.get("BranchName").map(String::as_str) {
        Some(name) if !name.is_empty() => named(name),
        // It reports the commit that it fetched, and no branch: it fetched a tag, whose name is not told.
        _ if reported && action.provider == "CodeStarSourceConnection" => Reference::Tag(String::new()),
        _ => {
            let configured =
                ["BranchName", "Branch"].into_iter().find_map(|key| action.configuration.get(key));
            configured.filter(|name| !name.is_empty()).map_or(Reference::None, |name| named(name))
        }
    }
}

/// The tag that triggered the execution: an output variable, or what a structured trigger says of this very source.
fn tag(execution: &Execution, action: &Action, repository: &str, revision: Option<&str>) -> Option<String> {
    if let Some(tag) = action.output_variables.get("TagName").filter(|tag| !tag.is_empty()) {
        return Some(tag.clone());
    }
    let trigger = trigger(execution, repository, revision)?;
    trigger.text(&["tag-name", "tagName", "TagName"]).or_else(|| {
        let reference = trigger.text(&["ref", "reference"])?;
        reference.strip_prefix("refs/tags/").filter(|tag| !tag.is_empty()).map(str::to_owned)
    })
}

/// What a trigger says in a structured form. What people wrote, a commit's message for instance, is never searched.
struct Trigger(Value);

impl Trigger {
    /// The first of some members that is a text.
    fn text(&self, names: &[&str]) -> Option<String> {
        let mut values = names.iter().filter_map(|name| self.0.get(name)?.as_str());
        values.find(|value| !value.is_empty()).map(str::to_owned)
    }
}

/// The trigger of an execution, if it is about a source: it names its repository, or else its revision; a trigger that
/// names neither is about the only source action that there is.
fn trigger(execution: &Execution, repository: &str, revision: Option<&str>) -> Option<Trigger> {
    let detail = execution.trigger_detail.as_deref()?;
    let is_reference = detail.starts_with("refs/") && !detail.contains(char::is_whitespace);
    let detail = if is_reference { json!({"ref": detail}) } else { serde_json::from_str(detail).ok()? };
    let trigger = detail.is_object().then_some(Trigger(detail))?;
    let named =
        trigger.text(&["full-repository-name", "fullRepositoryName", "FullRepositoryName", "repository"]);
    let commit = trigger.text(&["commit-id", "commitId", "CommitId"]);
    let is_about = match (named, commit, revision) {
        (Some(named), ..) => GitName::new(named) == repository.into(),
        (None, Some(commit), Some(revision)) => commit == revision,
        _ => latest_attempts(execution).iter().filter(|action| action.category == "Source").count() == 1,
    };
    is_about.then_some(trigger)
}

/// The type of the Git host that a connection leads to, as a revision's summary tells it.
fn provider_type(summary: &str) -> Option<String> {
    let object: Value = serde_json::from_str(summary).ok()?;
    object.get("ProviderType")?.as_str().filter(|provider| !provider.is_empty()).map(str::to_owned)
}

/// The revision that a source action brought in: by its id, else by the artifact's name.
fn artifact<'a>(
    execution: &'a Execution,
    action: &Action,
    revision: Option<&str>,
) -> Option<&'a ArtifactRevision> {
    let mut artifacts = execution.revisions.iter();
    let by_id = artifacts.find(|artifact| revision.is_some() && artifact.revision.as_deref() == revision);
    by_id.or_else(|| {
        execution.revisions.iter().find(|artifact| action.output_artifacts.contains(&artifact.name))
    })
}

/// The commit message in a revision's summary: the summary itself, or for connections the `CommitMessage` of the
/// JSON object that it is.
fn commit_message(summary: &str) -> String {
    let object = serde_json::from_str::<Value>(summary).ok();
    let message = object.as_ref().and_then(|object| object.get("CommitMessage")?.as_str());
    message.unwrap_or(summary).into()
}
