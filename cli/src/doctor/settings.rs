//! Whether what was counted would be counted under the settings as they are.

use super::finding::Finding;
use crate::installation::Installation;
use functions::ledger::Recorded;
use jiff::SignedDuration;
use metrics_lib::{datum::OLDEST, fact::FactKind, rules::ProductionRule};

const CHECK: &str = "settings";
/// How many deployments are named.
const MOST: usize = 10;

/// The deployments of two weeks that were counted under other settings. CloudWatch takes nothing back, so they stay counted,
/// but somebody should know.
pub(super) async fn deployments(installation: &Installation) -> Vec<Finding> {
    let (ledger, rule) = (installation.ledger(), &installation.config.production);
    let range = installation.now - OLDEST..installation.now + SignedDuration::from_secs(1);
    let facts = match ledger.facts(FactKind::Deployment, range).await {
        Ok(facts) => facts,
        Err(error) => {
            return vec![Finding::failed(
                CHECK,
                "all",
                error.to_string(),
                "let the operator read the ledger",
            )];
        }
    };
    let by_others: Vec<&Recorded> = facts.iter().filter(|fact| !is_by(rule, fact)).collect();
    if by_others.is_empty() {
        let found = format!("{} deployments were counted under the settings as they are", facts.len());
        return vec![Finding::ok(CHECK, "of 14 days", found)];
    }
    let others = by_others.len().saturating_sub(MOST);
    let mut findings: Vec<Finding> = by_others.into_iter().take(MOST).map(finding).collect();
    if others > 0 {
        let found = format!("{others} more deployments were counted under other settings");
        findings.push(Finding::noted(CHECK, "of 14 days", found, REMEDY));
    }
    findings
}

const REMEDY: &str = "CloudWatch takes nothing back, so it stays counted; `cargo dora explain deployment ID` says what it is by \
     the settings as they are";

/// Whether a deployment was counted by the settings as they are, as far as that was noted.
fn is_by(rule: &ProductionRule, fact: &Recorded) -> bool {
    let (Some(decided_by), Some(key)) = (&fact.rule, &fact.deployment) else { return true };
    *decided_by == rule.fingerprint_of(key, fact.repository.as_deref())
}

fn finding(fact: &Recorded) -> Finding {
    let key = fact.deployment.as_ref().map(ToString::to_string).unwrap_or_default();
    let repository = fact.repository.as_deref().unwrap_or_default();
    let found = format!("a deployment of {repository} at {:.0} was counted under other settings", fact.time);
    Finding::noted(CHECK, key, found, REMEDY)
}
