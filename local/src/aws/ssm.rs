//! Systems Manager: the `OpsItem`s that were recorded.

use super::{AwsError, time};
use metrics_lib::event::OpsItemKey;
use serde_json::{Value, json};
use std::collections::HashMap;

/// An `OpsItem`, as the AWS CLI prints it.
#[derive(Clone, Debug)]
pub struct RecordedOpsItem {
    /// What identifies it.
    pub key: OpsItemKey,
    /// The `OpsItem` of `GetOpsItem`.
    pub item: Value,
}

/// The `OpsItem`s of every account and region.
#[derive(Debug, Default)]
pub struct Ssm {
    items: HashMap<OpsItemKey, Value>,
}

impl Ssm {
    /// Records an `OpsItem`, in place of what was recorded of it before.
    pub fn record(&mut self, RecordedOpsItem { key, mut item }: RecordedOpsItem) {
        const TIMES: [&str; 6] = [
            "CreatedTime",
            "LastModifiedTime",
            "ActualStartTime",
            "ActualEndTime",
            "PlannedStartTime",
            "PlannedEndTime",
        ];
        time::to_wire(&mut item, &TIMES);
        self.items.insert(key, item);
    }

    /// Answers an operation for a caller in an account and region.
    pub(super) fn call(
        &self,
        account: &str,
        region: &str,
        operation: &str,
        input: &Value,
    ) -> Result<Value, AwsError> {
        if operation != "GetOpsItem" {
            return Err(AwsError::not_implemented("ssm", operation));
        }
        let id = input["OpsItemId"].as_str().unwrap_or_default();
        let ops_item_id = id.parse().map_err(|_| {
            let message =
                format!("Value '{id}' at 'opsItemId' failed to satisfy constraint: ^(oi)-[0-9a-f]{{12}}$");
            AwsError::new("ValidationException", message)
        })?;
        let key = OpsItemKey { account: account.into(), region: region.into(), ops_item_id };
        let item = self.items.get(&key).ok_or_else(|| {
            AwsError::new("OpsItemNotFoundException", format!("OpsItem ID {id} doesn't exist"))
        })?;
        Ok(json!({"OpsItem": item}))
    }
}
