//! Identity and Access Management: roles, and the language of policies.
//!
//! A policy that IAM would call malformed can't be built: who assumes a role, what a role may do, and who may do what with
//! a resource are statements of different types, and no list in them is empty.
//! Source: IAM user guide, "Grammar of the IAM JSON policy language".

use super::resources;
use crate::{
    pulumi::{Json, Text},
    several::Several,
};
use serde::{Serialize, Serializer, ser::Error};
use std::collections::BTreeMap;
use vec1::Vec1;

/// A role.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Role {
    pub(crate) name: Text,
    pub(crate) description: Text,
    pub(crate) assume_role_policy: Json<Policy<Trust>>,
}

/// What a role may do.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RolePolicy {
    pub(crate) name: Text,
    pub(crate) role: Text,
    pub(crate) policy: Json<Policy<Grant>>,
}

resources! {
    Role = "aws:iam/role:Role", tagged;
    RolePolicy = "aws:iam/rolePolicy:RolePolicy";
}

/// A policy of statements of one kind.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Policy<S: Serialize> {
    version: &'static str,
    #[serde(serialize_with = "at_least_one")]
    statement: Vec<S>,
}

fn at_least_one<S: Serialize, Z: Serializer>(statements: &[S], serializer: Z) -> Result<Z::Ok, Z::Error> {
    match statements {
        [] => Err(Z::Error::custom("a policy has no statements")),
        statements => statements.serialize(serializer),
    }
}

impl<S: Serialize> Policy<S> {
    /// A policy of statements. A document with a policy that has none can't be written.
    pub(crate) fn of(statements: impl IntoIterator<Item = S>) -> Json<Self> {
        Json::of(Self { version: "2012-10-17", statement: statements.into_iter().collect() })
    }
}

/// Who may assume a role. It names no resource: IAM refuses a trust policy that does.
pub(crate) type Trust = Statement<Principal, ()>;
/// What a role may do. It names nobody: that is whose policy it is.
pub(crate) type Grant = Statement<(), Vec1<Text>>;
/// Who may do what with a resource.
pub(crate) type Access = Statement<Principal, Vec1<Text>>;

/// A statement of a policy.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Statement<P, R> {
    sid: String,
    effect: Effect,
    principal: P,
    action: Vec1<Text>,
    resource: R,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    condition: BTreeMap<String, BTreeMap<&'static str, Vec1<Text>>>,
}

#[derive(Clone, Copy, Debug, Serialize)]
enum Effect {
    Allow,
    Deny,
}

/// Whom a statement is about.
#[derive(Clone, Debug)]
pub(crate) enum Principal {
    /// Everybody; only with a condition, or to deny.
    Everybody,
    /// An AWS service.
    Service(Text),
    /// Accounts and roles, by ARN.
    Aws(Vec1<Text>),
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

impl<P, R> Statement<P, R> {
    /// Only under a condition: an operator, a key, and what the key's value may be.
    ///
    /// Of a key that can have several values in a request, each must be one of those that are allowed, and there must be
    /// one: `ForAllValues` alone holds of a request without the key. Which of an account's places in an organisation is
    /// meant is the exception: an account has one path, and one that matches will do.
    /// Source: IAM user guide, "Set operators for multi-valued context keys".
    pub(crate) fn when(
        mut self,
        operator: &'static str,
        key: &'static str,
        values: impl Several<Text>,
    ) -> Self {
        let mut set = |operator: String, values| {
            self.condition.entry(operator).or_default().insert(key, values);
        };
        match values_of(key) {
            None => set(operator.to_owned(), values.several()),
            Some(Values::AnyOf) => set(format!("ForAnyValue:{operator}"), values.several()),
            Some(Values::AllOf) => {
                set(format!("ForAllValues:{operator}"), values.several());
                set("Null".to_owned(), ["false"].several());
            }
        }
        self
    }
}

/// How the values of a key are compared that has several.
#[derive(Clone, Copy, Debug)]
enum Values {
    AnyOf,
    AllOf,
}

/// Whether a condition key can have several values in a request. Source: Service Authorization Reference, keys of the
/// types `ArrayOf…`.
fn values_of(key: &str) -> Option<Values> {
    match key {
        "aws:PrincipalOrgPaths" | "aws:ResourceOrgPaths" | "kms:ResourceAliases" => Some(Values::AnyOf),
        "dynamodb:LeadingKeys" | "events:detail-type" | "events:source" => Some(Values::AllOf),
        _ => None,
    }
}

impl Statement<(), ()> {
    /// Allows actions.
    pub(crate) fn allow(sid: impl Into<String>, actions: impl Several<Text>) -> Self {
        Self {
            sid: sid.into(),
            effect: Effect::Allow,
            principal: (),
            action: actions.several(),
            resource: (),
            condition: BTreeMap::new(),
        }
    }

    /// Denies actions.
    pub(crate) fn deny(sid: impl Into<String>, actions: impl Several<Text>) -> Self {
        Self { effect: Effect::Deny, ..Self::allow(sid, actions) }
    }

    /// On what.
    pub(crate) fn on(self, resources: impl Several<Text>) -> Grant {
        let Self { sid, effect, principal, action, resource: (), condition } = self;
        Statement { sid, effect, principal, action, resource: resources.several(), condition }
    }

    /// On whatever the policy belongs to, or on what has no name.
    pub(crate) fn on_all(self) -> Grant {
        self.on(["*"])
    }
}

impl Trust {
    /// Lets somebody assume the role.
    pub(crate) fn assume(sid: impl Into<String>, principal: Principal) -> Self {
        let Statement { sid, effect, action, condition, .. } = Statement::allow(sid, ["sts:AssumeRole"]);
        Self { sid, effect, principal, action, resource: (), condition }
    }
}

impl Grant {
    /// To whom.
    pub(crate) fn to(self, principal: Principal) -> Access {
        let Self { sid, effect, principal: (), action, resource, condition } = self;
        Statement { sid, effect, principal, action, resource, condition }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// As a document has it, which leaves out what is not set.
    fn written(statement: impl Serialize) -> Value {
        let mut value = serde_json::to_value(statement).unwrap();
        value.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        value
    }

    #[test]
    fn kinds_of_statements() {
        fn check(statement: impl Serialize, members: &[&str]) {
            let written = written(statement);
            let found: Vec<&str> = written.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(found, members, "{written}");
        }
        let service = || Principal::Service("lambda.amazonaws.com".into());
        check(Trust::assume("Assume", service()), &["Action", "Effect", "Principal", "Sid"]);
        let grant = || Statement::allow("Read", ["s3:GetObject"]).on_all();
        check(grant(), &["Action", "Effect", "Resource", "Sid"]);
        check(grant().to(service()), &["Action", "Effect", "Principal", "Resource", "Sid"]);
        let conditional = grant().when("StringEquals", "aws:SourceAccount", ["999999999999"]);
        check(conditional, &["Action", "Condition", "Effect", "Resource", "Sid"]);
    }

    #[test]
    fn keys_with_several_values() {
        fn check(key: &'static str, expected: Value) {
            let statement = Statement::allow("Put", ["events:PutEvents"]).on_all();
            assert_eq!(written(statement.when("StringEquals", key, ["a"]))["Condition"], expected, "{key}");
        }
        check("aws:SourceAccount", json!({"StringEquals": {"aws:SourceAccount": ["a"]}}));
        let guarded = json!({
            "ForAllValues:StringEquals": {"events:source": ["a"]},
            "Null": {"events:source": ["false"]},
        });
        check("events:source", guarded);
        check("aws:PrincipalOrgPaths", json!({"ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": ["a"]}}));
    }

    #[test]
    fn a_policy_without_statements_is_no_policy() {
        let empty = Policy::<Grant> { version: "2012-10-17", statement: Vec::new() };
        assert_eq!(serde_json::to_value(empty).unwrap_err().to_string(), "a policy has no statements");
    }
}
