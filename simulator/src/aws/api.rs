//! The API of a source that is none of AWS's services.

use super::AwsError;
use serde_json::Value;
use std::fmt::Debug;

/// What a source's API knows, and answers. It speaks AWS JSON, so that a source in the functions is known by its access key.
pub trait Api: Debug + Send {
    /// Its name: the service that requests are signed for.
    fn name(&self) -> &'static str;

    /// Makes it know something, as a line `api` of a world has it.
    ///
    /// # Errors
    /// Why that can't be used.
    fn record(&mut self, what: Value) -> Result<(), String>;

    /// Answers a call.
    ///
    /// # Errors
    /// What the API refuses.
    fn call(&mut self, operation: &str, input: &Value) -> Result<Value, AwsError>;
}
