//! Finds what no event has brought, settles what events alone can't, and compares the ledger with CloudWatch.
//!
//! It runs on a schedule, and does what the other functions do, through the same ledger: whatever is published already
//! stays as it is. A run works through the executions and `OpsItem`s of each account and region from its last horizon to
//! the present less the attribution delay. What it can't finish in its time, the next run goes on with. Two runs at
//! once disturb each other no more than two messages do.

mod comparison;
mod executions;
mod incidents;
mod lead_times;

pub use executions::{Progress, work_through};

use crate::{
    context::Context,
    error::Error,
    ledger::{Horizon, Owner, Reached},
    worker::{self, SHORTEST_WORK},
};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::{
    Diagnostic, LambdaEvent, service_fn,
    tracing::{error, info},
};
use metrics_lib::datum::OLDEST;
use serde::de::IgnoredAny;
use std::{pin::Pin, time::Instant};

/// Runs the Lambda function; what is in its events does not matter.
///
/// # Errors
/// A configuration that can't be used; what the runtime fails with.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    let context = worker::context().await?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<IgnoredAny>| {
        let context = &context;
        async move {
            let deadline = worker::deadline(&event.context);
            let owner = Owner { message: Owner::RECONCILER, invocation: &event.context.request_id, deadline };
            let result = reconcile(context, owner).await;
            if result.as_ref().is_err_and(Error::is_expired_credentials) {
                context.clients.forget_credentials().await;
            }
            result.map_err(Diagnostic::from)
        }
    }))
    .await
}

/// One run. A step that fails does not keep the others from being done.
///
/// # Errors
/// The first thing that failed; the next run tries it again.
pub async fn reconcile(context: &Context, owner: Owner<'_>) -> Result<(), Error> {
    let now = context.now()?;
    // Until then, events that are on their way have arrived.
    let until = before(now, context.config.attribution_delay);
    let mut outcome = Outcome::default();
    for (account, region) in places(context).await? {
        outcome.note(step(executions::place(context, owner, (&account, &region), until)).await);
    }
    for (account, region) in context.config.ops_item_places(context.clients.region()) {
        outcome.note(step(incidents::place(context, owner, (account, region), until)).await);
    }
    outcome.note(step(incidents::settle(context, owner, now)).await);
    if context.config.lead_time {
        outcome.note(step(lead_times::settle(context, owner, now)).await);
    }
    outcome.note(step(comparison::compare(context, now)).await);
    outcome.0
}

/// What has failed first.
struct Outcome(Result<(), Error>);

impl Default for Outcome {
    fn default() -> Self {
        Self(Ok(()))
    }
}

impl Outcome {
    /// Takes note of a result, and logs what failed.
    fn note(&mut self, result: Result<(), Error>) {
        let Err(error) = result else { return };
        let (error_type, code) = (error.error_type(), error.code());
        if error.is_waiting() {
            info!(error.type = error_type, error.code = code, reason = %error, "the next run goes on");
            return;
        }
        error!(error.type = error_type, error.code = code, error.message = %error, "a step failed");
        // Expired credentials are thrown away at the end of a run, so they are told in any case.
        if self.0.is_ok() || error.is_expired_credentials() {
            self.0 = Err(error);
        }
    }
}

/// Hides the type of a step's future: it nests the futures of every API call, deeper than the compiler follows.
fn step<'a, T>(
    work: impl Future<Output = Result<T, Error>> + Send + 'a,
) -> Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>> {
    Box::pin(work)
}

/// The accounts and regions with pipelines; the one that was left behind furthest comes first.
async fn places(context: &Context) -> Result<Vec<(String, String)>, Error> {
    let mut places = Vec::new();
    for (account, region) in context.config.places() {
        let horizon = context.ledger.horizon(Horizon::Executions, account, region).await?;
        places.push((horizon.map(|reached| reached.time), account.to_owned(), region.to_owned()));
    }
    places.sort();
    Ok(places.into_iter().map(|(_, account, region)| (account, region)).collect())
}

/// Where to begin in an account and region: where the last run ended, at first as far back as CloudWatch takes data.
async fn begin(
    context: &Context,
    horizon: Horizon,
    (account, region): (&str, &str),
    until: Timestamp,
) -> Result<Timestamp, Error> {
    let reached = context.ledger.horizon(horizon, account, region).await?;
    Ok(reached.map_or_else(|| before(until, OLDEST), |reached| reached.time))
}

/// Moves the horizon of an account and region on.
async fn advance(
    context: &Context,
    horizon: Horizon,
    place: (&str, &str),
    since: Timestamp,
    time: Timestamp,
) -> Result<(), Error> {
    if time <= since {
        return Ok(());
    }
    let reached = Reached { time, before: Some(since), at: context.now()? };
    context.ledger.advance(horizon, place, reached).await
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
