//! What the other tests rely on: that the engine with its provider does what Pulumi does.

use super::{Engine, Program, Refused, Setting, Stack, is_encrypted, project::Project};
use serde_json::{Value, json};

/// A bus with a rule and its queue, and a secret of the configuration.
fn document() -> Value {
    json!({
        "config": {"webhookSecret": {"type": "string", "secret": true}},
        "variables": {"account": {"fn::invoke": {"function": "aws:getCallerIdentity", "return": "accountId"}}},
        "resources": {
            "aws": {
                "type": "pulumi:providers:aws",
                "defaultProvider": true,
                "options": {"version": "7.40.0"},
                "properties": {
                    "region": "eu-west-1",
                    "allowedAccountIds": ["222222222222"],
                    "defaultTags": {"tags": {"product": "dora"}},
                },
            },
            "bus": {"type": "aws:cloudwatch:EventBus", "properties": {"name": "dora", "tags": {"of": "ops"}}},
            "queue": {"type": "aws:sqs:Queue", "properties": {"name": "dora-queue"}},
            "rule": {
                "type": "aws:cloudwatch:EventRule",
                "properties": {
                    "name": "dora-rule",
                    "eventBusName": "${bus.name}",
                    "eventPattern": {"fn::toJSON": {"account": ["${account}"]}},
                },
            },
            "target": {
                "type": "aws:cloudwatch:EventTarget",
                "properties": {"rule": "${rule.name}", "eventBusName": "${bus.name}", "arn": "${queue.arn}"},
            },
            "secret": {"type": "aws:secretsmanager:Secret", "properties": {"name": "dora-webhook"}},
            "version": {
                "type": "aws:secretsmanager:SecretVersion",
                "properties": {"secretId": "${secret.id}", "secretString": "${webhookSecret}"},
            },
        },
        "outputs": {"busArn": "${bus.arn}", "account": "${account}"},
    })
}

fn stack<'a>(project: &'a Project<'_>) -> Stack<'a> {
    let stack = project.stack("ops");
    stack.configure(&[Setting::Secret("webhookSecret", "hush-hush")]);
    stack
}

/// Runs one stack of the document from its creation.
fn with_stack(test: &str, run: impl FnOnce(&Project<'_>, &Stack<'_>)) {
    let Some(engine) = Engine::or_skip(test) else { return };
    let project = engine.project(Program::Document(document()));
    run(&project, &stack(&project));
}

/// The changes as lines, sorted: the engine works on several resources at once.
fn sorted(changes: Result<Vec<super::Change>, Refused>) -> Vec<String> {
    let mut lines: Vec<_> = changes.unwrap().iter().map(ToString::to_string).collect();
    lines.sort();
    lines
}

/// What the provider does not keep in its state is a change after each refresh.
#[test]
fn what_the_provider_does_not_keep() {
    let Some(engine) = Engine::or_skip("what_the_provider_does_not_keep") else { return };
    let check = |name: &str, kind: &str, properties: Value, expected: &[&str]| {
        let mut document = document();
        document["resources"][name] = json!({"type": kind, "properties": properties});
        let project = engine.project(Program::Document(document));
        let stack = stack(&project);
        stack.up().unwrap();
        assert_eq!(sorted(stack.refresh_and_up()), expected, "{properties}");
    };
    let function = |key: bool, environment: bool| {
        let mut properties = json!({"name": "f", "role": "arn:aws:iam::222222222222:role/r"});
        if key {
            properties["kmsKeyArn"] = json!("arn:aws:kms:eu-west-1:222222222222:key/k");
        }
        if environment {
            properties["environment"] = json!({"variables": {"A": "b"}});
        }
        properties
    };
    check("function", "aws:lambda:Function", function(true, false), &["update function"]);
    check("function", "aws:lambda:Function", function(true, true), &[]);
    check("function", "aws:lambda:Function", function(false, false), &[]);
    let stream = |retries: &str| {
        let parameters = json!([
            {"parameterName": "LambdaArn", "parameterValue": "arn:aws:lambda:eu-west-1:222222222222:function:f"},
            {"parameterName": "NumberOfRetries", "parameterValue": retries},
        ]);
        json!({
            "name": "s",
            "destination": "extended_s3",
            "extendedS3Configuration": {
                "bucketArn": "arn:aws:s3:::b",
                "roleArn": "arn:aws:iam::222222222222:role/r",
                "processingConfiguration": {
                    "enabled": true,
                    "processors": [{"type": "Lambda", "parameters": parameters}],
                },
            },
        })
    };
    check("stream", "aws:kinesis:FirehoseDeliveryStream", stream("3"), &["update stream"]);
    check("stream", "aws:kinesis:FirehoseDeliveryStream", stream("5"), &[]);
}

#[test]
fn preview_up_and_up_again() {
    with_stack("preview_up_and_up_again", |_, stack| {
        let created = ["bus", "queue", "rule", "secret", "target", "version"];
        let lines = |names: &[&str]| names.iter().map(|name| format!("create {name}")).collect::<Vec<_>>();
        // The engine keeps provider and stack as resources of its own.
        let previewed = ["aws", "bus", "dora-metrics-ops", "queue", "rule", "secret", "target", "version"];
        assert_eq!(sorted(stack.preview()), lines(&previewed));
        assert_eq!(sorted(stack.up()), lines(&created));
        assert_eq!(sorted(stack.up()), [""; 0]);
        assert_eq!(sorted(stack.preview()), [""; 0]);

        let outputs = stack.outputs();
        assert_eq!(outputs["account"], "222222222222");
        assert_eq!(outputs["busArn"], "arn:aws:cloudwatch:eu-west-1:222222222222:eventBus/dora");
    });
}

#[test]
fn state() {
    with_stack("state", |_, stack| {
        stack.up().unwrap();
        let state = stack.export();
        let [bus, rule] = ["bus", "rule"].map(|name| state.resource(name));
        assert!(rule.needs(bus) && !bus.needs(rule));
        assert_eq!(rule.property_dependencies["eventBusName"], [bus.urn.as_str()]);
        assert_eq!(rule.inputs["eventPattern"], r#"{"account":["222222222222"]}"#);
        assert_eq!(bus.outputs["tagsAll"], json!({"of": "ops", "product": "dora"}));
        let provider = state.of_type("pulumi:providers:aws").next().unwrap();
        assert!(bus.provider.as_ref().unwrap().starts_with(&provider.urn));
        assert_eq!(bus.parent.as_ref(), state.of_type("pulumi:pulumi:Stack").next().map(|stack| &stack.urn));
    });
}

#[test]
fn secret_is_encrypted() {
    with_stack("secret_is_encrypted", |_, stack| {
        stack.up().unwrap();
        let state = stack.export();
        let version = state.resource("version");
        for property in [&version.inputs["secretString"], &version.outputs["secretString"]] {
            assert!(is_encrypted(property), "{property}");
        }
        assert!(!is_encrypted(&state.resource("bus").inputs["name"]));
        assert!(!state.text.contains("hush-hush"));
    });
}

#[test]
fn changed_property_updates_its_resource() {
    with_stack("changed_property_updates_its_resource", |project, stack| {
        stack.up().unwrap();
        let mut changed = document();
        changed["resources"]["bus"]["properties"]["description"] = json!("Buses metrics");
        project.document(&changed);
        assert_eq!(sorted(stack.preview()), ["update bus"]);
        assert_eq!(sorted(stack.up()), ["update bus"]);
    });
}

/// A queue's name can't be changed in place, and the target has its ARN.
#[test]
fn changed_name_replaces_its_resource() {
    with_stack("changed_name_replaces_its_resource", |project, stack| {
        stack.up().unwrap();
        let mut changed = document();
        changed["resources"]["queue"]["properties"]["name"] = json!("dora-events");
        project.document(&changed);
        let changes: Vec<_> = stack.up().unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(changes, ["create queue", "update target", "delete queue"]);
    });
}

/// A version of a secret can't be changed at all.
#[test]
fn changed_secret_replaces_its_version() {
    with_stack("changed_secret_replaces_its_version", |_, stack| {
        stack.up().unwrap();
        stack.configure(&[Setting::Secret("webhookSecret", "hush")]);
        let changes: Vec<_> = stack.up().unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(changes, ["create version", "delete version"]);
        assert!(is_encrypted(&stack.export().resource("version").inputs["secretString"]));
    });
}

/// The program says which version of the provider it is for, and no other will do.
#[test]
fn provider_of_another_version() {
    let Some(engine) = Engine::or_skip("provider_of_another_version") else { return };
    let mut document = document();
    document["resources"]["aws"]["options"]["version"] = json!("7.39.0");
    let project = engine.project(Program::Document(document));
    let Refused(message) = stack(&project).up().unwrap_err();
    assert!(message.contains("7.39.0"), "{message}");
}

#[test]
fn bus_is_deleted_after_its_rule() {
    with_stack("bus_is_deleted_after_its_rule", |_, stack| {
        stack.up().unwrap();
        let deleted: Vec<_> = stack.destroy().unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(deleted.len(), 6);
        let place = |name: &str| deleted.iter().position(|line| *line == format!("delete {name}")).unwrap();
        assert!(place("target") < place("rule") && place("rule") < place("bus"), "{deleted:?}");
        assert!(stack.export().resources.is_empty());
    });
}

#[test]
fn protected_resource_is_not_destroyed() {
    let Some(engine) = Engine::or_skip("protected_resource_is_not_destroyed") else { return };
    let mut document = document();
    document["resources"]["bus"]["options"] = json!({"protect": true});
    let project = engine.project(Program::Document(document));
    let stack = stack(&project);
    stack.up().unwrap();
    let Refused(message) = stack.destroy().unwrap_err();
    assert!(message.contains("because it is protected"), "{message}");
    let state = stack.export();
    assert!(state.resource("bus").protect && !state.resource("queue").protect);
}

/// Changes one property, and compares what the engine says of it.
fn check_refusal(test: &str, resource: &str, property: &str, value: Value, expected: &str) {
    let Some(engine) = Engine::or_skip(test) else { return };
    let mut document = document();
    document["resources"][resource]["properties"][property] = value;
    let project = engine.project(Program::Document(document));
    let Refused(message) = stack(&project).preview().unwrap_err();
    assert!(message.contains(expected), "{message}");
}

#[test]
fn unknown_property() {
    check_refusal(
        "unknown_property",
        "rule",
        "eventBusNam",
        json!("dora"),
        "Property eventBusNam does not exist on 'aws:cloudwatch/eventRule:EventRule'",
    );
}

#[test]
fn unknown_nested_property() {
    check_refusal(
        "unknown_nested_property",
        "target",
        "deadLetterConfig",
        json!({"arm": "x"}),
        "Property arm does not exist on",
    );
}

#[test]
fn property_of_another_type() {
    check_refusal(
        "property_of_another_type",
        "queue",
        "visibilityTimeoutSeconds",
        json!(["x"]),
        "visibilityTimeoutSeconds: Cannot assign 'List<string>' to 'integer'",
    );
}

#[test]
fn missing_property() {
    let Some(engine) = Engine::or_skip("missing_property") else { return };
    let mut document = document();
    document["resources"]["target"]["properties"].as_object_mut().unwrap().remove("arn");
    let project = engine.project(Program::Document(document));
    let Refused(message) = stack(&project).preview().unwrap_err();
    assert!(message.contains("Missing required property 'arn'"), "{message}");
}

/// A type must be in the provider's catalog.
#[test]
fn unknown_type() {
    let Some(engine) = Engine::or_skip("unknown_type") else { return };
    let mut document = document();
    document["resources"]["queue"]["type"] = json!("aws:sqs:Cue");
    let project = engine.project(Program::Document(document));
    let Refused(message) = stack(&project).preview().unwrap_err();
    assert!(message.contains("aws:sqs:Cue"), "{message}");
}

#[test]
fn name_that_is_taken() {
    let Some(engine) = Engine::or_skip("name_that_is_taken") else { return };
    let mut document = document();
    document["resources"]["again"] = document["resources"]["queue"].clone();
    let project = engine.project(Program::Document(document));
    let Refused(message) = stack(&project).preview().unwrap_err();
    assert!(
        message.contains("already exists as urn:pulumi:ops::dora-metrics::aws:sqs/queue:Queue::"),
        "{message}"
    );
}

/// The compiler gets plain settings and paths; the document refers to settings by name.
#[test]
fn compiler_and_configuration() {
    let Some(engine) = Engine::or_skip("compiler_and_configuration") else { return };
    let project = engine.project(Program::Compiler("cat document.json"));
    let settings = json!({"type": "array", "items": {"type": "object"}});
    let document = json!({
        "config": {"prefix": {"type": "string"}, "accounts": settings},
        "outputs": {"prefix": "${prefix}", "id": "${accounts[1].id}"},
    });
    project.write("document.json", document.to_string());
    let stack = project.stack("ops");
    let id = Setting::Plain("accounts[1].id", "111111111111");
    stack.configure(&[Setting::Plain("prefix", "dora"), Setting::Plain("accounts[0].id", "0"), id]);
    assert_eq!(sorted(stack.up()), [""; 0]);
    assert_eq!(stack.outputs()["prefix"], "dora");
    // The CLI makes numbers of what looks like one, in lists and maps.
    assert_eq!(stack.outputs()["id"], json!(111_111_111_111_u64));
}

/// What the compiler says reaches people.
#[test]
fn compiler_that_fails() {
    let Some(engine) = Engine::or_skip("compiler_that_fails") else { return };
    let project = engine.project(Program::Compiler("cat no-such-document.json"));
    let Refused(message) = project.stack("ops").preview().unwrap_err();
    assert!(message.contains("no-such-document.json: No such file"), "{message}");
}
