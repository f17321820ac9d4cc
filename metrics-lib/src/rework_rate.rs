//! Deployment rework rate: the share of deployments that were made because of an incident.

use crate::{event::Source, text};

/// Branches that carry an unplanned fix start with one of these.
const REWORK_BRANCHES: [&str; 2] = ["hotfix/", "revert-"];

/// Why a deployment is rework; none if it is not.
///
/// It is, when it references an `OpsItem`, comes from a branch that starts with `hotfix/` or `revert-`, merges such a
/// branch, or its commit message starts with `Revert "`.
pub fn rework(source: &Source) -> Option<String> {
    if let Some(id) = source.ops_items().first() {
        return Some(format!("references {id}"));
    }
    let is_rework = |branch: &str| REWORK_BRANCHES.iter().any(|prefix| branch.starts_with(prefix));
    if let Some(branch) = source.reference.branch().filter(|branch| is_rework(branch)) {
        return Some(format!("comes from branch {branch}"));
    }
    let message = source.message.as_deref()?;
    if let Some(branch) = text::merged_branch(message).filter(|branch| is_rework(branch)) {
        return Some(format!("merges branch {branch}"));
    }
    message.starts_with("Revert \"").then(|| "reverts a commit".into())
}
