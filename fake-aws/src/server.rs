//! The HTTP server in front of the services.

use crate::{
    AwsError, Services, cbor,
    control::{Asked, Control, Desk, Done},
    request::{Protocol, Request},
    services::Answer,
    sts::REQUEST_ID,
};
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, Uri, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    serve::ListenerExt,
};
use std::{
    future, io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, mpsc, oneshot},
    task::{AbortHandle, spawn},
};

/// The HTTP server; it stops when it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    errands: mpsc::UnboundedReceiver<Asked>,
    task: AbortHandle,
}

#[derive(Debug)]
struct Shared {
    services: Mutex<Services>,
    crash: Notify,
    desk: Desk,
}

impl Server {
    /// Starts to answer, on a free port of this machine that nobody else can reach.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(services: Services) -> io::Result<Self> {
        let (desk, errands) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared { services: Mutex::new(services), crash: Notify::new(), desk });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let router =
            Router::new().fallback(answer).layer(DefaultBodyLimit::disable()).with_state(Arc::clone(&shared));
        let task = spawn(async { axum::serve(listener.tap_io(no_delay), router).await }).abort_handle();
        Ok(Self { address, shared, errands, task })
    }

    /// The URL of every service, for `AWS_ENDPOINT_URL`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The services.
    pub fn services(&self) -> MutexGuard<'_, Services> {
        self.shared.services.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether Lambda may do under a function's role what an invocation with messages of a queue takes.
    pub fn check_delivery(&self, function: &str, queue: &str) -> Result<(), AwsError> {
        let permissions = &mut self.services().permissions;
        permissions.check_delivery(function, queue)?;
        permissions.check_invocation(function)
    }

    /// Whether Lambda may do under a function's role what an invocation takes.
    pub fn check_invocation(&self, function: &str) -> Result<(), AwsError> {
        self.services().permissions.check_invocation(function)
    }

    /// Waits until the host is asked for something.
    pub async fn control(&mut self) -> Option<Asked> {
        self.errands.recv().await
    }

    /// Waits until a call is to make its caller die.
    pub async fn crash(&self) {
        self.shared.crash.notified().await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let request = match Request::read(&uri, &headers, &body) {
        Ok(request) => request,
        Err((protocol, error)) => return refusal(protocol, &error),
    };
    let answer = shared.services.lock().unwrap_or_else(PoisonError::into_inner).answer(&request);
    match answer {
        Answer::Output(output) => {
            ([(CONTENT_TYPE, content_type(request.protocol)), SMITHY_PROTOCOL], output).into_response()
        }
        Answer::Late(output, delay) => {
            tokio::time::sleep(delay).await;
            ([(CONTENT_TYPE, content_type(request.protocol)), SMITHY_PROTOCOL], output).into_response()
        }
        Answer::Error(error) => refusal(request.protocol, &error),
        Answer::Control(control) => run(&shared, request.protocol, control).await,
        Answer::Crash => {
            shared.crash.notify_one();
            future::pending().await
        }
    }
}

/// Has the host do what it is asked for.
async fn run(shared: &Shared, protocol: Protocol, control: Control) -> Response {
    let (reply, answered) = oneshot::channel();
    let is_open = shared.desk.send((control, reply)).is_ok();
    let closed = || AwsError::new("ServiceUnavailable", "the host is closed").with_status(503);
    let done = if is_open { answered.await.unwrap_or_else(|_| Err(closed())) } else { Err(closed()) };
    match done {
        Ok(Done { output, function_failed: true }) => {
            ([(CONTENT_TYPE, content_type(protocol))], FUNCTION_ERROR, output).into_response()
        }
        Ok(Done { output, .. }) => ([(CONTENT_TYPE, content_type(protocol))], output).into_response(),
        Err(error) => refusal(protocol, &error),
    }
}

/// Sends every answer at once: the callers wait for it.
pub fn no_delay(stream: &mut TcpStream) {
    // Without it, answers are only slower.
    let _ = stream.set_nodelay(true);
}

const FUNCTION_ERROR: [(&str, &str); 1] = [("x-amz-function-error", "Unhandled")];

const SMITHY_PROTOCOL: (axum::http::HeaderName, &str) =
    (axum::http::HeaderName::from_static("smithy-protocol"), "rpc-v2-cbor");

fn content_type(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Cbor => "application/cbor",
        Protocol::Json => "application/x-amz-json-1.1",
        Protocol::Query => "text/xml",
    }
}

fn refusal(protocol: Protocol, error: &AwsError) -> Response {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    let AwsError { code, message, fields, .. } = error;
    let headers = [(CONTENT_TYPE, content_type(protocol))];
    match protocol {
        Protocol::Cbor => {
            let texts = [("__type", code), ("message", message)];
            let members = texts.map(|(name, text)| (name, cbor::Output::Text(text.clone())));
            let body = cbor::encode(&cbor::Output::Object(members.into()));
            let query_error =
                format!("{code};{}", if status.is_server_error() { "Receiver" } else { "Sender" });
            (status, headers, [SMITHY_PROTOCOL], [("x-amzn-query-error", query_error)], body).into_response()
        }
        Protocol::Json => {
            let mut body = fields.clone();
            body.insert("__type".into(), code.as_str().into());
            body.insert("message".into(), message.as_str().into());
            (status, headers, serde_json::Value::Object(body).to_string()).into_response()
        }
        Protocol::Query => {
            let message = message.replace('&', "&amp;").replace('<', "&lt;");
            let body = format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
                 <RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
            );
            (status, headers, body).into_response()
        }
    }
}
