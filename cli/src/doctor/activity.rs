//! Whether events come, and whether what no event brings is found.

use super::finding::Finding;
use crate::installation::Installation;
use functions::{
    ledger::Watermark,
    reconciler::{Checked, Task},
    runtime::error::Error,
    sources::places,
};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::{contract::probe::LATE, datum::OLDEST, fact::FactKind, place::Place};
use std::collections::BTreeMap;

/// Whether the functions may do in each account and region what they have to: the reconciler tries it.
pub(super) async fn permissions(installation: &Installation) -> anyhow::Result<Vec<Finding>> {
    const CHECK: &str = "permissions";
    let checks: Vec<Checked> = match installation.ask(&Task::Check {}).await? {
        Ok(checks) => checks,
        Err(failed) => {
            let remedy = format!("see its log {}", installation.plan.reconciler.function.log_group);
            return Ok(vec![Finding::failed(CHECK, "of the reconciler", failed.message, remedy)]);
        }
    };
    Ok(checks
        .into_iter()
        .map(|Checked { place, what, found, error }| {
            let subject = format!("{what} of {place}");
            match error {
                None => Finding::ok(CHECK, subject, found.unwrap_or_default()),
                Some(error) => {
                    let remedy = format!("run `pulumi up` for the tooling stack of {place}");
                    Finding::failed(CHECK, subject, error, remedy)
                }
            }
        })
        .collect())
}

/// The ledger can't be read.
fn unreadable(check: &'static str, error: &Error) -> Finding {
    Finding::failed(check, "all", error.to_string(), "let the operator read the ledger")
}

/// How far the reconciler is.
pub(super) async fn reconciler(installation: &Installation) -> Vec<Finding> {
    const CHECK: &str = "reconciler";
    let plan = &installation.plan.reconciler;
    let log = &plan.function.log_group;
    let (ledger, mut findings) = (installation.ledger(), Vec::new());
    // A few runs may fail before it matters.
    let late = installation.config.attribution_delay + plan.every * 4;
    let places = match places::of_pipelines(&installation.config, &ledger).await {
        Ok(places) => places,
        Err(error) => return vec![unreadable(CHECK, &error)],
    };
    for place in &places {
        let subject = place.to_string();
        findings.push(match ledger.watermark(Watermark::Executions, place).await {
            Err(error) => {
                Finding::failed(CHECK, subject, error.to_string(), "let the operator read the ledger")
            }
            Ok(None) => {
                let remedy =
                    format!("wait for its first run, every {:#}, then see its log {log}", plan.every);
                Finding::failed(CHECK, subject, "has not been there", remedy)
            }
            Ok(Some(reached)) if reached.time + late < installation.now => {
                let found = format!("knows what ended before {:.0} only", reached.time);
                Finding::failed(CHECK, subject, found, format!("see its log {log}"))
            }
            Ok(Some(reached)) => {
                Finding::ok(CHECK, subject, format!("knows what ended before {:.0}", reached.time))
            }
        });
    }
    findings
}

/// The last heartbeat of each account and region.
pub(super) async fn heartbeats(installation: &Installation) -> Vec<Finding> {
    const CHECK: &str = "heartbeat";
    let ledger = installation.ledger();
    let own = &installation.plan.region;
    let (places, last) =
        match (places::of_ops_items(&installation.config, &ledger, own).await, ledger.heartbeats().await) {
            (Ok(places), Ok(last)) => (places, last),
            (Err(error), _) | (_, Err(error)) => return vec![unreadable(CHECK, &error)],
        };
    let finding = |place: &Place| {
        let subject = place.to_string();
        let remedy = format!("run `pulumi up` for the stack of {place}");
        match last.get(place) {
            None => Finding::noted(CHECK, subject, "none has come yet", remedy),
            Some(last) if installation.now.duration_since(*last) > LATE => {
                Finding::failed(CHECK, subject, format!("none has come since {last:.0}"), remedy)
            }
            Some(last) => Finding::ok(CHECK, subject, format!("the last came at {last:.0}")),
        }
    };
    places.iter().map(finding).collect()
}

/// What ended in an account and region.
#[derive(Clone, Copy, Default)]
struct Ended {
    /// The latest that an event told.
    told: Option<Timestamp>,
    /// How many executions no event told.
    untold: usize,
}

/// The last event of each account and region.
pub(super) async fn events(installation: &Installation) -> Vec<Finding> {
    const CHECK: &str = "events";
    let (ledger, now) = (installation.ledger(), installation.now);
    let mut ended: BTreeMap<Place, Ended> = BTreeMap::new();
    for kind in [FactKind::Deployment, FactKind::Rollback, FactKind::Ignored] {
        // What ended now counts.
        let range = now - OLDEST..now + SignedDuration::from_secs(1);
        let facts = match ledger.facts(kind, range).await {
            Ok(facts) => facts,
            Err(error) => {
                return vec![unreadable(CHECK, &error)];
            }
        };
        for fact in facts {
            let Some(key) = fact.deployment else { continue };
            let ended = ended.entry(key.place().clone()).or_default();
            match fact.told_by_event {
                true => ended.told = ended.told.max(Some(fact.time)),
                false => ended.untold += 1,
            }
        }
    }
    let finding = |place: &Place| {
        let subject = place.to_string();
        let Ended { told, untold } = ended.get(place).copied().unwrap_or_default();
        match (told, untold) {
            (Some(told), _) => {
                Finding::ok(CHECK, subject, format!("the last told of what ended at {told:.0}"))
            }
            (None, 0) => Finding::ok(CHECK, subject, "nothing has ended there for 14 days"),
            (None, untold) => {
                let found = format!("none came in 14 days, the reconciler found {untold} executions");
                let remedy = format!(
                    "run `pulumi up` for the tooling stack of {place}; its queue {} holds what a rule \
                     could not deliver",
                    installation.names.tooling_undelivered()
                );
                Finding::failed(CHECK, subject, found, remedy)
            }
        }
    };
    match places::of_pipelines(&installation.config, &ledger).await {
        Ok(places) => places.iter().map(finding).collect(),
        Err(error) => vec![unreadable(CHECK, &error)],
    }
}
