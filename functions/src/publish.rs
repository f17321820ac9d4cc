//! Publishing a fact exactly once: claim it in the ledger, put its batch in one call, mark it published.

use crate::{
    context::Context,
    error::Error,
    ledger::{Claim, DoneBy, Owner},
};
use aws_sdk_cloudwatch::{
    primitives::DateTime,
    types::{Dimension, MetricDatum, StandardUnit},
};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::tracing;
use metrics_lib::{
    contract::{Metric, Namespace},
    datum::{Batch, Datum, DatumTime, DatumValue, Repeated},
    fact::{Fact, FactState, Publication, Teams},
};

/// What publishing a fact led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Published {
    /// Its data are in CloudWatch now.
    New,
    /// CloudWatch gets nothing of it; the ledger has it.
    Unpublishable,
    /// It was done before.
    Before(DoneBy),
}

/// Publishes a fact, unless that is done.
///
/// A failed call lets go of the claim, so that the message can be tried again at once; after a crash the claim expires.
/// What remains is a crash between the call and the mark: then the data are put twice.
///
/// # Errors
/// [`Error::Claimed`], [`Error::TooNew`], [`Error::Aws`].
pub async fn publish(context: &Context, owner: Owner<'_>, fact: &Fact) -> Result<Published, Error> {
    let now = context.now()?;
    let publication = fact.publication(&context.config.teams, now)?;
    let claimed = match context.ledger.claim(fact, owner, now).await? {
        Claim::Taken(claimed) => claimed,
        Claim::Done(by) => return Ok(Published::Before(by)),
    };
    let is_too_old = matches!(publication, Publication::Unpublishable(_));
    let is_incomplete = fact.counted_by.contains(&Metric::IncompleteLeadTimes);
    let (state, published) = match publication {
        Publication::Batch(batch) => {
            if let Err(error) = put(context, &batch).await {
                context.ledger.mark(&claimed, FactState::Pending).await?;
                return Err(error);
            }
            (FactState::Published, Published::New)
        }
        Publication::Nothing => (FactState::Unpublishable, Published::Unpublishable),
        Publication::Unpublishable(reason) => {
            tracing::warn!(fact.id = ?fact.id, reason = %reason, "fact can't be published");
            (FactState::Unpublishable, Published::Unpublishable)
        }
    };
    let state = if is_incomplete { FactState::Incomplete } else { state };
    if !context.ledger.mark(&claimed, state).await? {
        tracing::warn!(fact.id = ?fact.id, "the claim was lost before the fact was marked");
    }
    // What is too old, a backfill finds: no event is expected to tell it.
    if !is_too_old && owner.finds() && fact.is_told_by_events() {
        count_reconciled(context, fact).await?;
    }
    Ok(published)
}

/// Counts a fact that no event had brought.
async fn count_reconciled(context: &Context, fact: &Fact) -> Result<(), Error> {
    let now = context.now()?;
    tracing::info!(fact.id = ?fact.id, fact.time = %fact.time, "no event had brought this fact");
    let age = DatumValue::seconds(now.duration_since(fact.time).max(SignedDuration::ZERO))?;
    let values = [(Metric::ReconciledFacts, DatumValue::ONE), (Metric::EventAge, age)];
    put_quality(context, &values, fact.repository.as_deref()).await
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
    let teams =
        repository.into_iter().flat_map(|repository| Teams::owning(&context.config.teams, repository));
    let time = DatumTime::new(now, now)?;
    put(context, &Batch::new(Namespace::DataQuality, values, time, repository, teams)).await
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
    send(cloudwatch, &batch).await
}

async fn put(context: &Context, batch: &Batch) -> Result<(), Error> {
    // Which, the fact in the ledger tells: it is a name that people gave.
    for _ in &batch.skipped {
        tracing::warn!("a dimension was skipped: it is no printable ASCII, or too long");
    }
    send(&context.clients.cloudwatch, batch).await
}

async fn send(cloudwatch: &aws_sdk_cloudwatch::Client, batch: &Batch) -> Result<(), Error> {
    let request = cloudwatch.put_metric_data().namespace(batch.namespace.name());
    let request = request.set_metric_data(Some(batch.data.iter().map(metric_datum).collect()));
    request.send().await.map_err(Error::aws("cloudwatch:PutMetricData"))?;
    Ok(())
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
