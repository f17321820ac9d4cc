//! Simple Queue Service.

use super::{
    iam::{Access, Policy},
    resources,
};
use crate::pulumi::{Json, Text};
use serde::Serialize;

/// A queue.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Queue {
    pub(crate) name: Text,
    pub(crate) delay_seconds: Option<i64>,
    pub(crate) visibility_timeout_seconds: Option<i64>,
    pub(crate) message_retention_seconds: i64,
    pub(crate) kms_master_key_id: Option<Text>,
    /// Encrypts with a key of SQS's own.
    pub(crate) sqs_managed_sse_enabled: Option<bool>,
    pub(crate) redrive_policy: Option<Json<RedrivePolicy>>,
    pub(crate) redrive_allow_policy: Option<Json<RedriveAllowPolicy>>,
}

/// Where a message goes that was received too often.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RedrivePolicy {
    pub(crate) dead_letter_target_arn: Text,
    pub(crate) max_receive_count: u32,
}

/// Which queues may use this one as their dead-letter queue.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RedriveAllowPolicy {
    pub(crate) redrive_permission: &'static str,
    pub(crate) source_queue_arns: [Text; 1],
}

/// Who may do what with a queue.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QueuePolicy {
    pub(crate) queue_url: Text,
    pub(crate) policy: Json<Policy<Access>>,
}

resources! {
    Queue = "aws:sqs/queue:Queue", tagged;
    QueuePolicy = "aws:sqs/queuePolicy:QueuePolicy";
}
