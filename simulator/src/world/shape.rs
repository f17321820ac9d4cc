//! What a JSON value must look like, and the place where it does not. What must not be shown, a commit's message or a
//! webhook's body, is part of no reason.

use super::Malformed;
use fake_aws::recorded_time;
use jiff::Timestamp;
use metrics_lib::sources::opscenter::OpsItemId;
use program::settings::is_region;
use serde_json::Value;

/// What a value must be.
#[derive(Debug)]
pub(super) enum Shape {
    /// Any text.
    Text,
    /// A text that is not empty.
    Name,
    /// A whole number.
    Integer,
    /// The id of an account.
    Account,
    /// The name of a region.
    Region,
    /// The id of an `OpsItem`.
    OpsItemId,
    /// A time, as the AWS CLI prints it.
    Time,
    /// A time in RFC 3339, as events have it.
    Instant,
    /// An array of such elements.
    List(&'static Shape),
    /// An object with such values, whatever their names.
    Map(&'static Shape),
    /// An object with at least these members.
    Object(&'static [Member]),
    /// An object with these members and no others.
    Closed(&'static [Member]),
}

/// A member of an object.
#[derive(Debug)]
pub(super) struct Member {
    name: &'static str,
    shape: Shape,
    is_required: bool,
}

/// A member that must be there.
pub(super) const fn required(name: &'static str, shape: Shape) -> Member {
    Member { name, shape, is_required: true }
}

/// A member that may be missing, or null.
pub(super) const fn optional(name: &'static str, shape: Shape) -> Member {
    Member { name, shape, is_required: false }
}

impl Shape {
    /// Checks a value that is at a path.
    pub(super) fn check(&self, path: &str, value: &Value) -> Result<(), Malformed> {
        let is = |is: fn(&str) -> bool| value.as_str().is_some_and(is);
        let is_so = match self {
            Self::Text => value.is_string(),
            Self::Name => is(|text| !text.trim().is_empty()),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Account => is(|text| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())),
            Self::Region => is(is_region),
            Self::OpsItemId => is(|text| text.parse::<OpsItemId>().is_ok()),
            Self::Time => recorded_time(value).is_some(),
            Self::Instant => is(|text| text.parse::<Timestamp>().is_ok()),
            Self::List(shape) => {
                for (index, element) in value.as_array().into_iter().flatten().enumerate() {
                    shape.check(&format!("{path}[{index}]"), element)?;
                }
                value.is_array()
            }
            Self::Map(shape) => {
                // An API's map does without what is null.
                let members = value.as_object().into_iter().flatten();
                for (name, value) in members.filter(|(_, value)| !value.is_null()) {
                    shape.check(&format!("{path}.{name}"), value)?;
                }
                value.is_object()
            }
            Self::Object(members) | Self::Closed(members) => {
                for member in value.as_object().into_iter().flat_map(|_| members.iter()) {
                    member.check(path, value)?;
                }
                value.is_object()
            }
        };
        if !is_so {
            return Err(Malformed::new(path, format!("it is {}, not {}", kind(value), self.description())));
        }
        match (self, value) {
            (Self::Closed(members), Value::Object(object)) => {
                let known = |name: &&String| members.iter().any(|member| member.name == **name);
                object.keys().find(|name| !known(name)).map_or(Ok(()), |unknown| {
                    let names: Vec<_> = members.iter().map(|member| member.name).collect();
                    let reason = format!("it means nothing here; known are {}", names.join(", "));
                    Err(Malformed::new(format!("{path}.{unknown}"), reason))
                })
            }
            _ => Ok(()),
        }
    }

    fn description(&self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Name => "a text that is not empty",
            Self::Integer => "a whole number",
            Self::Account => "an account id as text, 12 digits",
            Self::Region => "a region such as \"eu-west-1\"",
            Self::OpsItemId => "an OpsItem's id, \"oi-\" and 12 hexadecimal digits",
            Self::Time | Self::Instant => "a time such as \"2026-06-15T12:00:00.123Z\"",
            Self::List(_) => "a list",
            Self::Map(_) | Self::Object(_) | Self::Closed(_) => "an object",
        }
    }
}

impl Member {
    fn check(&self, path: &str, object: &Value) -> Result<(), Malformed> {
        let Self { name, shape, is_required } = self;
        let path = format!("{path}.{name}");
        match object.get(name) {
            None if *is_required => {
                Err(Malformed::new(path, format!("it is missing: {}", shape.description())))
            }
            None => Ok(()),
            Some(Value::Null) if !is_required => Ok(()),
            Some(value) => shape.check(&path, value),
        }
    }
}

/// What a value is, without its text.
fn kind(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "an empty text".to_owned(),
        Value::String(_) => "a text".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        value => value.to_string(),
    }
}
