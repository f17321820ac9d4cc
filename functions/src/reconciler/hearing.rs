//! Whether events come: how long ago the last one did, and how many the rules of the tooling accounts could not deliver.
//!
//! What no event brings, the reconciler finds; so the figures would not show that none comes.

use super::{FirstFailure, step};
use crate::{metrics::publish::put_quality, runtime::error::Error, sources::context::Context};
use aws_sdk_sqs::types::QueueAttributeName;
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::tracing::warn;
use metrics_lib::{
    contract::{Metric, probe::LATE},
    datum::DatumValue,
    place::Place,
};

/// Begins to look at the accounts and regions, and tells how long ago the last event came (as long as none has ever come,
/// since when it was looked for), and from how many of them no heartbeat comes.
///
/// Where nothing happens no event comes, and a heartbeat shows that one would. It shows nothing any more once something was found
/// that an event should have told: heartbeats have rules of their own.
pub(super) async fn listen(context: &Context, now: Timestamp) -> Result<(), Error> {
    let heartbeats = context.ledger.heartbeats().await?;
    let (mut since, mut missed) = (now, 0);
    for place in context.ops_item_places().await? {
        let watched = context.ledger.watch(&place, now).await?;
        since = since.min(watched);
        let last = heartbeats.get(&place).copied().unwrap_or(watched).max(watched);
        if now.duration_since(last) > LATE {
            let Place { account, region } = place;
            warn!(account, region, last = %last, "no heartbeat comes");
            missed += 1;
        }
    }
    let heard = context.ledger.heard().await?;
    let shown = match context.ledger.is_untold_since(heard).await? {
        true => None,
        false => heartbeats.into_values().max(),
    };
    let latest = heard.max(shown).map_or(since, |latest| latest.max(since));
    let silent = DatumValue::seconds(now.duration_since(latest).max(SignedDuration::ZERO))?;
    let mut told = vec![(Metric::SinceLastEvent, silent)];
    told.extend((missed > 0).then(|| (Metric::MissedHeartbeats, DatumValue::count(missed))));
    put_quality(context, &told, None).await
}

/// Tells how many events the rules of the tooling accounts could not deliver: alarms there could tell nobody of it here.
///
/// # Errors
/// What failed first; what can be read is told all the same.
pub(super) async fn count_undelivered(context: &Context) -> Result<(), Error> {
    let (mut outcome, mut all) = (FirstFailure::default(), 0);
    for place in &watched(context).await? {
        match step(undelivered(context, place)).await {
            Ok(0) => {}
            Ok(number) => {
                let Place { account, region } = place;
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
    let own = Place::new(&context.config.ops_account, context.clients.region());
    for place in context.ops_item_places().await? {
        // The operations account's own stack has a queue of its own, and an alarm.
        if place != own && !places.contains(&place) {
            places.push(place);
        }
    }
    Ok(places)
}

/// How many events a rule of an account and region could not deliver.
pub(super) async fn undelivered(context: &Context, place: &Place) -> Result<usize, Error> {
    let Some(queue) = &context.config.tooling_undelivered else { return Ok(0) };
    let sqs = &context.clients.reader(place).await.sqs;
    let found = sqs.get_queue_url().queue_name(queue).send().await;
    let url = found.map_err(Error::aws("sqs:GetQueueUrl"))?.queue_url;
    let asked = QueueAttributeName::ApproximateNumberOfMessages;
    let request = sqs.get_queue_attributes().set_queue_url(url).attribute_names(asked.clone());
    let found = request.send().await.map_err(Error::aws("sqs:GetQueueAttributes"))?;
    let number = found.attributes().and_then(|attributes| attributes.get(&asked)?.parse().ok());
    Ok(number.unwrap_or_default())
}
