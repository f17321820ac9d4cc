//! What an execution deployed, from its source actions.
//!
//! Configuration keys and output variables are those of CodePipeline's action structure reference (CodeStar
//! connection, CodeCommit, Amazon S3, Amazon ECR, GitHub version 1).

use super::{Action, ArtifactRevision, Execution, latest_attempts};
use crate::event::{Reference, Source, SourceKind};

/// The source of the primary source action: the first by kind (Git, ECR, S3), then by name.
///
/// # Errors
/// Why there is none: the execution ran no source action, or only ones that name no repository.
pub(super) fn primary(execution: &Execution) -> Result<Source, String> {
    let mut unknown = None;
    let mut sources: Vec<(u8, &str, Source)> = Vec::new();
    for action in latest_attempts(execution).into_iter().filter(|action| action.category == "Source") {
        match source(execution, action) {
            Some(source) => sources.push((rank(source.kind), &action.name, source)),
            None => unknown = unknown.or(Some(action)),
        }
    }
    let first = sources.into_iter().min_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    first.map(|(_, _, source)| source).ok_or_else(|| match unknown {
        Some(action) => {
            format!("source action {} (provider {}) names no repository", action.name, action.provider)
        }
        None => "it ran no source action that tells the repository".into(),
    })
}

/// Which kind comes first: Git, wherever it is hosted, then images, then objects.
fn rank(kind: SourceKind) -> u8 {
    match kind {
        SourceKind::Git | SourceKind::CodeCommit => 0,
        SourceKind::Ecr => 1,
        SourceKind::S3 => 2,
    }
}

fn source(execution: &Execution, action: &Action) -> Option<Source> {
    let value = |name: &str| {
        let maps = [&action.output_variables, &action.configuration];
        maps.into_iter().filter_map(|map| map.get(name)).find(|value| !value.is_empty()).cloned()
    };
    let repository = match action.provider.as_str() {
        "CodeStarSourceConnection" => value("FullRepositoryName").or_else(|| value("FullRepositoryId"))?,
        "GitHub" => format!("{}/{}", value("Owner")?, value("Repo").or_else(|| value("RepositoryName"))?),
        "CodeCommit" | "ECR" => value("RepositoryName")?,
        "S3" => format!(
            "{}/{}",
            value("BucketName").or_else(|| value("S3Bucket"))?,
            value("ObjectKey").or_else(|| value("S3ObjectKey"))?
        ),
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
        SourceKind::Git | SourceKind::CodeCommit => reference(execution, action),
        SourceKind::Ecr | SourceKind::S3 => Reference::None,
    };
    Some(Source { kind, repository, reference, revision, message })
}

/// The branch or tag of a Git source action.
///
/// An action that a tag triggered is still configured with a branch, so the configuration comes last: first the
/// trigger, then what the action reports to have fetched.
fn reference(execution: &Execution, action: &Action) -> Reference {
    if let Some(tag) = tag(execution, action) {
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

/// The tag that triggered the execution: an output variable, or what the trigger's detail says.
fn tag(execution: &Execution, action: &Action) -> Option<String> {
    if let Some(tag) = action.output_variables.get("TagName").filter(|tag| !tag.is_empty()) {
        return Some(tag.clone());
    }
    let detail = execution.trigger_detail.as_deref()?;
    if let Some((_, tag)) = detail.split_once("refs/tags/") {
        let end = tag
            .find(|char: char| char.is_whitespace() || matches!(char, '"' | ',' | '}'))
            .unwrap_or(tag.len());
        return Some(tag[..end].into());
    }
    let detail: serde_json::Value = serde_json::from_str(detail).ok()?;
    let keys = ["tag-name", "tagName", "TagName"];
    keys.into_iter().find_map(|key| detail.get(key)?.as_str()).filter(|tag| !tag.is_empty()).map(Into::into)
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
    let object = serde_json::from_str::<serde_json::Value>(summary).ok();
    let message = object.as_ref().and_then(|object| object.get("CommitMessage")?.as_str());
    message.unwrap_or(summary).into()
}
