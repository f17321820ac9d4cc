//! A Lambda function: its real binary, run as Lambda runs it, over the Runtime API.
//!
//! The process is started with the first invocation (cold start), then kept for the next ones (warm). One that crashes
//! or takes too long is replaced at the next invocation. Source: AWS Lambda developer guide, "Using the Lambda runtime
//! API for custom runtimes".

mod runtime_api;

use axum::body::Bytes;
use runtime_api::{Reply, RuntimeApi};
use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};
use tokio::{
    process::{Child, Command},
    select,
    time::sleep,
};

/// The variable with the function's name in AWS.
const FUNCTION_NAME: &str = "AWS_LAMBDA_FUNCTION_NAME";

/// A function and, once it has started, its process.
#[derive(Debug)]
pub struct Lambda {
    name: String,
    binary: PathBuf,
    log: PathBuf,
    environment: BTreeMap<String, String>,
    timeout: Duration,
    process: Option<Process>,
    /// How often a process was started.
    pub cold_starts: u64,
    /// How often it was invoked.
    pub invocations: u64,
    /// How long all invocations took together, in real time.
    pub took: Duration,
}

#[derive(Debug)]
struct Process {
    child: Child,
    api: RuntimeApi,
}

/// What an invocation without a result ended with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The handler returned an error.
    Error {
        /// Its stable word.
        error_type: String,
        /// What it says.
        message: String,
    },
    /// The process ended.
    Crash(String),
    /// It took too long.
    Timeout,
}

/// A function that can't be run at all.
#[derive(Debug, thiserror::Error)]
pub enum LambdaError {
    /// Its binary can't be started.
    #[error("function {name} can't be started from {binary}")]
    Start {
        /// The function.
        name: String,
        /// Its binary.
        binary: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// It ended before it asked for its first event.
    #[error("function {name} ended while it initialised ({status}): {message}")]
    Init {
        /// The function.
        name: String,
        /// How the process ended.
        status: String,
        /// What it said.
        message: String,
    },
}

impl Lambda {
    /// A function that is not started yet. Its standard output and error go to a log file.
    pub fn new(
        name: &str,
        binary: PathBuf,
        log: PathBuf,
        environment: BTreeMap<String, String>,
        timeout: Duration,
    ) -> Self {
        Self {
            name: name.to_owned(),
            binary,
            log,
            environment,
            timeout,
            process: None,
            cold_starts: 0,
            invocations: 0,
            took: Duration::ZERO,
        }
    }

    /// Gives the function another environment. The process of the old one ends, as Lambda's do.
    pub fn configure(&mut self, environment: BTreeMap<String, String>) {
        self.environment = environment;
        self.process = None;
    }

    /// The function's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The function's name in AWS, as its environment tells it.
    pub fn resource(&self) -> &str {
        self.environment.get(FUNCTION_NAME).unwrap_or(&self.name)
    }

    /// The id of its process, once it has started.
    pub fn process_id(&self) -> Option<u32> {
        self.process.as_ref().and_then(|process| process.child.id())
    }

    /// Invokes the function with a payload and waits for its result. When `die` resolves first, the process is killed.
    ///
    /// # Errors
    /// [`LambdaError`], when the function does not get as far as being invoked.
    pub async fn invoke(
        &mut self,
        payload: Bytes,
        die: impl Future<Output = ()>,
    ) -> Result<Result<Bytes, Failure>, LambdaError> {
        let begin = Instant::now();
        let result = self.answer(payload, die).await;
        self.took += begin.elapsed();
        result
    }

    async fn answer(
        &mut self,
        payload: Bytes,
        die: impl Future<Output = ()>,
    ) -> Result<Result<Bytes, Failure>, LambdaError> {
        let cold = self.process.is_none();
        let mut process = match self.process.take() {
            Some(process) => process,
            None => self.start().await?,
        };
        self.invocations += 1;
        let reply = process.api.invoke(payload, self.timeout);
        let outcome = select! {
            reply = reply => match reply {
                Reply::Result(result) => Ok(result),
                Reply::Error { error_type, message } => Err(Failure::Error { error_type, message }),
                Reply::InitError { message, .. } => return Err(self.init_error("initialisation error", message)),
            },
            status = process.child.wait() => {
                let status = describe(status);
                if cold && !process.api.was_asked() {
                    return Err(self.init_error(&status, log_tail(&self.log)));
                }
                return Ok(Err(Failure::Crash(status)));
            }
            () = die => return Ok(Err(Failure::Crash("killed".into()))),
            () = sleep(self.timeout) => return Ok(Err(Failure::Timeout)),
        };
        self.process = Some(process);
        Ok(outcome)
    }

    async fn start(&mut self) -> Result<Process, LambdaError> {
        self.cold_starts += 1;
        let fail =
            |source| LambdaError::Start { name: self.name.clone(), binary: self.binary.clone(), source };
        let api = RuntimeApi::start(&self.name).await.map_err(fail)?;
        let log = || -> io::Result<File> { OpenOptions::new().create(true).append(true).open(&self.log) };
        let child = Command::new(&self.binary)
            .env_clear()
            .env(FUNCTION_NAME, &self.name)
            .env("_HANDLER", &self.name)
            .envs(&self.environment)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_LOG_FORMAT", "JSON")
            .env("AWS_LAMBDA_LOG_LEVEL", "INFO")
            .env("AWS_LAMBDA_RUNTIME_API", api.address())
            .env("TZ", ":UTC")
            .stdin(Stdio::null())
            .stdout(log().map_err(fail)?)
            .stderr(log().map_err(fail)?)
            .kill_on_drop(true)
            .spawn()
            .map_err(fail)?;
        Ok(Process { child, api })
    }

    fn init_error(&self, status: &str, message: String) -> LambdaError {
        LambdaError::Init { name: self.name.clone(), status: status.to_owned(), message }
    }
}

fn describe(status: io::Result<ExitStatus>) -> String {
    status.map_or_else(|error| error.to_string(), |status| status.to_string())
}

/// The last lines of a log.
fn log_tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(5)..].join("\n")
}
