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
    datum::{Batch, Datum, DatumTime, DatumValue},
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
    for skipped in &batch.skipped {
        tracing::warn!(reason = %skipped, "a dimension was skipped");
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
    let values: Vec<f64> = datum.values.iter().map(|value| value.get()).collect();
    let builder = MetricDatum::builder();
    let builder = match values.as_slice() {
        [value] => builder.value(*value),
        _ => builder.set_values(Some(values)),
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
