//! An event as the matcher sees it: a flat list of paths and their values.

use super::{json::Json, number};
use std::collections::HashMap;

/// An event, ready to be matched against any number of patterns.
#[derive(Debug)]
pub struct Event {
    values: HashMap<String, Vec<Value>>,
}

/// Why a text is not an event.
#[derive(Debug, thiserror::Error)]
pub enum InvalidEvent {
    /// The text is not JSON.
    #[error("the event is not valid JSON")]
    Json(#[source] serde_json::Error),
    /// The text is JSON, but not an object.
    #[error("the event is not a JSON object")]
    NotAnObject,
}

impl Event {
    /// Reads an event from its JSON text.
    ///
    /// # Errors
    /// When the text is not one JSON object.
    pub fn parse(text: &str) -> Result<Self, InvalidEvent> {
        let Json::Object(members) = Json::parse(text).map_err(InvalidEvent::Json)? else {
            return Err(InvalidEvent::NotAnObject);
        };
        let mut flattener = Flattener::default();
        flattener.object(None, members);
        Ok(Self { values: flattener.values })
    }

    /// Takes an event from a JSON value. Prefer [`Event::parse`] where the text is at hand: a value has lost repeated
    /// members and the text of its numbers.
    ///
    /// # Errors
    /// When the value is not an object.
    pub fn from_value(value: &serde_json::Value) -> Result<Self, InvalidEvent> {
        Self::parse(&value.to_string())
    }

    /// The values at a path, in the order in which they stand in the event.
    pub(super) fn values(&self, path: &str) -> &[Value] {
        self.values.get(path).map_or(&[], Vec::as_slice)
    }
}

/// A value that is neither an object nor an array.
#[derive(Debug)]
pub(super) struct Value {
    /// A string with a quotation mark on either side (and nothing escaped), everything else as written.
    pub(super) text: String,
    /// The number, if the value is one that can be [compared](number::comparable).
    pub(super) number: Option<f64>,
    /// The elements of arrays that this value is a part of.
    pub(super) elements: Vec<Element>,
}

/// One element of one of the event's arrays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Element {
    pub(super) array: usize,
    pub(super) index: usize,
}

#[derive(Default)]
struct Flattener {
    values: HashMap<String, Vec<Value>>,
    /// Where the walk is: the elements that enclose the current value.
    elements: Vec<Element>,
    arrays: usize,
}

impl Flattener {
    fn object(&mut self, path: Option<&str>, members: Vec<(String, Json)>) {
        for (name, value) in members {
            let path = path.map_or_else(|| name.clone(), |parent| format!("{parent}.{name}"));
            self.value(&path, value);
        }
    }

    fn value(&mut self, path: &str, value: Json) {
        match value {
            Json::Object(members) => self.object(Some(path), members),
            Json::Array(items) => self.array(path, items),
            Json::String(string) => self.add(path, format!("\"{string}\""), None),
            Json::Number(text) => {
                let number = number::comparable(&text);
                self.add(path, text, number);
            }
            Json::Bool(bool) => self.add(path, bool.to_string(), None),
            Json::Null => self.add(path, "null".to_owned(), None),
        }
    }

    /// An array has no place in the path. Of its items only objects and arrays belong to one element; plain values
    /// belong to all of the array, so that fields of different elements never meet but `["a", "b"]` is a set.
    fn array(&mut self, path: &str, items: Vec<Json>) {
        let array = self.arrays;
        self.arrays += 1;
        for (index, item) in items.into_iter().enumerate() {
            if matches!(item, Json::Object(_) | Json::Array(_)) {
                self.elements.push(Element { array, index });
                self.value(path, item);
                self.elements.pop();
            } else {
                self.value(path, item);
            }
        }
    }

    fn add(&mut self, path: &str, text: String, number: Option<f64>) {
        let value = Value { text, number, elements: self.elements.clone() };
        self.values.entry(path.to_owned()).or_default().push(value);
    }
}
