//! Whether the resources of the plan are there, and in order.

use super::finding::Finding;
use crate::installation::Installation;
use aws_sdk_cloudwatch::types::{AlarmType, StateValue};
use aws_sdk_lambda::types::{LastUpdateStatus, State};
use aws_sdk_sqs::types::QueueAttributeName;
use functions::runtime::error::Error;
use program::plan::{Alarm, Rule};
use serde_json::Value;
use std::collections::BTreeMap;

/// What to do about a resource that is not as the stack makes it.
pub(super) const UP: &str = "run `pulumi up` for the operations stack";

/// The functions: whether each is there, and its latest version in use.
pub(super) async fn functions(installation: &Installation) -> Vec<Finding> {
    const CHECK: &str = "function";
    let lambda = aws_sdk_lambda::Client::new(installation.sdk());
    let mut findings = Vec::new();
    for function in installation.plan.functions() {
        let name = &function.resource;
        let request = lambda.get_function_configuration().function_name(name);
        findings.push(match request.send().await.map_err(Error::aws("lambda:GetFunctionConfiguration")) {
            Err(error) => Finding::failed(CHECK, name, error.to_string(), UP),
            Ok(found) => match (found.state(), found.last_update_status()) {
                (None | Some(State::Active | State::Inactive), None | Some(LastUpdateStatus::Successful)) => {
                    Finding::ok(CHECK, name, "is ready")
                }
                (_, _) => {
                    let reasons = found.state_reason().into_iter().chain(found.last_update_status_reason());
                    let reasons: Vec<&str> = reasons.collect();
                    Finding::failed(CHECK, name, format!("is not ready: {}", reasons.join("; ")), UP)
                }
            },
        });
    }
    findings
}

/// The rules of the operations account: whether each is there, is on, matches the right events, and has its targets.
pub(super) async fn rules(installation: &Installation) -> Vec<Finding> {
    let events = aws_sdk_eventbridge::Client::new(installation.sdk());
    let mut findings = Vec::new();
    let default = installation.plan.ops_rules.iter().map(|rule| ("default", "event-bus/", rule));
    let bus = &installation.plan.bus;
    let own = bus.rules.iter().map(|rule| (bus.name.as_str(), "", rule));
    for (bus, targets, rule) in default.chain(own) {
        let service = if targets.is_empty() { "sqs" } else { "events" };
        let arns =
            rule.targets.iter().map(|name| installation.names.arn(service, &format!("{targets}{name}")));
        findings.push(self::rule(&events, bus, rule, &arns.collect::<Vec<_>>()).await);
    }
    findings
}

async fn rule(events: &aws_sdk_eventbridge::Client, bus: &str, rule: &Rule, targets: &[String]) -> Finding {
    const CHECK: &str = "rule";
    match fault_of_rule(events, bus, rule, targets).await {
        Some(fault) => Finding::failed(CHECK, &rule.name, fault, UP),
        None => Finding::ok(CHECK, &rule.name, "is on, with its pattern and targets"),
    }
}

/// What is wrong with a rule; none if it is on, matches the right events, and has its targets.
pub(super) async fn fault_of_rule(
    events: &aws_sdk_eventbridge::Client,
    bus: &str,
    rule: &Rule,
    targets: &[String],
) -> Option<String> {
    let request = events.describe_rule().event_bus_name(bus).name(&rule.name);
    let found = match request.send().await.map_err(Error::aws("events:DescribeRule")) {
        Ok(found) => found,
        Err(error) => return Some(error.to_string()),
    };
    let state = found.state().map(aws_sdk_eventbridge::types::RuleState::as_str);
    if state != Some("ENABLED") {
        return Some(format!("is {}: its events are lost", state.unwrap_or("in no state")));
    }
    let pattern: Option<Value> = found.event_pattern().and_then(|pattern| serde_json::from_str(pattern).ok());
    if pattern.as_ref() != Some(&rule.pattern) {
        return Some("has another pattern than the plan".to_owned());
    }
    let request = events.list_targets_by_rule().event_bus_name(bus).rule(&rule.name);
    let found = match request.send().await.map_err(Error::aws("events:ListTargetsByRule")) {
        Ok(found) => found,
        Err(error) => return Some(error.to_string()),
    };
    let has = |arn: &&String| found.targets().iter().any(|target| target.arn() == arn.as_str());
    targets.iter().find(|arn| !has(arn)).map(|missing| format!("does not send to {missing}"))
}

/// The queues: how much waits, and whether there are dead letters.
pub(super) async fn queues(installation: &Installation) -> Vec<Finding> {
    const CHECK: &str = "queue";
    let sqs = aws_sdk_sqs::Client::new(installation.sdk());
    let plan = &installation.plan;
    let mut findings = Vec::new();
    for consumer in &plan.consumers {
        let name = &consumer.queue.name;
        findings.push(match waiting(&sqs, name).await {
            Ok(waiting) => Finding::ok(CHECK, name, format!("{waiting} messages wait or are worked on")),
            Err(error) => Finding::failed(CHECK, name, error.to_string(), UP),
        });
    }
    let dead = plan.consumers.iter().map(|consumer| {
        let (function, queue) = (&consumer.function, &consumer.queue.dead_letter_queue);
        let remedy = format!(
            "see why in the log {}, mend it, then `cargo dora redrive --function {}`",
            function.log_group, function.name
        );
        (queue, remedy)
    });
    let mut dead: Vec<_> = dead.collect();
    let undelivered = "see docs/OPERATIONS.md, dead-letters; what they tell, the reconciler finds";
    for queue in [&plan.undelivered, &plan.reconciler.dead_letter_queue] {
        dead.push((queue, undelivered.to_owned()));
    }
    for (name, remedy) in dead {
        findings.push(match waiting(&sqs, name).await {
            Ok(0) => Finding::ok(CHECK, name, "is empty"),
            Ok(letters) => Finding::failed(CHECK, name, format!("holds {letters} messages"), remedy),
            Err(error) => Finding::failed(CHECK, name, error.to_string(), UP),
        });
    }
    findings
}

/// How many messages a queue holds, hidden and delayed ones included.
pub(super) async fn waiting(sqs: &aws_sdk_sqs::Client, name: &str) -> Result<usize, Error> {
    let attributes = [
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
    ];
    let url = sqs.get_queue_url().queue_name(name).send().await.map_err(Error::aws("sqs:GetQueueUrl"))?;
    let request = sqs.get_queue_attributes().set_queue_url(url.queue_url);
    let request = request.set_attribute_names(Some(attributes.to_vec()));
    let found = request.send().await.map_err(Error::aws("sqs:GetQueueAttributes"))?;
    let numbers = found.attributes().into_iter().flat_map(|found| found.values());
    Ok(numbers.filter_map(|number| number.parse::<usize>().ok()).sum())
}

/// The alarms: whether each is there, and none is raised. Those that CloudWatch can't evaluate yet are one finding.
pub(super) async fn alarms(installation: &Installation) -> Vec<Finding> {
    const CHECK: &str = "alarm";
    let request = aws_sdk_cloudwatch::Client::new(installation.sdk())
        .describe_alarms()
        .alarm_name_prefix(installation.names.of(""))
        .alarm_types(AlarmType::MetricAlarm);
    let pages = request.into_paginator().send().collect::<Result<Vec<_>, _>>().await;
    let pages = match pages.map_err(Error::aws("cloudwatch:DescribeAlarms")) {
        Ok(pages) => pages,
        Err(error) => {
            let remedy = "let the operator call cloudwatch:DescribeAlarms";
            return vec![Finding::failed(CHECK, "all", error.to_string(), remedy)];
        }
    };
    let found = pages.iter().flat_map(|page| page.metric_alarms());
    let mut found: BTreeMap<&str, _> = found.filter_map(|alarm| Some((alarm.alarm_name()?, alarm))).collect();
    let (planned, mut findings, mut untold) = (&installation.plan.alarms, Vec::new(), Vec::new());
    for Alarm { name, kind, description, .. } in planned {
        findings.push(match found.remove(name.as_str()).map(|alarm| alarm.state_value()) {
            None => Finding::failed(CHECK, name, "is missing", UP),
            Some(Some(StateValue::Alarm)) => {
                let remedy = format!("see docs/OPERATIONS.md, {kind}");
                Finding::failed(CHECK, name, format!("is raised: {description}"), remedy)
            }
            Some(Some(StateValue::Ok)) => Finding::ok(CHECK, name, "is not raised"),
            Some(_) => {
                untold.push(name.as_str());
                continue;
            }
        });
    }
    if !untold.is_empty() {
        let subject = if untold.len() == planned.len() { "all".to_owned() } else { untold.join(", ") };
        let remedy = "a new alarm has a state after some minutes; where a world is played, alarms have none";
        findings.push(Finding::skipped(CHECK, subject, "CloudWatch has not enough data to tell", remedy));
    }
    // Repositories' own alarms are for their people, but whoever asks wants to know.
    for (name, alarm) in found {
        if alarm.state_value() == Some(&StateValue::Alarm) {
            let found = format!("is raised: {}", alarm.alarm_description().unwrap_or_default());
            findings.push(Finding::failed(CHECK, name, found, "see docs/OPERATIONS.md, Alarms"));
        }
    }
    findings
}
