//! What the stacks are put together from: resources that belong together, each with what makes it safe to run.

pub(crate) mod alarm_topic;
pub(crate) mod alarms;
pub(crate) mod bucket;
pub(crate) mod commit_lake;
pub(crate) mod encryption;
pub(crate) mod event_route;
pub(crate) mod forwarding;
pub(crate) mod function;
pub(crate) mod heartbeat;
pub(crate) mod ledger;
pub(crate) mod queue;
pub(crate) mod schedule;
pub(crate) mod webhook_api;

use crate::{
    aws::{
        iam::{Access, Grant, Policy, Principal, Statement, Trust},
        kms::Key,
        secretsmanager::Secret,
    },
    plan::{Condition, Resource, RoleStatement as Allowed},
    pulumi::{Handle, Json, Text},
    several::Several,
};

/// The actual resources in the place of those that only AWS can name.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Actual<'a> {
    pub(crate) key: Option<&'a Handle<Key>>,
    pub(crate) secret: Option<&'a Handle<Secret>>,
}

impl Actual<'_> {
    /// The policy that allows what the plan says.
    pub(crate) fn policy(self, statements: &[Allowed]) -> Json<Policy<Grant>> {
        Policy::of(statements.iter().map(|statement| self.statement(statement)))
    }

    fn statement(self, Allowed { sid, actions, resources, conditions }: &Allowed) -> Grant {
        let resources = resources.mapped_ref(|resource| self.resource(resource));
        let mut statement = Statement::allow(sid, actions).on(resources);
        for Condition { operator, key, values } in conditions {
            statement = statement.when(operator, key, values);
        }
        statement
    }

    /// A resource that the stack does not have is a reference that leads nowhere, and no document can be written.
    fn resource(self, resource: &Resource) -> Text {
        match resource {
            Resource::Arn(arn) | Resource::Every { pattern: arn, .. } => arn.into(),
            Resource::Key => self.key.map_or_else(|| Text::missing("the key"), Handle::arn),
            Resource::Secret => self.secret.map_or_else(|| Text::missing("the secret"), Handle::arn),
        }
    }
}

/// A service that assumes roles. Where its documentation shows trust that asks for the account on whose behalf it acts, with
/// that account; what the others don't say would keep them from assuming the role at all. A role can only be passed within
/// its account, so nobody else can make them use it.
///
/// Source: EventBridge user guide and EventBridge Scheduler user guide, "Cross-service confused deputy prevention"; Lambda
/// developer guide, "Defining Lambda function permissions with an execution role"; Firehose developer guide, "Controlling
/// access"; API Gateway developer guide, "Set up CloudWatch logging".
#[derive(Clone, Copy, Debug)]
pub(crate) enum Service<'a> {
    ApiGateway,
    EventBridge(&'a str),
    Firehose,
    Lambda,
    Scheduler(&'a str),
}

/// The policy of a role that a service assumes.
pub(crate) fn assumed_by(service: Service<'_>) -> Json<Policy<Trust>> {
    let (principal, account) = match service {
        Service::ApiGateway => ("apigateway.amazonaws.com", None),
        Service::EventBridge(account) => ("events.amazonaws.com", Some(account)),
        Service::Firehose => ("firehose.amazonaws.com", None),
        Service::Lambda => ("lambda.amazonaws.com", None),
        Service::Scheduler(account) => ("scheduler.amazonaws.com", Some(account)),
    };
    let assume = Trust::assume("Assume", Principal::Service(principal.into()));
    Policy::of([match account {
        Some(account) => assume.when("StringEquals", "aws:SourceAccount", [account]),
        None => assume,
    }])
}

/// Refuses whatever does not come over TLS.
pub(crate) fn tls_only(actions: impl Several<Text>, resources: impl Several<Text>) -> Access {
    let denied = Statement::deny("TlsOnly", actions).on(resources).to(Principal::Everybody);
    denied.when("Bool", "aws:SecureTransport", ["false"])
}
