//! Values of a configuration that can't be used.

use serde_json::Value;
use std::fmt;

/// How much of a value is shown, in characters.
const LONGEST: usize = 200;

/// Every value of a configuration that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct InvalidSettings(pub Vec<Problem>);

impl fmt::Display for InvalidSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problems: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&problems.join("; "))
    }
}

/// A value that can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The path of the value, from the key on.
    pub key: String,
    /// What is there instead.
    pub found: Found,
    /// What is allowed.
    pub allowed: String,
}

/// What is there instead of a value that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Missing,
    /// This value.
    Value(Value),
    /// A value that must not be shown, but may be described.
    Secret(&'static str),
}

impl From<Option<Value>> for Found {
    fn from(value: Option<Value>) -> Self {
        value.map_or(Self::Missing, Self::Value)
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("missing"),
            Self::Value(value) => {
                let text = value.to_string();
                match text.char_indices().nth(LONGEST) {
                    Some((end, _)) => write!(f, "{}…", &text[..end]),
                    None => f.write_str(&text),
                }
            }
            Self::Secret(description) => f.write_str(description),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}, allowed is {}", self.key, self.found, self.allowed)
    }
}
