//! CloudWatch and CloudWatch Logs.

use super::resources;
use crate::pulumi::{Json, Text};
use serde::Serialize;
use serde_json::Value;

/// A log group.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogGroup {
    pub(crate) name: Text,
    pub(crate) retention_in_days: u32,
    pub(crate) kms_key_id: Text,
}

/// A stream of a log group.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogStream {
    pub(crate) name: Text,
    pub(crate) log_group_name: Text,
}

/// A dashboard.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Dashboard {
    pub(crate) dashboard_name: Text,
    pub(crate) dashboard_body: Json<Value>,
}

resources! {
    LogGroup = "aws:cloudwatch/logGroup:LogGroup", tagged;
    LogStream = "aws:cloudwatch/logStream:LogStream";
    Dashboard = "aws:cloudwatch/dashboard:Dashboard";
}
