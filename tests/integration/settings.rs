//! The settings for people: the tables of the documents, and the schema by which editors check a stack's file.

use crate::{installation, outside, written};
use program::settings::{markdown, ops_settings, schema, tooling_settings};
use serde_json::{Value, json};
use std::{fs, path::Path};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const PROJECT: &str = "dora-metrics";

#[test]
fn documents_have_every_setting() {
    let operations = &Path::new(ROOT).join("docs/OPERATIONS.md");
    written::section(operations, "the settings of the operations account", &markdown(&ops_settings()));
    written::section(operations, "the settings of a tooling account", &markdown(&tooling_settings()));
    let schema = format!("{:#}\n", schema(PROJECT));
    written::file(&Path::new(ROOT).join("docs/stack.schema.json"), &schema);
}

/// What the schema refuses of files, one list a file; none where there is no validator.
pub(crate) fn refused_by_schema(test: &str, files: &[Value]) -> Option<Vec<Vec<String>>> {
    let python = outside::or_skip(test, outside::python("schema", "schema/requirements.txt"))?;
    let task = json!({"schema": schema(PROJECT), "documents": files});
    let output = outside::ask(&python, "schema/check.py", &task);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn files_that_the_schema_takes() {
    let mut files: Vec<(String, String)> = ["ops", "tooling"]
        .map(|stack| format!("{ROOT}/Pulumi.{stack}.yaml"))
        .map(|name| (name.clone(), fs::read_to_string(name).unwrap()))
        .into();
    files.extend(installation::examples());
    assert!(files.len() > 6, "{files:?}");
    let documents: Vec<Value> = files.iter().map(|(_, text)| serde_saphyr::from_str(text).unwrap()).collect();
    let refused = refused_by_schema("files_that_the_schema_takes", &documents);
    for (refused, (name, text)) in refused.into_iter().flatten().zip(&files) {
        assert!(refused.is_empty(), "{name}: {refused:?}\n{text}");
    }
    for (name, text) in files {
        let line = text.lines().next().unwrap();
        let schema =
            line.strip_prefix("# yaml-language-server: $schema=").unwrap_or_else(|| panic!("{name}"));
        assert!(Path::new(ROOT).join(schema).exists(), "{name}: {schema}");
    }
}

#[test]
fn files_that_the_schema_refuses() {
    let ops = json!({"stack": "ops", "opsAccount": "999999999999", "region": "eu-west-1",
                     "toolingAccounts": [{"account": "111111111111", "regions": ["eu-west-1"]}]});
    let tooling = json!({"stack": "tooling", "account": "111111111111", "region": "eu-west-1",
                         "opsAccount": "999999999999", "opsRegion": "eu-west-1"});
    let mut cases = Vec::new();
    let mut check = |of: &Value, changes: Value, is_refused: bool| {
        let mut config = of.clone();
        for (key, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => drop(config.as_object_mut().unwrap().remove(key)),
                value => config[key] = value.clone(),
            }
        }
        let keys = config.as_object().unwrap().iter();
        let keys: Value = keys.map(|(key, value)| (format!("{PROJECT}:{key}"), value.clone())).collect();
        let mut file = json!({ "config": keys });
        file["config"]["aws:profile"] = json!("ops");
        cases.push((changes, file, is_refused));
    };
    check(&ops, json!({}), false);
    check(&tooling, json!({}), false);
    for key in ["stack", "opsAccount", "region", "toolingAccounts"] {
        check(&ops, json!({ key: null }), true);
    }
    for key in ["stack", "account", "opsAccount", "region", "opsRegion"] {
        check(&tooling, json!({ key: null }), true);
    }
    let organization = json!({"id": "o-a1b2c3d4e5", "regions": ["eu-west-1"]});
    check(&ops, json!({"toolingAccounts": null, "organization": organization}), false);
    // A key that is misspelt, and one of the other kind of stack.
    check(&ops, json!({"maniBranch": "main"}), true);
    check(&ops, json!({"leadTime": false}), true);
    check(&tooling, json!({"leadTime": false}), false);
    check(&tooling, json!({"mainBranch": "main"}), true);
    check(&ops, json!({"opsAccount": 999_999_999_999_u64}), false);
    check(&ops, json!({"opsAccount": "99"}), true);
    check(&ops, json!({"webhookSecret": {"secure": "v1:abc"}}), false);
    check(&ops, json!({"logRetentionDays": 42}), true);
    check(&ops, json!({"logRetentionDays": "30"}), false);
    check(&ops, json!({"attributionWindow": "24"}), true);
    check(&ops, json!({"attributionWindow": "1h 30m"}), false);
    check(&ops, json!({"teams": "{\"payments\": [\"acme/shop\"]}"}), false);
    check(&ops, json!({"teams": "payments"}), true);
    check(&ops, json!({"repositoryMetrics": "none"}), false);
    check(&ops, json!({"repositoryMetrics": ["acme/shop"]}), false);
    check(&ops, json!({"repositoryMetrics": "acme/shop"}), true);
    check(&ops, json!({"repositoryMetrics": ["b\u{fc}cher"]}), true);
    let files: Vec<Value> = cases.iter().map(|(_, file, _)| file.clone()).collect();
    let refused = refused_by_schema("files_that_the_schema_refuses", &files);
    for (refused, (changes, _, is_refused)) in refused.into_iter().flatten().zip(cases) {
        assert_eq!(!refused.is_empty(), is_refused, "{changes}: {refused:?}");
    }
}
