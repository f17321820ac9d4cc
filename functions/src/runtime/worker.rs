//! The Lambda side: reads the configuration, makes the context once, and feeds a handler with the events of SQS batches.
//!
//! The answer names the messages that failed, so that SQS keeps those and no others (partial batch responses).

use crate::{
    ledger::{Owner, Passed},
    metrics::publish::{LONGEST_PUBLICATION, put_quality},
    runtime::{config::Config, error::Error, tools::Tools},
    sources::{
        context::Context,
        events::{Event, Probe, Purpose, Received, Told},
        registry::Sources,
    },
};
use jiff::Timestamp;
use lambda_runtime::{
    LambdaEvent, service_fn,
    tracing::{self, error, info, warn},
};
use metrics_lib::{contract::Metric, datum::DatumValue, json, place::Place};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use std::{
    future::Future,
    pin::Pin,
    time::{Duration, Instant, SystemTime},
};

/// How much time must be left to begin with a message: what it leads to is to be published.
pub(crate) const SHORTEST_WORK: Duration = LONGEST_PUBLICATION.saturating_add(Duration::from_secs(5));
/// How many tries of a message are few: half of those that a message has which is not to wait for anything.
const FEW_TRIES: u32 = 10;

/// An SQS batch, as Lambda's event source mapping delivers it.
#[derive(Debug, Deserialize)]
struct Batch {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

/// A message of the batch.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    message_id: String,
    body: String,
    /// What SQS says of the message.
    #[serde(default)]
    attributes: Value,
}

impl Record {
    /// When SQS took it.
    fn sent(&self) -> Option<Timestamp> {
        let sent = self.attributes["SentTimestamp"].as_str()?;
        Timestamp::from_millisecond(sent.parse().ok()?).ok()
    }

    /// Whether few tries are left before the message is given up. SQS shows it nowhere: what was received a few times is
    /// left out of the age of the oldest message. Source: SQS developer guide, "Available CloudWatch metrics for Amazon SQS".
    fn is_at_risk(&self, tries: Option<u32>) -> bool {
        let received = self.attributes["ApproximateReceiveCount"].as_str();
        let received = received.and_then(|count| count.parse::<u32>().ok());
        received.zip(tries).is_some_and(|(received, tries)| received.saturating_add(FEW_TRIES) >= tries)
    }
}

/// The messages that failed.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    batch_item_failures: Vec<Failure>,
}

/// A message that failed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

/// One event for a handler.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    /// What every handler gets.
    pub context: &'a Context,
    /// The event.
    pub event: &'a Event,
    /// Who claims facts: this try of this message.
    pub owner: Owner<'a>,
}

/// What a handler is: it finishes one event, or says why it can't.
pub trait Handler: Sync {
    /// Acts on one event.
    fn handle(&self, work: Work<'_>) -> impl Future<Output = Result<(), Error>> + Send;
}

/// Runs a Lambda function that hands every event to a handler, which reads the sources.
///
/// # Errors
/// A configuration that can't be used; what the runtime fails with.
pub async fn run(handler: impl Handler, sources: Sources) -> Result<(), lambda_runtime::Error> {
    let context = context(sources).await?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Box<RawValue>>| invoke(&handler, &context, event)))
        .await
}

/// Begins to log, reads the configuration, and makes the context.
pub(crate) async fn context(sources: Sources) -> Result<Context, lambda_runtime::Error> {
    tracing::init_default_subscriber();
    match Config::read(|name| std::env::var(name).ok()) {
        Ok(config) => Ok(Context::new(Tools::new(config).await, sources)),
        Err(invalid) => {
            error!(error.message = %invalid, "the function is not configured");
            Err(invalid.into())
        }
    }
}

/// When an invocation ends.
pub(crate) fn deadline(context: &lambda_runtime::Context) -> Instant {
    Instant::now() + context.deadline().duration_since(SystemTime::now()).unwrap_or_default()
}

async fn invoke(
    handler: &impl Handler,
    context: &Context,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<Response, Error> {
    let batch: Batch = json::read(event.payload.get().as_bytes())?;
    let event_context = &event.context;
    let deadline = deadline(event_context);
    let mut response = Response::default();
    let mut at_risk = 0;
    for record in batch.records {
        let Record { message_id, body, .. } = &record;
        let result = match Received::parse(body, &context.sources) {
            // Whoever is cut off in the middle has claimed what then waits for the claim to expire.
            Ok(_) if Instant::now() + SHORTEST_WORK > deadline => Err(Error::OutOfTime),
            Ok(Received { told: Told::Probe(probe), .. }) => {
                finish(note(context, &probe, &event_context.env_config.function_name, &record)).await
            }
            Ok(Received { id, told: Told::Event(event) }) => {
                // A message that was put back has a new id; the event in it has its own still.
                let message = id.map_or_else(|| message_id.clone(), |id| id.to_string());
                let (message, invocation) = (message.as_str(), event_context.request_id.as_str());
                let owner = Owner { message, told: event.told(), invocation, deadline };
                let work = async {
                    if let Some(place) = event.place() {
                        context.register(place).await?;
                        hear(context, place).await;
                    }
                    handler.handle(Work { context, event: &event, owner }).await
                };
                in_time(context, message, finish(work)).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            log(message_id, &error);
            // What is to be decided later is tried until then, as was reckoned with.
            if !matches!(error, Error::NotYet { .. }) && record.is_at_risk(context.config.tries) {
                at_risk += 1;
            }
            if error.is_expired_credentials() {
                context.clients.forget_credentials().await;
            }
            response.batch_item_failures.push(Failure { item_identifier: record.message_id });
        }
    }
    if at_risk > 0 {
        let counted = [(Metric::MessagesAtRisk, DatumValue::count(at_risk))];
        if let Err(error) = put_quality(context, &counted, None).await {
            error!(error.message = %error, "messages at risk are not counted");
        }
    }
    Ok(response)
}

/// Works on a message, unless it is known to be too early still.
async fn in_time(
    context: &Context,
    message: &str,
    work: impl Future<Output = Result<(), Error>>,
) -> Result<(), Error> {
    if let Some((until, reason)) = context.waiting.until(message, context.now()?) {
        return Err(Error::NotYet { until, reason });
    }
    let result = work.await;
    match &result {
        Err(Error::NotYet { until, reason }) => context.waiting.note(message, *until, reason),
        Ok(()) | Err(_) => context.waiting.forget(message),
    }
    result
}

/// Notes how far a probe has come, or that a heartbeat has.
async fn note(context: &Context, probe: &Probe, function: &str, record: &Record) -> Result<(), Error> {
    let Probe { place, purpose } = probe;
    context.register(place).await?;
    let now = context.now()?;
    match purpose {
        Purpose::Probe(id) => {
            let queued = record.sent().unwrap_or(now);
            let passed = Passed { function: function.to_owned(), queued, noted: now };
            context.ledger.note_probe(*id, place, &passed).await
        }
        Purpose::Heartbeat {} => context.ledger.hear_heartbeat(place, now).await,
    }
}

/// Notes that an event has come. What could not be noted, the next event notes.
async fn hear(context: &Context, place: &Place) {
    let noted = match context.now() {
        Ok(now) => context.ledger.hear(place, now).await,
        Err(error) => Err(error),
    };
    if let Err(error) = noted {
        warn!(error.code = error.code(), error.message = %error, "it is not noted that an event has come");
    }
}

/// Hides the type of a handler's future: it nests the futures of every API call, deeper than the compiler follows.
fn finish<'a>(
    work: impl Future<Output = Result<(), Error>> + Send + 'a,
) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>> {
    Box::pin(work)
}

/// Logs why a message failed: once, here, without anything of the message's content.
fn log(message_id: &str, error: &Error) {
    let (error_type, code) = (error.error_type(), error.code());
    if error.is_waiting() {
        info!(message.id = message_id, error.type = error_type, error.code = code, reason = %error, "message has to wait");
    } else {
        error!(message.id = message_id, error.type = error_type, error.code = code, error.message = %error, "message failed");
    }
}
