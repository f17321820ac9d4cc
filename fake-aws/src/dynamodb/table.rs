//! A table and its index, in order of their keys.

use super::{
    super::{
        archive::{Archive, Extent},
        resources,
    },
    AwsError, Item,
    capacity::Capacity,
    invalid, value,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    ops::Bound,
};

/// The longest partition key, and the longest sort key, in bytes; of a table and of an index.
/// Source: DynamoDB developer guide, "Constraints in Amazon DynamoDB".
pub(super) const MAX_KEYS: (usize, usize) = (2048, 1024);

/// The keys of an item: partition and sort key.
pub(super) type Key = (String, String);

/// A table.
#[derive(Debug)]
pub(super) struct Table {
    keys: resources::Table,
    items: BTreeMap<Key, Extent>,
    /// The index's keys, and those of the item. Only items with both keys of the index are in it.
    index: BTreeSet<(Key, Key)>,
    archive: Archive,
}

impl Table {
    pub(super) fn new(table: &resources::Table) -> Self {
        Self {
            keys: table.clone(),
            items: BTreeMap::new(),
            index: BTreeSet::new(),
            archive: Archive::default(),
        }
    }

    pub(super) fn items(&self) -> impl Iterator<Item = io::Result<Item>> {
        self.items.values().map(|place| self.archive.json(*place))
    }

    pub(super) fn get(&self, key: &Key) -> io::Result<Option<Item>> {
        self.items.get(key).map(|place| self.archive.json(*place)).transpose()
    }

    /// Puts an item in place of the one with its key.
    pub(super) fn put(&mut self, key: Key, item: &Item) -> io::Result<()> {
        let place = self.archive.put_json(item)?;
        if let Some(old) = self.get(&key)?.and_then(|old| self.index_key(&old)) {
            self.index.remove(&(old, key.clone()));
        }
        if let Some(new) = self.index_key(item) {
            self.index.insert((new, key.clone()));
        }
        self.items.insert(key, place);
        Ok(())
    }

    /// Takes what writing an item needs of its partitions: the table's, and the index's if it is in that.
    pub(super) fn meter_write(
        &self,
        capacity: &mut Capacity,
        key: &Key,
        item: &Item,
    ) -> Result<(), AwsError> {
        let size = value::size(item);
        capacity.write("", &key.0, size)?;
        match self.index_key(item) {
            Some((partition, _)) => capacity.write(&self.keys.index.name, &partition, size),
            None => Ok(()),
        }
    }

    /// The key that an item holds.
    pub(super) fn key_of(&self, item: &Item) -> Result<Key, AwsError> {
        let part = |name: &str| match item.get(name).map(|value| value.get("S").and_then(Value::as_str)) {
            Some(Some(text)) if !text.is_empty() => Ok(text.to_owned()),
            Some(Some(_)) => Err(empty_key(name)),
            Some(None) => {
                let actual = kind(item, name);
                Err(wrong(&format!("Type mismatch for key {name} expected: S actual: {actual}")))
            }
            None => Err(wrong(&format!("Missing the key {name} in the item"))),
        };
        let key = (part(&self.keys.partition_key)?, part(&self.keys.sort_key)?);
        check_sizes(key.0.len(), key.1.len())?;
        Ok(key)
    }

    /// The key that a request names: its two attributes and nothing else. A key of the index may name its own as well.
    pub(super) fn key(&self, attributes: &Item) -> Result<Key, AwsError> {
        let (own, index) = (self.key_names(false), self.key_names(true));
        let known = [own.0, own.1, index.0, index.1];
        if attributes.keys().any(|name| !known.contains(&name.as_str())) || attributes.len() % 2 == 1 {
            return Err(invalid("The provided key element does not match the schema"));
        }
        let texts = [own.0, own.1].map(|name| attributes.get(name)?["S"].as_str());
        if texts.iter().any(|text| text.is_none_or(str::is_empty)) {
            return Err(invalid("The provided key element does not match the schema"));
        }
        self.key_of(attributes)
    }

    /// The names of the table's keys, or of the index's.
    pub(super) fn key_names(&self, indexed: bool) -> (&str, &str) {
        let index = &self.keys.index;
        match indexed {
            true => (&index.partition_key, &index.sort_key),
            false => (&self.keys.partition_key, &self.keys.sort_key),
        }
    }

    pub(super) fn check_index(&self, name: &str) -> Result<(), AwsError> {
        if self.keys.index.name == name {
            return Ok(());
        }
        Err(invalid(&format!("The table does not have the specified index: {name}")))
    }

    /// Refuses an item whose attributes of the index's keys are no texts, or empty ones.
    pub(super) fn check_index_keys(&self, item: &Item) -> Result<(), AwsError> {
        let (index, (partition, sort)) = (&self.keys.index.name, self.key_names(true));
        for name in [partition, sort] {
            if item.get(name).is_some_and(|value| value.get("S").is_none()) {
                let actual = kind(item, name);
                return Err(wrong(&format!(
                    "Type mismatch for Index Key {name} Expected: S Actual: {actual} IndexName: {index}"
                )));
            }
            if item.get(name).is_some_and(|value| value["S"] == "") {
                return Err(invalid(&format!(
                    "One or more parameter values are not valid. A value specified for a secondary index key is \
                     not supported. The AttributeValue for a key attribute cannot contain an empty string value. \
                     IndexName: {index}, IndexKey: {name}"
                )));
            }
        }
        let size = |name: &str| item.get(name).and_then(|value| value["S"].as_str()).map_or(0, str::len);
        check_sizes(size(partition), size(sort))
    }

    /// The keys of the items in a partition of the table or the index, in order of the sort key, after a start.
    pub(super) fn partition<'a>(
        &'a self,
        partition: &'a str,
        indexed: bool,
        start: Option<&Key>,
    ) -> io::Result<Box<dyn Iterator<Item = &'a Key> + 'a>> {
        let first = (partition.to_owned(), String::new());
        if indexed {
            let last = start.map(|key| self.get(key)).transpose()?.flatten();
            let start = start.and_then(|key| Some((self.index_key(last.as_ref()?)?, key.clone())));
            let from = start.map_or(Bound::Included((first, Key::default())), Bound::Excluded);
            let keys = self.index.range((from, Bound::Unbounded));
            let within = keys.take_while(move |((day, _), _)| day == partition);
            return Ok(Box::new(within.map(|(_, key)| key)));
        }
        let from = start.map_or(Bound::Included(first), |key| Bound::Excluded(key.clone()));
        let keys = self.items.range((from, Bound::Unbounded)).map(|(key, _)| key);
        Ok(Box::new(keys.take_while(move |(pk, _)| pk == partition)))
    }

    /// A key as attributes, for `LastEvaluatedKey`.
    pub(super) fn key_attributes(&self, key: &Key, indexed: bool) -> io::Result<Value> {
        let names = self.key_names(false);
        let mut attributes = json!({names.0: {"S": key.0}, names.1: {"S": key.1}});
        if indexed && let Some((partition, sort)) = self.get(key)?.and_then(|item| self.index_key(&item)) {
            let names = self.key_names(true);
            attributes[names.0] = json!({"S": partition});
            attributes[names.1] = json!({"S": sort});
        }
        Ok(attributes)
    }

    fn index_key(&self, item: &Item) -> Option<Key> {
        let text = |name: &str| item.get(name)?.get("S")?.as_str().map(str::to_owned);
        let (partition, sort) = self.key_names(true);
        Some((text(partition)?, text(sort)?))
    }
}

/// Refuses keys that are too long.
pub(super) fn check_sizes(partition: usize, sort: usize) -> Result<(), AwsError> {
    if partition > MAX_KEYS.0 {
        return Err(wrong("Size of hashkey has exceeded the maximum size limit of2048 bytes"));
    }
    if sort > MAX_KEYS.1 {
        return Err(wrong("Aggregated size of all range keys has exceeded the size limit of 1024 bytes"));
    }
    Ok(())
}

/// That a key, or what is asked of one, is an empty text.
pub(super) fn empty_key(name: &str) -> AwsError {
    let empty = "The AttributeValue for a key attribute cannot contain an empty string value";
    invalid(&format!("One or more parameter values are not valid. {empty}. Key: {name}"))
}

/// The type of an attribute.
fn kind<'a>(item: &'a Item, name: &str) -> &'a str {
    let kinds = item.get(name).and_then(Value::as_object).and_then(|value| value.keys().next());
    kinds.map_or("", String::as_str)
}

fn wrong(message: &str) -> AwsError {
    invalid(&format!("One or more parameter values were invalid: {message}"))
}
