//! Firehose.

use super::resources;
use crate::pulumi::Text;
use serde::Serialize;

/// A delivery stream.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FirehoseDeliveryStream {
    pub(crate) name: Text,
    pub(crate) destination: &'static str,
    pub(crate) server_side_encryption: Encryption,
    pub(crate) extended_s3_configuration: S3Configuration,
}

/// How records are encrypted while they are gathered.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Encryption {
    pub(crate) enabled: bool,
    pub(crate) key_type: &'static str,
    pub(crate) key_arn: Text,
}

/// Where records go, and how.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct S3Configuration {
    pub(crate) bucket_arn: Text,
    pub(crate) role_arn: Text,
    pub(crate) prefix: Text,
    pub(crate) error_output_prefix: Text,
    pub(crate) buffering_interval: i64,
    /// In MiB.
    pub(crate) buffering_size: usize,
    pub(crate) kms_key_arn: Text,
    pub(crate) cloudwatch_logging_options: LoggingOptions,
    pub(crate) dynamic_partitioning_configuration: DynamicPartitioning,
    pub(crate) processing_configuration: Processing,
}

/// Where errors are logged.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoggingOptions {
    pub(crate) enabled: bool,
    pub(crate) log_group_name: Text,
    pub(crate) log_stream_name: Text,
}

/// Whether records say themselves in which partition they belong.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DynamicPartitioning {
    pub(crate) enabled: bool,
    pub(crate) retry_duration: u32,
}

/// What records go through.
#[derive(Debug, Serialize)]
pub(crate) struct Processing {
    pub(crate) enabled: bool,
    pub(crate) processors: Vec<Processor>,
}

/// A step of the processing.
#[derive(Debug, Serialize)]
pub(crate) struct Processor {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) parameters: Vec<Parameter>,
}

/// A parameter of a step.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Parameter {
    pub(crate) parameter_name: &'static str,
    pub(crate) parameter_value: Text,
}

resources! {
    FirehoseDeliveryStream = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream", tagged;
}
