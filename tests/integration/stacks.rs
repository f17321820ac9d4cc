//! The stacks as documents: what they hold, how configurations differ, and what must hold of each.

mod access;
mod alarms;
mod cloudformation;
mod differences;
mod document;
mod engine;
mod iam_grammar;
mod mistakes;
mod policies;
mod quotas;
mod routing;

use crate::engine::Project;
use differences::differences;
use program::{settings::StackSettings, stacks::Stack};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The secret of the configuration, which must never be in a document.
const SECRET: &str = "hush-hush";

/// The settings of a configuration.
fn settings(config: &Value) -> StackSettings {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let keys = config.as_object().unwrap().iter();
    // What is null is not set.
    let keys: Map<String, Value> = keys
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| (format!("dora-metrics:{key}"), text(value).into()))
        .collect();
    StackSettings::from_pulumi(&Value::Object(keys).to_string(), "dora-metrics").unwrap()
}

/// The stack of a configuration.
fn stack(config: &Value) -> Stack {
    Stack::new(&settings(config)).unwrap()
}

/// A ZIP archive of one file, stored.
fn archive_of(content: &str) -> Vec<u8> {
    // An empty archive with a comment is an archive all the same, and its hash differs with the comment.
    let mut archive = b"PK\x05\x06".to_vec();
    archive.extend([0; 16]);
    archive.extend(u16::try_from(content.len()).unwrap().to_le_bytes());
    archive.extend(content.bytes());
    archive
}

/// An archive in the place of the functions' own.
pub(crate) fn write_archive(project: &Project<'_>) {
    project.write(stack(&ops()).archive.unwrap(), archive_of("code"));
}

/// The document of a configuration; the dashboards' own documents are looked at elsewhere.
fn document(config: &Value) -> Value {
    let mut document = stack(config).document;
    for resource in document["resources"].as_object_mut().unwrap().values_mut() {
        if let Some(body) = resource["properties"].get_mut("dashboardBody") {
            assert!(body.take()["fn::toJSON"]["widgets"].is_array());
        }
    }
    document
}

/// An operations account with one tooling account.
fn ops() -> Value {
    json!({
        "stack": "ops",
        "opsAccount": "999999999999",
        "region": "eu-west-1",
        "toolingAccounts": [{"account": "111111111111", "regions": ["eu-west-1"]}],
        "webhookSecret": SECRET,
    })
}

/// A region of a tooling account.
fn tooling(account: &str, region: &str) -> Value {
    json!({
        "stack": "tooling",
        "account": account,
        "region": region,
        "opsAccount": "999999999999",
        "opsRegion": "eu-west-1",
    })
}

/// The fullest stacks: with everything that a configuration can switch on.
fn fullest() -> [Value; 4] {
    let changes = json!({
        "toolingAccounts": [
            {"account": "111111111111", "regions": ["eu-west-1", "us-east-1"]},
            {"account": "999999999999", "regions": ["eu-west-1"]},
        ],
        "webhookFirewall": "true",
        "webhookAllowedCidrs": ["192.30.252.0/22"],
        "alarmEmails": ["dora@example.com"],
        "tags": {"cost-center": "42"},
    });
    let tags = json!({"tags": {"cost-center": "42"}});
    let open = json!({"webhookAllowedCidrs": []});
    [
        with(ops(), &changes),
        with(with(with(ops(), &changes), &organization()), &open),
        with(tooling("111111111111", "us-east-1"), &tags),
        with(tooling("999999999999", "eu-west-1"), &tags),
    ]
}

/// An organisation, beside the listed accounts.
fn organization() -> Value {
    json!({"organization": {
        "id": "o-a1b2c3d4e5",
        "regions": ["eu-west-1", "us-east-1"],
        "paths": ["o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*"],
    }})
}

/// A configuration with other values.
fn with(mut config: Value, changes: &Value) -> Value {
    for (key, value) in changes.as_object().unwrap() {
        config[key] = value.clone();
    }
    config
}

#[test]
fn ops_stack() {
    insta::assert_yaml_snapshot!(document(&ops()));
}

#[test]
fn tooling_stack() {
    insta::assert_yaml_snapshot!(document(&tooling("111111111111", "eu-west-1")));
}

/// What is different from the stacks above.
fn check_difference(name: &str, config: &Value) {
    let base = match config["stack"].as_str() {
        Some("ops") => ops(),
        _ => tooling("111111111111", "eu-west-1"),
    };
    insta::assert_snapshot!(name, differences(&document(&base), &document(config)));
}

#[test]
fn three_accounts_in_two_regions() {
    let accounts = json!([
        {"account": "111111111111", "regions": ["eu-west-1", "us-east-1"]},
        {"account": "222222222222", "regions": ["us-east-1"]},
        {"account": "333333333333", "regions": ["eu-west-1"]},
    ]);
    check_difference("three_accounts_in_two_regions", &with(ops(), &json!({"toolingAccounts": accounts})));
    check_difference("tooling_account_in_another_region", &tooling("222222222222", "us-east-1"));
}

/// The operations account runs pipelines too.
#[test]
fn ops_account_as_tooling_account() {
    let accounts = json!([
        {"account": "111111111111", "regions": ["eu-west-1"]},
        {"account": "999999999999", "regions": ["eu-west-1", "eu-central-1"]},
    ]);
    check_difference("ops_account_as_tooling_account", &with(ops(), &json!({"toolingAccounts": accounts})));
}

#[test]
fn gov_cloud() {
    let accounts = json!([{"account": "111111111111", "regions": ["us-gov-west-1"]}]);
    let changes = json!({"region": "us-gov-west-1", "toolingAccounts": accounts});
    check_difference("gov_cloud", &with(ops(), &changes));
    let changes = json!({"region": "us-gov-west-1", "opsRegion": "us-gov-west-1"});
    check_difference("gov_cloud_tooling", &with(tooling("111111111111", "us-gov-west-1"), &changes));
}

#[test]
fn china() {
    let accounts = json!([{"account": "111111111111", "regions": ["cn-north-1"]}]);
    let changes = json!({"region": "cn-north-1", "toolingAccounts": accounts});
    let document = document(&with(ops(), &changes)).to_string();
    assert!(document.contains("arn:aws-cn:") && !document.contains("arn:aws:"));
}

#[test]
fn allow_list_without_firewall() {
    let changes = json!({
        "webhookFirewall": "false",
        "webhookAllowedCidrs": ["192.30.252.0/22", "2a0a:a440::/29"],
        "manageApiGatewayAccount": "false",
        "alarmEmails": ["dora@example.com"],
    });
    check_difference("allow_list_without_firewall", &with(ops(), &changes));
}

/// GitHub Enterprise Server delivers from elsewhere.
#[test]
fn firewall_for_another_github() {
    let changes = json!({"webhookTrustedCidrs": ["203.0.113.0/24"]});
    check_difference("firewall_for_another_github", &with(ops(), &changes));
}

#[test]
fn without_lead_time() {
    let mut config = ops();
    config.as_object_mut().unwrap().remove("webhookSecret");
    check_difference("without_lead_time", &config);
    let changes = json!({"leadTime": "false"});
    check_difference("without_lead_time_tooling", &with(tooling("111111111111", "eu-west-1"), &changes));
}

#[test]
fn other_settings() {
    let changes = json!({
        "architecture": "x86_64",
        "logRetentionDays": "90",
        "tags": {"cost-center": "42"},
        "mainBranch": "trunk",
        "productionStage": "Live",
        "trunkBasedRepositories": ["acme/shop"],
        "teams": {"payments": ["acme/shop"]},
        "attributionWindow": "2d",
        "attributionDelay": "30min",
        "leadTimeLookback": "30d",
    });
    check_difference("other_settings", &with(ops(), &changes));
}

/// Two installations in one account: everything that has a name has another one.
#[test]
fn two_installations_share_nothing() {
    let names = |prefix: &str| -> Vec<(String, String)> {
        let document = document(&with(ops(), &json!({"prefix": prefix})));
        let resources = document["resources"].as_object().unwrap().clone();
        let name = |resource: &Value| {
            ["name", "bucket"].iter().find_map(|key| resource["properties"][key].as_str().map(str::to_owned))
        };
        // Parts of something are called after what they are a part of.
        let whole = |(id, resource): (String, Value)| {
            let is_part = name(&resource).is_none_or(|name| name.contains("${"));
            let within = ["lake-table", "stream-log-stream", "webhook-validator"].contains(&id.as_str());
            (!is_part && !within)
                .then(|| (resource["type"].as_str().unwrap().to_owned(), name(&resource).unwrap()))
        };
        resources.into_iter().filter_map(whole).collect()
    };
    let (first, second) = (names("dora"), names("dora-test"));
    assert!(first.len() > 40, "{first:?}");
    let shared: Vec<_> = first.iter().filter(|name| second.contains(name)).collect();
    assert!(shared.is_empty(), "{shared:?}");
}

/// Both stacks in one account and region: nothing of one has the name of something of the other.
#[test]
fn both_stacks_in_one_place() {
    let accounts = json!([{"account": "999999999999", "regions": ["eu-west-1"]}]);
    let named = |config: &Value| -> BTreeSet<(String, String)> {
        let document = document(config);
        let resources = document["resources"].as_object().unwrap().values();
        let name = |resource: &Value| {
            let properties = &resource["properties"];
            // Rules of a bus of its own can be called like those of the default bus.
            let bus = properties["eventBusName"].as_str().unwrap_or_default();
            let name = properties["name"].as_str().filter(|name| !name.starts_with("${"))?;
            Some((resource["type"].as_str().unwrap().to_owned(), format!("{bus} {name}")))
        };
        resources.filter_map(name).collect()
    };
    let ops = named(&with(ops(), &json!({"toolingAccounts": accounts})));
    let tooling = named(&tooling("999999999999", "eu-west-1"));
    assert!(tooling.len() > 3, "{tooling:?}");
    let both: Vec<_> = ops.intersection(&tooling).collect();
    assert!(both.is_empty(), "{both:?}");
}

/// The functions' archive is asked for exactly where there are functions, and each is told which one it is.
#[test]
fn archive() {
    let archive = stack(&ops()).archive.unwrap();
    let document = document(&ops());
    let resources = document["resources"].as_object().unwrap().values();
    let functions =
        resources.map(|resource| &resource["properties"]).filter(|function| function["code"].is_object());
    let mut handlers: Vec<_> = functions
        .map(|function| {
            assert_eq!(function["code"]["fn::fileArchive"], archive);
            function["handler"].as_str().unwrap()
        })
        .collect();
    handlers.sort_unstable();
    assert!(handlers.into_iter().eq(functions::entry::names()));
    assert_eq!(stack(&tooling("111111111111", "eu-west-1")).archive, None);
}
