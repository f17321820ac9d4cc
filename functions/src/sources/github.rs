//! Takes GitHub's webhooks from API Gateway and puts what lead time needs of them on Firehose.
//!
//! The signature is verified over the raw bytes before anything is parsed. Nothing of payload, signature or secret is
//! logged.

pub mod secret;
pub mod signature;

use crate::{
    ledger::Ledger,
    metrics::publish::counted,
    runtime::{clock::Clock, config::WebhookConfig, error::Error},
};
use aws_config::BehaviorVersion;
use aws_sdk_firehose::{primitives::Blob, types::Record};
use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use lambda_runtime::{
    LambdaEvent, service_fn,
    tracing::{self, error, info, warn},
};
use metrics_lib::{
    contract::Metric,
    json,
    lake::{Change, Row},
    sources::github::{self, Delivered, Marks, RepositoryNames},
};
use secret::Secrets;
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use signature::Signature;
use std::{borrow::Cow, collections::BTreeMap, pin::Pin};

/// The largest body: what Lambda takes in an invocation.
const MAX_BODY: usize = 6 * 1024 * 1024;
/// The most that Firehose takes at once: records, and bytes.
const MAX_BATCH: (usize, usize) = (500, 4 * 1024 * 1024);
/// How often records that Firehose did not take are put again.
const TRIES: usize = 3;

/// A request, as API Gateway's proxy integration hands it over (payload version 1).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    headers: Option<BTreeMap<String, Value>>,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// The answer, as API Gateway takes it.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    status_code: u16,
    headers: BTreeMap<&'static str, &'static str>,
    body: String,
    is_base64_encoded: bool,
}

/// Why a delivery is not accepted.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("the body is not what its encoding says")]
    Encoding,
    #[error("the body is too large")]
    TooLarge,
    #[error("the signature is missing or wrong")]
    Signature,
    #[error("the content type is not application/json")]
    ContentType,
    #[error("the header X-GitHub-Event is missing")]
    NoEvent,
    #[error(transparent)]
    Payload(#[from] github::InvalidPayload),
    #[error("try again later")]
    Unavailable(#[source] Box<Error>),
}

impl Refusal {
    fn status(&self) -> u16 {
        match self {
            Self::Encoding | Self::NoEvent | Self::Payload(_) => 400,
            Self::Signature => 401,
            Self::TooLarge => 413,
            Self::ContentType => 415,
            Self::Unavailable(_) => 503,
        }
    }
}

fn unavailable(error: Error) -> Refusal {
    Refusal::Unavailable(Box::new(error))
}

/// What became of a delivery.
enum Accepted {
    /// It was a ping.
    Pong,
    /// So many records are on Firehose.
    Stored(usize),
    /// Nothing in it matters.
    Dropped,
}

/// What an invocation needs, made once.
struct Webhook {
    secrets: Secrets,
    firehose: aws_sdk_firehose::Client,
    cloudwatch: aws_sdk_cloudwatch::Client,
    delivery_stream: String,
    marks: Marks,
    /// It keeps the names of repositories.
    ledger: Ledger,
    clock: Clock,
}

/// Runs the function.
///
/// # Errors
/// A configuration that can't be used; what the runtime fails with.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    tracing::init_default_subscriber();
    let config = WebhookConfig::read(|name| std::env::var(name).ok())
        .inspect_err(|invalid| error!(error.message = %invalid, "the function is not configured"))?;
    let sdk = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let webhook = Webhook {
        secrets: Secrets::new(
            aws_sdk_secretsmanager::Client::new(&sdk),
            config.secret,
            config.secret_overlap,
        ),
        firehose: aws_sdk_firehose::Client::new(&sdk),
        cloudwatch: aws_sdk_cloudwatch::Client::new(&sdk),
        delivery_stream: config.delivery_stream,
        marks: Marks { bots: config.bot_authors, rework: config.rework },
        ledger: Ledger::new(aws_sdk_dynamodb::Client::new(&sdk), config.ledger_table),
        clock: config.clock,
    };
    lambda_runtime::run(service_fn(|event: LambdaEvent<Box<RawValue>>| webhook.handle(event.payload))).await
}

impl Webhook {
    /// Answers an invocation. The type of the future is hidden: it nests those of every API call, deeper than the compiler
    /// follows.
    fn handle(
        &self,
        payload: Box<RawValue>,
    ) -> Pin<Box<dyn Future<Output = Result<Response, Error>> + Send + '_>> {
        Box::pin(async move { Ok(self.answer(json::read(payload.get().as_bytes())?).await) })
    }

    async fn answer(&self, request: Request) -> Response {
        let (status, body) = match self.accept(&request).await {
            Ok(Accepted::Pong) => (200, "pong".to_owned()),
            Ok(Accepted::Stored(records)) => {
                info!(records, "delivery stored");
                (200, format!("{records} records stored"))
            }
            Ok(Accepted::Dropped) => (202, "nothing to store".to_owned()),
            Err(refusal) => {
                let status = refusal.status();
                if let Refusal::Unavailable(cause) = &refusal {
                    error!(status, error.code = cause.code(), error.message = %cause, "delivery not stored");
                } else {
                    info!(status, reason = %refusal, "delivery refused");
                    // Whoever floods the webhook until CloudWatch throttles is answered all the same.
                    if let Err(cause) = self.count_refused().await {
                        warn!(error.code = cause.code(), error.message = %cause, "refused delivery not counted");
                    }
                }
                (status, refusal.to_string())
            }
        };
        let headers = BTreeMap::from([("content-type", "text/plain; charset=utf-8")]);
        Response { status_code: status, headers, body, is_base64_encoded: false }
    }

    async fn count_refused(&self) -> Result<(), Error> {
        counted(&self.cloudwatch, Metric::WebhookRejected, self.clock.now()?).await
    }

    async fn accept(&self, request: &Request) -> Result<Accepted, Refusal> {
        let body = request.bytes()?;
        if body.len() > MAX_BODY {
            return Err(Refusal::TooLarge);
        }
        let signature = request.header("x-hub-signature-256").and_then(Signature::parse);
        let signature = signature.ok_or(Refusal::Signature)?;
        let now = self.clock.now().map_err(unavailable)?;
        let current = self.secrets.get(now).await.map_err(unavailable)?;
        if !signature.verifies(&body, &current) {
            let refreshed = self.secrets.refresh(now).await.map_err(unavailable)?;
            if !signature.verifies(&body, &refreshed) {
                return Err(Refusal::Signature);
            }
        }
        let content_type = request.header("content-type").unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/json") {
            return Err(Refusal::ContentType);
        }
        let event = request.header("x-github-event").ok_or(Refusal::NoEvent)?;
        if event == "ping" {
            return Ok(Accepted::Pong);
        }
        let Delivered { changes, names } = github::read(event, &body, now, &self.marks)?;
        // A name is told by no later delivery once the repository was renamed, so it is kept before anything is stored:
        // GitHub shows what was not accepted, and delivers it again.
        if let Some(names) = names {
            self.remember(&names, now).await.map_err(unavailable)?;
        }
        self.put(&changes).await.map_err(unavailable)?;
        match changes.len() {
            0 => Ok(Accepted::Dropped),
            stored => Ok(Accepted::Stored(stored)),
        }
    }

    /// Remembers the names of a repository.
    async fn remember(&self, named: &RepositoryNames, now: Timestamp) -> Result<(), Error> {
        for name in &named.names {
            self.ledger.remember_repository(name, Some(named.id), now).await?;
        }
        Ok(())
    }

    /// Puts changes on Firehose.
    async fn put(&self, changes: &[Change]) -> Result<(), Error> {
        for batch in batches(changes.iter().map(record).collect::<Result<_, _>>()?) {
            self.put_batch(batch).await?;
        }
        Ok(())
    }

    /// Puts records on Firehose; those that it does not take are put again.
    async fn put_batch(&self, mut records: Vec<Record>) -> Result<(), Error> {
        const API: &str = "firehose:PutRecordBatch";
        let mut reason = None;
        for _ in 0..TRIES {
            let request = self.firehose.put_record_batch().delivery_stream_name(&self.delivery_stream);
            let output = request.set_records(Some(records.clone())).send().await.map_err(Error::aws(API))?;
            let answers = output.request_responses;
            reason = answers.iter().find_map(|answer| answer.error_code.clone());
            let failed = answers.iter().map(|answer| answer.error_code.is_some());
            records = records
                .into_iter()
                .zip(failed)
                .filter_map(|(record, failed)| failed.then_some(record))
                .collect();
            if records.is_empty() {
                return Ok(());
            }
        }
        let message = format!("{} records were not taken", records.len());
        Err(Error::Aws { api: API, code: reason.unwrap_or_default(), message })
    }
}

impl Request {
    /// A header, whose name may be written in any case. One that is no text is none.
    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter().flatten();
        headers.find(|(header, _)| header.eq_ignore_ascii_case(name)).and_then(|(_, value)| value.as_str())
    }

    /// The body's bytes, just as they were sent.
    fn bytes(&self) -> Result<Cow<'_, [u8]>, Refusal> {
        let body = self.body.as_deref().unwrap_or_default();
        if self.is_base64_encoded {
            return BASE64_STANDARD.decode(body).map(Cow::Owned).map_err(|_| Refusal::Encoding);
        }
        Ok(Cow::Borrowed(body.as_bytes()))
    }
}

/// Records in batches that Firehose takes at once.
fn batches(records: Vec<Record>) -> Vec<Vec<Record>> {
    let mut batches: Vec<Vec<Record>> = Vec::new();
    let mut size = 0;
    for record in records {
        let length = record.data().as_ref().len();
        size += length;
        match batches.last_mut() {
            Some(batch) if batch.len() < MAX_BATCH.0 && size <= MAX_BATCH.1 => batch.push(record),
            _ => {
                size = length;
                batches.push(vec![record]);
            }
        }
    }
    batches
}

fn record(change: &Change) -> Result<Record, Error> {
    // A row always can be written, and a record always has its data.
    let line = Row::from(change).to_line().unwrap_or_default();
    let record = Record::builder().data(Blob::new(line)).build();
    record.map_err(|error| Error::Aws {
        api: "firehose:PutRecordBatch",
        code: "InvalidRequest".into(),
        message: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_that_firehose_takes() {
        fn check(lengths: &[usize], expected: &[usize]) {
            let record =
                |length: &usize| Record::builder().data(Blob::new(vec![0; *length])).build().unwrap();
            let found: Vec<_> = batches(lengths.iter().map(record).collect()).iter().map(Vec::len).collect();
            assert_eq!(found, expected);
        }
        const MIB: usize = 1024 * 1024;
        check(&[], &[]);
        check(&[1; 3], &[3]);
        check(&[1; 1001], &[500, 500, 1]);
        check(&[MIB; 9], &[4, 4, 1]);
        check(&[MIB, 3 * MIB, 1, 4 * MIB], &[2, 1, 1]);
    }
}
