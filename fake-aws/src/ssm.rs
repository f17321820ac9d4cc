//! Systems Manager: the `OpsItem`s that were recorded.

use crate::{
    AwsError,
    archive::{Archive, Extent},
    time,
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    io,
};

/// An `OpsItem`, as the AWS CLI prints it.
#[derive(Clone, Debug)]
pub struct RecordedOpsItem {
    /// The account that it was created in, 12 digits.
    pub account: String,
    /// The region that it was created in.
    pub region: String,
    /// Its id, which is unique there: `oi-` and 12 hexadecimal digits.
    pub id: String,
    /// The `OpsItem` of `GetOpsItem`.
    pub item: Value,
}

/// The `OpsItem`s of every account and region.
#[derive(Debug, Default)]
pub struct Ssm {
    /// The items by account, region and id.
    items: HashMap<(String, String, String), Stored>,
    archive: Archive,
}

/// Where an item is, and its members that it can be found by.
#[derive(Debug)]
struct Stored {
    item: Extent,
    members: BTreeMap<&'static str, Value>,
}

/// The members that filters know.
const FILTERED: [&str; 5] = ["CreatedTime", "LastModifiedTime", "Status", "OpsItemType", "Source"];

impl Ssm {
    /// Records an `OpsItem`, in place of what was recorded of it before.
    ///
    /// # Errors
    /// When the `OpsItem` can't be kept on disk.
    pub fn record(&mut self, item: RecordedOpsItem) -> io::Result<()> {
        const TIMES: [&str; 6] = [
            "CreatedTime",
            "LastModifiedTime",
            "ActualStartTime",
            "ActualEndTime",
            "PlannedStartTime",
            "PlannedEndTime",
        ];
        let RecordedOpsItem { account, region, id, mut item } = item;
        time::to_wire(&mut item, &TIMES);
        let members = FILTERED.map(|name| (name, item[name].clone())).into();
        self.items.insert((account, region, id), Stored { item: self.archive.put_json(&item)?, members });
        Ok(())
    }

    /// Answers an operation for a caller in an account and region.
    pub(super) fn call(
        &self,
        account: &str,
        region: &str,
        operation: &str,
        input: &Value,
    ) -> Result<Value, AwsError> {
        match operation {
            "GetOpsItem" => self.get(account, region, input),
            "DescribeOpsItems" => self.describe(account, region, input),
            _ => Err(AwsError::not_implemented("ssm", operation)),
        }
    }

    fn get(&self, account: &str, region: &str, input: &Value) -> Result<Value, AwsError> {
        let id = input["OpsItemId"].as_str().unwrap_or_default();
        if !is_id(id) {
            return Err(invalid(&format!(
                "Value '{id}' at 'opsItemId' failed to satisfy constraint: ^(oi)-[0-9a-f]{{12}}$"
            )));
        }
        let key = (account.to_owned(), region.to_owned(), id.to_owned());
        let stored = self.items.get(&key).ok_or_else(|| {
            AwsError::new("OpsItemNotFoundException", format!("OpsItem ID {id} doesn't exist"))
        })?;
        Ok(json!({"OpsItem": self.archive.json::<Value>(stored.item)?}))
    }

    /// The summaries of the `OpsItem`s that pass all filters, in order of their ids.
    fn describe(&self, account: &str, region: &str, input: &Value) -> Result<Value, AwsError> {
        let DescribeOpsItems { ops_item_filters, max_results, next_token } =
            serde_json::from_value(input.clone()).map_err(|error| invalid(&error.to_string()))?;
        let filters = ops_item_filters.into_iter().map(Filter::check).collect::<Result<Vec<_>, _>>()?;
        let size = max_results.unwrap_or(PAGE);
        if !(1..=PAGE).contains(&size) {
            return Err(invalid(&format!("MaxResults must be 1 to {PAGE}, not {size}")));
        }
        let here = self.items.iter().filter(|((of, within, _), stored)| {
            (of.as_str(), within.as_str()) == (account, region)
                && filters.iter().all(|filter| filter.passes(&stored.members))
        });
        let mut found: Vec<_> = here.collect();
        found.sort_by_key(|((_, _, id), _)| id.as_str());
        let start: usize = next_token.map_or(Ok(0), |token| {
            token.parse().map_err(|_| invalid(&format!("The token {token} is invalid")))
        })?;
        let page = found.iter().skip(start).take(size);
        let page = page.map(|(_, stored)| Ok(summary(&self.archive.json(stored.item)?)));
        let mut output = json!({"OpsItemSummaries": page.collect::<io::Result<Vec<_>>>()?});
        if start + size < found.len() {
            output["NextToken"] = json!((start + size).to_string());
        }
        Ok(output)
    }
}

/// How many summaries a page has at the most.
const PAGE: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DescribeOpsItems {
    #[serde(default)]
    ops_item_filters: Vec<Filter>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Filter {
    key: String,
    values: Vec<String>,
    operator: String,
}

impl Filter {
    /// Refuses a filter that the service would refuse, or that is not known here.
    fn check(self) -> Result<Self, AwsError> {
        let known = match self.key.as_str() {
            "CreatedTime" | "LastModifiedTime" => {
                let is_time = |value: &String| value.parse::<Timestamp>().is_ok();
                ["GreaterThan", "LessThan"].contains(&self.operator.as_str())
                    && self.values.iter().all(is_time)
            }
            "Status" | "OpsItemType" | "Source" => self.operator == "Equal",
            _ => false,
        };
        match known && !self.values.is_empty() {
            true => Ok(self),
            false => Err(invalid(&format!("filter {} {} is not supported", self.key, self.operator))),
        }
    }

    fn passes(&self, members: &BTreeMap<&str, Value>) -> bool {
        let Some(member) = members.get(self.key.as_str()) else { return false };
        let time = time::recorded(member);
        self.values.iter().any(|value| match (self.operator.as_str(), value.parse::<Timestamp>()) {
            ("GreaterThan", Ok(bound)) => time.is_some_and(|time| time > bound),
            ("LessThan", Ok(bound)) => time.is_some_and(|time| time < bound),
            _ => *member == value.as_str(),
        })
    }
}

/// Whether a text is the id of an `OpsItem`.
fn is_id(text: &str) -> bool {
    let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.strip_prefix("oi-").is_some_and(|digits| digits.len() == 12 && digits.bytes().all(is_digit))
}

/// What `DescribeOpsItems` says of an `OpsItem`.
fn summary(item: &Value) -> Value {
    const MEMBERS: [&str; 12] = [
        "Category",
        "CreatedBy",
        "CreatedTime",
        "LastModifiedBy",
        "LastModifiedTime",
        "OperationalData",
        "OpsItemId",
        "OpsItemType",
        "Priority",
        "Severity",
        "Source",
        "Status",
    ];
    let members = MEMBERS.into_iter().chain(["Title"]);
    let given = members.filter_map(|member| Some((member.to_owned(), item.get(member)?.clone())));
    Value::Object(given.collect())
}

fn invalid(message: &str) -> AwsError {
    AwsError::new("ValidationException", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_and_pages() {
        fn check(input: Value, expected: Result<&[&str], &str>) {
            let mut ssm = Ssm::default();
            for hour in 0..3 {
                let id = format!("oi-00000000000{hour}");
                let created = format!("2026-06-15T0{hour}:00:00Z");
                let item = json!({
                    "OpsItemId": id,
                    "CreatedTime": created,
                    "LastModifiedTime": created,
                    "Status": "Open",
                    "Source": "operator",
                    "Title": "Something is down",
                });
                ssm.record(RecordedOpsItem { account: "1".into(), region: "r".into(), id, item }).unwrap();
            }
            let found = ssm.call("1", "r", "DescribeOpsItems", &input).map(|output| {
                let found = output["OpsItemSummaries"].as_array().unwrap();
                let ids = found.iter().map(|item| item["OpsItemId"].as_str().unwrap()[14..].to_owned());
                ids.chain(output["NextToken"].as_str().map(|next| format!("next {next}"))).collect::<Vec<_>>()
            });
            let found = found.as_deref().map_err(|error| error.code.as_str());
            let expected = expected.map(|ids| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>());
            assert_eq!(found, expected.as_deref().map_err(|error| *error), "{input}");
        }
        let filter = |key: &str, operator: &str, value: &str| json!({"OpsItemFilters": [{"Key": key, "Operator": operator, "Values": [value]}]});
        check(json!({}), Ok(&["0", "1", "2"]));
        check(json!({"MaxResults": 2}), Ok(&["0", "1", "next 2"]));
        check(json!({"MaxResults": 2, "NextToken": "2"}), Ok(&["2"]));
        check(json!({"MaxResults": 51}), Err("ValidationException"));
        check(filter("LastModifiedTime", "GreaterThan", "2026-06-15T01:00:00Z"), Ok(&["2"]));
        check(filter("CreatedTime", "LessThan", "2026-06-15T01:00:00Z"), Ok(&["0"]));
        check(filter("Status", "Equal", "Open"), Ok(&["0", "1", "2"]));
        check(filter("Status", "Equal", "Resolved"), Ok(&[]));
        check(filter("CreatedTime", "Equal", "2026-06-15T01:00:00Z"), Err("ValidationException"));
        check(filter("CreatedTime", "LessThan", "yesterday"), Err("ValidationException"));
    }

    #[test]
    fn ids() {
        fn check(text: &str, expected: bool) {
            assert_eq!(is_id(text), expected, "{text:?}");
        }
        check("oi-0123456789ab", true);
        check("oi-0123456789AB", false);
        check("oi-0123456789abc", false);
        check("oi-0123456789a", false);
        check("0123456789ab", false);
        check("", false);
    }
}
