//! Deployment rework rate: the share of deployments that were made because of an incident.

use crate::{
    contract::Metric,
    event::{Deployment, Source},
    fact::{Fact, FactId},
    lead_time::Changed,
    text,
};

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
    if let Some(branch) = source.reference.branch().filter(|branch| is_rework(branch)) {
        return Some(format!("comes from branch {branch}"));
    }
    let message = source.message.as_deref()?;
    if let Some(branch) = text::merged_branch(message).filter(|branch| is_rework(branch)) {
        return Some(format!("merges branch {branch}"));
    }
    message.starts_with("Revert \"").then(|| "reverts a commit".into())
}

fn is_rework(branch: &str) -> bool {
    REWORK_BRANCHES.iter().any(|prefix| branch.starts_with(prefix))
}

/// The fact that a deployment is rework because of what it changed; none if the change does not show it, or if the
/// deployment itself does: then it counts the rework.
pub fn by_change(deployment: &Deployment, changed: &Changed) -> Option<Fact> {
    if rework(&deployment.source).is_some() {
        return None;
    }
    let references = changed.ops_items.first().map(|id| format!("references {id}"));
    let merges = || {
        let branch = changed.branches.iter().find(|branch| is_rework(branch))?;
        Some(format!("merges branch {branch}"))
    };
    Some(Fact {
        id: FactId::Rework(deployment.key.clone()),
        time: deployment.time,
        repository: Some(deployment.source.repository.clone()),
        execution: Some(deployment.key.clone()),
        ops_item: None,
        measured: Vec::new(),
        commits: Vec::new(),
        counted_by: vec![Metric::ReworkDeployments],
        evidence: references.or_else(merges)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::ExecutionKey;
    use jiff::Timestamp;

    #[test]
    fn what_is_rework_by_its_change() {
        fn check(message: &str, ops_items: &[&str], branches: &[&str], expected: Option<&str>) {
            let [account, region, pipeline, execution_id] = ["1", "r", "p", "e"].map(str::to_owned);
            let source = Source {
                kind: SourceKind::Git,
                repository: "acme/shop".into(),
                reference: Reference::Branch("main".into()),
                revision: None,
                message: Some(message.into()),
            };
            let key = ExecutionKey { account, region, pipeline, execution_id };
            let deployment = Deployment { key, time: Timestamp::UNIX_EPOCH, source };
            let changed = Changed {
                commits: Vec::new(),
                ops_items: ops_items.iter().map(|id| id.parse().unwrap()).collect(),
                branches: branches.iter().map(|branch| (*branch).to_owned()).collect(),
            };
            let fact = by_change(&deployment, &changed);
            assert_eq!(fact.map(|fact| fact.evidence).as_deref(), expected);
        }
        check("Add", &[], &["feature/x"], None);
        check("Add", &["oi-0123456789ab"], &[], Some("references oi-0123456789ab"));
        check("Add", &[], &["feature/x", "hotfix/login"], Some("merges branch hotfix/login"));
        check("Fix oi-0123456789ab", &["oi-0123456789ab"], &["hotfix/login"], None);
    }
    use crate::event::{Reference, SourceKind};

    #[test]
    fn what_is_rework() {
        fn check(reference: Reference, message: Option<&str>, expected: Option<&str>) {
            let source = Source {
                kind: SourceKind::Git,
                repository: "acme/shop".into(),
                reference,
                revision: None,
                message: message.map(Into::into),
            };
            assert_eq!(rework(&source).as_deref(), expected, "{source:?}");
        }
        let branch = |name: &str| Reference::Branch(name.into());
        check(branch("main"), None, None);
        check(branch("main"), Some("Add a thing"), None);
        check(branch("hotfix/login"), None, Some("comes from branch hotfix/login"));
        check(branch("revert-7-login"), None, Some("comes from branch revert-7-login"));
        check(branch("feature/hotfix/login"), None, None);
        check(branch("hotfixes"), None, None);
        check(branch("fix/OI-0123456789AB"), None, Some("references oi-0123456789ab"));
        check(branch("main"), Some("Fix oi-0123456789ab"), Some("references oi-0123456789ab"));
        check(branch("main"), Some("Merge branch 'hotfix/x' into main"), Some("merges branch hotfix/x"));
        check(
            branch("main"),
            Some("Merge pull request #7 from acme/revert-6-x"),
            Some("merges branch revert-6-x"),
        );
        check(branch("main"), Some("Merge pull request #7 from acme/feature/x"), None);
        check(branch("main"), Some("Revert \"Add a thing\""), Some("reverts a commit"));
        check(branch("main"), Some("Revert the decision"), None);
        check(branch("main"), Some("Undo: Revert \"Add a thing\""), None);
        check(Reference::Tag("hotfix/1".into()), None, None);
        check(Reference::None, Some("Revert \"Add a thing\""), Some("reverts a commit"));
    }
}
