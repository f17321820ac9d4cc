//! JSON as the matcher needs it: members in their written order, duplicates kept, numbers as written.
//!
//! A [`serde_json::Value`] keeps none of these, and each of them decides some match: of two entries for one field the
//! last counts, and a number that no `f64` holds exactly is compared by its text.

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::{Error, value::RawValue};
use std::fmt;

/// The depth at which `serde_json` itself stops.
const DEEPEST: usize = 128;

/// One JSON value.
#[derive(Debug, PartialEq)]
pub(super) enum Json {
    Object(Vec<(String, Json)>),
    Array(Vec<Json>),
    String(String),
    /// A number's text, as written.
    Number(String),
    Bool(bool),
    Null,
}

impl Json {
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        Self::read(serde_json::from_str(text)?, 0)
    }

    fn read(raw: &RawValue, depth: usize) -> Result<Self, Error> {
        if depth == DEEPEST {
            return Err(Error::custom("recursion limit exceeded"));
        }
        let text = raw.get();
        Ok(match text.as_bytes().first() {
            Some(b'{') => {
                let Members(members) = serde_json::from_str(text)?;
                let read = |(name, raw)| Ok((name, Self::read(raw, depth + 1)?));
                Self::Object(members.into_iter().map(read).collect::<Result<_, Error>>()?)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(text)?;
                let read = |raw| Self::read(raw, depth + 1);
                Self::Array(items.into_iter().map(read).collect::<Result<_, Error>>()?)
            }
            Some(b'"') => Self::String(serde_json::from_str(text)?),
            Some(b't') => Self::Bool(true),
            Some(b'f') => Self::Bool(false),
            Some(b'n') => Self::Null,
            _ => Self::Number(text.to_owned()),
        })
    }
}

/// An object's members, not yet read.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_order_duplicates_and_the_text_of_numbers() {
        let json = Json::parse(r#" {"b": 1.50, "a": [true, null, "\u00e4"], "b": 1e400} "#).unwrap();
        let expected = Json::Object(vec![
            ("b".to_owned(), Json::Number("1.50".to_owned())),
            ("a".to_owned(), Json::Array(vec![Json::Bool(true), Json::Null, Json::String("ä".to_owned())])),
            ("b".to_owned(), Json::Number("1e400".to_owned())),
        ]);
        assert_eq!(json, expected);
    }

    #[test]
    fn refuses_what_is_not_json() {
        let deep = "[".repeat(200) + &"]".repeat(200);
        for text in ["", "{", "{\"a\":}", "[1,]", "{} x", "nul", "01", deep.as_str()] {
            assert!(Json::parse(text).is_err(), "{text}");
        }
    }
}
