//! DynamoDB: tables whose keys are strings, each with one index; `PutItem`, `UpdateItem`, both in `TransactWriteItems`, and
//! `Query`.
//!
//! Of the expression language it knows what [`expression`] says, and refuses the rest by name. Requests that DynamoDB
//! refuses are refused.

mod capacity;
mod expression;
mod request;
mod table;
mod value;

use crate::{AwsError, resources};
use capacity::Capacity;
use expression::{Condition, Names, Operand};
use jiff::Timestamp;
use request::{PutItem, Query, TransactWriteItem, TransactWriteItems, UpdateItem, read};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, io};
use table::{Key, Table};
use value::check_value;

/// An item: attribute values in DynamoDB's JSON, `{"S": "…"}`, by name.
pub(super) type Item = Map<String, Value>;

/// The largest item, in bytes.
const MAX_ITEM: usize = 400 * 1024;
/// The most that a page of a query holds, in bytes.
const MAX_PAGE: usize = 1024 * 1024;

/// An item as it is to be written.
struct Written {
    table: String,
    key: Key,
    item: Item,
}

/// The tables.
#[derive(Debug)]
pub struct DynamoDb {
    tables: BTreeMap<String, Table>,
    capacity: Capacity,
}

impl DynamoDb {
    /// Empty tables.
    pub fn new<'a>(tables: impl IntoIterator<Item = &'a resources::Table>) -> Self {
        let tables = tables.into_iter().map(|table| (table.name.clone(), Table::new(table)));
        Self { tables: tables.collect(), capacity: Capacity::default() }
    }

    /// The items of a table, by key; none if there is no such table.
    ///
    /// # Errors
    /// An item that can't be read from disk.
    pub fn items(&self, table: &str) -> impl Iterator<Item = io::Result<Map<String, Value>>> {
        self.tables.get(table).into_iter().flat_map(Table::items)
    }

    /// Puts an item into a table, as if it had always been there.
    ///
    /// # Errors
    /// What `PutItem` refuses.
    pub fn put(&mut self, table: &str, item: &Value) -> Result<(), AwsError> {
        self.put_item(read(json!({"TableName": table, "Item": item}))?).map(drop)
    }

    /// Answers an operation, at an instant if partitions have the capacity of DynamoDB's.
    pub(super) fn call_metered(
        &mut self,
        operation: &str,
        input: Value,
        now: Option<Timestamp>,
    ) -> Result<Value, AwsError> {
        self.capacity.at(now);
        self.call(operation, input)
    }

    /// Answers an operation.
    pub(super) fn call(&mut self, operation: &str, input: Value) -> Result<Value, AwsError> {
        match operation {
            "PutItem" => self.put_item(read(input)?),
            "UpdateItem" => self.update_item(read(input)?),
            "TransactWriteItems" => self.transact_write_items(read(input)?),
            "Query" => self.query(read(input)?),
            _ => Err(AwsError::not_implemented("dynamodb", operation)),
        }
    }

    fn put_item(&mut self, input: PutItem) -> Result<Value, AwsError> {
        let written = self.putting(input)?;
        self.write(written).map(|()| json!({}))
    }

    fn update_item(&mut self, input: UpdateItem) -> Result<Value, AwsError> {
        let written = self.updating(input)?;
        self.write(written).map(|()| json!({}))
    }

    /// All or nothing. The error has a reason for each item, in order.
    fn transact_write_items(&mut self, input: TransactWriteItems) -> Result<Value, AwsError> {
        if input.transact_items.is_empty() || input.transact_items.len() > 100 {
            return Err(invalid("Member must have length less than or equal to 100, and at least 1"));
        }
        let (mut all, mut reasons, mut is_canceled) = (Vec::<Written>::new(), Vec::new(), false);
        for item in input.transact_items {
            let written = match item {
                TransactWriteItem::Put(put) => self.putting(put),
                TransactWriteItem::Update(update) => self.updating(update),
            };
            match written {
                Ok(written) => {
                    if all.iter().any(|other| (&other.table, &other.key) == (&written.table, &written.key)) {
                        let message = "Transaction request cannot include multiple operations on one item";
                        return Err(invalid(message));
                    }
                    all.push(written);
                    reasons.push(json!({"Code": "None"}));
                }
                Err(error) if error.code == "ConditionalCheckFailedException" => {
                    is_canceled = true;
                    let message = "The conditional request failed";
                    let mut reason = json!({"Code": "ConditionalCheckFailed", "Message": message});
                    if let Some(item) = error.fields.get("Item") {
                        reason["Item"] = item.clone();
                    }
                    reasons.push(reason);
                }
                Err(error) => return Err(error),
            }
        }
        if is_canceled {
            let codes: Vec<&str> = reasons.iter().filter_map(|reason| reason["Code"].as_str()).collect();
            let message = format!(
                "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
                codes.join(", ")
            );
            let mut error = AwsError::new("TransactionCanceledException", message);
            error.fields.insert("CancellationReasons".into(), reasons.into());
            return Err(error);
        }
        all.into_iter().try_for_each(|written| self.write(written))?;
        Ok(json!({}))
    }

    fn write(&mut self, Written { table: name, key, item }: Written) -> Result<(), AwsError> {
        Ok(table(&mut self.tables, &name)?.put(key, &item)?)
    }

    fn putting(&mut self, input: PutItem) -> Result<Written, AwsError> {
        let table = table(&mut self.tables, &input.table_name)?;
        let mut names = Names::new(input.names, input.values)?;
        let condition = names.condition("ConditionExpression", input.condition_expression.as_deref())?;
        names.check_all_used()?;
        let key = table.key_of(&input.item)?;
        check_item(table, &input.item)?;
        table.meter_write(&mut self.capacity, &key, &input.item)?;
        check_condition(table.get(&key)?.as_ref(), condition.as_ref(), input.on_failure.as_deref())?;
        Ok(Written { table: input.table_name, key, item: input.item })
    }

    fn updating(&mut self, input: UpdateItem) -> Result<Written, AwsError> {
        let table = table(&mut self.tables, &input.table_name)?;
        let mut names = Names::new(input.names, input.values)?;
        let condition = names.condition("ConditionExpression", input.condition_expression.as_deref())?;
        let assignments = names.assignments(&input.update_expression)?;
        names.check_all_used()?;
        let key = table.key(&input.key)?;
        if let Some((name, _)) = assignments.iter().find(|(name, _)| input.key.contains_key(name)) {
            let message = format!("Cannot update attribute {name}. This attribute is part of the key");
            return Err(invalid(&format!("One or more parameter values were invalid: {message}")));
        }
        let old = table.get(&key)?;
        table.meter_write(&mut self.capacity, &key, old.as_ref().unwrap_or(&input.key))?;
        check_condition(old.as_ref(), condition.as_ref(), input.on_failure.as_deref())?;
        let mut item = old.clone().unwrap_or(input.key);
        for (name, value) in assignments {
            let value = match value {
                Operand::Value(value) => value,
                Operand::Attribute(from) => {
                    old.as_ref().and_then(|old| old.get(&from).cloned()).ok_or_else(|| {
                        invalid(
                            "The provided expression refers to an attribute that does not exist in the item",
                        )
                    })?
                }
            };
            item.insert(name, value);
        }
        check_item(table, &item)?;
        Ok(Written { table: input.table_name, key, item })
    }

    fn query(&mut self, input: Query) -> Result<Value, AwsError> {
        let table = table(&mut self.tables, &input.table_name)?;
        let mut names = Names::new(input.names, input.values)?;
        let condition =
            names.condition("KeyConditionExpression", input.key_condition_expression.as_deref())?;
        let condition = condition.ok_or_else(|| {
            invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
        })?;
        names.check_all_used()?;
        let indexed =
            input.index_name.as_deref().map(|index| table.check_index(index)).transpose()?.is_some();
        if indexed && input.consistent_read == Some(true) {
            return Err(invalid("Consistent reads are not supported on global secondary indexes"));
        }
        let (partition_key, sort_key) = table.key_names(indexed);
        let partition = condition.partition(partition_key, sort_key)?;
        let start =
            input.exclusive_start_key.map(|key| table.key(&key).map(|key| (key, input.limit))).transpose()?;
        let start = start.map(|(key, _)| key);
        let limit = input.limit.unwrap_or(usize::MAX);
        if limit == 0 {
            let constraint =
                "failed to satisfy constraint: Member must have value greater than or equal to 1";
            return Err(invalid(&format!("1 validation error detected: Value '0' at 'limit' {constraint}")));
        }
        let consistent = input.consistent_read == Some(true);
        let of = if indexed { input.index_name.as_deref().unwrap_or_default() } else { "" };
        let (mut items, mut size, mut last) = (Vec::new(), 0, None);
        for key in table.partition(&partition, indexed, start.as_ref())? {
            let Some(item) = table.get(key)? else { continue };
            if !condition.holds(Some(&item)) {
                continue;
            }
            if items.len() == limit || size > MAX_PAGE {
                self.capacity.read(of, &partition, size, consistent)?;
                let last = last.map(|key: &Key| table.key_attributes(key, indexed)).transpose()?;
                return Ok(json!({
                    "Count": items.len(),
                    "ScannedCount": items.len(),
                    "Items": items,
                    "LastEvaluatedKey": last,
                }));
            }
            size += value::size(&item);
            items.push(item);
            last = Some(key);
        }
        self.capacity.read(of, &partition, size, consistent)?;
        Ok(json!({"Count": items.len(), "ScannedCount": items.len(), "Items": items}))
    }
}

fn table<'a>(tables: &'a mut BTreeMap<String, Table>, name: &str) -> Result<&'a mut Table, AwsError> {
    let message = "Requested resource not found";
    tables.get_mut(name).ok_or_else(|| AwsError::new("ResourceNotFoundException", message))
}

fn check_item(table: &Table, item: &Item) -> Result<(), AwsError> {
    item.values().try_for_each(check_value)?;
    if value::size(item) > MAX_ITEM {
        return Err(invalid("Item size has exceeded the maximum allowed size"));
    }
    table.check_index_keys(item)
}

fn check_condition(
    item: Option<&Item>,
    condition: Option<&Condition>,
    on_failure: Option<&str>,
) -> Result<(), AwsError> {
    if condition.is_none_or(|condition| condition.holds(item)) {
        return Ok(());
    }
    let mut error = AwsError::new("ConditionalCheckFailedException", "The conditional request failed");
    if let (Some("ALL_OLD"), Some(item)) = (on_failure, item) {
        error.fields.insert("Item".into(), Value::Object(item.clone()));
    }
    Err(error)
}

fn invalid(message: &str) -> AwsError {
    AwsError::new("ValidationException", message)
}

#[cfg(test)]
mod tests;
