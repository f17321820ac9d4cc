//! The way of GitHub's webhooks: an HTTP listener in API Gateway's place, the webhook's function, Firehose, and the
//! function that checks the records on their way to the lake.

mod gate;

use crate::{
    error::CloudError,
    invocation::Host,
    stand_ins::{WEBHOOK_SECRET, metric_key},
    vended,
};
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
    serve::ListenerExt,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use fake_aws::{Gathered, lambda::Lambda, no_delay};
use gate::{Gate, Refusal};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{Timestamp, tz::TimeZone};
use metrics_lib::contract::{GITHUB_AGENT, Metric};
use program::plan;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;
use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};
use tokio::{
    net::TcpListener,
    select,
    sync::{mpsc, oneshot},
    task::{AbortHandle, spawn},
};

/// The header of GitHub's signature.
const SIGNATURE: &str = "x-hub-signature-256";
/// The most that is handed to the transformation at once, encoded.
const MAX_TRANSFORMED: usize = 3 * 1024 * 1024;
/// The largest payload that Lambda takes. Source: AWS Lambda developer guide, "Lambda quotas".
const MAX_PAYLOAD: usize = 6 * 1024 * 1024;
/// The status of what is too large.
const TOO_LARGE: u16 = 413;
/// The header that tells where a request comes from, which is this machine for all.
const FORWARDED_FOR: &str = "x-forwarded-for";
/// An address that GitHub delivers from.
pub(crate) const GITHUB: IpAddr = IpAddr::V4(Ipv4Addr::new(140, 82, 115, 1));
/// How often a transformation that failed is tried.
const TRIES: usize = 4;

/// The functions of the way, and the listener.
#[derive(Debug)]
pub(crate) struct CommitIngestion {
    pub(crate) webhook: Lambda,
    pub(crate) transform: Lambda,
    gate: Gate,
    /// The API's name.
    api: String,
    listener: Listener,
    client: reqwest::Client,
    delivered: u64,
}

/// The listener; it stops when it is dropped.
#[derive(Debug)]
struct Listener {
    address: SocketAddr,
    requests: mpsc::Receiver<Request>,
    task: AbortHandle,
}

/// A request: the event for the function, and where its answer goes.
pub(crate) type Request = (Value, oneshot::Sender<Response>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProxyResponse {
    status_code: u16,
    #[serde(default)]
    body: String,
}

#[derive(Deserialize)]
struct Transformed {
    records: Vec<TransformedRecord>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TransformedRecord {
    record_id: String,
    result: String,
    #[serde(default)]
    data: String,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    partition_keys: BTreeMap<String, String>,
}

impl CommitIngestion {
    /// Starts to listen.
    pub(crate) async fn start(
        (api, gate): (String, plan::Gate),
        webhook: Lambda,
        transform: Lambda,
    ) -> Result<Self, CloudError> {
        let (sender, requests) = mpsc::channel(1);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let router = Router::new().fallback(take).layer(DefaultBodyLimit::disable()).with_state(sender);
        let task = spawn(async { axum::serve(listener.tap_io(no_delay), router).await }).abort_handle();
        let listener = Listener { address, requests, task };
        let gate = Gate::new(gate);
        Ok(Self { webhook, transform, gate, api, listener, client: reqwest::Client::new(), delivered: 0 })
    }

    /// Sends a delivery as GitHub does, over HTTP and from an address, and returns the status and the text of the answer.
    ///
    /// A recorded signature was made with a secret that is not known here, so one that could be right is made anew.
    pub(crate) async fn deliver(
        &mut self,
        from: IpAddr,
        headers: &BTreeMap<String, String>,
        body: &str,
        host: &Host,
    ) -> Result<(u16, String), CloudError> {
        let mut request = self.client.post(self.url()).body(body.to_owned());
        request = request.header(FORWARDED_FOR, from.to_string());
        for (name, value) in headers {
            let lower = name.to_ascii_lowercase();
            let of_the_connection = [
                "host",
                "content-length",
                "connection",
                "accept-encoding",
                "transfer-encoding",
                FORWARDED_FOR,
            ];
            if of_the_connection.contains(&lower.as_str()) {
                continue;
            }
            let signed = lower == SIGNATURE && value.len() == "sha256=".len() + 64;
            request = request.header(name, if signed { signature(body.as_bytes()) } else { value.clone() });
        }
        let mut response = spawn(request.send());
        let (event, reply) = select! {
            request = self.listener.requests.recv() => request.ok_or(CloudError::Listener)?,
            _ = &mut response => return Err(CloudError::Listener),
        };
        self.answer((event, reply), host).await?;
        let response = response.await.map_err(|_| CloudError::Listener)?.map_err(|_| CloudError::Listener)?;
        let status = response.status().as_u16();
        Ok((status, response.text().await.unwrap_or_default()))
    }

    /// The URL that the webhook listens at.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/github", self.listener.address)
    }

    /// Waits for a request of somebody else.
    pub(crate) async fn request(&mut self) -> Option<Request> {
        self.listener.requests.recv().await
    }

    /// Has the webhook's function answer a request.
    pub(crate) async fn answer(&mut self, (event, reply): Request, host: &Host) -> Result<(), CloudError> {
        if let Err((status, text)) = self.admit(&event, host) {
            count(host, Metric::WebhookRejected);
            if status == TOO_LARGE && is_by_github(&event) {
                count(host, Metric::OversizedDeliveries);
            }
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN);
            let _ = reply.send((status, text).into_response());
            return Ok(());
        }
        host.check(&self.webhook).map_err(CloudError::Forbidden)?;
        let answer = match host.is_throttled(&self.webhook) {
            true => None,
            false => host.invoke(&mut self.webhook, event.to_string().into()).await?.ok(),
        };
        let answer = answer.and_then(|body| serde_json::from_slice::<ProxyResponse>(&body).ok());
        // API Gateway's answer to a function that fails, or answers with something else.
        let answer =
            answer.unwrap_or(ProxyResponse { status_code: 502, body: "Internal server error".into() });
        if answer.status_code == TOO_LARGE && is_by_github(&event) {
            count(host, Metric::OversizedDeliveries);
        }
        let status = StatusCode::from_u16(answer.status_code).unwrap_or(StatusCode::BAD_GATEWAY);
        if status.is_server_error() {
            let mut services = host.server.services();
            let now = services.now();
            services.vend(vended::failures_of_api(&self.api), now, 1.0);
        }
        // Who has hung up gets no answer.
        let _ = reply.send((status, answer.body).into_response());
        Ok(())
    }

    /// Whether the webhook's function gets a request.
    fn admit(&mut self, event: &Value, host: &Host) -> Result<(), Refusal> {
        let from =
            event["requestContext"]["identity"]["sourceIp"].as_str().and_then(|from| from.parse().ok());
        let signature = event["headers"][SIGNATURE].as_str().unwrap_or_default();
        self.gate.admit(
            host.server.services().now(),
            from.unwrap_or(Ipv4Addr::LOCALHOST.into()),
            signature,
        )?;
        // What the firewall and the validator let through, and Lambda does not take.
        if event.to_string().len() > MAX_PAYLOAD {
            return Err((TOO_LARGE, "Request Entity Too Large"));
        }
        Ok(())
    }

    /// Transforms what Firehose has gathered and delivers it to the lake.
    pub(crate) async fn flush(&mut self, host: &Host, now: Timestamp) -> Result<(), CloudError> {
        let gathered = host.server.services().firehose.take();
        for batch in batches(gathered) {
            self.transform_batch(host, &batch, now).await?;
        }
        Ok(())
    }

    async fn transform_batch(
        &mut self,
        host: &Host,
        batch: &[Gathered],
        now: Timestamp,
    ) -> Result<(), CloudError> {
        let records = batch.iter().map(|record| {
            let arrived = record.arrived.as_millisecond();
            json!({"recordId": record.id, "approximateArrivalTimestamp": arrived, "data": record.data})
        });
        let event = json!({
            "invocationId": format!("invocation-{}", self.delivered),
            "deliveryStreamArn": "arn:aws:firehose:local:000000000000:deliverystream/local",
            "region": "local",
            "records": records.collect::<Vec<_>>(),
        });
        let event = Bytes::from(event.to_string());
        host.check(&self.transform).map_err(CloudError::Forbidden)?;
        let mut transformed = None;
        for _ in 0..TRIES {
            if host.is_throttled(&self.transform) {
                continue;
            }
            if let Ok(body) = host.invoke(&mut self.transform, event.clone()).await? {
                transformed = serde_json::from_slice::<Transformed>(&body).ok();
                break;
            }
        }
        let answered: BTreeMap<String, TransformedRecord> = transformed
            .into_iter()
            .flat_map(|transformed| transformed.records)
            .map(|record| (record.record_id.clone(), record))
            .collect();
        let mut objects: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for record in batch {
            match answered.get(&record.id) {
                Some(TransformedRecord { result, data, metadata: Some(metadata), .. }) if result == "Ok" => {
                    let data = BASE64_STANDARD.decode(data).unwrap_or_default();
                    let [bucket, day] = ["bucket", "day"]
                        .map(|key| metadata.partition_keys.get(key).cloned().unwrap_or_default());
                    objects.entry(format!("changes/bucket={bucket}/day={day}/")).or_default().extend(data);
                }
                Some(TransformedRecord { result, .. }) if result == "Dropped" => {}
                other => {
                    let failed = json!({
                        "attemptsMade": TRIES,
                        "arrivalTimestamp": record.arrived.as_millisecond(),
                        "errorCode": if other.is_some() { "Lambda.ProcessingFailedStatus" } else { "Lambda.FunctionError" },
                        "rawData": record.data,
                    });
                    let line = format!("{failed}\n").into_bytes();
                    objects.entry("errors/processing-failed/".to_owned()).or_default().extend(line);
                }
            }
        }
        let at = now.to_zoned_datetime(TimeZone::UTC).strftime("%Y-%m-%d-%H-%M-%S").to_string();
        let mut services = host.server.services();
        for (prefix, object) in objects {
            self.delivered += 1;
            services.bucket.put(format!("{prefix}dora-changes-1-{at}-{:08}", self.delivered), &object)?;
        }
        Ok(())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Turns a request into the event of API Gateway's proxy integration (payload version 1).
async fn take(
    State(sender): State<mpsc::Sender<Request>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers: BTreeMap<&str, String> =
        headers.iter().map(|(name, value)| (name.as_str(), text(value))).collect();
    let from = headers.get(FORWARDED_FOR).cloned().unwrap_or_else(|| "127.0.0.1".to_owned());
    let (body, encoded) = match std::str::from_utf8(&body) {
        Ok(body) => (body.to_owned(), false),
        Err(_) => (BASE64_STANDARD.encode(&body), true),
    };
    let event = json!({
        "resource": "/github",
        "path": uri.path(),
        "httpMethod": method.as_str(),
        "headers": headers,
        "queryStringParameters": null,
        "requestContext": {"stage": "local", "resourcePath": "/github", "identity": {"sourceIp": from}},
        "body": body,
        "isBase64Encoded": encoded,
    });
    let (reply, answer) = oneshot::channel();
    if sender.send((event, reply)).await.is_err() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    answer.await.unwrap_or_else(|_| StatusCode::BAD_GATEWAY.into_response())
}

/// Counts a delivery that came not as far as it should, as the filters of the webhook's access log do.
fn count(host: &Host, metric: Metric) {
    let mut services = host.server.services();
    let now = services.now();
    services.cloudwatch.add(metric_key(metric, None), now, 1.0);
}

/// Whether a request says that it is GitHub's.
fn is_by_github(event: &Value) -> bool {
    event["headers"]["user-agent"].as_str().is_some_and(|agent| agent.starts_with(GITHUB_AGENT))
}

/// The signature of a body, as GitHub writes it.
pub(crate) fn signature(body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(WEBHOOK_SECRET.as_bytes());
    // HMAC takes keys of any length.
    let code = mac.map(|mac| mac.chain_update(body).finalize().into_bytes()).unwrap_or_default();
    format!("sha256={}", hex::encode(code))
}

/// Batches that fit into an invocation.
fn batches(gathered: Vec<Gathered>) -> Vec<Vec<Gathered>> {
    let mut batches: Vec<Vec<Gathered>> = Vec::new();
    let mut size = usize::MAX;
    for record in gathered {
        if size.saturating_add(record.data.len()) > MAX_TRANSFORMED {
            batches.push(Vec::new());
            size = 0;
        }
        size += record.data.len();
        if let Some(batch) = batches.last_mut() {
            batch.push(record);
        }
    }
    batches
}
