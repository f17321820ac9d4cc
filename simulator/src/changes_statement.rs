//! What the one statement about the lake means: its rows, from the objects that Firehose has put into the bucket.

use fake_aws::{Bucket, resources::Rows};
use metrics_lib::lake::{COLUMNS, TABLE};
use serde_json::{Map, Value};

/// The meaning of [`metrics_lib::lake::CHANGES_STATEMENT`].
pub(crate) fn changes(parameters: &[String], lake: &Bucket) -> Result<Rows, String> {
    let [bucket, first, last, repository] = parameters else {
        return Err(format!("Incorrect number of parameters: expected 4 but found {}", parameters.len()));
    };
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    let mut rows = vec![names.iter().map(|name| Some((*name).to_owned())).collect()];
    let folder = format!("{TABLE}/bucket={bucket}/day=");
    for key in lake.keys(&folder) {
        let day = key[folder.len()..].split('/').next().unwrap_or_default();
        if day < first.as_str() || day > last.as_str() {
            continue;
        }
        let failed = |error: &dyn std::error::Error| format!("HIVE_CURSOR_ERROR: {key}: {error}");
        let object = lake.get(key).map_err(|error| failed(&error))?.unwrap_or_default();
        for line in object.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let row: Map<String, Value> = serde_json::from_slice(line).map_err(|error| failed(&error))?;
            let name = row.get("repository").and_then(Value::as_str).map(str::to_lowercase);
            if name.as_ref() == Some(repository) {
                rows.push(names.iter().map(|name| row.get(*name).and_then(text)).collect());
            }
        }
    }
    Ok(rows)
}

/// The text of a column.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_and_rows() {
        let line = |repository: &str| {
            format!("{{\"kind\": \"push\", \"repository\": \"{repository}\", \"part\": 0}}\n")
        };
        let mut lake = Bucket::default();
        for (folder, lines) in [
            ("bucket=03/day=2026-06-14", line("acme/shop")),
            ("bucket=03/day=2026-06-15", line("Acme/Shop") + &line("acme/other")),
            ("bucket=04/day=2026-06-15", line("acme/shop")),
        ] {
            lake.put(format!("changes/{folder}/a"), lines.as_bytes()).unwrap();
        }
        let check = |parameters: &[&str], expected: Result<usize, &str>| {
            let values: Vec<String> = parameters.iter().map(|text| (*text).to_owned()).collect();
            let rows = changes(&values, &lake).map(|rows| rows.len() - 1);
            assert_eq!(rows.as_ref().map_err(String::as_str), expected.as_ref().map_err(|text| *text));
        };
        check(&["03", "2026-06-14", "2026-06-15", "acme/shop"], Ok(2));
        check(&["03", "2026-06-15", "2026-06-15", "acme/shop"], Ok(1));
        check(&["03", "2026-06-15", "2026-06-15", "Acme/Shop"], Ok(0));
        check(&["3", "2026-06-14", "2026-06-15", "acme/shop"], Ok(0));
        check(&["03"], Err("Incorrect number of parameters: expected 4 but found 1"));
    }
}
