//! Simple Notification Service.

use super::{
    iam::{Access, Policy},
    resources,
};
use crate::pulumi::{Json, Text};
use serde::Serialize;

/// A topic.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Topic {
    pub(crate) name: Text,
    pub(crate) kms_master_key_id: Text,
}

/// Who may publish to a topic.
#[derive(Debug, Serialize)]
pub(crate) struct TopicPolicy {
    pub(crate) arn: Text,
    pub(crate) policy: Json<Policy<Access>>,
}

/// Who gets what is published.
#[derive(Debug, Serialize)]
pub(crate) struct TopicSubscription {
    pub(crate) topic: Text,
    pub(crate) protocol: &'static str,
    pub(crate) endpoint: Text,
}

resources! {
    Topic = "aws:sns/topic:Topic", tagged;
    TopicPolicy = "aws:sns/topicPolicy:TopicPolicy";
    TopicSubscription = "aws:sns/topicSubscription:TopicSubscription";
}
