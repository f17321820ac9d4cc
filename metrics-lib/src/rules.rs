//! What an installation decides: which executions are production deployments, what is rework, which incidents count, and
//! what repositories are called.

use crate::{fnv::fnv_1a, identity::DeploymentKey, repository::GitName};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What an installation calls production. Names of repositories are in their one spelling, see [`RepositoryRule`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductionRule {
    /// The branch that GitFlow repositories deploy to production from.
    pub main_branch: String,
    /// The names of the stages that deploy to production, in order: of several, production is reached when the last of
    /// them that a pipeline has succeeded.
    pub production_stages: Vec<String>,
    /// The trunk-based repositories; all others follow GitFlow.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub trunk_based: BTreeSet<String>,
    /// What is otherwise in some repositories.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub repositories: BTreeMap<String, Exception>,
    /// What is otherwise in some pipelines, by name or pattern with `*`. It comes before what a repository says; of
    /// several patterns the longest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pipelines: BTreeMap<String, Exception>,
    /// Names or patterns of pipelines that deploy nothing to production.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub excluded_pipelines: BTreeSet<String>,
}

/// What is otherwise in a repository or pipeline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Exception {
    /// In place of [`ProductionRule::main_branch`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main_branch: Option<String>,
    /// In place of [`ProductionRule::production_stages`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub production_stages: Option<Vec<String>>,
    /// The name of the source action that counts, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_action: Option<String>,
}

impl ProductionRule {
    /// Whether a pipeline deploys nothing to production.
    pub fn is_excluded(&self, pipeline: &str) -> bool {
        self.excluded_pipelines.iter().any(|pattern| matches(pattern, pipeline))
    }

    /// The main branch of a pipeline that deploys a repository.
    pub fn main_branch(&self, pipeline: &str, repository: Option<&str>) -> &str {
        self.exception(pipeline, repository, |exception| exception.main_branch.as_ref())
            .unwrap_or(&self.main_branch)
    }

    /// The names of the production stages of a pipeline that deploys a repository, in order.
    pub fn production_stages(&self, pipeline: &str, repository: Option<&str>) -> &[String] {
        self.exception(pipeline, repository, |exception| exception.production_stages.as_ref())
            .unwrap_or(&self.production_stages)
    }

    /// The name of the source action that counts, where one is named.
    pub fn source_action(&self, pipeline: &str, repository: Option<&str>) -> Option<&str> {
        self.exception(pipeline, repository, |exception| exception.source_action.as_ref()).map(String::as_str)
    }

    /// Whether a stage of a pipeline may be a production stage, whatever the repository.
    pub fn may_be_production(&self, pipeline: &str, stage: &str) -> bool {
        let exceptions =
            self.repositories.values().filter_map(|exception| exception.production_stages.as_ref());
        let names = exceptions.flatten().chain(self.production_stages(pipeline, None));
        names.into_iter().any(|name| name == stage) && !self.is_excluded(pipeline)
    }

    /// The settings that decide what the executions of a pipeline are, as one word: it is another one when they change.
    pub fn fingerprint(&self, pipeline: &str, repository: Option<&str>) -> String {
        let trunk_based = repository.is_some_and(|repository| self.trunk_based.contains(repository));
        let settings = [
            self.main_branch(pipeline, repository),
            &self.production_stages(pipeline, repository).join("\n"),
            self.source_action(pipeline, repository).unwrap_or_default(),
            if trunk_based { "trunk" } else { "" },
            if self.is_excluded(pipeline) { "excluded" } else { "" },
        ];
        format!("{:016x}", fnv_1a(settings.join("\0").as_bytes()))
    }

    /// The settings that decide what something is, as one word. What other sources tell of, they don't decide.
    pub fn fingerprint_of(&self, key: &DeploymentKey, repository: Option<&str>) -> String {
        match key {
            DeploymentKey::Execution(key) => self.fingerprint(&key.pipeline, repository),
            DeploymentKey::Sourced(_) => String::new(),
        }
    }

    /// All of these settings, as one number: it is another one when any of them changes.
    pub fn digest(&self) -> u64 {
        fnv_1a(serde_json::to_string(self).unwrap_or_default().as_bytes())
    }

    /// What is otherwise in a pipeline, else in a repository.
    fn exception<'a, T>(
        &'a self,
        pipeline: &str,
        repository: Option<&str>,
        of: impl Fn(&'a Exception) -> Option<&'a T>,
    ) -> Option<&'a T> {
        let patterns = self.pipelines.iter().filter(|(pattern, _)| matches(pattern, pipeline));
        let of_pipeline = patterns.filter_map(|(pattern, exception)| Some((pattern.len(), of(exception)?)));
        of_pipeline
            .max_by_key(|(length, _)| *length)
            .map(|(_, value)| value)
            .or_else(|| of(self.repositories.get(repository?)?))
    }
}

/// What is rework.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReworkRule {
    /// What branches with an unplanned fix begin with, whatever the case.
    pub branches: BTreeSet<String>,
    /// What messages of commits that undo or redo something begin with, whatever the case.
    pub messages: BTreeSet<String>,
}

impl Default for ReworkRule {
    fn default() -> Self {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Self { branches: owned(&["hotfix/", "revert-"]), messages: owned(&["Revert \"", "Reapply \""]) }
    }
}

impl ReworkRule {
    /// Whether a branch is called like one with an unplanned fix.
    pub fn is_rework_branch(&self, branch: &str) -> bool {
        self.branches.iter().any(|prefix| begins(branch, prefix))
    }

    /// Whether a commit's message says that it undoes or redoes something.
    pub fn is_rework_message(&self, message: &str) -> bool {
        self.messages.iter().any(|prefix| begins(message.trim_start(), prefix))
    }
}

/// Whether a text begins with another one, whatever the case.
fn begins(text: &str, prefix: &str) -> bool {
    let mut text = text.chars().flat_map(char::to_lowercase);
    prefix.chars().flat_map(char::to_lowercase).all(|expected| text.next() == Some(expected))
}

/// Which incidents count, and what they may be blamed on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IncidentRule {
    /// What an incident that names nothing is blamed on.
    #[serde(default)]
    pub unnamed: Unnamed,
    /// The accounts and repositories whose deployments the `OpsItem`s of an account may be blamed on, in place of the
    /// account's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub accounts: BTreeMap<String, BTreeSet<String>>,
    /// How long an incident that names nothing waits for accounts and pipelines that can't be read.
    #[serde(default = "an_hour", skip_serializing_if = "is_an_hour")]
    pub unread_wait: SignedDuration,
    /// The types of `OpsItem`s that are incidents.
    pub types: BTreeSet<String>,
    /// The sources; all if there are none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub sources: BTreeSet<String>,
    /// The categories; all if there are none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub categories: BTreeSet<String>,
    /// The severities; all if there are none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub severities: BTreeSet<String>,
}

fn an_hour() -> SignedDuration {
    SignedDuration::from_hours(1)
}

fn is_an_hour(duration: &SignedDuration) -> bool {
    *duration == an_hour()
}

impl Default for IncidentRule {
    fn default() -> Self {
        Self {
            unnamed: Unnamed::Latest,
            accounts: BTreeMap::new(),
            unread_wait: an_hour(),
            types: BTreeSet::from(["/aws/issue".to_owned()]),
            sources: BTreeSet::new(),
            categories: BTreeSet::new(),
            severities: BTreeSet::new(),
        }
    }
}

/// What an incident that names nothing is blamed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unnamed {
    /// The latest deployment.
    #[default]
    Latest,
    /// Nothing.
    Unattributed,
}

/// What repositories are called, and whose deployments they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RepositoryRule {
    /// Names that the configuration has, beside those of teams and trunk-based repositories, in the spelling that is shown.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub spellings: BTreeSet<String>,
    /// The names that repositories had before, and the name that each has now.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub aliases: BTreeMap<GitName, String>,
    /// The accounts whose pipelines may deploy a repository; all where it has none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub accounts: BTreeMap<String, BTreeSet<String>>,
}

impl RepositoryRule {
    /// All of these settings, as one number: it is another one when any of them changes.
    pub fn digest(&self) -> u64 {
        fnv_1a(serde_json::to_string(self).unwrap_or_default().as_bytes())
    }
}

/// Whether a name matches a pattern: `*` stands for any characters, everything else for itself.
pub fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(start) => rest = &rest[start + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        fn check(pattern: &str, name: &str, expected: bool) {
            assert_eq!(matches(pattern, name), expected, "{pattern:?} and {name:?}");
        }
        check("shop", "shop", true);
        check("shop", "shop-dev", false);
        check("*-dev", "shop-dev", true);
        check("*-dev", "shop-dev-2", false);
        check("shop-*", "shop-dev", true);
        check("*shop*", "my-shop-dev", true);
        check("a*a", "a", false);
        check("*", "", true);
        check("a*b*c", "a-c-b-c", true);
        check("a*b*c", "a-c-c", false);
        check("a", "a", true);
        check("a", "ab", false);
        check("a*", "ab", true);
        check("a*c", "abc", true);
        check("a*c", "abd", false);
        check("*b*", "abc", true);
        check("a*b*c", "aXbXbXc", true);
        check("a*ä", "aää", true);
    }

    #[test]
    fn rework_whatever_the_case() {
        let rule = ReworkRule::default();
        for branch in ["hotfix/x", "HotFix/x", "revert-7-x", "Revert-7"] {
            assert!(rule.is_rework_branch(branch), "{branch}");
        }
        for message in ["Revert \"Add\"", "revert \"Add\"", "Revert \"Revert \"Add\"\"", "Reapply \"Add\""] {
            assert!(rule.is_rework_message(message), "{message}");
        }
        assert!(!rule.is_rework_branch("feature/hotfix/x"));
        assert!(!rule.is_rework_message("Revert the decision"));
    }
}
