//! The requests' members. What is not listed is unknown here, and so refused rather than ignored.

use super::{AwsError, Item, invalid};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct PutItem {
    pub(super) table_name: String,
    pub(super) item: Item,
    pub(super) condition_expression: Option<String>,
    #[serde(rename = "ExpressionAttributeNames", default)]
    pub(super) names: BTreeMap<String, String>,
    #[serde(rename = "ExpressionAttributeValues", default)]
    pub(super) values: BTreeMap<String, Value>,
    #[serde(rename = "ReturnValuesOnConditionCheckFailure")]
    pub(super) on_failure: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct UpdateItem {
    pub(super) table_name: String,
    pub(super) key: Item,
    pub(super) update_expression: String,
    pub(super) condition_expression: Option<String>,
    #[serde(rename = "ExpressionAttributeNames", default)]
    pub(super) names: BTreeMap<String, String>,
    #[serde(rename = "ExpressionAttributeValues", default)]
    pub(super) values: BTreeMap<String, Value>,
    #[serde(rename = "ReturnValuesOnConditionCheckFailure")]
    pub(super) on_failure: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct TransactWriteItems {
    pub(super) transact_items: Vec<TransactWriteItem>,
    /// The SDK makes one for each call, so that it can try again.
    #[serde(rename = "ClientRequestToken")]
    pub(super) _token: Option<String>,
}

#[derive(Deserialize)]
pub(super) enum TransactWriteItem {
    Put(PutItem),
    Update(UpdateItem),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Query {
    pub(super) table_name: String,
    pub(super) index_name: Option<String>,
    pub(super) key_condition_expression: Option<String>,
    #[serde(rename = "ExpressionAttributeNames", default)]
    pub(super) names: BTreeMap<String, String>,
    #[serde(rename = "ExpressionAttributeValues", default)]
    pub(super) values: BTreeMap<String, Value>,
    pub(super) consistent_read: Option<bool>,
    pub(super) limit: Option<usize>,
    pub(super) exclusive_start_key: Option<Item>,
}

/// Reads a request.
pub(super) fn read<T: DeserializeOwned>(input: Value) -> Result<T, AwsError> {
    serde_json::from_value(input).map_err(|error| invalid(&error.to_string()))
}
