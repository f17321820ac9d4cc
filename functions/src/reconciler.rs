//! Finds what no event has brought, settles what events alone can't, and compares the ledger with CloudWatch.
//!
//! It runs on a schedule, and does what the other functions do, through the same ledger: whatever is published already
//! stays as it is. A run works through the executions and `OpsItem`s of each account and region from its last watermark to
//! the present less the attribution delay. What it can't finish in its time, the next run goes on with. What fails it leaves
//! behind, each apart, tries again, and sets aside after twenty tries: it holds up nothing else. Two runs at once disturb
//! each other no more than two messages do.

pub mod backfill;
mod backlog;
mod check;
mod comparison;
mod doubts;
mod executions;
pub mod explain;
mod hearing;
mod incidents;
mod lead_times;
pub mod probe;
mod progress;

pub use check::Checked;
pub use progress::Failed;

use progress::{Failure, FirstFailure, Progress, RateLimit};

use crate::{
    ledger::{Left, Owner, Reached, Watermark},
    runtime::{
        error::Error,
        worker::{self, SHORTEST_WORK},
    },
    sources::{codepipeline::execution_listing::Since, context::Context, registry::Sources},
};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use metrics_lib::{datum::OLDEST, json, place::Place};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};
use std::{
    ops::Range,
    pin::Pin,
    time::{Duration, Instant},
};

/// What an invocation may ask for. The schedule asks for nothing, and gets a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Task {
    /// A pass of a backfill; the answer is a [`backfill::BackfillReport`].
    Backfill(backfill::BackfillRequest),
    /// To try what the functions have to do in each account and region, without any effect; the answer is a list of
    /// [`Checked`].
    Check {},
    /// To explain one incident or execution; the answer is a list of [`explain::Explained`].
    Explain(explain::ExplainRequest),
    /// To look for a probe in the lake; the answer is how many records there are of it.
    Probe(probe::ProbeRequest),
    /// To try again what is set aside, in the next run; the answer is how many things that is.
    Redrive {},
}

/// An invocation's payload, of which other members don't matter.
#[derive(Deserialize)]
struct Payload {
    backfill: Option<backfill::BackfillRequest>,
    check: Option<Nothing>,
    explain: Option<explain::ExplainRequest>,
    probe: Option<probe::ProbeRequest>,
    redrive: Option<Nothing>,
}

/// An object without members.
#[derive(Deserialize)]
struct Nothing {}

/// Runs the Lambda function.
///
/// # Errors
/// A configuration that can't be used; what the runtime fails with.
pub async fn run(sources: Sources) -> Result<(), lambda_runtime::Error> {
    let context = worker::context(sources).await?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Box<RawValue>>| {
        let context = &context;
        async move {
            let deadline = worker::deadline(&event.context);
            let (message, invocation) = (Owner::RECONCILER, event.context.request_id.as_str());
            let owner = Owner { message, told: message, invocation, deadline };
            let result = step(perform(context, owner, event.payload.get())).await;
            if result.as_ref().is_err_and(Error::is_expired_credentials) {
                context.clients.forget_credentials().await;
            }
            result.map_err(Diagnostic::from)
        }
    }))
    .await
}

/// Does what an invocation asks for; returns the answer.
async fn perform(context: &Context, owner: Owner<'_>, payload: &str) -> Result<Value, Error> {
    match json::read(payload.as_bytes())? {
        Payload { backfill: Some(request), .. } => {
            Ok(json!(step(backfill::pass(context, owner, &request)).await?))
        }
        Payload { check: Some(Nothing {}), .. } => Ok(json!(step(check::check(context, owner)).await?)),
        Payload { explain: Some(request), .. } => {
            Ok(json!(step(explain::explain(context, owner, &request)).await?))
        }
        Payload { probe: Some(request), .. } => Ok(json!(step(probe::look(context, owner, &request)).await?)),
        Payload { redrive: Some(Nothing {}), .. } => Ok(json!(backlog::bring_back(context).await?)),
        Payload { .. } => reconcile(context, owner).await.map(|()| Value::Null),
    }
}

/// One run. A step that fails does not keep the others from being done.
///
/// # Errors
/// The first thing that failed; the next run tries it again.
pub async fn reconcile(context: &Context, owner: Owner<'_>) -> Result<(), Error> {
    let now = context.now()?;
    // Until then, events that are on their way have arrived.
    let until = before(now, context.config.attribution_delay);
    let mut outcome = FirstFailure::default();
    outcome.note(step(hearing::listen(context, now)).await);
    let backlog = context.ledger.backlog(now).await?;
    for watermark in [Watermark::Executions, Watermark::OpsItems] {
        match begin(context, watermark, until).await {
            Ok(places) => {
                for (since, place) in &places {
                    outcome
                        .note(step(go_on(context, owner, watermark, place, *since..until, &backlog)).await);
                }
            }
            Err(error) => outcome.note(Err(error)),
        }
    }
    outcome.note(step(backlog::try_again(context, owner, &backlog, now)).await);
    outcome.note(step(hearing::count_undelivered(context)).await);
    outcome.note(step(doubts::settle(context, owner)).await);
    // As far back as CloudWatch takes data.
    let open = before(before(now, OLDEST), context.config.attribution_window)..now;
    outcome.note(step(incidents::settle(context, owner, open.clone())).await);
    if context.config.lead_time {
        outcome.note(step(lead_times::settle(context, owner, open)).await);
    }
    outcome.note(step(comparison::compare(context, now)).await);
    outcome.note(backlog::count(context).await);
    outcome.first()
}

/// Hides the type of a step's future: it nests the futures of every API call, deeper than the compiler follows.
fn step<'a, T>(
    work: impl Future<Output = Result<T, Error>> + Send + 'a,
) -> Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>> {
    Box::pin(work)
}

/// The accounts and regions that a watermark is of, each with where to begin there: where the last run ended, at first as far back
/// as CloudWatch takes data. The one that was left behind furthest comes first.
async fn begin(
    context: &Context,
    watermark: Watermark,
    until: Timestamp,
) -> Result<Vec<(Timestamp, Place)>, Error> {
    let places = match watermark {
        Watermark::Executions | Watermark::BackfilledExecutions(..) => context.places().await?,
        Watermark::OpsItems | Watermark::BackfilledOpsItems(_) => context.ops_item_places().await?,
    };
    let watermarks = context.ledger.watermarks(watermark).await?;
    let since = |place: &Place| {
        let reached = watermarks.of(place);
        reached.map_or_else(|| before(until, OLDEST), |reached| reached.time)
    };
    let mut places: Vec<_> = places.into_iter().map(|place| (since(&place), place)).collect();
    places.sort();
    Ok(places)
}

/// Works through what changed last since a watermark of an account and region, and moves the watermark on. What fails is left
/// behind; an account that can't be listed stays where it was.
async fn go_on(
    context: &Context,
    owner: Owner<'_>,
    watermark: Watermark,
    place: &Place,
    range: Range<Timestamp>,
    backlog: &[Left],
) -> Result<(), Error> {
    let since = range.start;
    let mut rate_limit = RateLimit::unlimited(owner);
    let Progress { next, failures, .. } =
        work_through(context, owner, watermark, place, range, backlog, &mut rate_limit).await?;
    let mut outcome = FirstFailure::default();
    let is_listed = !failures.iter().any(|failure| failure.subject.is_place());
    let is_done = |left: &&Left| {
        let is_of = left.subject.place() == place
            && left.subject.is_of_executions() == matches!(watermark, Watermark::Executions);
        let has_failed = failures.iter().any(|failure| failure.subject == left.subject);
        is_of && !left.subject.is_one() && !has_failed && next >= since
    };
    let done: Vec<&Left> = backlog.iter().filter(is_done).collect();
    // It is in the ledger before the watermark, or what was left of a pipeline, leaves it behind.
    for failure in failures {
        let failed = backlog::leave(context, failure, backlog).await?;
        outcome.note(failed.map_or(Ok(()), Err));
    }
    for left in done {
        backlog::done(context, left).await?;
    }
    if is_listed {
        advance(context, watermark, place, since, next).await?;
    }
    outcome.first()
}

/// Works through what a watermark is of, in an account and region and a range of time, and through what was left of it before.
async fn work_through(
    context: &Context,
    owner: Owner<'_>,
    watermark: Watermark,
    place: &Place,
    range: Range<Timestamp>,
    backlog: &[Left],
    rate_limit: &mut RateLimit<'_>,
) -> Result<Progress, Error> {
    if range.is_empty() {
        return Ok(Progress::until(range.end));
    }
    match watermark {
        Watermark::Executions | Watermark::BackfilledExecutions(..) => {
            let since = Since::new(range.start, before(range.end, OLDEST).min(range.start), backlog);
            executions::work_through(context, owner, place, &since, range.end, rate_limit).await
        }
        Watermark::OpsItems | Watermark::BackfilledOpsItems(_) => {
            incidents::work_through(context, owner, place, range, rate_limit).await
        }
    }
}

/// Moves the watermark of an account and region on.
async fn advance(
    context: &Context,
    watermark: Watermark,
    place: &Place,
    since: Timestamp,
    time: Timestamp,
) -> Result<(), Error> {
    if time <= since {
        return Ok(());
    }
    let reached = Reached { time, before: Some(since), at: context.now()? };
    context.ledger.advance(watermark, place, reached).await
}

/// One thing gets a share of the time that is left at the most, so that the others are done, too.
const SHARES: u32 = 4;
/// The least that one thing gets, if there is so much.
const SMALLEST_SHARE: Duration = Duration::from_secs(60);

/// Who has one of some shares of the time that is left.
fn share(owner: Owner<'_>, shares: u32) -> Owner<'_> {
    let now = Instant::now();
    let share = owner.deadline.saturating_duration_since(now) / shares;
    Owner { deadline: owner.deadline.min(now + share.max(SMALLEST_SHARE)), ..owner }
}

/// Whether the invocation has time for more.
fn check_time(owner: Owner<'_>) -> Result<(), Error> {
    match Instant::now() + SHORTEST_WORK > owner.deadline {
        true => Err(Error::OutOfTime),
        false => Ok(()),
    }
}

fn before(time: Timestamp, duration: SignedDuration) -> Timestamp {
    time.checked_sub(duration).unwrap_or(Timestamp::MIN)
}
