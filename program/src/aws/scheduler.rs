//! EventBridge Scheduler.

use super::{
    events::{DeadLetterConfig, RetryPolicy},
    resources,
};
use crate::pulumi::Text;
use serde::Serialize;

/// A schedule.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Schedule {
    pub(crate) name: Text,
    pub(crate) description: Text,
    pub(crate) schedule_expression: Text,
    pub(crate) flexible_time_window: FlexibleTimeWindow,
    pub(crate) target: Target,
}

/// Whether the scheduler may choose the instant.
#[derive(Debug, Serialize)]
pub(crate) struct FlexibleTimeWindow {
    pub(crate) mode: &'static str,
}

/// What a schedule invokes.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Target {
    pub(crate) arn: Text,
    pub(crate) role_arn: Text,
    /// What the function gets, or the detail of the event: JSON.
    pub(crate) input: Option<Text>,
    /// What is said of the event beside its detail, where the target is a bus.
    pub(crate) eventbridge_parameters: Option<EventbridgeParameters>,
    pub(crate) retry_policy: RetryPolicy,
    pub(crate) dead_letter_config: DeadLetterConfig,
}

/// What is said of an event beside its detail.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventbridgeParameters {
    pub(crate) detail_type: Text,
    pub(crate) source: Text,
}

resources! {
    Schedule = "aws:scheduler/schedule:Schedule";
}
