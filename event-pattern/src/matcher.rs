//! What one entry of a field's list asks of a value.

use super::{
    address::{self, AddressRange},
    event::Value,
    text::{AnyCase, Wildcard},
};
use std::ops::{Bound, RangeBounds};

/// One alternative for the value of a field. Texts are compared with a string's quotation marks around it, as
/// [`Value::text`] has them.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Matcher {
    /// The field is in the event.
    Present,
    /// The field isn't in the event.
    Absent,
    Exactly(String),
    Prefix(String),
    Suffix(String),
    EqualsAnyCase(AnyCase),
    PrefixAnyCase(AnyCase),
    SuffixAnyCase(AnyCase),
    Wildcard(Wildcard),
    Number(f64),
    Numbers(Bound<f64>, Bound<f64>),
    Address(AddressRange),
    /// Any value that none of these matches.
    AnythingBut(Vec<Matcher>),
}

impl Matcher {
    pub(super) fn matches(&self, value: &Value) -> bool {
        let text = value.text.as_str();
        match self {
            Self::Present => true,
            Self::Absent => false,
            Self::Exactly(expected) => text == expected,
            Self::Prefix(prefix) => text.starts_with(prefix.as_str()),
            Self::Suffix(suffix) => text.ends_with(suffix.as_str()),
            Self::EqualsAnyCase(expected) => expected.equals(text),
            Self::PrefixAnyCase(prefix) => prefix.starts(text),
            Self::SuffixAnyCase(suffix) => suffix.ends(text),
            Self::Wildcard(wildcard) => wildcard.matches(text),
            Self::Number(expected) => value.number == Some(*expected),
            Self::Numbers(bottom, top) => {
                value.number.is_some_and(|number| (*bottom, *top).contains(&number))
            }
            Self::Address(range) => match text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
                Some(string) => address::digits(string).is_some_and(|digits| range.contains(&digits)),
                // event-ruler compares a number's own digits with those of the addresses.
                None => range.contains(text),
            },
            Self::AnythingBut(matchers) => !matchers.iter().any(|matcher| matcher.matches(value)),
        }
    }
}
