//! Times: as the AWS CLI prints them, and as the services send them.

use jiff::Timestamp;
use serde_json::Value;

/// Reads a time as the AWS CLI prints it: RFC 3339, or, in version 1, seconds since 1970.
pub fn recorded(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(seconds) => {
            // More digits than microseconds would be noise of the binary fraction.
            let microseconds = (seconds.as_f64()? * 1_000_000.0).round();
            Timestamp::from_microsecond(microseconds as i64).ok()
        }
        _ => None,
    }
}

/// A time as the AWS JSON protocols send it: seconds since 1970, with a fraction.
pub(super) fn epoch(time: Timestamp) -> Value {
    (time.as_microsecond() as f64 / 1_000_000.0).into()
}

/// Replaces the named members of an object, where they are times, by what the AWS JSON protocols send.
pub(super) fn to_wire(object: &mut Value, members: &[&str]) {
    for member in members {
        if let Some(value) = object.get_mut(member)
            && let Some(time) = recorded(value)
        {
            *value = epoch(time);
        }
    }
}
