//! Whether CloudWatch has what the ledger says, and what can't be read or done.

use super::finding::Finding;
use crate::installation::Installation;
use functions::{
    ledger::{Left, MOST_TRIES},
    runtime::error::Error,
};
use jiff::SignedDuration;
use metrics_lib::{
    datum::OLDEST,
    fact::{FactKind, FactState},
};

const CHECK: &str = "facts";

/// The facts of which it is not known whether CloudWatch has them: those that will be decided, and those that can't be.
pub(super) async fn doubts(installation: &Installation) -> Vec<Finding> {
    match found(installation).await {
        Ok(findings) => findings,
        Err(error) => {
            vec![Finding::failed(CHECK, "all", error.to_string(), "let the operator read the ledger")]
        }
    }
}

async fn found(installation: &Installation) -> Result<Vec<Finding>, Error> {
    let (ledger, mut findings) = (installation.ledger(), Vec::new());
    let doubts = ledger.doubts().await?.len();
    findings.push(match doubts {
        0 => {
            Finding::ok(CHECK, "in CloudWatch", "of all that was put, it is known whether CloudWatch has it")
        }
        doubts => Finding::noted(
            CHECK,
            "in CloudWatch",
            format!("{doubts} may be there or not, since nobody heard CloudWatch's answer"),
            "the reconciler decides it within 3 hours, 72 for what is older than a day",
        ),
    });
    let range = installation.now - OLDEST..installation.now + SignedDuration::from_secs(1);
    let mut undecided = 0;
    for kind in FactKind::ALL {
        let facts = ledger.facts(kind, range.clone()).await?;
        undecided += facts.iter().filter(|fact| fact.state == FactState::Undecided).count();
    }
    if undecided > 0 {
        let found =
            format!("{undecided} of 14 days can't be decided: CloudWatch has other values than were put");
        findings.push(Finding::failed(
            CHECK,
            "undecided",
            found,
            "find who else puts values of namespace DORA; `cargo dora explain FIGURE` lists the facts",
        ));
    }
    Ok(findings)
}

/// What the reconciler could not do or read.
pub(super) async fn backlog(installation: &Installation) -> Vec<Finding> {
    const CHECK: &str = "set aside";
    let backlog = match installation.ledger().backlog(installation.now).await {
        Ok(backlog) => backlog,
        Err(error) => {
            let remedy = "let the operator read the ledger";
            return vec![Finding::failed(CHECK, "all", error.to_string(), remedy)];
        }
    };
    let left = backlog.into_iter().filter(|left| left.done.is_none());
    let mut findings: Vec<Finding> = left
        .map(|left| {
            let is_aside = left.is_set_aside();
            let Left { subject, since, tries, error, .. } = left;
            let subject = subject.to_string();
            match is_aside {
                true => Finding::failed(
                    CHECK,
                    subject,
                    format!("after {tries} tries, since {since:.0}: {error}"),
                    "mend the cause, then `cargo dora redrive`",
                ),
                false => Finding::noted(
                    CHECK,
                    subject,
                    format!("failed, {tries} of {MOST_TRIES} tries, since {since:.0}: {error}"),
                    "the reconciler tries again; mend the cause",
                ),
            }
        })
        .collect();
    if findings.is_empty() {
        findings.push(Finding::ok(CHECK, "all", "nothing"));
    }
    findings
}
