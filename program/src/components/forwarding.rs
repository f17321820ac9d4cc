//! The rules on an account's default bus that forward events to the bus of the operations account.

use super::{Actual, Service, assumed_by};
use crate::{
    aws::{
        events::{DeadLetterConfig, EventRule, EventTarget, RetryPolicy},
        iam::{Role, RolePolicy},
        sqs::Queue,
    },
    naming::Names,
    plan::{PROBE, RoleStatement, Rule},
    pulumi::{Document, Handle, Json, Options, Text},
};

/// What forwards.
#[derive(Debug)]
pub(crate) struct Forwarding<'a> {
    pub(crate) rules: &'a [Rule],
    pub(crate) permission: &'a RoleStatement,
    /// The role's name.
    pub(crate) role: String,
    /// The account.
    pub(crate) account: &'a str,
    /// Where events go that a bus did not take.
    pub(crate) undelivered: &'a Handle<Queue>,
}

/// Where events are forwarded to.
#[derive(Debug)]
pub(crate) struct Destination {
    /// The ARN of the bus.
    pub(crate) arn: Text,
    /// What must be there before events are sent: the bus's policy, where it is part of the stack.
    pub(crate) after: Option<Text>,
}

/// What forwards events.
#[derive(Debug, Default)]
pub(crate) struct Made {
    /// The ARNs of the rules.
    pub(crate) rules: Vec<Text>,
    /// The targets of the rule of probes.
    pub(crate) of_probes: Vec<Text>,
}

/// Forwards events under a role.
pub(crate) fn forwarding(
    document: &mut Document,
    names: &Names,
    forwarding: &Forwarding<'_>,
    Destination { arn, after }: &Destination,
) -> Made {
    let Forwarding { rules, permission, role, account, undelivered } = forwarding;
    let assumed = Role {
        name: role.as_str().into(),
        description: "Forwards events to the bus of DORA metrics".into(),
        assume_role_policy: assumed_by(Service::EventBridge(account)),
    };
    let assumed = document.add("forward-role", assumed);
    let policy = RolePolicy {
        name: role.as_str().into(),
        role: assumed.name(),
        policy: Actual::default().policy(std::slice::from_ref(*permission)),
    };
    let policy = document.add("forward-policy", policy);
    let mut made = Made::default();
    for rule in *rules {
        let name = names.short(&rule.name);
        let properties = EventRule {
            name: rule.name.as_str().into(),
            description: rule.description.into(),
            event_bus_name: None,
            event_pattern: Json::literal(rule.pattern.clone()),
        };
        let handle = document.add(format!("{name}-rule"), properties);
        let properties = EventTarget {
            rule: handle.name(),
            event_bus_name: None,
            target_id: "bus".into(),
            arn: arn.clone(),
            role_arn: Some(assumed.arn()),
            retry_policy: RetryPolicy::LONGEST,
            dead_letter_config: DeadLetterConfig { arn: undelivered.arn() },
        };
        let options = Options::after([policy.itself()].into_iter().chain(after.clone()));
        let target = document.add_with(format!("{name}-to-bus"), properties, options);
        if rule.name == names.of(PROBE) {
            made.of_probes.push(target.itself());
        }
        made.rules.push(handle.arn());
    }
    made
}
