//! Errors as AWS services answer with them.

use serde_json::{Map, Value};

/// What a service refuses a request with.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct AwsError {
    /// The HTTP status.
    pub status: u16,
    /// The error's code as the service has it, without namespace: `ValidationException`.
    pub code: String,
    /// The service's message.
    pub message: String,
    /// What else the answer holds, such as the `Item` that failed a condition.
    pub fields: Map<String, Value>,
}

impl AwsError {
    /// An error that blames the request, with status 400.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { status: 400, code: code.to_owned(), message: message.into(), fields: Map::new() }
    }

    /// The same error with another HTTP status.
    #[must_use]
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// Whether it says that something was called too often.
    pub(super) fn is_throttling(&self) -> bool {
        ["ThrottlingException", "TooManyRequestsException"].contains(&self.code.as_str())
    }

    /// A function that does not exist.
    pub fn no_such_function(name: &str) -> Self {
        let message = format!("Function not found: {name}");
        Self::new("ResourceNotFoundException", message).with_status(404)
    }

    /// A queue that does not exist.
    pub fn no_such_queue(name: &str) -> Self {
        let message = format!("The specified queue does not exist: {name}");
        Self::new("AWS.SimpleQueueService.NonExistentQueue", message)
    }

    /// A request for something that only the real AWS can do.
    pub fn not_implemented(service: &str, operation: &str) -> Self {
        let message = format!("the stand-in for AWS does not answer {service}:{operation}");
        Self::new("NotImplemented", message).with_status(501)
    }
}
