//! Lambda: how its functions are configured.

use crate::{AwsError, resources::Function};
use serde_json::{Value, json};

/// The functions.
#[derive(Debug)]
pub struct Functions(pub Vec<Function>);

impl Functions {
    /// Answers an operation that needs no function to run.
    pub(super) fn call(&self, operation: &str, name: &str) -> Result<Value, AwsError> {
        if operation != "GetFunctionConfiguration" {
            return Err(AwsError::not_implemented("lambda", operation));
        }
        let Some(function) = self.0.iter().find(|function| function.name == name) else {
            return Err(AwsError::no_such_function(name));
        };
        Ok(json!({
            "FunctionName": name,
            "Runtime": "provided.al2023",
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "Timeout": function.timeout.as_secs(),
            "MemorySize": function.memory,
            "Environment": {"Variables": function.environment},
        }))
    }
}
