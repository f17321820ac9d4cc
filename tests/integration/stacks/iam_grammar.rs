//! IAM's grammar of policies, over every policy of every stack, as IAM reads them: what it refuses as `MalformedPolicyDocument`.
//! Source: IAM user guide, "Grammar of the IAM JSON policy language", and the pages of its elements.

use super::{
    document::{Resources, texts},
    fullest,
};
use serde_json::{Value, json};

/// Which members a statement of a kind of policy may have, beside `Sid`, `Effect`, `Action` and `Condition`.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Who assumes a role.
    Trust,
    /// What a role may do.
    Identity,
    /// Who may do what with a resource.
    Resource,
}

/// Condition keys that have several values in a request, as the Service Authorization Reference types them.
const MULTIVALUED: [&str; 8] = [
    "aws:PrincipalOrgPaths",
    "aws:ResourceOrgPaths",
    "aws:TagKeys",
    "dynamodb:Attributes",
    "dynamodb:LeadingKeys",
    "events:detail-type",
    "events:source",
    "kms:ResourceAliases",
];

/// What IAM, or whoever knows how it compares, would say of a policy.
pub(super) fn problems(kind: &str, policy: &Value) -> Vec<String> {
    let kind = match kind {
        "assumeRolePolicy" => Kind::Trust,
        "role" => Kind::Identity,
        _ => Kind::Resource,
    };
    let mut problems = Vec::new();
    if policy["Version"] != "2012-10-17" {
        problems.push("no version".to_owned());
    }
    let statements = policy["Statement"].as_array().cloned().unwrap_or_default();
    if statements.is_empty() {
        problems.push("no statements".to_owned());
    }
    let mut sids = Vec::new();
    for statement in &statements {
        let sid = statement["Sid"].as_str().unwrap_or_default();
        if sid.is_empty() || !sid.chars().all(char::is_alphanumeric) || sids.contains(&sid) {
            problems.push(format!("{sid}: a Sid is letters and digits, once"));
        }
        sids.push(sid);
        problems.extend(of_statement(kind, statement).into_iter().map(|problem| format!("{sid}: {problem}")));
    }
    problems
}

fn of_statement(kind: Kind, statement: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    let (principal, resource) = match kind {
        Kind::Trust => (true, false),
        Kind::Identity => (false, true),
        Kind::Resource => (true, true),
    };
    for (member, needed) in [("Action", true), ("Principal", principal), ("Resource", resource)] {
        match (statement.get(member), needed) {
            (None, true) => problems.push(format!("no {member}")),
            (Some(_), false) => problems.push(format!("{member} has no place here")),
            _ => {}
        }
    }
    if !["Allow", "Deny"].iter().any(|effect| statement["Effect"] == *effect) {
        problems.push("no effect".to_owned());
    }
    for (member, value) in statement.as_object().unwrap() {
        if !["Sid", "Effect", "Principal", "Action", "Resource", "Condition"].contains(&member.as_str()) {
            problems.push(format!("{member} is no member"));
        }
        empty(member, value, &mut problems);
    }
    for action in texts(&statement["Action"]) {
        let is_action = action == "*"
            || action.split_once(':').is_some_and(|(service, name)| {
                !service.is_empty()
                    && service.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
                    && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'*')
                    && !name.is_empty()
            });
        if !is_action {
            problems.push(format!("{action} is no action"));
        }
    }
    for resource in texts(&statement["Resource"]) {
        let is_reference = resource.starts_with("${");
        if resource != "*" && !is_reference && resource.split(':').count() < 6 {
            problems.push(format!("{resource} is no ARN"));
        }
    }
    conditions(statement, &mut problems);
    problems
}

fn empty(path: &str, value: &Value, problems: &mut Vec<String>) {
    match value {
        Value::Array(values) if values.is_empty() => problems.push(format!("{path} is empty")),
        Value::Object(members) if members.is_empty() => problems.push(format!("{path} is empty")),
        Value::String(text) if text.is_empty() => problems.push(format!("{path} is empty")),
        Value::Null => problems.push(format!("{path} is null")),
        Value::Array(values) => values.iter().for_each(|value| empty(path, value, problems)),
        Value::Object(members) => {
            members.iter().for_each(|(member, value)| empty(&format!("{path}.{member}"), value, problems));
        }
        _ => {}
    }
}

/// Operators that exist; keys of several values are compared as sets, and never hold for want of the key.
fn conditions(statement: &Value, problems: &mut Vec<String>) {
    let Some(conditions) = statement.get("Condition").and_then(Value::as_object) else { return };
    let allows = statement["Effect"] == "Allow";
    for (operator, keys) in conditions {
        let (set, plain) = match operator.split_once(':') {
            Some((set, plain)) => (Some(set), plain),
            None => (None, operator.as_str()),
        };
        let plain = plain.strip_suffix("IfExists").unwrap_or(plain);
        let known = ["ArnEquals", "ArnLike", "Bool", "IpAddress", "Null", "StringEquals", "StringLike"];
        if !known.contains(&plain) {
            problems.push(format!("{operator} is no operator that is used here"));
        }
        for key in keys.as_object().into_iter().flat_map(serde_json::Map::keys) {
            let several = MULTIVALUED.contains(&key.as_str());
            let guarded = conditions.get("Null").is_some_and(|null| null[key] == json!(["false"]));
            match (set, several) {
                (None, true) if plain != "Null" => problems.push(format!("{key} has several values")),
                (Some(_), false) => problems.push(format!("{key} has one value")),
                (Some("ForAllValues"), true) if allows && !guarded => {
                    problems.push(format!("{operator} of {key} holds where there is none"));
                }
                _ => {}
            }
        }
    }
}

/// Every policy of a document, with its kind.
pub(super) fn policies(resources: &Resources) -> Vec<(&str, String, Value)> {
    let mut policies = Vec::new();
    for (name, resource) in &resources.0 {
        let role = resource["type"] == "aws:iam/rolePolicy:RolePolicy";
        for property in ["policy", "assumeRolePolicy"] {
            let policy = &resource["properties"][property]["fn::toJSON"];
            if policy.is_object() {
                let kind = if role { "role" } else { property };
                policies.push((name.as_str(), kind.to_owned(), policy.clone()));
            }
        }
    }
    policies
}

#[test]
fn every_policy() {
    let mut count = 0;
    for config in fullest() {
        for (name, kind, policy) in policies(&Resources::of(&super::document(&config))) {
            assert_eq!(problems(&kind, &policy), Vec::<String>::new(), "{name}: {policy}");
            count += 1;
        }
    }
    assert!(count > 40, "{count}");
}

/// What is found wrong, so that what is found right means something.
#[test]
fn mistakes() {
    fn check(kind: &str, change: impl Fn(&mut Value), expected: &str) {
        let mut policy = json!({
            "Version": "2012-10-17",
            "Statement": [{"Sid": "One", "Effect": "Allow", "Action": ["s3:GetObject"]}],
        });
        match kind {
            "role" => policy["Statement"][0]["Resource"] = json!(["*"]),
            _ => policy["Statement"][0]["Principal"] = json!({"Service": "lambda.amazonaws.com"}),
        }
        assert_eq!(problems(kind, &policy), Vec::<String>::new());
        change(&mut policy);
        assert_eq!(problems(kind, &policy), [expected], "{policy}");
    }
    let statement = |change: fn(&mut Value)| move |policy: &mut Value| change(&mut policy["Statement"][0]);
    check("role", |policy| policy["Statement"] = json!([]), "no statements");
    check("role", |policy| policy["Version"] = json!("2008-10-17"), "no version");
    check("assumeRolePolicy", statement(|s| s["Resource"] = json!(["*"])), "One: Resource has no place here");
    check("role", statement(|s| s["Principal"] = json!("*")), "One: Principal has no place here");
    check("role", statement(|s| s["Action"] = json!([])), "One: Action is empty");
    check("role", statement(|s| s["Condition"] = json!({})), "One: Condition is empty");
    check("role", statement(|s| s["Action"] = json!(["GetObject"])), "One: GetObject is no action");
    check("role", statement(|s| s["Resource"] = json!(["arn:aws:s3"])), "One: arn:aws:s3 is no ARN");
    check("role", statement(|s| s["Effect"] = json!("Permit")), "One: no effect");
    check("role", statement(|s| s["Actions"] = json!(["a:B"])), "One: Actions is no member");
    check(
        "role",
        statement(|s| s["Condition"] = json!({"StringEquals": {"events:source": ["aws.ssm"]}})),
        "One: events:source has several values",
    );
    check(
        "role",
        statement(|s| s["Condition"] = json!({"ForAllValues:StringEquals": {"events:source": ["aws.ssm"]}})),
        "One: ForAllValues:StringEquals of events:source holds where there is none",
    );
    check(
        "role",
        statement(|s| s["Condition"] = json!({"StringIs": {"aws:SourceAccount": ["1"]}})),
        "One: StringIs is no operator that is used here",
    );
}
