//! What the stacks are put together from: resources that belong together, each with what makes it safe to run.

pub(crate) mod alarm_topic;
pub(crate) mod alarms;
pub(crate) mod bucket;
pub(crate) mod commit_lake;
pub(crate) mod encryption;
pub(crate) mod event_route;
pub(crate) mod forwarding;
pub(crate) mod function;
pub(crate) mod ledger;
pub(crate) mod queue;
pub(crate) mod schedule;
pub(crate) mod webhook_api;

use crate::{
    aws::{
        iam::{Policy, Principal, Statement},
        kms::Key,
        secretsmanager::Secret,
    },
    plan::{Condition, Resource, Statement as Allowed},
    pulumi::{Handle, Json, Text},
};

/// The actual resources in the place of those that only AWS can name.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Actual<'a> {
    pub(crate) key: Option<&'a Handle<Key>>,
    pub(crate) secret: Option<&'a Handle<Secret>>,
}

impl Actual<'_> {
    /// The policy that allows what the plan says.
    pub(crate) fn policy(self, statements: &[Allowed]) -> Json<Policy> {
        Policy::of(statements.iter().map(|statement| self.statement(statement)))
    }

    fn statement(self, Allowed { sid, actions, resources, conditions }: &Allowed) -> Statement {
        let resources = resources.iter().filter_map(|resource| self.resource(resource));
        let mut statement = Statement::allow(sid, actions).on::<Text>(resources);
        for Condition { operator, key, values } in conditions {
            statement = statement.when(operator, key, values);
        }
        statement
    }

    fn resource(self, resource: &Resource) -> Option<Text> {
        match resource {
            Resource::Arn(arn) | Resource::Every { pattern: arn, .. } => Some(arn.into()),
            Resource::Key => self.key.map(Handle::arn),
            Resource::Secret => self.secret.map(Handle::arn),
        }
    }
}

/// The policy of a role that a service assumes.
pub(crate) fn assumed_by(service: &'static str) -> Json<Policy> {
    let assume = Statement::allow("Assume", &["sts:AssumeRole"]).to(Principal::Service(service.into()));
    Policy::of([assume])
}

/// Refuses whatever does not come over TLS.
pub(crate) fn tls_only<T: Into<Text>>(actions: &[&str], resources: impl IntoIterator<Item = T>) -> Statement {
    Statement::deny("TlsOnly", actions).to(Principal::Everybody).on(resources).when(
        "Bool",
        "aws:SecureTransport",
        ["false"],
    )
}
