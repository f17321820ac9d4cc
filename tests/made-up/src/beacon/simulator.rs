//! What Beacon's API answers.

use super::{GET_INCIDENT, SERVICE};
use fake_aws::{Api, AwsError};
use serde_json::Value;
use std::collections::BTreeMap;

/// Beacon's API: the incidents that it knows, by id.
#[derive(Debug, Default)]
pub(crate) struct BeaconApi(BTreeMap<String, Value>);

impl Api for BeaconApi {
    fn name(&self) -> &'static str {
        SERVICE
    }

    fn record(&mut self, what: Value) -> Result<(), String> {
        let id = what["id"].as_str().ok_or("an incident needs an id")?.to_owned();
        self.0.insert(id, what);
        Ok(())
    }

    fn call(&mut self, operation: &str, input: &Value) -> Result<Value, AwsError> {
        if operation != GET_INCIDENT {
            return Err(AwsError::new("UnknownOperationException", operation));
        }
        let id = input["id"].as_str().unwrap_or_default();
        self.0.get(id).cloned().ok_or_else(|| AwsError::new("NoSuchIncident", id))
    }
}
