//! The HTTP API that a function's runtime polls for events and answers to.

use crate::server::no_delay;
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::{get, post},
    serve::ListenerExt,
};
use serde::Deserialize;
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::{
    net::TcpListener,
    sync::{Notify, oneshot},
    task::{AbortHandle, spawn},
};

/// The Runtime API of one process; it stops when it is dropped.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: AbortHandle,
}

/// How many invocations there were.
static INVOCATIONS: AtomicU64 = AtomicU64::new(1);

/// What a process answered.
#[derive(Debug)]
pub(super) enum Reply {
    /// The handler's result.
    Result(Bytes),
    /// The handler's error.
    Error { error_type: String, message: String },
    /// It could not initialise.
    InitError { message: String },
}

#[derive(Debug)]
struct Shared {
    function: String,
    /// The invocation that waits to be fetched.
    waiting: Mutex<Option<Invocation>>,
    arrived: Notify,
    /// The invocation that waits to be answered: its id, and where the answer goes.
    running: Mutex<Option<(String, oneshot::Sender<Reply>)>>,
    was_asked: AtomicBool,
}

#[derive(Debug)]
struct Invocation {
    id: String,
    deadline: SystemTime,
    payload: Bytes,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ErrorBody {
    error_type: String,
    error_message: String,
}

type Api = State<Arc<Shared>>;

impl RuntimeApi {
    pub(super) async fn start(function: &str) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            function: function.to_owned(),
            waiting: Mutex::default(),
            arrived: Notify::new(),
            running: Mutex::default(),
            was_asked: AtomicBool::new(false),
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&shared));
        let task = spawn(async { axum::serve(listener.tap_io(no_delay), router).await }).abort_handle();
        Ok(Self { address, shared, task })
    }

    /// For `AWS_LAMBDA_RUNTIME_API`.
    pub(super) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Whether the process has asked for an event.
    pub(super) fn was_asked(&self) -> bool {
        self.shared.was_asked.load(Ordering::Acquire)
    }

    /// Hands the process a payload and waits for what it answers, for ever.
    pub(super) async fn invoke(&mut self, payload: Bytes, timeout: Duration) -> Reply {
        // No two invocations of whatever functions have the same id.
        let number = INVOCATIONS.fetch_add(1, Ordering::Relaxed);
        let id = format!("00000000-0000-4000-8000-{number:012}");
        let (sender, receiver) = oneshot::channel();
        *lock(&self.shared.running) = Some((id.clone(), sender));
        let deadline = SystemTime::now() + timeout;
        *lock(&self.shared.waiting) = Some(Invocation { id, deadline, payload });
        self.shared.arrived.notify_one();
        match receiver.await {
            Ok(reply) => reply,
            // Nobody drops the sender but this function, by its next call.
            Err(_) => std::future::pending().await,
        }
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn next(State(shared): Api) -> Response {
    shared.was_asked.store(true, Ordering::Release);
    let Invocation { id, deadline, payload } = loop {
        if let Some(invocation) = lock(&shared.waiting).take() {
            break invocation;
        }
        shared.arrived.notified().await;
    };
    let deadline = deadline.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis().to_string();
    let arn = format!("arn:aws:lambda:local:000000000000:function:{}", shared.function);
    let headers = [
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", deadline),
        ("lambda-runtime-invoked-function-arn", arn),
        (CONTENT_TYPE.as_str(), "application/json".to_owned()),
    ];
    (headers, payload).into_response()
}

async fn response(State(shared): Api, Path(id): Path<String>, body: Bytes) -> StatusCode {
    answer(&shared, Some(&id), Reply::Result(body))
}

async fn error(State(shared): Api, Path(id): Path<String>, body: Bytes) -> StatusCode {
    let ErrorBody { error_type, error_message } = serde_json::from_slice(&body).unwrap_or_default();
    answer(&shared, Some(&id), Reply::Error { error_type, message: error_message })
}

async fn init_error(State(shared): Api, body: Bytes) -> StatusCode {
    let ErrorBody { error_message, .. } = serde_json::from_slice(&body).unwrap_or_default();
    answer(&shared, None, Reply::InitError { message: error_message })
}

fn answer(shared: &Shared, id: Option<&str>, reply: Reply) -> StatusCode {
    let mut running = lock(&shared.running);
    match running.take() {
        Some((expected, sender)) if id.is_none_or(|id| id == expected) => {
            // The invocation may have timed out in the meantime, then nobody waits.
            let _ = sender.send(reply);
            StatusCode::ACCEPTED
        }
        other => {
            *running = other;
            StatusCode::BAD_REQUEST
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
