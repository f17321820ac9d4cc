//! Backfill: does for an older range of time what the scheduled runs do for the present, a pass an invocation.
//!
//! Whoever asks goes through the executions of each account and region, then through the `OpsItem`s, since a failure is
//! attributed to what is known to have been deployed, and then settles what is open. How far a backfill has come is in
//! the ledger, so that one which was interrupted goes on.

use super::{Failed, Failure, RateLimit, advance, before, incidents, step, work_through};
use crate::{
    ledger::{Owner, RETENTION, Watermark},
    runtime::error::Error,
    sources::{
        codepipeline::execution_listing::{self, Since},
        context::Context,
        envelope::name,
    },
};
use jiff::Timestamp;
use metrics_lib::place::Place;
use serde::{Deserialize, Deserializer, Serialize};
use std::ops::Range;

/// How many executions or `OpsItem`s a pass does at the most, so that whoever waits sees it move.
const MOST: usize = 200;

/// One pass of a backfill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackfillRequest {
    /// The first instant whose facts are wanted.
    pub since: Timestamp,
    /// The present when the backfill began. What ended within the attribution delay before is left to its events.
    pub until: Timestamp,
    /// What is gone through.
    pub step: Step,
    /// Where the pass before ended; none to go on where a backfill since that instant had come to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Timestamp>,
    /// How many executions or `OpsItem`s a second are read at the most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_second: Option<u32>,
    /// Whether nothing is to be published or written.
    #[serde(default)]
    pub dry_run: bool,
}

/// A part of a backfill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    /// The executions of an account and region.
    #[serde(deserialize_with = "place")]
    Executions(Place),
    /// The `OpsItem`s of an account and region.
    #[serde(deserialize_with = "place")]
    OpsItems(Place),
    /// The incidents that are open when all places are done.
    Settle,
}

/// An account and region that can be asked for.
fn place<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Place, D::Error> {
    #[derive(Deserialize)]
    struct Named {
        #[serde(deserialize_with = "name")]
        account: String,
        #[serde(deserialize_with = "name")]
        region: String,
    }
    let Named { account, region } = Named::deserialize(deserializer)?;
    Ok(Place { account, region })
}

/// What a pass came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackfillReport {
    /// Where the pass began.
    pub from: Timestamp,
    /// Where the next pass goes on.
    pub next: Timestamp,
    /// Where the step ends.
    pub until: Timestamp,
    /// How many executions or `OpsItem`s were done; in a dry run, how many were found.
    pub done: usize,
    /// Of a dry run: how many of them the ledger does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<usize>,
    /// What failed. A later backfill since the same instant tries it again.
    pub failed: Vec<Failed>,
}

impl BackfillReport {
    /// Whether the step is done.
    pub fn is_complete(&self) -> bool {
        self.next >= self.until
    }
}

/// One pass of a backfill.
///
/// # Errors
/// [`Error::Unconfigured`], and what listing fails with.
pub(super) async fn pass(
    context: &Context,
    owner: Owner<'_>,
    request: &BackfillRequest,
) -> Result<BackfillReport, Error> {
    check_place(context, &request.step).await?;
    let until = before(request.until.min(context.now()?), context.config.attribution_delay);
    // What is older than the ledger keeps, it need not get.
    let oldest = before(until, RETENTION);
    let begin = match &request.step {
        // An incident is attributed to what ended within the window before it.
        Step::Executions(_) => before(request.since, context.config.attribution_window),
        Step::OpsItems(_) | Step::Settle => request.since,
    };
    let begin = begin.max(oldest);
    let watermark = match &request.step {
        // Under other settings, the same executions come to something else.
        Step::Executions(place) => {
            let settings = context.config.production.digest();
            Some((Watermark::BackfilledExecutions(request.since, settings), place))
        }
        Step::OpsItems(place) => Some((Watermark::BackfilledOpsItems(request.since), place)),
        Step::Settle => None,
    };
    let mut reached = begin;
    if let (Some((watermark, place)), false) = (watermark, request.dry_run) {
        let before = context.ledger.watermark(watermark, place).await?;
        reached = before.map_or(begin, |before| before.time);
    }
    let from = request.next.unwrap_or(reached).max(oldest);
    let report = BackfillReport { from, next: until, until, done: 0, unknown: None, failed: Vec::new() };
    if from >= until {
        return Ok(report);
    }
    if request.dry_run {
        let (found, unknown) = unknown(context, owner, &request.step, from..until).await?;
        return Ok(BackfillReport { done: found, unknown: Some(unknown), ..report });
    }
    let mut rate_limit = RateLimit::limited(owner, MOST, request.per_second);
    let (next, done, failed) = match watermark {
        Some((watermark, place)) => {
            let progress =
                work_through(context, owner, watermark, place, from..until, &[], &mut rate_limit).await?;
            // What failed in an earlier pass keeps the watermark where it is.
            if reached >= from {
                advance(context, watermark, place, from, progress.reached()).await?;
            }
            let failures = progress.failures.iter();
            let failed = failures.map(|Failure { subject, error, .. }| Failed::new(subject, error)).collect();
            (progress.next, progress.done, failed)
        }
        None => settle(context, owner, from..until).await,
    };
    Ok(BackfillReport { next, done, failed, ..report })
}

/// Whether the place of a step is one that counts.
async fn check_place(context: &Context, step: &Step) -> Result<(), Error> {
    let (place, is_known) = match step {
        Step::Executions(place) => (place, context.config.covers(place)),
        Step::OpsItems(place) => (place, context.ops_item_places().await?.contains(place)),
        Step::Settle => return Ok(()),
    };
    match is_known {
        true => Ok(()),
        false => Err(Error::Unconfigured(place.clone())),
    }
}

/// Settles what is open; what the invocation has no time for, the next pass does. Where the next pass goes on, how many
/// steps are done, and what failed.
async fn settle(
    context: &Context,
    owner: Owner<'_>,
    range: Range<Timestamp>,
) -> (Timestamp, usize, Vec<Failed>) {
    match step(incidents::settle(context, owner, range.clone())).await {
        Err(Error::OutOfTime) => (range.start, 0, Vec::new()),
        Err(error) => (range.end, 0, vec![Failed::new(&"the open incidents", &error)]),
        Ok(()) => (range.end, 0, Vec::new()),
    }
}

/// How many executions or `OpsItem`s a step finds, and how many of them the ledger does not know.
async fn unknown(
    context: &Context,
    owner: Owner<'_>,
    step: &Step,
    range: Range<Timestamp>,
) -> Result<(usize, usize), Error> {
    match step {
        Step::Executions(place) => {
            let execution_listing::ExecutionListing { found, unread } = execution_listing::listed(
                context,
                owner,
                place,
                &Since::new(range.start, range.start, &[]),
                range.end,
            )
            .await?;
            if let Some((_, error)) = unread.into_iter().next() {
                return Err(error);
            }
            let known = context.ledger.known_executions(range.clone(), &context.config.production).await?;
            let found = found.into_iter().filter(|found| found.has_ended && range.contains(&found.changed));
            let is_unknown: Vec<bool> = found.map(|found| !known.contains(&found.key.into())).collect();
            Ok((is_unknown.len(), is_unknown.into_iter().filter(|unknown| *unknown).count()))
        }
        Step::OpsItems(place) => incidents::unknown(context, place, range.start).await,
        Step::Settle => Ok((0, 0)),
    }
}
