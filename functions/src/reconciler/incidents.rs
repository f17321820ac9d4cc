//! Incidents: those whose event did not come, those that no deployment was blamed for, and those that were resolved
//! without a deployment.

use super::{FirstFailure, Progress, RateLimit, SHARES, before, check_time, share, step};
use crate::{
    ledger::{AttributionState, IncidentRecord, Left, Owner, PendingItem, Subject, Watermark},
    metrics::{change_failure_rate, time_to_restore},
    runtime::{config::Config, error::Error},
    sources::{
        codepipeline::{incomplete, instant},
        context::Context,
        names,
        opscenter::is_incident_type,
    },
};
use aws_sdk_ssm::types::{OpsItemFilter, OpsItemFilterKey, OpsItemFilterOperator, OpsItemSummary};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::tracing::warn;
use metrics_lib::{
    fact::FactKind,
    identity::{IncidentId, IncidentKey},
    place::Place,
};
use std::ops::Range;

/// Does for the `OpsItem`s of an account and region that changed last within a range of time what their events would have
/// led to. One that fails does not keep the others from being done.
///
/// # Errors
/// Credentials that have expired.
pub(super) async fn work_through(
    context: &Context,
    owner: Owner<'_>,
    place: &Place,
    range: Range<Timestamp>,
    rate_limit: &mut RateLimit<'_>,
) -> Result<Progress, Error> {
    let mut progress = Progress::until(range.end);
    let mut summaries = match changed(context, place, range.start).await {
        Ok(summaries) => summaries,
        Err(error) => {
            let all = Subject::OpsItems(place.clone());
            progress.note(all, range.start, Err(error))?;
            return Ok(progress);
        }
    };
    let modified = |summary: &OpsItemSummary| summary.last_modified_time().and_then(instant);
    summaries.sort_by_key(modified);
    for summary in summaries {
        // What changed at the very instant is listed again.
        let modified = modified(&summary).map_or(range.start, |modified| before(modified, INSTANT));
        if !rate_limit.next().await {
            progress.stop(modified);
            break;
        }
        let key = match incident(context, place, &summary) {
            Ok(Some(key)) => key,
            Ok(None) => continue,
            Err(error) => {
                warn!(error.code = error.code(), error.message = %error, "an OpsItem is described in an unknown way");
                continue;
            }
        };
        let result = step(found(context, share(owner, SHARES), &key)).await;
        progress.note(Subject::Incident(key), modified, result)?;
    }
    Ok(progress)
}

/// Less than what times are told apart by.
const INSTANT: SignedDuration = SignedDuration::from_secs(1);

/// The `OpsItem`s that changed after an instant.
pub(super) async fn changed(
    context: &Context,
    place: &Place,
    since: Timestamp,
) -> Result<Vec<OpsItemSummary>, Error> {
    const API: &str = "ssm:DescribeOpsItems";
    let reader = context.clients.reader(place).await;
    let filter = OpsItemFilter::builder()
        .key(OpsItemFilterKey::LastModifiedTime)
        .operator(OpsItemFilterOperator::GreaterThan)
        .values(format!("{since:.0}"))
        .build()
        .map_err(|error| incomplete(API, &error.to_string()))?;
    let pages = reader.ssm.describe_ops_items().ops_item_filters(filter).into_paginator().items().send();
    pages.collect::<Result<_, _>>().await.map_err(Error::aws(API))
}

/// How many incidents of an account and region changed after an instant, and how many of them the ledger does not know.
pub(super) async fn unknown(
    context: &Context,
    place: &Place,
    since: Timestamp,
) -> Result<(usize, usize), Error> {
    let (mut found, mut unknown) = (0, 0);
    for summary in changed(context, place, since).await? {
        let Some(key) = incident(context, place, &summary)? else { continue };
        found += 1;
        unknown +=
            usize::from(!context.ledger.incidents(&key.id()).await?.iter().any(|known| known.key == key));
    }
    Ok((found, unknown))
}

/// The incident that an `OpsItem` is, if it is of a type that counts.
fn incident(
    context: &Context,
    place: &Place,
    summary: &OpsItemSummary,
) -> Result<Option<IncidentKey>, Error> {
    if !is_incident_type(&context.config.incidents, summary.ops_item_type()) {
        return Ok(None);
    }
    let id = summary.ops_item_id().and_then(|id| id.parse().ok());
    let ops_item_id = id.ok_or_else(|| incomplete("ssm:DescribeOpsItems", "OpsItemId"))?;
    Ok(Some(IncidentId::OpsItem(ops_item_id).at(place.clone())))
}

/// Does for an `OpsItem` what its events would have led to. One that is too young to be decided is in the ledger then.
pub(super) async fn found(context: &Context, owner: Owner<'_>, key: &IncidentKey) -> Result<(), Error> {
    early(change_failure_rate::raised(context, owner, key).await.map(drop))?;
    early(time_to_restore::seen(context, owner, key).await)
}

/// Settles the incidents of the ledger that were raised or resolved within a range of time and are not settled yet.
pub(super) async fn settle(
    context: &Context,
    owner: Owner<'_>,
    range: Range<Timestamp>,
) -> Result<(), Error> {
    let now = context.now()?;
    let mut outcome = FirstFailure::default();
    for incident in context.ledger.open_incidents(range.clone()).await? {
        if incident.is_due(now) {
            check_time(owner)?;
            outcome.note(step(again(context, share(owner, SHARES), &incident, now)).await);
        }
    }
    let restores = context.ledger.open_restores(range).await?;
    if restores.is_empty() {
        return outcome.first();
    }
    let complete = complete(context).await?;
    for key in restores {
        check_time(owner)?;
        outcome.note(step(restored(context, share(owner, SHARES), &key, &complete)).await);
    }
    outcome.first()
}

/// Tries again to decide an incident, and to find what restored service after it.
async fn again(
    context: &Context,
    owner: Owner<'_>,
    incident: &PendingItem<IncidentRecord>,
    now: Timestamp,
) -> Result<(), Error> {
    let key = &incident.what.key;
    let has_failed = match &incident.what.attribution {
        AttributionState::Attributed { deployment, .. } => {
            context.ledger.known_of(&deployment.key).await?.done.contains_key(&FactKind::Failure)
        }
        AttributionState::Pending | AttributionState::Unattributed => false,
    };
    if !has_failed {
        early(change_failure_rate::raised(context, owner, key).await.map(drop))?;
    }
    if !context.ledger.is_restored(key).await?
        && let Some(record) = record(context, key).await?
    {
        early(time_to_restore::settle(context, owner, &record).await)?;
    }
    context.ledger.tried(incident, now).await
}

/// Settles an incident that was resolved, by what restored service or else at its resolution.
pub(super) async fn restored(
    context: &Context,
    owner: Owner<'_>,
    key: &IncidentKey,
    complete: &Complete,
) -> Result<(), Error> {
    let Some(record) = record(context, key).await? else { return Ok(()) };
    early(time_to_restore::settle(context, owner, &record).await)?;
    match complete.of(&context.config, &record) {
        Some(complete) => time_to_restore::settle_at_resolution(context, owner, &record, complete).await,
        None => Ok(()),
    }
}

async fn record(context: &Context, key: &IncidentKey) -> Result<Option<IncidentRecord>, Error> {
    let records = context.ledger.incidents(&key.id()).await?;
    Ok(records.into_iter().find(|record| record.key == *key))
}

/// The instants before which everything that ended is known, by account; one for each of its regions.
#[derive(Debug)]
pub(super) struct Complete {
    now: Timestamp,
    places: Vec<(String, Option<Timestamp>)>,
}

impl Complete {
    /// Before when everything is known that may have restored an incident; now, if nothing may.
    fn of(&self, config: &Config, record: &IncidentRecord) -> Option<Timestamp> {
        let concerned = self.places.iter().filter(|(account, _)| names::may_restore(config, record, account));
        concerned.map(|(_, reached)| *reached).min().unwrap_or(Some(self.now))
    }
}

/// What is complete now. Nothing waits for what is set aside.
pub(super) async fn complete(context: &Context) -> Result<Complete, Error> {
    let now = context.now()?;
    let mut complete = Complete { now, places: Vec::new() };
    let backlog = context.ledger.backlog(now).await?;
    let watermarks = context.ledger.watermarks(Watermark::Executions).await?;
    for place in context.places().await? {
        let of_place = |left: &&Left| *left.subject.place() == place && left.subject.is_of_executions();
        let (aside, left): (Vec<&Left>, Vec<&Left>) =
            backlog.iter().filter(of_place).partition(|left| left.is_set_aside());
        let reached = match aside.iter().any(|left| left.subject.is_place()) {
            true => Some(now),
            false => watermarks.of(&place).map(|reached| reached.time),
        };
        let since = left.iter().map(|left| left.since).min();
        let reached = reached.map(|reached| since.map_or(reached, |since| reached.min(since)));
        complete.places.push((place.account, reached));
    }
    Ok(complete)
}

/// What is too early is no failure: a later run does it.
pub(super) fn early(result: Result<(), Error>) -> Result<(), Error> {
    match result {
        Err(Error::NotYet { .. }) => Ok(()),
        result => result,
    }
}
