//! References: what is `${queue.arn}` to Pulumi is `Fn::GetAtt`, `Ref` or `Fn::Sub` to CloudFormation.

use super::{
    logical_id, parameter,
    types::{Destination, translated},
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The resources of a document, for what refers to them.
#[derive(Debug)]
pub(super) struct Outputs {
    /// The type of each.
    kinds: BTreeMap<String, String>,
    /// The logical ids that each has become: its own, or that of what it is a part of.
    holders: BTreeMap<String, Vec<String>>,
}

impl Outputs {
    pub(super) fn of(resources: &Map<String, Value>) -> Self {
        let kinds = resources
            .iter()
            .map(|(name, resource)| (name.clone(), resource["type"].as_str().unwrap_or_default().to_owned()))
            .collect();
        let mut outputs = Self { kinds, holders: BTreeMap::new() };
        for (name, resource) in resources {
            let kind = resource["type"].as_str().unwrap_or_default();
            let places = translated(kind, &resource["properties"]).unwrap_or_default();
            let ids = places.iter().filter_map(|(place, _)| match place {
                Destination::Itself { suffix, .. } => Some(logical_id(&format!("{name}{suffix}"))),
                Destination::Within { whole, .. } => outputs.resource(whole).map(logical_id),
            });
            let ids = ids.collect();
            outputs.holders.insert(name.clone(), ids);
        }
        outputs
    }

    /// The logical ids that a resource has become.
    pub(super) fn holders(&self, reference: &str) -> Vec<String> {
        let name = self.resource(reference);
        name.and_then(|name| self.holders.get(name)).cloned().unwrap_or_default()
    }

    /// The resource that a text refers to first.
    pub(super) fn resource<'a>(&self, text: &'a str) -> Option<&'a str> {
        let (_, reference) = text.split_once("${")?;
        let name = reference.split(['.', '}']).next()?;
        self.kinds.contains_key(name).then_some(name)
    }

    /// What `Fn::Sub` writes for an output of a resource.
    fn substituted(&self, reference: &str) -> String {
        let (name, output) = reference.split_once('.').unwrap_or((reference, ""));
        let id = logical_id(name);
        let own =
            |service: &str, rest: &str| format!("arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:{rest}");
        let Some(kind) = self.kinds.get(name) else {
            return format!("${{{}}}", parameter(name));
        };
        match (kind.rsplit(':').next().unwrap_or_default(), output) {
            ("LogStream", "arn") => {
                own("logs", &format!("${{AWS::AccountId}}:log-group:*:log-stream:${{{id}}}"))
            }
            ("Function", "invokeArn") => {
                own("apigateway", &format!("lambda:path/2015-03-31/functions/${{{id}.Arn}}/invocations"))
            }
            ("RestApi", "executionArn") => own("execute-api", &format!("${{AWS::AccountId}}:${{{id}}}")),
            ("RestApi", "rootResourceId") => format!("${{{id}.RootResourceId}}"),
            ("Stage", "arn") => own("apigateway", &format!(":/restapis/${{WebhookApi}}/stages/${{{id}}}")),
            ("Stage", "invokeUrl") => {
                format!("https://${{WebhookApi}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}/${{{id}}}")
            }
            ("Method", "httpMethod") => "POST".to_owned(),
            ("Queue", "name") => format!("${{{id}.QueueName}}"),
            // These are their ARNs to CloudFormation.
            ("Topic" | "Secret", _) => format!("${{{id}}}"),
            (_, "arn") => format!("${{{id}.Arn}}"),
            _ => format!("${{{id}}}"),
        }
    }

    /// A text with references, as CloudFormation has it.
    fn text(&self, text: &str) -> Value {
        if !text.contains("${") {
            return json!(text);
        }
        let (mut template, mut rest) = (String::new(), text);
        while let Some((before, reference)) = rest.split_once("${") {
            let (inner, after) = reference.split_once('}').unwrap_or((reference, ""));
            match before.strip_suffix('$') {
                // A literal; the pseudo parameters, and those of the template, are meant.
                Some(before) if inner.starts_with("AWS::") || inner.starts_with("Ops") => {
                    template += &format!("{before}${{{inner}}}");
                }
                Some(before) => template += &format!("{before}${{!{inner}}}"),
                None => template += &format!("{before}{}", self.substituted(inner)),
            }
            rest = after;
        }
        template += rest;
        let literal = template.replace("${!", "");
        alone(&template).unwrap_or_else(|| match literal.contains("${") {
            true => json!({"Fn::Sub": template}),
            // Where nothing is put in, nothing needs to be escaped.
            false => json!(template.replace("${!", "${")),
        })
    }
}

/// A text that is nothing but one reference.
fn alone(template: &str) -> Option<Value> {
    let inner = template.strip_prefix("${")?.strip_suffix('}')?;
    if inner.contains('}') || inner.starts_with('!') {
        return None;
    }
    Some(match inner.split_once('.') {
        Some((id, attribute)) => json!({"Fn::GetAtt": [id, attribute]}),
        None => json!({"Ref": inner}),
    })
}

/// A value with its references as CloudFormation has them.
pub(super) fn rendered(value: &Value, outputs: &Outputs) -> Value {
    match value {
        Value::String(text) => outputs.text(text),
        Value::Array(values) => values.iter().map(|value| rendered(value, outputs)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), rendered(value, outputs)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}
