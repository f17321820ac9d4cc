//! What must hold of every stack: least privilege, encryption, logs, dead letters, TLS and tags. Whatever is not so stands
//! in a list here, with its reason.

use super::{
    SECRET,
    document::{Resources, texts},
    fullest,
};
use crate::scene::{OPS, TOOLING};
use program::{
    plan::{Plan, Resource, RoleStatement, ToolingPlan},
    settings::StackSettings,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What is not as it should be, and why.
const EXCEPTIONS: [(&str, &str); 10] = [
    (
        "key: action kms:*",
        "the account's own policies decide who may use the key; without it nobody could change it",
    ),
    (
        "api-gateway-policy: no reason for *",
        "API Gateway refuses a role that may not make log groups of any name; leave it out with manageApiGatewayAccount",
    ),
    (
        "lambda.amazonaws.com assumes roles for whomever",
        "its documentation shows no account in trust, and a role can be passed within its account only",
    ),
    ("firehose.amazonaws.com assumes roles for whomever", "as above"),
    ("apigateway.amazonaws.com assumes roles for whomever", "as above"),
    (
        "webhook-method: no authorization",
        "GitHub has no AWS credentials; the function checks every signature",
    ),
    ("webhook-api-policy: everybody", "without webhookAllowedCidrs; the function checks every signature"),
    ("bus: no key of our own", "events name an execution or an OpsItem, and the bus keeps none"),
    ("stream-policy: no reason for ${lake.arn}/changes/*", "Firehose makes up the names of objects"),
    ("stream-policy: no reason for ${lake.arn}/errors/*", "Firehose makes up the names of objects"),
];

/// Types that AWS can't tag.
const UNTAGGED: [&str; 31] = [
    "aws:apigateway/account:Account",
    "aws:apigateway/deployment:Deployment",
    "aws:apigateway/integration:Integration",
    "aws:apigateway/method:Method",
    "aws:apigateway/methodSettings:MethodSettings",
    "aws:apigateway/requestValidator:RequestValidator",
    "aws:apigateway/resource:Resource",
    "aws:apigateway/restApiPolicy:RestApiPolicy",
    "aws:cloudwatch/eventBusPolicy:EventBusPolicy",
    "aws:cloudwatch/eventTarget:EventTarget",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter",
    "aws:cloudwatch/logStream:LogStream",
    "aws:glue/catalogTable:CatalogTable",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:kms/alias:Alias",
    "aws:lambda/permission:Permission",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketVersioning:BucketVersioning",
    "aws:secretsmanager/secretVersion:SecretVersion",
    "aws:sns/topicPolicy:TopicPolicy",
    "aws:sns/topicSubscription:TopicSubscription",
    "aws:sqs/queuePolicy:QueuePolicy",
    "aws:wafv2/webAclAssociation:WebAclAssociation",
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
    "aws:cloudwatch/dashboard:Dashboard",
    "pulumi:providers:aws",
    "aws:scheduler/schedule:Schedule",
];

#[test]
fn nothing_but_the_exceptions() {
    let mut found = BTreeSet::new();
    for config in fullest() {
        found.extend(of_document(&super::document(&config), &config));
    }
    let expected: BTreeSet<String> =
        EXCEPTIONS.iter().map(|(exception, _)| (*exception).to_owned()).collect();
    let new: Vec<_> = found.difference(&expected).collect();
    let gone: Vec<_> = expected.difference(&found).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "not as it should be: {new:#?}\nno exceptions any more: {gone:#?}"
    );
}

/// What is not as it should be in a document of a configuration.
pub(super) fn of_document(document: &Value, config: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if document.to_string().contains(SECRET) {
        found.insert("a secret in plain text".to_owned());
    }
    let resources = Resources::of(document);
    statements(&resources, &planned(config), &mut found);
    encryption(&resources, &mut found);
    observability(&resources, &mut found);
    dead_letters(&resources, &mut found);
    tls(&resources, &mut found);
    tags(&resources, &mut found);
    exposure(&resources, &mut found);
    dependencies(&resources, &mut found);
    found
}

/// Whoever uses a role waits for what the role may do: a reference to the role alone does not say so.
fn dependencies(resources: &Resources, found: &mut BTreeSet<String>) {
    for (policy, properties) in resources.of_type("aws:iam/rolePolicy:RolePolicy") {
        let role = resources.referred(&properties["role"]);
        for (name, resource) in &resources.0 {
            let properties = &resource["properties"];
            let uses = ["role", "roleArn", "cloudwatchRoleArn"]
                .iter()
                .any(|key| resources.referred(&properties[key]) == role && role.is_some());
            let is_policy = resource["type"] == "aws:iam/rolePolicy:RolePolicy";
            let waits = texts(&resource["options"]["dependsOn"]).contains(&format!("${{{policy}}}").as_str());
            if uses && !is_policy && !waits {
                found.insert(format!("{name}: does not wait for {policy}"));
            }
        }
    }
}

/// A resource with `*` that the plan gives a reason for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Every {
    role: String,
    sid: String,
    pattern: String,
    reason: &'static str,
}

/// Every resource with `*` that the plan gives a reason for.
fn planned(config: &Value) -> Vec<Every> {
    let every = |role: &str, statements: &[RoleStatement]| -> Vec<Every> {
        let resources = statements
            .iter()
            .flat_map(|statement| statement.resources.iter().map(move |resource| (statement, resource)));
        let every = resources.filter_map(|(RoleStatement { sid, .. }, resource)| match resource {
            Resource::Every { pattern, reason } => {
                Some(Every { role: role.to_owned(), sid: sid.clone(), pattern: pattern.clone(), reason })
            }
            Resource::Arn(arn) => {
                assert!(!arn.contains('*'), "{arn} is more than one resource");
                None
            }
            Resource::Key | Resource::Secret => None,
        });
        every.collect()
    };
    match super::settings(config) {
        StackSettings::Ops(settings) => {
            let plan = Plan::new(&settings).unwrap();
            plan.functions().flat_map(|function| every(function.name, &function.permissions)).collect()
        }
        StackSettings::Tooling(settings) => {
            let plan = ToolingPlan::new(&settings);
            let read = plan.read_role.map(|read| every("read", &read.permissions));
            [read.unwrap_or_default(), every("forward", std::slice::from_ref(&plan.forward))].concat()
        }
    }
}

/// The page with every `*` and its reason is what the plan says.
#[test]
fn every_wildcard_is_documented() {
    let mut roles: BTreeMap<(String, &str), BTreeSet<String>> = BTreeMap::new();
    for config in fullest() {
        for Every { role, pattern, reason, .. } in planned(&config) {
            let stand_ins =
                [(OPS, "OPS"), (TOOLING, "TOOLING"), ("eu-west-1", "REGION"), ("us-east-1", "REGION")];
            let pattern =
                stand_ins.iter().fold(pattern, |text, (value, stand_in)| text.replace(value, stand_in));
            let pattern = pattern.replace(&format!("dora-{role}"), "dora-FUNCTION");
            let role = if role == "read" { "read role".to_owned() } else { role };
            roles.entry((pattern, reason)).or_default().insert(role);
        }
    }
    let rows = roles.into_iter().map(|((pattern, reason), roles)| {
        format!("| `{pattern}` | {} | {reason} |\n", Vec::from_iter(roles).join(", "))
    });
    let page = include_str!("../../../docs/design/permissions.md");
    let found: String =
        page.lines().filter(|line| line.starts_with("| `")).map(|line| format!("{line}\n")).collect();
    assert_eq!(found, rows.collect::<String>());
}

/// No action or resource is more than it says, nobody is everybody.
fn statements(resources: &Resources, reasons: &[Every], found: &mut BTreeSet<String>) {
    for (name, statements) in resources.policies() {
        let is_role = resources.0[name]["type"] == "aws:iam/rolePolicy:RolePolicy";
        for statement in statements.iter().filter(|statement| statement["Effect"] == "Allow") {
            for action in texts(&statement["Action"]) {
                if action == "*" || action.ends_with(":*") {
                    found.insert(format!("{name}: action {action}"));
                }
            }
            for resource in texts(&statement["Resource"]).into_iter().filter(|_| is_role) {
                let has_reason = reasons.iter().any(|every| {
                    name.strip_suffix("-policy") == Some(&every.role)
                        && statement["Sid"] == every.sid.as_str()
                        && resource == every.pattern
                });
                if resource.contains('*') && !has_reason {
                    found.insert(format!("{name}: no reason for {resource}"));
                }
            }
            let everybody = statement["Principal"] == "*" || statement["Principal"]["AWS"] == "*";
            if everybody && statement["Condition"].as_object().is_none_or(serde_json::Map::is_empty) {
                found.insert(format!("{name}: everybody"));
            }
            let service = statement["Principal"]["Service"].as_str();
            if let (Some(service), Value::Null) = (service, &statement["Condition"]) {
                let assumed = texts(&statement["Action"]) == ["sts:AssumeRole"];
                found.insert(match assumed {
                    true => format!("{service} assumes roles for whomever"),
                    false => format!("{name}: a service for whomever"),
                });
            }
        }
    }
}

fn encryption(resources: &Resources, found: &mut BTreeSet<String>) {
    let keys = [
        ("aws:sqs/queue:Queue", "/kmsMasterKeyId"),
        ("aws:dynamodb/table:Table", "/serverSideEncryption/kmsKeyArn"),
        ("aws:cloudwatch/logGroup:LogGroup", "/kmsKeyId"),
        ("aws:cloudwatch/eventBus:EventBus", "/kmsKeyIdentifier"),
        ("aws:sns/topic:Topic", "/kmsMasterKeyId"),
        ("aws:secretsmanager/secret:Secret", "/kmsKeyId"),
        ("aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream", "/serverSideEncryption/keyArn"),
        ("aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream", "/extendedS3Configuration/kmsKeyArn"),
        (
            "aws:athena/workgroup:Workgroup",
            "/configuration/resultConfiguration/encryptionConfiguration/kmsKeyArn",
        ),
        (
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
            "/rules/0/applyServerSideEncryptionByDefault/kmsMasterKeyId",
        ),
    ];
    for (token, pointer) in keys {
        for (name, properties) in resources.of_type(token) {
            let own = properties.pointer(pointer).is_some_and(|key| resources.referred(key) == Some("key"));
            // The tooling stack has no key: its one queue is encrypted by SQS.
            if !own && properties["sqsManagedSseEnabled"] != true {
                found.insert(format!("{name}: no key of our own"));
            }
        }
    }
    // A function without an environment has nothing to encrypt, and must have no key.
    for (name, properties) in resources.of_type("aws:lambda/function:Function") {
        let own = resources.referred(&properties["kmsKeyArn"]) == Some("key");
        if own != properties["environment"].is_object() {
            found.insert(format!("{name}: an environment without key, or a key without environment"));
        }
    }
    for (name, properties) in resources.of_type("aws:kms/key:Key") {
        if properties["enableKeyRotation"] != true {
            found.insert(format!("{name}: no rotation"));
        }
    }
    each_has(
        resources,
        "aws:s3/bucket:Bucket",
        found,
        &[
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
            "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
            "aws:s3/bucketVersioning:BucketVersioning",
            "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
            "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
            "aws:s3/bucketPolicy:BucketPolicy",
        ],
    );
}

/// Every resource of a type has one of each other type that refers to it.
fn each_has(resources: &Resources, token: &str, found: &mut BTreeSet<String>, others: &[&str]) {
    for (name, _) in resources.of_type(token) {
        for other in others {
            let refers = |properties: &Value| {
                properties.as_object().unwrap().values().any(|value| resources.referred(value) == Some(name))
            };
            if !resources.of_type(other).any(|(_, properties)| refers(properties)) {
                found.insert(format!("{name}: no {other}"));
            }
        }
    }
}

fn observability(resources: &Resources, found: &mut BTreeSet<String>) {
    for (name, properties) in resources.of_type("aws:cloudwatch/logGroup:LogGroup") {
        if properties["retentionInDays"].as_u64().is_none_or(|days| days == 0) {
            found.insert(format!("{name}: no retention"));
        }
    }
    for (name, properties) in resources.of_type("aws:lambda/function:Function") {
        let logging = &properties["loggingConfig"];
        let is_logged = logging["logFormat"] == "JSON" && resources.referred(&logging["logGroup"]).is_some();
        if !is_logged || properties["tracingConfig"]["mode"] != "Active" {
            found.insert(format!("{name}: no JSON log of its own, or no traces"));
        }
    }
    for (name, properties) in resources.of_type("aws:apigateway/stage:Stage") {
        let access = &properties["accessLogSettings"];
        if resources.referred(&access["destinationArn"]).is_none() || properties["xrayTracingEnabled"] != true
        {
            found.insert(format!("{name}: no access log, or no traces"));
        }
    }
    for (name, properties) in resources.of_type("aws:apigateway/methodSettings:MethodSettings") {
        let settings = &properties["settings"];
        if settings["dataTraceEnabled"] != false || settings["throttlingRateLimit"].as_f64().is_none() {
            found.insert(format!("{name}: payloads in logs, or no throttling"));
        }
    }
    let roles: Vec<_> = resources
        .of_type("aws:lambda/function:Function")
        .filter_map(|(_, properties)| resources.referred(&properties["role"]))
        .collect();
    let own: BTreeSet<_> = roles.iter().collect();
    assert_eq!(roles.len(), own.len(), "functions share a role");
}

fn dead_letters(resources: &Resources, found: &mut BTreeSet<String>) {
    for (name, properties) in resources.of_type("aws:cloudwatch/eventTarget:EventTarget") {
        if resources.referred(&properties["deadLetterConfig"]["arn"]).is_none() {
            found.insert(format!("{name}: no dead-letter queue"));
        }
    }
    for (name, properties) in resources.of_type("aws:scheduler/schedule:Schedule") {
        if resources.referred(&properties["target"]["deadLetterConfig"]["arn"]).is_none() {
            found.insert(format!("{name}: no dead-letter queue"));
        }
    }
    for (name, properties) in resources.of_type("aws:lambda/eventSourceMapping:EventSourceMapping") {
        let queue = resources.referred(&properties["eventSourceArn"]).unwrap();
        let redrive = &resources.0[queue]["properties"]["redrivePolicy"]["fn::toJSON"];
        let partial = properties["functionResponseTypes"] == json!(["ReportBatchItemFailures"]);
        if resources.referred(&redrive["deadLetterTargetArn"]).is_none() || !partial {
            found.insert(format!("{name}: no dead-letter queue, or whole batches fail"));
        }
    }
}

fn tls(resources: &Resources, found: &mut BTreeSet<String>) {
    for token in ["aws:sqs/queue:Queue", "aws:sns/topic:Topic", "aws:s3/bucket:Bucket"] {
        for (name, _) in resources.of_type(token) {
            let denies =
                resources.policies().into_iter().flat_map(|(_, statements)| statements).any(|statement| {
                    statement["Effect"] == "Deny"
                        && statement["Condition"]["Bool"]["aws:SecureTransport"] == json!(["false"])
                        && texts(&statement["Resource"]).contains(&format!("${{{name}.arn}}").as_str())
                });
            if !denies {
                found.insert(format!("{name}: without TLS"));
            }
        }
    }
}

fn tags(resources: &Resources, found: &mut BTreeSet<String>) {
    for (name, resource) in &resources.0 {
        let tags = &resource["properties"]["tags"];
        let is_tagged = tags["dora:installation"] == "dora" && tags["cost-center"] == "42";
        if !is_tagged && !UNTAGGED.contains(&resource["type"].as_str().unwrap()) {
            found.insert(format!("{name}: no tags"));
        }
    }
}

fn exposure(resources: &Resources, found: &mut BTreeSet<String>) {
    for (name, properties) in resources.of_type("aws:apigateway/method:Method") {
        if properties["authorization"] == "NONE" {
            found.insert(format!("{name}: no authorization"));
        }
    }
    let protected = ["aws:dynamodb/table:Table", "aws:kms/key:Key"];
    for (name, resource) in &resources.0 {
        let holds_data = protected.contains(&resource["type"].as_str().unwrap()) || name == "lake";
        if holds_data && resource["options"]["protect"] != true {
            found.insert(format!("{name}: not protected"));
        }
    }
}
