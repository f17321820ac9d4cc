//! Where events go by the documents alone: the tooling stacks' rules, the buses' policies, and the buses' rules, as they
//! are rendered, in two regions of two accounts.

use super::{
    document,
    document::{Resources, texts},
    ops, tooling, with,
};
use crate::scene::{OPS, TOOLING, execution_in, ops_item_in};
use event_pattern::{Event, Pattern};
use metrics_lib::{contract, rules::matches};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fmt::Write, fs};

/// The accounts of the organisation.
const MEMBERS: [&str; 2] = [TOOLING, OPS];

/// The stacks of an installation, and where each is.
struct Installation {
    ops: Resources,
    tooling: Vec<(&'static str, &'static str, Resources)>,
}

impl Installation {
    /// An installation with tooling stacks in some places; `changes` is what its operations account's stack is told of them.
    fn new(places: &[(&'static str, &'static str)], changes: &Value) -> Self {
        let stack =
            |&(account, region)| (account, region, Resources::of(&document(&tooling(account, region))));
        Self {
            ops: Resources::of(&document(&with(ops(), changes))),
            tooling: places.iter().map(stack).collect(),
        }
    }

    /// Two regions of two accounts.
    fn of_two_accounts() -> Self {
        let accounts = json!([
            {"account": TOOLING, "regions": ["eu-west-1", "us-east-1"]},
            {"account": "222222222222", "regions": ["us-east-1"]},
        ]);
        let places = [(TOOLING, "eu-west-1"), (TOOLING, "us-east-1"), ("222222222222", "us-east-1")];
        Self::new(&places, &json!({"toolingAccounts": accounts}))
    }

    /// The functions that get an event, each as often as it does, and what was refused on the way.
    fn route(&self, event: &Value) -> (Vec<String>, BTreeSet<String>) {
        let (account, region) = (event["account"].as_str().unwrap(), event["region"].as_str().unwrap());
        let (mut functions, mut refused) = (Vec::new(), BTreeSet::new());
        let own = (account == OPS && region == "eu-west-1").then_some(&self.ops);
        let there = self.tooling.iter().filter(|(a, r, _)| (*a, *r) == (account, region));
        for stack in own.into_iter().chain(there.map(|(_, _, resources)| resources)) {
            for target in matching_targets(stack, None, event) {
                // Both stacks must speak of the same bus and the same role.
                let bus = self.bus(stack, &target["arn"]);
                let assumed = stack.referred(&target["roleArn"]).unwrap();
                let role = stack.0[assumed]["properties"]["name"].as_str().unwrap();
                let role = format!("arn:aws:iam::{account}:role/{role}");
                assert!(may_forward(stack, assumed, &self.arn(&bus)), "the role may not put events on {bus}");
                if !self.accepts(&bus, event, &role) {
                    refused.insert(bus);
                    continue;
                }
                for target in matching_targets(&self.ops, Some(&bus), event) {
                    let queue = self.ops.referred(&target["arn"]).unwrap();
                    assert!(self.takes(queue, self.ops.referred(&target["rule"]).unwrap()));
                    functions.extend(self.fed_by(queue));
                }
            }
        }
        functions.sort();
        (functions, refused)
    }

    /// The logical name of the bus that a target names by reference, or by its ARN from another account.
    fn bus(&self, stack: &Resources, arn: &Value) -> String {
        if let Some(name) = stack.referred(arn) {
            return name.to_owned();
        }
        let mut buses = self.ops.of_type("aws:cloudwatch/eventBus:EventBus");
        let bus = buses.find(|(name, _)| self.arn(name) == arn.as_str().unwrap());
        bus.unwrap_or_else(|| panic!("no bus has the ARN {arn}")).0.to_owned()
    }

    fn arn(&self, bus: &str) -> String {
        let name = self.ops.0[bus]["properties"]["name"].as_str().unwrap();
        format!("arn:aws:events:eu-west-1:{OPS}:event-bus/{name}")
    }

    /// Whether a bus's policy takes an event that a role puts on it.
    fn accepts(&self, bus: &str, event: &Value, role: &str) -> bool {
        let account = event["account"].as_str().unwrap();
        let root = format!("arn:aws:iam::{account}:root");
        let policies = self.ops.policies().into_iter();
        let own = policies.filter(|(name, _)| {
            let policy = &self.ops.0[*name];
            policy["type"] == "aws:cloudwatch/eventBusPolicy:EventBusPolicy"
                && self.ops.referred(&policy["properties"]["eventBusName"]) == Some(bus)
        });
        own.flat_map(|(_, statements)| statements).any(|statement| {
            let has = |value: &Value, text: &str| texts(value).contains(&text);
            let condition = &statement["Condition"];
            let listed = has(&statement["Principal"]["AWS"], &root)
                && has(&condition["ArnEquals"]["aws:PrincipalArn"], role);
            let member = statement["Principal"] == "*"
                && MEMBERS.contains(&account)
                && condition["StringEquals"]["aws:PrincipalOrgID"].is_array()
                && texts(&condition["ArnLike"]["aws:PrincipalArn"]).iter().any(|roles| matches(roles, role));
            statement["Effect"] == "Allow"
                && has(&statement["Action"], "events:PutEvents")
                && (listed || member)
                && ["source", "detail-type"].iter().all(|key| {
                    let (condition_key, value) = (format!("events:{key}"), event[key].as_str().unwrap());
                    has(&condition["ForAllValues:StringEquals"][&condition_key], value)
                        && has(&condition["Null"][&condition_key], "false")
                })
        })
    }

    /// Whether a queue's policy lets a rule put messages on it.
    fn takes(&self, queue: &str, rule: &str) -> bool {
        self.ops.policies().into_iter().flat_map(|(_, statements)| statements).any(|statement| {
            texts(&statement["Action"]) == ["sqs:SendMessage"]
                && statement["Principal"]["Service"] == "events.amazonaws.com"
                && texts(&statement["Resource"]) == [format!("${{{queue}.arn}}")]
                && texts(&statement["Condition"]["ArnEquals"]["aws:SourceArn"])
                    .contains(&format!("${{{rule}.arn}}").as_str())
        })
    }

    fn fed_by(&self, queue: &str) -> Vec<String> {
        let mappings = self.ops.of_type("aws:lambda/eventSourceMapping:EventSourceMapping");
        let fed =
            mappings.filter(|(_, mapping)| self.ops.referred(&mapping["eventSourceArn"]) == Some(queue));
        fed.map(|(_, mapping)| self.ops.referred(&mapping["functionName"]).unwrap().to_owned()).collect()
    }
}

/// The targets of the rules of a bus, or of the default bus, that an event matches.
fn matching_targets<'a>(stack: &'a Resources, bus: Option<&str>, event: &Value) -> Vec<&'a Value> {
    let text = event.to_string();
    let event = Event::parse(&text).unwrap();
    let rules = stack.of_type("aws:cloudwatch/eventRule:EventRule").filter(|(_, rule)| {
        let pattern = Pattern::from_value(&rule["eventPattern"]["fn::toJSON"]).unwrap();
        stack.referred(&rule["eventBusName"]) == bus && pattern.matches(&event)
    });
    let rules: Vec<&str> = rules.map(|(name, _)| name).collect();
    let targets = stack.of_type("aws:cloudwatch/eventTarget:EventTarget");
    targets
        .filter(|(_, target)| stack.referred(&target["rule"]).is_some_and(|rule| rules.contains(&rule)))
        .map(|(_, target)| target)
        .collect()
}

/// Whether a role's policy lets it put events on a bus.
fn may_forward(stack: &Resources, role: &str, bus: &str) -> bool {
    let own = stack
        .policies()
        .into_iter()
        .filter(|(name, _)| stack.referred(&stack.0[*name]["properties"]["role"]) == Some(role));
    own.flat_map(|(_, statements)| statements).any(|statement| {
        texts(&statement["Action"]) == ["events:PutEvents"] && texts(&statement["Resource"]) == [bus]
    })
}

/// Who gets an execution, an `OpsItem` that is raised, one that is changed, and a probe.
fn check_counted(installation: &Installation, account: &str, region: &str, is_counted: bool) {
    let item = ops_item_in(account, 1, "12:00");
    let executed = execution_in(account, region, "shop", "e1", "12:00").event("SUCCEEDED");
    let all = ["deployments", "incidents", "lead-time-for-changes"];
    let probe = json!({"source": contract::probe::source("dora"), "detail-type": contract::probe::DETAIL_TYPE,
        "account": account, "detail": {}});
    for (mut event, expected) in [
        (executed, &["deployments"][..]),
        (probe, &all[..]),
        (item.create_event(), &["incidents"]),
        (item.update_event("Resolved", item.created), &["incidents"]),
    ] {
        event["region"] = json!(region);
        let (functions, _) = installation.route(&event);
        assert_eq!(functions, if is_counted { expected } else { &[] }, "{account} {region} {event}");
    }
}

/// One account that has everything, and in one region both stacks: each event is counted once.
#[test]
fn one_account() {
    let accounts = json!([{"account": OPS, "regions": ["eu-west-1", "us-east-1"]}]);
    let places = [(OPS, "eu-west-1"), (OPS, "us-east-1")];
    let installation = Installation::new(&places, &json!({"toolingAccounts": accounts}));
    for (account, region) in places {
        check_counted(&installation, account, region, true);
    }
}

/// Members of the organisation are counted without being listed, the operations account among them, and nobody else.
#[test]
fn organisation() {
    let places = [(OPS, "eu-west-1"), (TOOLING, "us-east-1"), ("333333333333", "us-east-1")];
    let organization =
        json!({"toolingAccounts": null, "organization": super::organization()["organization"]});
    let installation = Installation::new(&places, &organization);
    for (account, region) in places {
        check_counted(&installation, account, region, account != "333333333333");
    }
}

/// Probes come through from wherever there is a stack: from the operations account, which runs no pipelines, and from an
/// account that has incidents only. Those of another installation don't.
#[test]
fn probes() {
    let incidents = "222222222222";
    let places = [(TOOLING, "us-east-1"), (incidents, "eu-west-1")];
    let mut installation = Installation::new(
        &[],
        &json!({
            "toolingAccounts": [{"account": TOOLING, "regions": ["us-east-1"]}],
            "incidentAccounts": {incidents: {"regions": ["eu-west-1"], "mayBlame": [TOOLING]}},
        }),
    );
    for (account, region) in places {
        let config = with(tooling(account, region), &json!({"executions": account != incidents}));
        installation.tooling.push((account, region, Resources::of(&document(&config))));
    }
    for (account, region) in places.into_iter().chain([(OPS, "eu-west-1")]) {
        for (prefix, expected) in [("dora", 3), ("other", 0)] {
            let event = json!({"source": contract::probe::source(prefix), "detail-type": contract::probe::DETAIL_TYPE,
                "account": account, "region": region, "detail": {}});
            let (functions, refused) = installation.route(&event);
            assert_eq!((functions.len(), refused.len()), (expected, 0), "{prefix} of {account} {region}");
        }
    }
}

/// What each event leads to.
#[test]
fn every_event_goes_where_it_belongs() {
    let installation = Installation::of_two_accounts();
    let mut report = String::new();
    let mut tell = |what: &str, event: &Value| {
        let (functions, refused) = installation.route(event);
        let list = |names: Vec<String>| names.join(", ");
        let functions = if functions.is_empty() { "nobody".into() } else { list(functions) };
        let refused = if refused.is_empty() {
            String::new()
        } else {
            format!("; refused by {}", list(Vec::from_iter(refused)))
        };
        writeln!(report, "{what}: {functions}{refused}").unwrap();
    };
    let places = [
        (TOOLING, "eu-west-1"),
        (TOOLING, "us-east-1"),
        ("222222222222", "us-east-1"),
        ("222222222222", "eu-west-1"),
        ("333333333333", "eu-west-1"),
        (OPS, "eu-west-1"),
    ];
    for (account, region) in places {
        let execution = execution_in(account, region, "shop", "e1", "12:00");
        for state in ["SUCCEEDED", "FAILED", "STARTED"] {
            tell(&format!("{account} {region} execution {state}"), &execution.event(state));
        }
        let mut stage = execution.event("SUCCEEDED");
        stage["detail-type"] = json!("CodePipeline Stage Execution State Change");
        tell(&format!("{account} {region} stage SUCCEEDED"), &stage);
        let item = ops_item_in(account, 1, "12:00");
        let mut events = vec![
            ("OpsItem raised", item.create_event()),
            ("OpsItem resolved", item.update_event("Resolved", item.created)),
            ("OpsItem closed", item.update_event("Closed", item.created)),
            ("OpsItem in progress", item.update_event("InProgress", item.created)),
        ];
        let mut insight = item.create_event();
        insight["detail"]["ops-item-type"] = json!("/aws/insight");
        events.push(("insight raised", insight));
        let mut untyped = item.create_event();
        untyped["detail"]["ops-item-type"] = Value::Null;
        events.push(("OpsItem with null as type raised", untyped));
        for (what, mut event) in events {
            event["region"] = json!(region);
            tell(&format!("{account} {region} {what}"), &event);
        }
    }
    insta::assert_snapshot!(report);
}

/// The events of the recorded worlds go to the same functions as on the single-machine cloud, which routes by the plan.
#[test]
fn events_of_the_worlds() {
    let installation = Installation::of_two_accounts();
    let mut events = 0;
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/worlds")).unwrap() {
        for line in fs::read_to_string(entry.unwrap().path()).unwrap().lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            if let Some(event) = line.get("event") {
                let (functions, refused) = installation.route(event);
                assert!(!functions.is_empty() && refused.is_empty(), "{event}");
                events += 1;
            }
        }
    }
    assert!(events > 0);
}
