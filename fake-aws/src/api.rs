//! An API that is none of AWS's services.

use crate::AwsError;
use serde_json::Value;
use std::fmt::Debug;

/// What an API knows, and answers. It speaks AWS JSON, so that who calls is known by the access key.
pub trait Api: Debug + Send {
    /// Its name: the service that requests are signed for.
    fn name(&self) -> &'static str;

    /// Makes it know something, in a form of its own.
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
