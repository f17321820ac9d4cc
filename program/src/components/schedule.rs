//! The schedule of a function: its own role, and a queue of invocations that Lambda did not take.

use super::{Service, assumed_by, function::Deployed, queue};
use crate::{
    aws::{
        events::{DeadLetterConfig, RetryPolicy},
        iam::{Policy, Role, RolePolicy, Statement},
        kms::Key,
        scheduler::{FlexibleTimeWindow, Schedule, Target},
    },
    naming::Names,
    plan,
    pulumi::{Document, Handle, Options, Text},
};

/// The schedule. An invocation that Lambda does not take is tried until the next one is due.
pub(crate) fn schedule(
    document: &mut Document,
    names: &Names,
    planned: &plan::Scheduled,
    key: &Handle<Key>,
    Deployed { function, policy }: &Deployed,
    after: impl IntoIterator<Item = Text>,
) {
    let name = planned.function.name;
    let dead_letters = queue::of_dead_letters(document, name, &planned.dead_letter_queue, key);
    let role_name = names.of(&format!("{name}-schedule"));
    let role = Role {
        name: role_name.as_str().into(),
        description: Text::from("Invokes the function ") + name,
        assume_role_policy: assumed_by(Service::Scheduler(names.ops_account())),
    };
    let role = document.add(format!("{name}-schedule-role"), role);
    let allowed = Policy::of([
        Statement::allow("Invoke", ["lambda:InvokeFunction"]).on([function.arn()]),
        Statement::allow("DeadLetters", ["sqs:SendMessage"]).on([dead_letters.arn()]),
        Statement::allow("Encrypt", ["kms:Decrypt", "kms:GenerateDataKey"]).on([key.arn()]),
    ]);
    let allowed = RolePolicy { name: role_name.as_str().into(), role: role.name(), policy: allowed };
    let allowed = document.add(format!("{name}-schedule-policy"), allowed);
    let minutes = planned.every.as_mins();
    let properties = Schedule {
        name: planned.schedule.as_str().into(),
        description: planned.function.description.into(),
        schedule_expression: format!("rate({minutes} minutes)").into(),
        flexible_time_window: FlexibleTimeWindow { mode: "OFF" },
        target: Target {
            arn: function.arn(),
            role_arn: role.arn(),
            input: None,
            eventbridge_parameters: None,
            retry_policy: RetryPolicy {
                maximum_event_age_in_seconds: u32::try_from(planned.every.as_secs()).unwrap_or(u32::MAX),
                maximum_retry_attempts: 10,
            },
            dead_letter_config: DeadLetterConfig { arn: dead_letters.arn() },
        },
    };
    let after = after.into_iter().chain([policy.itself(), allowed.itself()]);
    document.add_with(format!("{name}-schedule"), properties, Options::after(after));
}
