//! The way of events in the operations account: bus, rules, queue, function.

use super::function::Deployed;
use crate::{
    aws::{
        events::{DeadLetterConfig, EventBus, EventBusPolicy, EventRule, EventTarget, RetryPolicy},
        iam::{Access, Policy, Principal, Statement},
        lambda::{EventSourceMapping, ScalingConfig},
        sqs::Queue,
    },
    naming::{Names, partition},
    plan::{self, PolicyStatement, Senders},
    pulumi::{Document, Handle, Json, Options, Text},
    settings::{Organization, Settings},
};
use vec1::Vec1;

/// The bus of the stack.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) bus: Handle<EventBus>,
    /// Who may put events on it.
    pub(crate) policy: Handle<EventBusPolicy>,
}

/// The bus with its policy.
pub(crate) fn bus(document: &mut Document, planned: &plan::Bus, settings: &Settings) -> Made {
    let properties = EventBus {
        name: planned.name.as_str().into(),
        description: "Events that DORA metrics are made of".into(),
    };
    let bus = document.add("bus", properties);
    let statements = planned
        .policy
        .iter()
        .enumerate()
        .map(|(number, statement)| may_put(&format!("Forward{number}"), statement, &bus, settings));
    let properties = EventBusPolicy { event_bus_name: bus.name(), policy: Policy::of(statements) };
    let policy = document.add("bus-policy", properties);
    Made { bus, policy }
}

/// Lets the roles that forward events put those of a source and of some types on a bus.
///
/// The principals are accounts, or everybody of an organisation, and the roles a condition: a principal that does not exist
/// yet would be refused, and the operations account's stack comes first.
fn may_put(sid: &str, statement: &PolicyStatement, bus: &Handle<EventBus>, settings: &Settings) -> Access {
    let PolicyStatement { senders, sources, detail_types } = statement;
    let partition = partition(&settings.region);
    let put = Statement::allow(sid, ["events:PutEvents"]).on([bus.arn()]);
    let put = match senders {
        Senders::Listed { accounts, roles } => {
            let roots = accounts.mapped_ref(|account| format!("arn:{partition}:iam::{account}:root").into());
            put.to(Principal::Aws(roots)).when("ArnEquals", "aws:PrincipalArn", roles)
        }
        Senders::Members { organization: Organization { id, paths, .. }, roles } => {
            let of_members = put
                .to(Principal::Everybody)
                .when("StringEquals", "aws:PrincipalOrgID", [id])
                .when("ArnLike", "aws:PrincipalArn", [roles]);
            match Vec1::try_from_vec(paths.iter().collect()) {
                Ok(paths) => of_members.when("StringLike", "aws:PrincipalOrgPaths", paths),
                Err(_) => of_members,
            }
        }
    };
    put.when("StringEquals", "events:source", sources).when(
        "StringEquals",
        "events:detail-type",
        detail_types,
    )
}

/// The rules that put events of the bus on a queue. Returns their ARNs.
pub(crate) fn rules<'a>(
    document: &mut Document,
    names: &Names,
    planned: impl Iterator<Item = &'a plan::Rule>,
    bus: &Handle<EventBus>,
    queue: &Handle<Queue>,
    undelivered: &Handle<Queue>,
) -> Vec<Text> {
    let rules = planned.map(|planned| {
        let name = names.short(&planned.name);
        let rule = document.add(
            format!("{name}-rule"),
            EventRule {
                name: planned.name.as_str().into(),
                description: planned.description.into(),
                event_bus_name: Some(bus.name()),
                event_pattern: Json::literal(planned.pattern.clone()),
            },
        );
        document.add(
            format!("{name}-target"),
            EventTarget {
                rule: rule.name(),
                event_bus_name: Some(bus.name()),
                target_id: "queue".into(),
                arn: queue.arn(),
                role_arn: None,
                retry_policy: RetryPolicy::LONGEST,
                dead_letter_config: DeadLetterConfig { arn: undelivered.arn() },
            },
        );
        rule.arn()
    });
    rules.collect()
}

/// A queue in front of a function: its messages come in batches, and only those that failed come back.
pub(crate) fn feed(
    document: &mut Document,
    consumer: &plan::Consumer,
    queue: &Handle<Queue>,
    Deployed { function, policy }: &Deployed,
    after: impl IntoIterator<Item = Text>,
) {
    let properties = EventSourceMapping {
        event_source_arn: queue.arn(),
        function_name: function.arn(),
        batch_size: consumer.queue.batch_size,
        function_response_types: ["ReportBatchItemFailures"],
        scaling_config: ScalingConfig { maximum_concurrency: consumer.queue.maximum_concurrency },
    };
    let after = after.into_iter().chain([policy.itself()]);
    document.add_with(format!("{}-mapping", consumer.function.name), properties, Options::after(after));
}
