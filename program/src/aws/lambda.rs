//! Lambda.

use super::resources;
use crate::pulumi::{FileArchive, Text};
use serde::Serialize;
use std::collections::BTreeMap;

/// A function.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Function {
    pub(crate) name: Text,
    pub(crate) description: Text,
    pub(crate) role: Text,
    pub(crate) runtime: &'static str,
    pub(crate) handler: &'static str,
    pub(crate) architectures: [&'static str; 1],
    pub(crate) code: FileArchive,
    pub(crate) memory_size: u32,
    pub(crate) timeout: i64,
    #[serde(flatten)]
    pub(crate) environment: Option<Encrypted>,
    pub(crate) logging_config: LoggingConfig,
    pub(crate) tracing_config: TracingConfig,
}

/// The environment of a function, with the key that encrypts it. Without an environment there must be no key: AWS does not
/// keep it, and each refresh would show a change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Encrypted {
    pub(crate) environment: Environment,
    pub(crate) kms_key_arn: Text,
}

/// The environment of a function.
#[derive(Debug, Serialize)]
pub(crate) struct Environment {
    pub(crate) variables: BTreeMap<String, Text>,
}

/// How a function's log is written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoggingConfig {
    pub(crate) log_format: &'static str,
    pub(crate) log_group: Text,
    pub(crate) application_log_level: &'static str,
    pub(crate) system_log_level: &'static str,
}

/// Whether a function's invocations are traced.
#[derive(Debug, Serialize)]
pub(crate) struct TracingConfig {
    pub(crate) mode: &'static str,
}

/// Feeds a function from a queue.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventSourceMapping {
    pub(crate) event_source_arn: Text,
    pub(crate) function_name: Text,
    pub(crate) batch_size: usize,
    /// `ReportBatchItemFailures`: only the messages that failed come back.
    pub(crate) function_response_types: [&'static str; 1],
    pub(crate) scaling_config: ScalingConfig,
}

/// How many invocations a queue causes at once.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScalingConfig {
    pub(crate) maximum_concurrency: u32,
}

/// Who may invoke a function.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Permission {
    pub(crate) action: &'static str,
    pub(crate) function: Text,
    pub(crate) principal: &'static str,
    pub(crate) source_arn: Text,
    pub(crate) source_account: Text,
}

resources! {
    Function = "aws:lambda/function:Function", tagged;
    EventSourceMapping = "aws:lambda/eventSourceMapping:EventSourceMapping", tagged;
    Permission = "aws:lambda/permission:Permission";
}
