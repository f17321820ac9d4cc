//! How one document differs from another, as a report.

use serde_json::Value;
use std::fmt::Write;

/// Every value that is not the same, by its path: `-` of the first document only, `+` of the second.
pub(super) fn differences(first: &Value, second: &Value) -> String {
    let mut report = String::new();
    compare(&mut report, "", Some(first), Some(second));
    report
}

fn compare(report: &mut String, path: &str, first: Option<&Value>, second: Option<&Value>) {
    match (first, second) {
        (first, second) if first == second => {}
        (Some(Value::Object(first)), Some(Value::Object(second))) => {
            let keys = first.keys().chain(second.keys().filter(|key| !first.contains_key(*key)));
            for key in keys {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                compare(report, &path, first.get(key), second.get(key));
            }
        }
        (Some(Value::Array(first)), Some(Value::Array(second))) if first.len() == second.len() => {
            for (index, (first, second)) in first.iter().zip(second).enumerate() {
                compare(report, &format!("{path}[{index}]"), Some(first), Some(second));
            }
        }
        (first, second) => {
            for (sign, value) in [('-', first), ('+', second)] {
                if let Some(value) = value {
                    writeln!(report, "{sign} {path}: {}", told(path, value)).unwrap();
                }
            }
        }
    }
}

/// A value as the report tells it: a resource by its type only.
fn told(path: &str, value: &Value) -> String {
    let is_resource = path.matches('.').count() == 1 && value["type"].is_string();
    if is_resource { value["type"].to_string() } else { value.to_string() }
}
