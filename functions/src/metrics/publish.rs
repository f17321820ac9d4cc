//! Publishing a fact exactly once: claim it in the ledger, put its calls, mark each. See
//! [the protocol](metrics_lib::publication).

use crate::{
    ledger::{Claim, Claimed, Missed, Owner},
    runtime::{clients::LONGEST_PUT, config::Config, error::Error},
    sources::context::Context,
};
use aws_sdk_cloudwatch::{
    error::SdkError,
    primitives::DateTime,
    types::{Dimension, MetricDatum, StandardUnit},
};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::tracing;
use metrics_lib::{
    contract::{Metric, Namespace},
    datum::{Batch, Call, Datum, DatumTime, DatumValue, Repeated},
    fact::{Fact, FactId, FactState, Publication},
    publication::{self, Put},
};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// How much of an invocation's time is kept for the mark: it is tried until then.
const LONGEST_MARK: Duration = Duration::from_secs(10);
/// What must be left of an invocation's time to put: the call and its mark.
pub(crate) const LONGEST_PUBLICATION: Duration = LONGEST_PUT.saturating_add(LONGEST_MARK);
/// How long to wait between two tries of a mark, at first and at the most.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(2)];

/// What publishing a fact led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Published {
    /// Its data are in CloudWatch now.
    New,
    /// CloudWatch gets nothing of it; the ledger has it.
    Unpublishable,
    /// Somebody else has published it, or will.
    Missed(Missed),
}

/// Publishes a fact, unless that is done.
///
/// No call begins unless it and its mark fit into the invocation's time. A call whose outcome is unknown is not repeated:
/// the fact is doubtful then, until CloudWatch shows whether it has the data.
///
/// # Errors
/// [`Error::Claimed`], [`Error::OutOfTime`], [`Error::TooNew`], [`Error::Aws`].
pub async fn publish(context: &Context, owner: Owner<'_>, fact: &Fact) -> Result<Published, Error> {
    let now = context.now()?;
    let Config { teams, repository_metrics, .. } = &context.config;
    let publication = fact.publication(teams, repository_metrics, now)?;
    let is_too_old = matches!(publication, Publication::Unpublishable(_));
    let published = match publication {
        Publication::Batch(batch) => put_once(context, owner, fact, &batch).await?,
        Publication::Nothing => close(context, owner, fact).await?,
        Publication::Unpublishable(reason) => {
            tracing::warn!(fact.id = ?fact.id, reason = %reason, "fact can't be published");
            close(context, owner, fact).await?
        }
    };
    // What is too old, a backfill finds: no event is expected to tell it.
    let is_new = matches!(published, Published::New | Published::Unpublishable);
    if is_new && !is_too_old && owner.finds() && fact.is_told_by_events() {
        count_reconciled(context, fact).await?;
    }
    Ok(published)
}

/// The state of a fact once nothing is put any more.
fn closed_as(fact: &Fact, state: FactState) -> FactState {
    if fact.count_metrics.contains(&Metric::IncompleteLeadTimes) { FactState::Incomplete } else { state }
}

/// Closes a fact of which CloudWatch gets nothing.
async fn close(context: &Context, owner: Owner<'_>, fact: &Fact) -> Result<Published, Error> {
    let state = closed_as(fact, FactState::Unpublishable);
    Ok(match context.ledger.close(fact, state, owner, context.now()?).await? {
        None => Published::Unpublishable,
        Some(missed) => Published::Missed(missed),
    })
}

/// Gives CloudWatch each call of a fact once.
async fn put_once(
    context: &Context,
    owner: Owner<'_>,
    fact: &Fact,
    batch: &Batch,
) -> Result<Published, Error> {
    check_time(owner)?;
    let told_by = fact.told_by(&context.config.repository_metrics);
    let calls = publication::calls(batch, told_by);
    let then = closed_as(fact, FactState::Published);
    let mut claimed = match context.ledger.claim((fact, told_by), then, &calls, owner, context.now()?).await?
    {
        Claim::Taken(claimed) => *claimed,
        Claim::Missed(missed) => return Ok(Published::Missed(missed)),
    };
    // Which, the fact in the ledger tells: it is a name that people gave.
    for _ in &batch.skipped {
        tracing::warn!("a dimension was skipped: it is no printable ASCII, or too long");
    }
    let data = batch.calls();
    loop {
        let number = claimed.calls();
        let next = calls.get(number + 1).cloned();
        let result = match (check_time(owner), data.get(number)) {
            (Err(late), _) => Err((Put::Refused, late)),
            (Ok(()), Some(call)) => send(&context.clients.cloudwatch, *call).await,
            // What was put in another try was larger.
            (Ok(()), None) => Ok(()),
        };
        let put = result.as_ref().map_or_else(|(put, _)| *put, |()| Put::Taken);
        let is_last = next.is_none();
        mark(context, owner, &mut claimed, (put, next)).await?;
        match result {
            Ok(()) if is_last => return Ok(Published::New),
            Ok(()) => {}
            Err((Put::Unknown, error)) => {
                tracing::warn!(
                    fact.id = ?fact.id, error.code = error.code(), error.message = %error,
                    "nobody knows whether CloudWatch has the fact"
                );
                return Ok(Published::Missed(Missed::Handed));
            }
            Err((_, error)) => return Err(error),
        }
    }
}

/// Marks what a call led to. It is tried until the invocation's end: what is not marked is doubtful.
async fn mark(
    context: &Context,
    owner: Owner<'_>,
    claimed: &mut Claimed,
    (put, next): (Put, Option<publication::Call>),
) -> Result<(), Error> {
    let [mut pause, longest] = PAUSES;
    loop {
        match context.ledger.mark(claimed, put, next.clone(), context.now()?).await {
            Ok(true) => return Ok(()),
            Ok(false) => {
                tracing::warn!("the claim was lost before the fact was marked");
                return Err(Error::OutOfTime);
            }
            Err(error) if error.is_expired_credentials() || Instant::now() + pause >= owner.deadline => {
                return Err(error);
            }
            Err(error) => {
                tracing::info!(error.code = error.code(), reason = %error, "the mark is tried again");
                sleep(pause).await;
            }
        }
        pause = (pause * 2).min(longest);
    }
}

/// Whether the invocation has time for a call and its mark.
fn check_time(owner: Owner<'_>) -> Result<(), Error> {
    match Instant::now() + LONGEST_PUBLICATION > owner.deadline {
        true => Err(Error::OutOfTime),
        false => Ok(()),
    }
}

/// Counts a fact that no event had brought.
async fn count_reconciled(context: &Context, fact: &Fact) -> Result<(), Error> {
    let now = context.now()?;
    tracing::info!(fact.id = ?fact.id, fact.time = %fact.time, "no event had brought this fact");
    let age = DatumValue::seconds(now.duration_since(fact.time).max(SignedDuration::ZERO))?;
    let values = [(Metric::ReconciledFacts, DatumValue::ONE), (Metric::EventAge, age)];
    put_quality(context, &values, fact.repository.as_deref()).await?;
    count_untold(context, fact, now).await
}

/// Counts an execution whose event should have come: one that ended since the reconciler looks at its account and region.
async fn count_untold(context: &Context, fact: &Fact, now: Timestamp) -> Result<(), Error> {
    let (FactId::Deployment(key) | FactId::Rollback(key) | FactId::Ignored(key)) = &fact.id else {
        return Ok(());
    };
    if fact.time < context.ledger.watch(key.place(), now).await? {
        return Ok(());
    }
    context.ledger.note_untold(now).await?;
    let values = [(Metric::UntoldExecutions, DatumValue::ONE)];
    let time = DatumTime::new(fact.time, now)?;
    put(&context.clients.cloudwatch, &Batch::new(Namespace::DataQuality, &values, time, None, [])).await
}

/// Counts one event whose fact had been published before.
///
/// # Errors
/// [`Error::Aws`].
pub async fn count_duplicate(context: &Context, repository: Option<&str>) -> Result<(), Error> {
    count(context, Metric::DuplicateEvents, repository).await
}

/// Counts something that limits the truth of the figures, now.
///
/// # Errors
/// [`Error::Aws`].
pub async fn count(context: &Context, metric: Metric, repository: Option<&str>) -> Result<(), Error> {
    put_quality(context, &[(metric, DatumValue::ONE)], repository).await
}

/// Puts values that tell how true the figures are, now.
///
/// # Errors
/// [`Error::Aws`].
pub async fn put_quality(
    context: &Context,
    values: &[(Metric, DatumValue)],
    repository: Option<&str>,
) -> Result<(), Error> {
    let now = context.now()?;
    let Config { teams, repository_metrics, .. } = &context.config;
    let teams = repository.into_iter().flat_map(|repository| teams.owning(repository));
    let time = DatumTime::new(now, now)?;
    let own = repository_metrics.of(repository);
    put(&context.clients.cloudwatch, &Batch::new(Namespace::DataQuality, values, time, own, teams)).await
}

/// Counts something that limits the truth of the figures, without any breakdown.
///
/// # Errors
/// [`Error::Aws`].
pub async fn counted(
    cloudwatch: &aws_sdk_cloudwatch::Client,
    metric: Metric,
    now: Timestamp,
) -> Result<(), Error> {
    let values = [(metric, DatumValue::ONE)];
    let batch = Batch::new(metric.namespace(), &values, DatumTime::new(now, now)?, None, []);
    put(cloudwatch, &batch).await
}

/// Puts what no fact is kept of: a call that failed is not repeated.
async fn put(cloudwatch: &aws_sdk_cloudwatch::Client, batch: &Batch) -> Result<(), Error> {
    for call in batch.calls() {
        send(cloudwatch, call).await.map_err(|(_, error)| error)?;
    }
    Ok(())
}

async fn send(cloudwatch: &aws_sdk_cloudwatch::Client, call: Call<'_>) -> Result<(), (Put, Error)> {
    let request = cloudwatch.put_metric_data().namespace(call.namespace().name());
    let request = request.set_metric_data(Some(call.data().iter().map(metric_datum).collect()));
    match request.send().await {
        Ok(_) => Ok(()),
        Err(error) => {
            // Only an answer that it was not taken is one: what took too long, got lost, or failed inside may have been.
            let status = error.raw_response().map(|response| response.status().as_u16());
            let put = match status {
                Some(400..500) => Put::Refused,
                _ if matches!(error, SdkError::ConstructionFailure(_)) => Put::Refused,
                _ => Put::Unknown,
            };
            Err((put, Error::aws("cloudwatch:PutMetricData")(error)))
        }
    }
}

fn metric_datum(datum: &Datum) -> MetricDatum {
    let dimension = datum
        .dimension
        .as_ref()
        .map(|dimension| Dimension::builder().name(dimension.name()).value(dimension.value()).build());
    let builder = MetricDatum::builder();
    let builder = match datum.values.as_slice() {
        [Repeated { value, times: 1 }] => builder.value(value.get()),
        values => {
            let counts = || values.iter().map(|repeated| repeated.times as f64).collect();
            builder
                .set_values(Some(values.iter().map(|repeated| repeated.value.get()).collect()))
                .set_counts(datum.repeats().then(counts))
        }
    };
    builder
        .metric_name(datum.metric.name())
        .set_dimensions(dimension.map(|dimension| vec![dimension]))
        .timestamp(date_time(datum.time.timestamp()))
        .unit(StandardUnit::from(datum.metric.unit().name()))
        .build()
}

pub(crate) fn date_time(time: Timestamp) -> DateTime {
    // CloudWatch keeps milliseconds.
    DateTime::from_millis(time.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_cloudwatch::config::{BehaviorVersion, Credentials, Region};
    use std::sync::{Arc, Mutex};

    /// A call as it is sent, before it is compressed, is no larger than `metrics_lib` says.
    #[tokio::test]
    async fn a_call_is_no_larger_than_is_thought() {
        async fn check(values: &[(Metric, DatumValue)], repository: Option<&str>, teams: &[&str]) {
            let now: Timestamp = "2026-06-15T12:00:00.123Z".parse().unwrap();
            let time = DatumTime::new(now, now).unwrap();
            let batch = Batch::new(Namespace::DataQuality, values, time, repository, teams.iter().copied());
            let config = aws_sdk_cloudwatch::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .credentials_provider(Credentials::for_tests())
                .region(Region::new("eu-west-1"))
                .endpoint_url("http://127.0.0.1:9")
                .retry_config(aws_sdk_cloudwatch::config::retry::RetryConfig::disabled())
                .disable_request_compression(true)
                .build();
            let sent = Arc::new(Mutex::new(0));
            let noted = Arc::clone(&sent);
            let request = aws_sdk_cloudwatch::Client::from_conf(config)
                .put_metric_data()
                .namespace(batch.namespace.name())
                .set_metric_data(Some(batch.data.iter().map(metric_datum).collect()));
            let note = move |request: &mut aws_sdk_cloudwatch::config::http::HttpRequest| {
                *noted.lock().unwrap() = request.body().bytes().map_or(0, <[u8]>::len);
            };
            // Nobody answers there.
            request.customize().mutate_request(note).send().await.unwrap_err();
            let (sent, thought) = (*sent.lock().unwrap(), batch.calls().iter().map(|call| call.size()).sum());
            assert!((thought / 2..=thought).contains(&sent), "{sent} bytes, thought to be {thought}");
        }
        let count = |metric: Metric, number: usize| (metric, DatumValue::count(number));
        check(&[count(Metric::LedgerDrift, 1)], None, &[]).await;
        check(&[count(Metric::DeploymentsWithoutCommits, 1)], Some("a"), &["b"]).await;
        let different: Vec<_> = (0..300).map(|number| count(Metric::EventAge, number * 997)).collect();
        check(&different, Some("acme/shop"), &["checkout", "web"]).await;
        let repeated: Vec<_> = (0..300).map(|number| count(Metric::EventAge, number % 100)).collect();
        check(&repeated, Some(&"x".repeat(1024)), &[]).await;
    }
}
