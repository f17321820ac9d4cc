//! Both stacks on the real engine: what it makes, changes and deletes, and in which order.

use super::{SECRET, archive_of};
use crate::{
    dashboards::grammar::problems,
    engine::{Change, Engine, Program, Project, Setting, Stack, is_encrypted},
    scene::binaries,
};
use std::collections::BTreeMap;

const OPS: [Setting<'static>; 6] = [
    Setting::Plain("stack", "ops"),
    Setting::Plain("opsAccount", "999999999999"),
    Setting::Plain("region", "eu-west-1"),
    Setting::Plain("toolingAccounts[0].account", "111111111111"),
    Setting::Plain("toolingAccounts[0].regions[0]", "eu-west-1"),
    Setting::Secret("webhookSecret", SECRET),
];
const TOOLING: [Setting<'static>; 5] = [
    Setting::Plain("stack", "tooling"),
    Setting::Plain("account", "111111111111"),
    Setting::Plain("region", "eu-west-1"),
    Setting::Plain("opsAccount", "999999999999"),
    Setting::Plain("opsRegion", "eu-west-1"),
];

/// Runs a test in a project whose compiler is the program, with an archive of the functions.
fn with_project(test: &str, run: impl FnOnce(&Project<'_>)) {
    let Some(engine) = Engine::or_skip(test) else { return };
    let program = binaries().path("program").unwrap();
    let project = engine.project(Program::Compiler(program.to_str().unwrap()));
    super::write_archive(&project);
    run(&project);
}

fn configured<'a>(project: &'a Project<'_>, name: &str, settings: &[Setting<'_>]) -> Stack<'a> {
    let stack = project.stack(name);
    stack.configure(settings);
    stack
}

/// The changes as lines, in order.
fn lines(changes: &[Change]) -> Vec<String> {
    changes.iter().map(ToString::to_string).collect()
}

/// The changes as lines, sorted: the engine works on several resources at once.
fn sorted(changes: &[Change]) -> Vec<String> {
    let mut lines = lines(changes);
    lines.sort();
    lines
}

#[test]
fn ops_stack() {
    with_project("ops_stack", |project| {
        let stack = configured(project, "ops", &OPS);
        let previewed = stack.preview().unwrap();
        let made = stack.up().unwrap();
        assert!(made.iter().all(|change| change.operation == "create"));
        // The stack and the provider are no resources of the provider's.
        assert_eq!(previewed.len(), made.len() + 2);
        assert!(stack.preview().unwrap().is_empty());
        assert!(stack.up().unwrap().is_empty());
        assert_eq!(lines(&stack.refresh_and_up().unwrap()), [""; 0]);

        let state = stack.export();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for resource in &state.resources {
            *counts.entry(&resource.kind).or_default() += 1;
        }
        insta::assert_yaml_snapshot!("ops_stack_resources", counts);

        // The secret is encrypted, and nowhere else.
        assert!(!state.text.contains(SECRET));
        assert!(is_encrypted(&state.resource("webhook-secret-value").inputs["secretString"]));
        // What depends on what.
        let needs = |first: &str, second: &str| {
            assert!(state.resource(first).needs(state.resource(second)), "{first} needs {second}");
            assert!(!state.resource(second).needs(state.resource(first)), "{second} needs {first}");
        };
        needs("executions-to-deployments-rule", "bus");
        needs("executions-to-deployments-target", "deployments-queue");
        needs("executions-to-deployments-target", "undelivered");
        needs("deployments", "deployments-role");
        needs("deployments", "deployments-policy");
        needs("deployments", "deployments-log");
        needs("deployments-mapping", "ledger");
        needs("reconciler-schedule", "reconciler");
        needs("reconciler-schedule", "reconciler-schedule-policy");
        needs("reconciler-schedule", "reconciler-dead-letters");
        needs("deployments-queue", "deployments-dead-letters");
        needs("ledger", "key");
        needs("stream", "stream-policy");
        needs("stream", "commit-transform");
        needs("lake-table", "lake");
        needs("lake-lifecycle", "lake-versioning");
        needs("webhook-deployment", "webhook-integration");
        needs("webhook-stage", "api-gateway-account");
        needs("webhook-stage", "webhook-execution-log");
        needs("incidents-to-bus", "bus-policy");
        needs("incidents-to-bus", "forward-policy");
        for part in ["path", "validator", "method", "integration", "api-policy"] {
            needs("webhook-deployment", &format!("webhook-{part}"));
        }
        for name in ["ledger", "lake", "key"] {
            assert!(state.resource(name).protect, "{name}");
        }

        // Policies reach AWS as text, with the references in them filled in.
        let policy = state.resource("github-webhook-policy").inputs["policy"].as_str().unwrap();
        let secret = state.resource("webhook-secret").outputs["arn"].as_str().unwrap();
        assert!(policy.contains(secret) && !policy.contains("${"), "{policy}");
        let body = state.resource("dashboard-dora").inputs["dashboardBody"].as_str().unwrap();
        assert_eq!(problems("dora", &serde_json::from_str(body).unwrap()), Vec::<String>::new());
        assert!(stack.outputs()["webhookUrl"].as_str().unwrap().ends_with("/webhook"));
    });
}

/// Only what a setting concerns is changed.
#[test]
fn config_changes() {
    with_project("config_changes", |project| {
        let stack = configured(project, "ops", &OPS);
        stack.up().unwrap();

        stack.configure(&[Setting::Plain("mainBranch", "trunk")]);
        let functions = ["deployments", "incidents", "lead-time-for-changes", "reconciler"];
        assert_eq!(sorted(&stack.up().unwrap()), functions.map(|name| format!("update {name}")));

        // A new value of the secret is a new version; the old one stays in AWS, as the previous one.
        stack.configure(&[Setting::Secret("webhookSecret", "hush-hush-hush")]);
        assert_eq!(lines(&stack.up().unwrap()), ["create webhook-secret-value"]);

        // New code, which all functions share.
        project.write("target/lambda/functions.zip", archive_of("other code"));
        let functions = functions::entry::names().map(|name| format!("update {name}"));
        assert!(sorted(&stack.up().unwrap()).into_iter().eq(functions));

        // A list of addresses is set and cleared; each time the new version of the API is made after its policy has changed.
        for cidrs in [r#"["192.30.252.0/22"]"#, "[]"] {
            stack.configure(&[Setting::Plain("webhookAllowedCidrs", cidrs)]);
            let changes = lines(&stack.up().unwrap());
            let version =
                ["update webhook-api-policy", "create webhook-deployment", "delete webhook-deployment"];
            assert_eq!(changes, version, "{cidrs}");
        }

        stack.configure(&[Setting::Plain("webhookFirewall", "false")]);
        let firewall = [
            "firewall",
            "firewall-association",
            "firewall-github-ipv4",
            "firewall-github-ipv6",
            "firewall-log",
            "firewall-logging",
        ];
        assert_eq!(sorted(&stack.up().unwrap()), firewall.map(|name| format!("delete {name}")));
    });
}

/// Nothing is deleted while data is protected; then a bus goes after its rules, and what is needed after what needs it.
#[test]
fn destroy() {
    with_project("destroy", |project| {
        let stack = configured(project, "ops", &OPS);
        stack.up().unwrap();
        let refused = stack.destroy().unwrap_err().0;
        assert!(refused.contains("protected"), "{refused}");

        stack.unprotect_all();
        let deleted = lines(&stack.destroy().unwrap());
        let position = |name: &str| {
            let line = format!("delete {name}");
            deleted.iter().position(|deleted| *deleted == line).unwrap_or_else(|| panic!("{name} is left"))
        };
        for (first, then) in [
            ("executions-to-deployments-target", "executions-to-deployments-rule"),
            ("executions-to-deployments-rule", "bus"),
            ("incidents-to-incidents-rule", "bus"),
            ("deployments-mapping", "deployments"),
            ("deployments", "deployments-role"),
            ("ledger", "key"),
            ("webhook-stage", "webhook-api"),
        ] {
            assert!(position(first) < position(then), "{first} goes before {then}");
        }
        let kept = ["delete webhook-secret-value".to_owned(), "delete lake".to_owned()];
        assert!(kept.iter().all(|kept| !deleted.contains(kept)));
        assert!(stack.export().resources.is_empty());

        // The same installation can be made again: no secret waits for its deletion with the name.
        stack.up().unwrap();
        assert_eq!(stack.export().resource("webhook-secret").inputs["recoveryWindowInDays"], 0);
    });
}

/// Lead time is measured no longer: the lake is protected; who unprotects it keeps it in AWS all the same, and takes it back
/// in when lead time is measured again.
#[test]
fn lead_time_is_given_up_and_taken_up() {
    with_project("lead_time_is_given_up_and_taken_up", |project| {
        let stack = configured(project, "ops", &OPS);
        stack.up().unwrap();
        let urn = |name: &str| stack.export().resource(name).urn.clone();
        let lake = urn("lake");
        stack.forget("webhookSecret");
        let refused = stack.preview().unwrap_err().0;
        assert!(refused.contains("protect"), "{refused}");

        stack.unprotect(&lake);
        let changes = lines(&stack.up().unwrap());
        assert!(changes.contains(&"delete lake-policy".to_owned()), "{changes:?}");
        assert!(!changes.contains(&"delete lake".to_owned()), "{changes:?}");

        stack.configure(&[Setting::Secret("webhookSecret", SECRET)]);
        stack.import("aws:s3/bucket:Bucket", "lake", "dora-lake-999999999999-eu-west-1");
        let changes = lines(&stack.up().unwrap());
        assert!(!changes.contains(&"create lake".to_owned()), "{changes:?}");
        assert!(changes.contains(&"create lake-policy".to_owned()), "{changes:?}");
    });
}

#[test]
fn tooling_stack() {
    with_project("tooling_stack", |project| {
        let stack = configured(project, "tooling", &TOOLING);
        let made = stack.up().unwrap();
        assert!(stack.up().unwrap().is_empty());
        assert_eq!(lines(&stack.refresh_and_up().unwrap()), [""; 0]);
        let state = stack.export();
        insta::assert_yaml_snapshot!("tooling_stack_resources", sorted(&made));
        assert!(state.resource("executions-to-bus").needs(state.resource("forward-policy")));
        // Patterns reach AWS as they are written, with what is null in them.
        let pattern = state.resource("incidents-rule").inputs["eventPattern"].as_str().unwrap();
        let detail = r#""detail":{"ops-item-type":["/aws/issue",null,{"exists":false}]}"#;
        assert!(pattern.contains(detail), "{pattern}");

        // Another region of the same account, in a stack of its own.
        let other = configured(project, "tooling-us", &TOOLING);
        other.configure(&[Setting::Plain("region", "us-east-1")]);
        other.up().unwrap();
        let role = |stack: &Stack<'_>| stack.export().resource("read-role").inputs["name"].clone();
        assert_eq!([role(&stack), role(&other)], ["dora-read-eu-west-1", "dora-read-us-east-1"]);

        let deleted = lines(&stack.destroy().unwrap());
        let position = |line: &str| deleted.iter().position(|deleted| deleted == line).unwrap();
        assert!(position("delete executions-to-bus") < position("delete executions-rule"));
        assert!(position("delete executions-to-bus") < position("delete undelivered"));
        assert_eq!(deleted.len(), made.len());
        assert_eq!(stack.up().unwrap().len(), made.len());
    });
}

/// Every value that can't be used is named before anything is made.
#[test]
fn invalid_configuration() {
    with_project("invalid_configuration", |project| {
        let stack = configured(project, "ops", &OPS);
        stack.configure(&[
            Setting::Plain("attributionWindow", "soon"),
            Setting::Plain("logRetentionDays", "42"),
            Setting::Plain("maniBranch", "main"),
        ]);
        let refused = stack.preview().unwrap_err().0;
        for line in [
            "dora-metrics:attributionWindow is \"soon\", allowed is a length of time",
            "dora-metrics:logRetentionDays is \"42\", allowed is a number of days that CloudWatch Logs knows",
            "dora-metrics:maniBranch is \"main\", allowed is nothing: no setting is called so",
        ] {
            assert!(refused.contains(line), "{line}\n{refused}");
        }
        assert!(!refused.contains(SECRET));
    });
}

#[test]
fn missing_archive() {
    with_project("missing_archive", |project| {
        let stack = configured(project, "ops", &OPS);
        project.remove("target/lambda/functions.zip");
        let refused = stack.preview().unwrap_err().0;
        let reason = "(target/lambda/functions.zip is missing): run `cargo xtask package` first";
        assert!(refused.contains(reason), "{refused}");
    });
}
