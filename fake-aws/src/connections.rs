//! AWS `CodeConnections`: the connections to Git hosts that were recorded.

use crate::AwsError;
use serde_json::{Value, json};
use std::collections::HashMap;

/// The connections, by ARN, each as the AWS CLI prints it.
#[derive(Debug, Default)]
pub struct Connections(HashMap<String, Value>);

impl Connections {
    /// Records a connection, in place of what was recorded of it before.
    pub fn record(&mut self, connection: Value) {
        let arn = connection["ConnectionArn"].as_str().unwrap_or_default().to_owned();
        self.0.insert(arn, connection);
    }

    /// Answers an operation in a region.
    pub(super) fn call(&self, region: &str, operation: &str, input: &Value) -> Result<Value, AwsError> {
        if operation != "GetConnection" {
            return Err(AwsError::not_implemented("codeconnections", operation));
        }
        let arn = input["ConnectionArn"].as_str().unwrap_or_default();
        let here = arn.split(':').nth(3) == Some(region);
        let connection = self.0.get(arn).filter(|_| here).ok_or_else(|| {
            AwsError::new("ResourceNotFoundException", format!("Connection {arn} is not found"))
        })?;
        Ok(json!({"Connection": connection}))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_by_arn_and_region() {
        const ARN: &str = "arn:aws:codeconnections:eu-west-1:111111111111:connection/1";
        let mut connections = Connections::default();
        connections.record(json!({"ConnectionArn": ARN, "ProviderType": "GitLab"}));
        let check = |region: &str, arn: &str, expected: Result<&str, &str>| {
            let answer = connections.call(region, "GetConnection", &json!({"ConnectionArn": arn}));
            let found = answer.as_ref().map(|answer| answer["Connection"]["ProviderType"].as_str().unwrap());
            assert_eq!(found.map_err(|error| error.code.as_str()), expected, "{region} {arn}");
        };
        check("eu-west-1", ARN, Ok("GitLab"));
        check("us-east-1", ARN, Err("ResourceNotFoundException"));
        check(
            "eu-west-1",
            "arn:aws:codeconnections:eu-west-1:111111111111:connection/2",
            Err("ResourceNotFoundException"),
        );
        check("eu-west-1", "", Err("ResourceNotFoundException"));
    }
}
