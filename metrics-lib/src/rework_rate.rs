//! Deployment rework rate: the share of deployments that were made because of an incident.

use crate::{
    contract::Metric,
    event::{Deployment, SourceRevision},
    fact::{Fact, FactId},
    lead_time::Changed,
    rules::ReworkRule,
    text,
};

/// Why a deployment is rework; none if it is not.
///
/// It is, when it references an incident, comes from a branch that is called like one with an unplanned fix (`hotfix/`,
/// `revert-`), merges such a branch, or its commit message says that it undoes or redoes something (`Revert "`,
/// `Reapply "`).
pub fn rework(source: &SourceRevision, rule: &ReworkRule) -> Option<String> {
    if let Some(id) = source.incidents().first() {
        return Some(format!("references {id}"));
    }
    if let Some(branch) = source.reference.branch().filter(|branch| rule.is_rework_branch(branch)) {
        return Some(format!("comes from branch {branch}"));
    }
    let message = source.message.as_deref()?;
    if let Some(branch) = text::merged_branch(message).filter(|branch| rule.is_rework_branch(branch)) {
        return Some(format!("merges branch {branch}"));
    }
    rule.is_rework_message(message).then(|| "reverts a commit".into())
}

/// The fact that a deployment is rework because of what it changed; none if the change does not show it, or if the
/// deployment itself does: then it counts the rework.
pub fn by_change(deployment: &Deployment, changed: &Changed, rule: &ReworkRule) -> Option<Fact> {
    if rework(&deployment.source, rule).is_some() {
        return None;
    }
    let references = changed.incidents.first().map(|id| format!("references {id}"));
    let merges = || {
        let branch = changed.branches.iter().find(|branch| rule.is_rework_branch(branch))?;
        Some(format!("merges branch {branch}"))
    };
    let reverts = || (!changed.rework.is_empty()).then(|| "reverts a commit".to_owned());
    Some(Fact {
        repository: Some(deployment.source.repository.clone()),
        count_metrics: vec![Metric::ReworkDeployments],
        ..Fact::new(
            FactId::Rework(deployment.key.clone()),
            deployment.time,
            references.or_else(merges).or_else(reverts)?,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::IncidentId;
    use jiff::Timestamp;

    #[test]
    fn what_is_rework_by_its_change() {
        fn check(message: &str, ops_items: &[&str], branches: &[&str], expected: Option<&str>) {
            check_with(message, ops_items, branches, false, expected);
        }
        fn check_with(
            message: &str,
            ops_items: &[&str],
            branches: &[&str],
            rework: bool,
            expected: Option<&str>,
        ) {
            let source = SourceRevision {
                kind: SourceKind::Git,
                provider: None,
                connection: None,
                repository: "acme/shop".into(),
                reference: Reference::Branch("main".into()),
                revision: None,
                message: Some(message.into()),
            };
            let key = "1/r/p/e".parse().unwrap();
            let (time, began) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
            let (ended_as, rule) = (None, String::new());
            let actions = Vec::new();
            let deployment = Deployment { key, time, began, ended_as, source, rule, actions };
            let changed = Changed {
                commits: Vec::new(),
                incidents: ops_items.iter().map(|id| IncidentId::OpsItem(id.parse().unwrap())).collect(),
                branches: branches.iter().map(|branch| (*branch).to_owned()).collect(),
                rework: rework.then(|| "a".repeat(40).try_into().unwrap()).into_iter().collect(),
                ..Changed::default()
            };
            let fact = by_change(&deployment, &changed, &ReworkRule::default());
            assert_eq!(fact.map(|fact| fact.evidence).as_deref(), expected);
        }
        check("Add", &[], &["feature/x"], None);
        check("Add", &["oi-0123456789ab"], &[], Some("references oi-0123456789ab"));
        check("Add", &[], &["feature/x", "hotfix/login"], Some("merges branch hotfix/login"));
        check("Fix oi-0123456789ab", &["oi-0123456789ab"], &["hotfix/login"], None);
        check("Add", &[], &["HotFix/login"], Some("merges branch HotFix/login"));
        check_with("Add", &[], &[], true, Some("reverts a commit"));
        check_with("Revert \"Add\"", &[], &[], true, None);
    }
    use crate::event::{Reference, SourceKind};

    #[test]
    fn what_is_rework() {
        fn check(reference: Reference, message: Option<&str>, expected: Option<&str>) {
            let source = SourceRevision {
                kind: SourceKind::Git,
                provider: None,
                connection: None,
                repository: "acme/shop".into(),
                reference,
                revision: None,
                message: message.map(Into::into),
            };
            assert_eq!(rework(&source, &ReworkRule::default()).as_deref(), expected, "{source:?}");
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
        check(branch("main"), Some("Reapply \"Add a thing\""), Some("reverts a commit"));
        check(branch("main"), Some("Revert \"Revert \"Add a thing\"\""), Some("reverts a commit"));
        check(branch("main"), Some("revert \"Add a thing\""), Some("reverts a commit"));
        check(branch("Hotfix/login"), None, Some("comes from branch Hotfix/login"));
        check(branch("main"), Some("Revert the decision"), None);
        check(branch("main"), Some("Undo: Revert \"Add a thing\""), None);
        check(Reference::Tag("hotfix/1".into()), None, None);
        check(Reference::None, Some("Revert \"Add a thing\""), Some("reverts a commit"));
    }
}
