//! Secrets Manager: one secret, with its present value and the one before.

use crate::AwsError;
use jiff::Timestamp;
use serde_json::{Value, json};

/// A secret.
#[derive(Debug)]
pub struct Secret {
    name: String,
    current: Version,
    previous: Option<Version>,
}

#[derive(Debug)]
struct Version {
    value: String,
    created: Timestamp,
}

impl Secret {
    pub(super) fn new(name: &str, value: &str, now: Timestamp) -> Self {
        let current = Version { value: value.to_owned(), created: now };
        Self { name: name.to_owned(), current, previous: None }
    }

    /// Gives it another value; the present one is the previous one then.
    pub fn replace(&mut self, value: &str, now: Timestamp) {
        let current = Version { value: value.to_owned(), created: now };
        self.previous = Some(std::mem::replace(&mut self.current, current));
    }

    /// Answers an operation.
    pub(super) fn call(&self, operation: &str, input: &Value) -> Result<Value, AwsError> {
        if operation != "GetSecretValue" {
            return Err(AwsError::not_implemented("secretsmanager", operation));
        }
        let stage = input["VersionStage"].as_str().unwrap_or("AWSCURRENT");
        let version = match stage {
            "AWSCURRENT" => Some(&self.current),
            "AWSPREVIOUS" => self.previous.as_ref(),
            _ => None,
        };
        let version = version.filter(|_| input["SecretId"] == self.name.as_str());
        let Version { value, created } = version.ok_or_else(Self::not_found)?;
        Ok(json!({
            "Name": self.name,
            "SecretString": value,
            "VersionStages": [stage],
            "CreatedDate": created.as_second(),
        }))
    }

    pub(super) fn not_found() -> AwsError {
        AwsError::new("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    }
}
