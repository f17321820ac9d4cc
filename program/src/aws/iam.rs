//! Identity and Access Management: roles, and the language of policies.

use super::resources;
use crate::pulumi::{Json, Text};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// A role.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Role {
    pub(crate) name: Text,
    pub(crate) description: Text,
    pub(crate) assume_role_policy: Json<Policy>,
}

/// What a role may do.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RolePolicy {
    pub(crate) name: Text,
    pub(crate) role: Text,
    pub(crate) policy: Json<Policy>,
}

resources! {
    Role = "aws:iam/role:Role", tagged;
    RolePolicy = "aws:iam/rolePolicy:RolePolicy";
}

/// A policy.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Policy {
    version: &'static str,
    statement: Vec<Statement>,
}

impl Policy {
    /// A policy of statements.
    pub(crate) fn of(statements: impl IntoIterator<Item = Statement>) -> Json<Self> {
        Json::of(Self { version: "2012-10-17", statement: statements.into_iter().collect() })
    }
}

/// A statement of a policy.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Statement {
    sid: String,
    effect: Effect,
    principal: Option<Principal>,
    action: Vec<Text>,
    resource: Vec<Text>,
    condition: Option<BTreeMap<&'static str, BTreeMap<&'static str, Vec<Text>>>>,
}

#[derive(Clone, Copy, Debug, Serialize)]
enum Effect {
    Allow,
    Deny,
}

/// Whom a statement of a resource's policy is about.
#[derive(Clone, Debug)]
pub(crate) enum Principal {
    /// Everybody; only with a condition, or to deny.
    Everybody,
    /// An AWS service.
    Service(Text),
    /// Accounts and roles, by ARN.
    Aws(Vec<Text>),
}

impl Serialize for Principal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Everybody => "*".serialize(serializer),
            Self::Service(service) => BTreeMap::from([("Service", service)]).serialize(serializer),
            Self::Aws(arns) => BTreeMap::from([("AWS", arns)]).serialize(serializer),
        }
    }
}

impl Statement {
    /// Allows actions.
    pub(crate) fn allow(sid: impl Into<String>, actions: &[&str]) -> Self {
        Self {
            sid: sid.into(),
            effect: Effect::Allow,
            principal: None,
            action: actions.iter().copied().map(Text::from).collect(),
            resource: Vec::new(),
            condition: None,
        }
    }

    /// Denies actions.
    pub(crate) fn deny(sid: impl Into<String>, actions: &[&str]) -> Self {
        Self { effect: Effect::Deny, ..Self::allow(sid, actions) }
    }

    /// To whom.
    pub(crate) fn to(self, principal: Principal) -> Self {
        Self { principal: Some(principal), ..self }
    }

    /// On what.
    pub(crate) fn on<T: Into<Text>>(self, resources: impl IntoIterator<Item = T>) -> Self {
        Self { resource: resources.into_iter().map(Into::into).collect(), ..self }
    }

    /// On whatever the policy belongs to, or on what has no name.
    pub(crate) fn on_all(self) -> Self {
        self.on(["*"])
    }

    /// Only under a condition: an operator, a key, and what the key's value may be.
    pub(crate) fn when<T: Into<Text>>(
        mut self,
        operator: &'static str,
        key: &'static str,
        values: impl IntoIterator<Item = T>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.condition.get_or_insert_default().entry(operator).or_default().insert(key, values);
        self
    }
}
