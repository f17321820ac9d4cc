//! EventBridge: what its rules are, for whoever checks them.

use crate::{AwsError, resources::Rule};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The rules.
#[derive(Debug)]
pub struct Events {
    rules: Vec<Rule>,
    /// The names of the rules that are switched off.
    pub disabled: BTreeSet<String>,
}

impl Events {
    /// Rules that are switched on.
    pub(super) fn new(rules: Vec<Rule>) -> Self {
        Self { rules, disabled: BTreeSet::new() }
    }

    /// Answers an operation.
    pub(super) fn call(&self, operation: &str, input: &Value) -> Result<Value, AwsError> {
        let name = match operation {
            "DescribeRule" => &input["Name"],
            "ListTargetsByRule" => &input["Rule"],
            _ => return Err(AwsError::not_implemented("events", operation)),
        };
        let bus = input["EventBusName"].as_str().unwrap_or("default");
        let known = self.rules.iter().find(|rule| rule.bus == bus && *name == rule.name.as_str());
        let Some(Rule { name, pattern, targets, .. }) = known else {
            let message = format!("Rule {name} does not exist on EventBus {bus}.");
            return Err(AwsError::new("ResourceNotFoundException", message));
        };
        if operation == "DescribeRule" {
            let state = if self.disabled.contains(name) { "DISABLED" } else { "ENABLED" };
            let pattern = pattern.to_string();
            return Ok(json!({"Name": name, "EventBusName": bus, "State": state, "EventPattern": pattern}));
        }
        let targets = (1..).zip(targets).map(|(id, arn)| json!({"Id": format!("{id}"), "Arn": arn}));
        Ok(json!({"Targets": targets.collect::<Vec<_>>()}))
    }
}
