//! Mistakes that are made on purpose, each caught by some check. A mistake that none catches is a finding.

use super::{cloudformation, document, document::Resources, iam_grammar, ops, policies, with};
use crate::outside;
use program::{cloudformation::template, quota::measures};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// A mistake: what it is, what makes it, and what some check says of it.
struct Mistake {
    name: &'static str,
    /// The resources that it concerns; what they refer to comes with them.
    concerns: &'static [&'static str],
    make: fn(&mut Value),
    caught: &'static str,
}

/// The first statement of a resource's policy.
fn statement<'a>(resources: &'a mut Value, name: &str, property: &str) -> &'a mut Value {
    &mut resources[name]["properties"][property]["fn::toJSON"]["Statement"][0]
}

fn mistake(
    name: &'static str,
    concerns: &'static [&'static str],
    make: fn(&mut Value),
    caught: &'static str,
) -> Mistake {
    Mistake { name, concerns, make, caught }
}

const QUEUE: &[&str] = &["undelivered"];
const QUEUE_POLICY: &[&str] = &["undelivered-policy"];
const ROLE: &[&str] = &["forward-role", "forward-policy"];
const TARGET: &[&str] = &["incidents-to-bus", "bus-policy"];
const FUNCTION: &[&str] = &["deployments"];

fn mistakes() -> Vec<Mistake> {
    vec![
        // IAM's grammar.
        mistake(
            "trust that names a resource",
            ROLE,
            |r| statement(r, "forward-role", "assumeRolePolicy")["Resource"] = json!([]),
            "Resource has no place here",
        ),
        mistake(
            "empty action",
            ROLE,
            |r| statement(r, "forward-policy", "policy")["Action"] = json!([]),
            "Action is empty",
        ),
        mistake(
            "empty condition",
            ROLE,
            |r| statement(r, "forward-policy", "policy")["Condition"] = json!({}),
            "Condition is empty",
        ),
        mistake(
            "no effect",
            ROLE,
            |r| statement(r, "forward-policy", "policy")["Effect"] = json!("Permit"),
            "no effect",
        ),
        mistake(
            "role policy that names somebody",
            ROLE,
            |r| statement(r, "forward-policy", "policy")["Principal"] = json!("*"),
            "Principal has no place here",
        ),
        mistake(
            "policy without statements",
            ROLE,
            |r| r["forward-policy"]["properties"]["policy"]["fn::toJSON"]["Statement"] = json!([]),
            "no statements",
        ),
        mistake(
            "key of several values compared as one",
            TARGET,
            |r| {
                statement(r, "bus-policy", "policy")["Condition"] =
                    json!({"StringEquals": {"events:source": ["aws.ssm"]}});
            },
            "events:source has several values",
        ),
        mistake(
            "set without a guard against absence",
            TARGET,
            |r| {
                statement(r, "bus-policy", "policy")["Condition"] =
                    json!({"ForAllValues:StringEquals": {"events:source": ["aws.ssm"]}});
            },
            "events:source holds where there is none",
        ),
        // What actions, resources and keys there are.
        mistake(
            "action that does not exist",
            ROLE,
            |r| statement(r, "forward-policy", "policy")["Action"] = json!(["events:PutEvent"]),
            "events:PutEvent is no action",
        ),
        mistake(
            "service that does not exist",
            ROLE,
            |r| statement(r, "forward-policy", "policy")["Action"] = json!(["evnets:PutEvents"]),
            "evnets is no service",
        ),
        mistake(
            "resource of another service",
            ROLE,
            |r| {
                statement(r, "forward-policy", "policy")["Resource"] =
                    json!(["arn:aws:sns:eu-west-1:999999999999:dora"]);
            },
            "events:PutEvents is not done on arn:aws:sns",
        ),
        mistake(
            "ARN of another type of resource",
            ROLE,
            |r| {
                statement(r, "forward-policy", "policy")["Resource"] =
                    json!(["arn:aws:events:eu-west-1:999999999999:rule/dora"]);
            },
            "events:PutEvents is not done on arn:aws:events:eu-west-1:999999999999:rule/dora",
        ),
        mistake(
            "resource of an action that has none",
            ROLE,
            |r| {
                let statement = statement(r, "forward-policy", "policy");
                statement["Action"] = json!(["codepipeline:ListPipelines"]);
                statement["Resource"] = json!(["arn:aws:codepipeline:eu-west-1:999999999999:*"]);
            },
            "codepipeline:ListPipelines has no resources",
        ),
        mistake(
            "condition key that the action lacks",
            ROLE,
            |r| {
                statement(r, "forward-policy", "policy")["Condition"] =
                    json!({"StringEquals": {"kms:ViaService": ["s3.eu-west-1.amazonaws.com"]}});
            },
            "kms:ViaService is no condition key of events:PutEvents",
        ),
        // What CloudFormation's schemas know.
        mistake("unknown property", QUEUE, |r| r["undelivered"]["properties"]["delay"] = json!(3), "E3002"),
        mistake(
            "value of another type",
            QUEUE,
            |r| r["undelivered"]["properties"]["messageRetentionSeconds"] = json!("soon"),
            "E3012",
        ),
        mistake(
            "number out of range",
            QUEUE,
            |r| r["undelivered"]["properties"]["messageRetentionSeconds"] = json!(1_209_601),
            "E3034",
        ),
        mistake(
            "retention that CloudWatch Logs lacks",
            FUNCTION,
            |r| r["deployments-log"]["properties"]["retentionInDays"] = json!(42),
            "E3030",
        ),
        mistake(
            "runtime that does not exist",
            FUNCTION,
            |r| r["deployments"]["properties"]["runtime"] = json!("provided.al2024"),
            "E3030",
        ),
        mistake(
            "time beyond what Lambda has",
            FUNCTION,
            |r| r["deployments"]["properties"]["timeout"] = json!(901),
            "901 is greater than the maximum",
        ),
        mistake(
            "missing property",
            FUNCTION,
            |r| {
                r["deployments"]["properties"].as_object_mut().unwrap().remove("role");
            },
            "E3003",
        ),
        mistake(
            "comparison that does not exist",
            &["alarm-silence"],
            |r| r["alarm-silence"]["properties"]["comparisonOperator"] = json!("Less"),
            "E3030",
        ),
        mistake(
            "circle of dependencies",
            QUEUE_POLICY,
            |r| r["undelivered"]["options"]["dependsOn"] = json!(["${undelivered-policy}"]),
            "E3004",
        ),
        mistake(
            "reference to nothing",
            QUEUE_POLICY,
            |r| r["undelivered-policy"]["properties"]["queueUrl"] = json!("${nothing.id}"),
            "E1020",
        ),
        // What AWS limits.
        mistake(
            "over-long name",
            QUEUE,
            |r| r["undelivered"]["properties"]["name"] = json!("q".repeat(81)),
            "the name of undelivered has 81",
        ),
        mistake(
            "too large a policy of a bus",
            TARGET,
            |r| {
                statement(r, "bus-policy", "policy")["Principal"]["AWS"] =
                    vec!["arn:aws:iam::111111111111:root"; 400].into();
            },
            "the policy of bus-policy has",
        ),
        mistake(
            "too large a policy of a role",
            ROLE,
            |r| {
                statement(r, "forward-policy", "policy")["Resource"] =
                    vec!["arn:aws:events:eu-west-1:999999999999:event-bus/dora"; 250].into();
            },
            "the policies of forward-role has",
        ),
        mistake(
            "too large a trust policy",
            ROLE,
            |r| {
                statement(r, "forward-role", "assumeRolePolicy")["Condition"]["StringEquals"]["aws:SourceAccount"] =
                    vec!["111111111111"; 200].into();
            },
            "the trust policy of forward-role has",
        ),
        mistake(
            "too large a pattern",
            TARGET,
            |r| {
                r["incidents-rule"]["properties"]["eventPattern"]["fn::toJSON"]["account"] =
                    vec!["111111111111"; 200].into();
            },
            "the pattern of incidents-rule has",
        ),
        mistake(
            "too large an environment",
            FUNCTION,
            |r| {
                r["deployments"]["properties"]["environment"]["variables"]["A"] = json!("x".repeat(4096));
            },
            "the environment of deployments has",
        ),
        // What must be so here.
        mistake(
            "secret in plain text",
            FUNCTION,
            |r| r["deployments"]["properties"]["environment"]["variables"]["A"] = json!(super::SECRET),
            "a secret in plain text",
        ),
        mistake(
            "queue without a key",
            QUEUE,
            |r| {
                r["undelivered"]["properties"].as_object_mut().unwrap().remove("kmsMasterKeyId");
            },
            "undelivered: no key of our own",
        ),
        mistake(
            "queue without TLS",
            QUEUE_POLICY,
            |r| {
                r["undelivered-policy"]["properties"]["policy"]["fn::toJSON"]["Statement"]
                    .as_array_mut()
                    .unwrap()
                    .remove(0);
            },
            "undelivered: without TLS",
        ),
        mistake(
            "log that is kept for good",
            FUNCTION,
            |r| {
                r["deployments-log"]["properties"].as_object_mut().unwrap().remove("retentionInDays");
            },
            "deployments-log: no retention",
        ),
        mistake(
            "target without a dead-letter queue",
            TARGET,
            |r| {
                r["incidents-to-bus"]["properties"].as_object_mut().unwrap().remove("deadLetterConfig");
            },
            "incidents-to-bus: no dead-letter queue",
        ),
        mistake(
            "missing dependency",
            TARGET,
            |r| r["incidents-to-bus"]["options"]["dependsOn"] = json!([]),
            "does not wait for forward-policy",
        ),
        mistake(
            "every resource, without a reason",
            ROLE,
            |r| statement(r, "forward-policy", "policy")["Resource"] = json!(["*"]),
            "forward-policy: no reason for *",
        ),
        mistake(
            "service that acts for whomever",
            ROLE,
            |r| {
                statement(r, "forward-role", "assumeRolePolicy").as_object_mut().unwrap().remove("Condition");
            },
            "events.amazonaws.com assumes roles for whomever",
        ),
        mistake(
            "key for no environment",
            FUNCTION,
            |r| {
                r["deployments"]["properties"].as_object_mut().unwrap().remove("environment");
            },
            "an environment without key, or a key without environment",
        ),
        mistake(
            "data that nothing protects",
            &["ledger"],
            |r| r["ledger"]["options"] = json!({}),
            "ledger: not protected",
        ),
        mistake(
            "resource without tags",
            QUEUE,
            |r| r["undelivered"]["properties"]["tags"] = json!({}),
            "undelivered: no tags",
        ),
    ]
}

/// Some resources of a document, with all that they refer to or wait for.
fn part(document: &Value, names: &[&str]) -> Value {
    let resources = document["resources"].as_object().unwrap();
    let mut kept: BTreeSet<&str> = BTreeSet::new();
    let mut open: Vec<&str> = names.to_vec();
    while let Some(name) = open.pop() {
        if let Some((name, resource)) = resources.get_key_value(name).filter(|(name, _)| kept.insert(name)) {
            let text = resource.to_string();
            let referred = resources.keys().filter(|other| *other != name);
            open.extend(
                referred
                    .filter(|other| {
                        text.contains(&format!("${{{other}.")) || text.contains(&format!("${{{other}}}"))
                    })
                    .map(String::as_str),
            );
        }
    }
    let kept: Map<String, Value> = resources
        .iter()
        .filter(|(name, _)| kept.contains(name.as_str()))
        .map(|(n, r)| (n.clone(), r.clone()))
        .collect();
    json!({"resources": kept, "outputs": {}, "config": document["config"]})
}

/// What the checks that need nothing from outside say of a document.
fn found(document: &Value, config: &Value) -> BTreeSet<String> {
    let resources = Resources::of(document);
    let mut found = policies::of_document(document, config);
    for (name, kind, policy) in iam_grammar::policies(&resources) {
        found.extend(
            iam_grammar::problems(&kind, &policy).into_iter().map(|problem| format!("{name}: {problem}")),
        );
    }
    found.extend(
        measures(document).into_iter().filter(|measure| !measure.fits()).map(|measure| measure.to_string()),
    );
    found
}

#[test]
fn each_mistake_is_caught() {
    let config = with(ops(), &json!({"tags": {"cost-center": "42"}}));
    let whole = document(&config);
    let mistakes = mistakes();
    assert!(mistakes.len() >= 25);
    let (mut templates, mut statements) = (Map::new(), Map::new());
    let mut caught: Vec<BTreeSet<String>> = Vec::new();
    for mistake in &mistakes {
        let right = part(&whole, mistake.concerns);
        let mut wrong = right.clone();
        (mistake.make)(&mut wrong["resources"]);
        assert_ne!(right, wrong, "{}", mistake.name);
        let before = found(&right, &config);
        let new: BTreeSet<String> = found(&wrong, &config).difference(&before).cloned().collect();
        let outside = !new.iter().any(|finding| finding.contains(mistake.caught));
        if outside {
            templates.insert(mistake.name.to_owned(), template(&wrong).unwrap());
            for (name, policy) in cloudformation::policies(&wrong) {
                statements.insert(format!("{}/{name}", mistake.name), policy);
            }
        }
        caught.push(new);
    }
    let findings = cloudformation::findings(&json!({"templates": templates, "policies": statements}));
    let Some(findings) = outside::or_skip("each_mistake_is_caught", findings) else { return };
    let missed: Vec<String> = mistakes
        .iter()
        .zip(&caught)
        .filter(|(mistake, caught)| {
            let own = findings.iter().filter(|finding| finding.starts_with(mistake.name));
            !own.chain(caught.iter()).any(|finding| finding.contains(mistake.caught))
        })
        .map(|(mistake, caught)| {
            let own: Vec<_> = findings.iter().filter(|finding| finding.starts_with(mistake.name)).collect();
            format!("{}: {} is not among {own:?} {caught:?}", mistake.name, mistake.caught)
        })
        .collect();
    assert!(missed.is_empty(), "{missed:#?}");
}
