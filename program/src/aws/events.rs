//! EventBridge.

use super::{
    iam::{Access, Policy},
    resources,
};
use crate::pulumi::{Json, Text};
use serde::Serialize;
use serde_json::Value;

/// A bus.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventBus {
    pub(crate) name: Text,
    pub(crate) description: Text,
}

/// Who may put events on a bus.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventBusPolicy {
    pub(crate) event_bus_name: Text,
    pub(crate) policy: Json<Policy<Access>>,
}

/// A rule.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventRule {
    pub(crate) name: Text,
    pub(crate) description: Text,
    /// None is the account's default bus.
    pub(crate) event_bus_name: Option<Text>,
    pub(crate) event_pattern: Json<Value>,
}

/// A target of a rule.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventTarget {
    pub(crate) rule: Text,
    pub(crate) event_bus_name: Option<Text>,
    pub(crate) target_id: Text,
    pub(crate) arn: Text,
    /// The role that puts the event on another bus.
    pub(crate) role_arn: Option<Text>,
    pub(crate) retry_policy: RetryPolicy,
    pub(crate) dead_letter_config: DeadLetterConfig,
}

/// How often and how long EventBridge tries a target.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RetryPolicy {
    pub(crate) maximum_event_age_in_seconds: u32,
    pub(crate) maximum_retry_attempts: u32,
}

impl RetryPolicy {
    /// As often and as long as EventBridge can.
    pub(crate) const LONGEST: Self =
        Self { maximum_event_age_in_seconds: 86_400, maximum_retry_attempts: 185 };
}

/// Where an event goes that a target did not take.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeadLetterConfig {
    pub(crate) arn: Text,
}

resources! {
    EventBus = "aws:cloudwatch/eventBus:EventBus", tagged;
    EventBusPolicy = "aws:cloudwatch/eventBusPolicy:EventBusPolicy";
    EventRule = "aws:cloudwatch/eventRule:EventRule", tagged;
    EventTarget = "aws:cloudwatch/eventTarget:EventTarget";
}
