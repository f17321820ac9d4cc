//! EventBridge event patterns.
//!
//! The rules are those of [event-ruler](https://github.com/aws/event-ruler) 2.1.0, the matcher that AWS publishes,
//! its oddities included where they can decide a match. `tests/fixtures/event-patterns` has its answers to compare
//! with.
//!
//! Left out are the faults of its state machine, where values of one field disturb each other: after a wildcard that
//! begins with `*`, an `equals-ignore-case` in the same list matches more than it says.

mod address;
pub mod cases;
mod compile;
mod event;
mod json;
mod matcher;
mod number;
mod operators;
mod repeated;
#[cfg(test)]
mod tests;
mod text;

pub use event::{Event, InvalidEvent};

use event::{Element, Value};
use json::Json;
use matcher::Matcher;

/// A pattern, ready to be matched against any number of events.
#[derive(Debug)]
pub struct Pattern {
    /// An event matches when it matches one of these.
    rules: Vec<Vec<Field>>,
}

/// Why EventBridge refuses a pattern.
#[derive(Debug, thiserror::Error)]
pub enum InvalidPattern {
    /// The text is not JSON.
    #[error("the event pattern is not valid JSON")]
    Json(#[source] serde_json::Error),
    /// The JSON is not a pattern.
    #[error("the event pattern is not valid{}: {reason}", place(path))]
    Rule {
        /// The names that lead to the fault, with dots between them; empty for the pattern as a whole.
        path: String,
        /// What is wrong there.
        reason: &'static str,
    },
}

impl InvalidPattern {
    fn new(path: &str, reason: &'static str) -> Self {
        Self::Rule { path: path.to_owned(), reason }
    }
}

fn place(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!(" at \"{path}\"") }
}

impl Pattern {
    /// Reads a pattern from its JSON text.
    ///
    /// # Errors
    /// When EventBridge would refuse the pattern.
    pub fn parse(text: &str) -> Result<Self, InvalidPattern> {
        let json = Json::parse(text).map_err(InvalidPattern::Json)?;
        let rules = repeated::without_repeated(compile::compile(&json)?);
        let fields = |rule: compile::Rule| rule.into_iter().map(|(path, matchers)| Field { path, matchers });
        Ok(Self { rules: rules.into_iter().map(|rule| fields(rule).collect()).collect() })
    }

    /// Takes a pattern from a JSON value. Prefer [`Pattern::parse`] where the text is at hand: a value has lost the
    /// order of its members, which counts where `$or` and a plain entry are about the same field.
    ///
    /// # Errors
    /// When EventBridge would refuse the pattern.
    pub fn from_value(value: &serde_json::Value) -> Result<Self, InvalidPattern> {
        Self::parse(&value.to_string())
    }

    /// Whether an event matches.
    #[must_use]
    pub fn matches(&self, event: &Event) -> bool {
        self.rules.iter().any(|rule| all_match(rule, event, &mut vec![]))
    }
}

/// What a rule asks of one field: that a value matches one of these.
#[derive(Debug)]
struct Field {
    path: String,
    matchers: Vec<Matcher>,
}

impl Field {
    fn matches(&self, value: &Value) -> bool {
        self.matchers.iter().any(|matcher| matcher.matches(value))
    }

    fn may_be_absent(&self) -> bool {
        self.matchers.contains(&Matcher::Absent)
    }
}

/// Whether the event has a value for every field, such that no two of the values are from different elements of one
/// array. `chosen` are the elements of the values chosen so far.
///
/// The fields go by their names' order, which counts: a field is absent when no value of it goes with those chosen
/// *before*.
fn all_match(fields: &[Field], event: &Event, chosen: &mut Vec<Element>) -> bool {
    let Some((field, rest)) = fields.split_first() else {
        return true;
    };
    let values = event.values(&field.path).iter();
    let values: Vec<&Value> = values.filter(|value| go_together(chosen, &value.elements)).collect();
    if values.is_empty() {
        return field.may_be_absent() && all_match(rest, event, chosen);
    }
    // Another value from the same elements makes no difference to the rest.
    let mut failed: Vec<&[Element]> = vec![];
    for value in values {
        if failed.contains(&value.elements.as_slice()) || !field.matches(value) {
            continue;
        }
        let before = chosen.len();
        chosen.extend(&value.elements);
        if all_match(rest, event, chosen) {
            return true;
        }
        chosen.truncate(before);
        failed.push(&value.elements);
    }
    false
}

fn go_together(chosen: &[Element], elements: &[Element]) -> bool {
    let apart = |one: &Element, other: &Element| one.array == other.array && one.index != other.index;
    !elements.iter().any(|element| chosen.iter().any(|chosen| apart(chosen, element)))
}
