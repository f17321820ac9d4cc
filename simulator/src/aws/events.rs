//! EventBridge: what its rules are, for whoever checks them.

use super::AwsError;
use crate::trouble::Trouble;
use program::{
    naming::arn,
    plan::{Plan, Rule},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The rules of the operations account.
#[derive(Debug)]
pub(super) struct Events(Vec<Known>);

/// A rule.
#[derive(Debug)]
struct Known {
    bus: String,
    rule: Rule,
    targets: Vec<String>,
}

impl Events {
    /// The rules of a plan.
    pub(super) fn new(plan: &Plan) -> Self {
        let own = |service, resource: &str| arn(service, &plan.region, &plan.ops_account, resource);
        let default = plan.ops_rules.iter().map(|rule| {
            let targets = rule.targets.iter().map(|bus| own("events", &format!("event-bus/{bus}"))).collect();
            Known { bus: "default".to_owned(), rule: rule.clone(), targets }
        });
        let on_bus = plan.bus.rules.iter().map(|rule| {
            let targets = rule.targets.iter().map(|queue| own("sqs", queue)).collect();
            Known { bus: plan.bus.name.clone(), rule: rule.clone(), targets }
        });
        Self(default.chain(on_bus).collect())
    }

    /// Answers an operation.
    pub(super) fn call(
        &self,
        operation: &str,
        input: &Value,
        troubles: &BTreeSet<Trouble>,
    ) -> Result<Value, AwsError> {
        let name = match operation {
            "DescribeRule" => &input["Name"],
            "ListTargetsByRule" => &input["Rule"],
            _ => return Err(AwsError::not_implemented("events", operation)),
        };
        let bus = input["EventBusName"].as_str().unwrap_or("default");
        let known = self.0.iter().find(|known| known.bus == bus && *name == known.rule.name.as_str());
        let Some(Known { rule, targets, .. }) = known else {
            let message = format!("Rule {name} does not exist on EventBus {bus}.");
            return Err(AwsError::new("ResourceNotFoundException", message));
        };
        if operation == "DescribeRule" {
            let pattern = rule.pattern.to_string();
            let is_off =
                troubles.iter().any(|trouble| matches!(trouble, Trouble::RuleOff(of) if *of == rule.name));
            let state = if is_off { "DISABLED" } else { "ENABLED" };
            return Ok(json!({"Name": name, "EventBusName": bus, "State": state, "EventPattern": pattern}));
        }
        let targets = (1..).zip(targets).map(|(id, arn)| json!({"Id": format!("{id}"), "Arn": arn}));
        Ok(json!({"Targets": targets.collect::<Vec<_>>()}))
    }
}
