//! AWS's limits: an organisation of any size is within them, a list of accounts that does not fit is refused.

use super::{ops, organization, tooling, with};
use program::{quota::measures, stacks::Stack};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const REGIONS: [&str; 3] = ["eu-west-1", "us-east-1", "ap-southeast-2"];

/// As many accounts as asked for, each in three regions.
fn accounts(count: u64) -> Value {
    (0..count)
        .map(|n| json!({"account": format!("{:012}", 100_000_000_000 + n), "regions": REGIONS}))
        .collect()
}

/// Every document and name of the stacks of an organisation with 500 accounts in three regions is within AWS's limits; what
/// is largest stands in the report. Its size does not depend on the number of accounts.
#[test]
fn organisation_of_500_accounts_in_3_regions() {
    let mut config = organization();
    config["organization"]["regions"] = json!(REGIONS);
    config["toolingAccounts"] = Value::Null;
    config["prefix"] = json!("sixteen-letters1");
    let mut largest: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut documents = vec![super::stack(&with(ops(), &config)).document];
    for account in accounts(500).as_array().unwrap() {
        for region in REGIONS {
            let account = account["account"].as_str().unwrap();
            documents.push(
                super::stack(&with(tooling(account, region), &json!({"prefix": config["prefix"]}))).document,
            );
        }
    }
    assert_eq!(documents.len(), 1501);
    for document in &documents {
        for measure in measures(document) {
            assert!(measure.fits(), "{measure}");
            let seen = largest.entry(measure.what).or_default();
            if measure.size * seen.1.max(1) >= seen.0 * measure.limit {
                *seen = (measure.size, measure.limit);
            }
        }
    }
    let report: Vec<String> =
        largest.into_iter().map(|(what, (size, limit))| format!("{what}: {size} of {limit}")).collect();
    insta::assert_snapshot!(report.join("\n"));
}

/// What is said of a list that is too long, before anything is made.
#[test]
fn list_that_is_too_long() {
    fn check(count: u64, expected: &[&str]) {
        let config = with(ops(), &json!({"toolingAccounts": accounts(count)}));
        match Stack::new(&super::settings(&config)) {
            Ok(_) => assert!(expected.is_empty(), "{count} accounts fit"),
            Err(error) => {
                let error = error.to_string();
                assert!(!expected.is_empty(), "{count}: {error}");
                for part in expected {
                    assert!(error.contains(part), "{count}: {part}: {error}");
                }
            }
        }
    }
    check(1, &[]);
    check(15, &[]);
    let bus = "the policy of bus-policy has ";
    let instead =
        "An `organization` in the place of `toolingAccounts` does not grow with the number of accounts";
    check(40, &[bus, "AWS takes 10240", instead]);
    let patterns = "the pattern of executions-to-deployments-rule has ";
    check(150, &[bus, patterns, "the policies of reconciler-role has", instead]);
}

/// Each limit is looked for: one that is passed is found, in what kind of resource soever.
#[test]
fn each_limit_is_looked_for() {
    let check = |kind: &str, property: &str, size: usize, fits: bool| {
        let mut properties = json!({"role": "${r.name}"});
        properties[property] = json!("x".repeat(size));
        let document = json!({"resources": {"a": {"type": kind, "properties": properties}}});
        assert_eq!(
            measures(&document).iter().all(|measure| measure.fits()),
            fits,
            "{kind} {property} {size}"
        );
    };
    for (kind, property, limit) in [
        ("aws:cloudwatch/eventBusPolicy:EventBusPolicy", "policy", 10_240),
        ("aws:cloudwatch/eventRule:EventRule", "eventPattern", 2048),
        ("aws:cloudwatch/metricAlarm:MetricAlarm", "name", 255),
        ("aws:iam/role:Role", "assumeRolePolicy", 2048),
        ("aws:iam/rolePolicy:RolePolicy", "policy", 10_240),
        ("aws:lambda/function:Function", "name", 64),
        ("aws:s3/bucket:Bucket", "bucket", 63),
        ("aws:sqs/queue:Queue", "name", 80),
    ] {
        check(kind, property, limit, true);
        check(kind, property, limit + 1, false);
    }
}
