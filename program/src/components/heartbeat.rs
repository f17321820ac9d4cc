//! The schedule that puts an event on the default bus, to show that events come from there.
//!
//! EventBridge Scheduler puts it itself, under a role that may do nothing else: no function is needed in an account that has
//! none of ours. A rule with a schedule could not: its events have the source `aws.events`. Source: EventBridge Scheduler user
//! guide, "Using templated targets".

use super::{Service, assumed_by};
use crate::{
    aws::{
        events::{DeadLetterConfig, RetryPolicy},
        iam::{Policy, Role, RolePolicy, Statement},
        kms::Key,
        scheduler::{EventbridgeParameters, FlexibleTimeWindow, Schedule, Target},
        sqs::Queue,
    },
    naming::{Names, arn},
    plan,
    pulumi::{Document, Handle, Options, Text},
};
use metrics_lib::{contract::probe, place::Place};
use serde_json::json;

/// The queue of what could not be put, and what encrypts it if that is not SQS's own key.
pub(crate) type Undelivered<'a> = (&'a Handle<Queue>, Option<&'a Handle<Key>>);

/// The schedule that puts events in a place. The first event comes as soon as it is made, so it is made `after` what
/// forwards it.
pub(crate) fn heartbeat(
    document: &mut Document,
    names: &Names,
    plan::Heartbeat { schedule, role, every }: &plan::Heartbeat,
    Place { account, region }: &Place,
    (undelivered, key): Undelivered<'_>,
    after: impl IntoIterator<Item = Text>,
) {
    let source = names.probe_source();
    let bus = Text::from(arn("events", region, account, "event-bus/default"));
    let assumed = Role {
        name: role.as_str().into(),
        description: "Puts heartbeats of DORA metrics on the default bus".into(),
        assume_role_policy: assumed_by(Service::Scheduler(account)),
    };
    let assumed = document.add("heartbeat-role", assumed);
    let put = Statement::allow("Put", ["events:PutEvents"]).on([bus.clone()]);
    let mut allowed = vec![
        put.when("StringEquals", "events:source", [source.as_str()]),
        Statement::allow("Undelivered", ["sqs:SendMessage"]).on([undelivered.arn()]),
    ];
    allowed.extend(
        key.map(|key| Statement::allow("Encrypt", ["kms:Decrypt", "kms:GenerateDataKey"]).on([key.arn()])),
    );
    let allowed =
        RolePolicy { name: role.as_str().into(), role: assumed.name(), policy: Policy::of(allowed) };
    let allowed = document.add("heartbeat-policy", allowed);
    let properties = Schedule {
        name: schedule.as_str().into(),
        description: "Shows that events come from this account and region".into(),
        schedule_expression: format!("rate({} hours)", every.as_hours()).into(),
        flexible_time_window: FlexibleTimeWindow { mode: "OFF" },
        target: Target {
            arn: bus,
            role_arn: assumed.arn(),
            input: Some(json!({"heartbeat": {}}).to_string().into()),
            eventbridge_parameters: Some(EventbridgeParameters {
                detail_type: probe::DETAIL_TYPE.into(),
                source: source.into(),
            }),
            retry_policy: RetryPolicy {
                maximum_event_age_in_seconds: u32::try_from(every.as_secs()).unwrap_or(u32::MAX),
                maximum_retry_attempts: 10,
            },
            dead_letter_config: DeadLetterConfig { arn: undelivered.arn() },
        },
    };
    let after = after.into_iter().chain([allowed.itself()]);
    document.add_with("heartbeat-schedule", properties, Options::after(after));
}
