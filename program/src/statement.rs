//! A statement of a policy: what a role may do, on what, and under which conditions.

use crate::several::Several;
use serde::Serialize;
use vec1::Vec1;

/// A statement of a role's policy; it allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleStatement {
    /// What it is for.
    pub sid: String,
    /// The actions, as IAM names them: `dynamodb:PutItem`.
    pub actions: Vec1<&'static str>,
    /// What they may be done on.
    pub resources: Vec1<Resource>,
    /// What must hold beside.
    pub conditions: Vec<Condition>,
}

/// What an action may be done on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Resource {
    /// One resource.
    Arn(String),
    /// Every resource that a pattern with `*` matches.
    Every {
        /// The pattern.
        pattern: String,
        /// Why it can't be more exact.
        reason: &'static str,
    },
    /// The installation's KMS key, whose id only AWS knows.
    Key,
    /// The webhook's secret, whose ARN ends with characters that only AWS knows.
    Secret,
}

/// A condition of a statement. How a key is compared that has several values, its rendering knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// How it compares: `StringEquals`.
    pub operator: &'static str,
    /// What it compares: `cloudwatch:namespace`.
    pub key: &'static str,
    /// What is allowed.
    pub values: Vec1<String>,
}

/// A statement on some resources, without conditions.
pub(crate) fn on(
    sid: impl Into<String>,
    actions: impl Several<&'static str>,
    resources: impl Several<Resource>,
) -> RoleStatement {
    RoleStatement {
        sid: sid.into(),
        actions: actions.several(),
        resources: resources.several(),
        conditions: Vec::new(),
    }
}

impl Resource {
    /// Every resource that a pattern with `*` matches, and why it can't be more exact.
    pub(crate) fn every(pattern: impl Into<String>, reason: &'static str) -> Self {
        Self::Every { pattern: pattern.into(), reason }
    }
}

impl RoleStatement {
    /// Only under a condition.
    pub(crate) fn when(
        mut self,
        operator: &'static str,
        key: &'static str,
        values: impl Several<String>,
    ) -> Self {
        self.conditions.push(Condition { operator, key, values: values.several() });
        self
    }
}
