//! Whether events come: how long ago the last one did, and how many the rules of the tooling accounts could not deliver.
//!
//! What no event brings, the reconciler finds; so the figures would not show that none comes.

use super::{Outcome, step};
use crate::{
    metrics::publish::put_quality,
    runtime::{context::Context, error::Error},
    sources::places::Place,
};
use aws_sdk_sqs::types::QueueAttributeName;
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::tracing::warn;
use metrics_lib::{contract::Metric, datum::DatumValue};

/// Begins to look at the accounts and regions, and tells how long ago the last event came: as long as none has ever come,
/// since when it was looked for.
pub(super) async fn listen(context: &Context, now: Timestamp) -> Result<(), Error> {
    let mut since = now;
    for (account, region) in &context.ops_item_places().await? {
        since = since.min(context.ledger.watch((account, region), now).await?);
    }
    let latest = context.ledger.heard().await?.map_or(since, |heard| heard.max(since));
    let silent = DatumValue::seconds(now.duration_since(latest).max(SignedDuration::ZERO))?;
    put_quality(context, &[(Metric::SinceLastEvent, silent)], None).await
}

/// Tells how many events the rules of the tooling accounts could not deliver: alarms there could tell nobody of it here.
///
/// # Errors
/// What failed first; what can be read is told all the same.
pub(super) async fn count_undelivered(context: &Context) -> Result<(), Error> {
    let (mut outcome, mut all) = (Outcome::default(), 0);
    for (account, region) in &watched(context).await? {
        match step(undelivered(context, account, region)).await {
            Ok(0) => {}
            Ok(number) => {
                warn!(account, region, number, "a rule could not deliver events");
                all += number;
            }
            Err(error) => outcome.note(Err(error)),
        }
    }
    outcome.note(put_quality(context, &[(Metric::UndeliveredEvents, DatumValue::count(all))], None).await);
    outcome.first()
}

/// The accounts and regions with a tooling stack.
pub(super) async fn watched(context: &Context) -> Result<Vec<Place>, Error> {
    let mut places = context.places().await?;
    let own = (context.config.ops_account.as_str(), context.clients.region());
    for place in context.ops_item_places().await? {
        // The operations account's own stack has a queue of its own, and an alarm.
        let is_own = (place.0.as_str(), place.1.as_str()) == own;
        if !is_own && !places.contains(&place) {
            places.push(place);
        }
    }
    Ok(places)
}

/// How many events a rule of an account and region could not deliver.
pub(super) async fn undelivered(context: &Context, account: &str, region: &str) -> Result<usize, Error> {
    let Some(queue) = &context.config.tooling_undelivered else { return Ok(0) };
    let sqs = &context.clients.reader(account, region).await.sqs;
    let found = sqs.get_queue_url().queue_name(queue).send().await;
    let url = found.map_err(Error::aws("sqs:GetQueueUrl"))?.queue_url;
    let asked = QueueAttributeName::ApproximateNumberOfMessages;
    let request = sqs.get_queue_attributes().set_queue_url(url).attribute_names(asked.clone());
    let found = request.send().await.map_err(Error::aws("sqs:GetQueueAttributes"))?;
    let number = found.attributes().and_then(|attributes| attributes.get(&asked)?.parse().ok());
    Ok(number.unwrap_or_default())
}
