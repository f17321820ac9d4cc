//! Attribute values in DynamoDB's JSON: `{"S": "text"}`, `{"N": "1.5"}`.

use super::{AwsError, Item, invalid};
use serde_json::Value;
use std::cmp::Ordering;

/// Refuses what is no attribute value.
pub(super) fn check_value(value: &Value) -> Result<(), AwsError> {
    let refused = |reason: &str| {
        let message = "One or more parameter values were invalid: Supplied AttributeValue ";
        Err(invalid(&format!("{message}{reason}")))
    };
    const ONE: &str = "must contain exactly one of the supported datatypes";
    let mut kinds = value.as_object().into_iter().flatten();
    let Some((kind, inner)) = kinds.next() else { return refused(&format!("is empty, {ONE}")) };
    if kinds.next().is_some() {
        return refused(&format!("has more than one datatypes set, {ONE}"));
    }
    match (kind.as_str(), inner) {
        ("S", Value::String(_)) | ("BOOL", Value::Bool(_)) | ("NULL", Value::Bool(true)) => Ok(()),
        ("N", Value::String(text)) => check_number(text).map_err(invalid),
        ("B" | "SS" | "NS" | "BS" | "M" | "L", _) => {
            Err(AwsError::not_implemented("dynamodb", &format!("attribute values of type {kind}")))
        }
        _ => refused("has no supported datatype"),
    }
}

/// Refuses what is no number, or one that is too large, too small or too exact.
fn check_number(text: &str) -> Result<(), &'static str> {
    const NONE: &str = "The parameter cannot be converted to a numeric value";
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i64 = exponent.parse().map_err(|_| NONE)?;
    let mantissa = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(NONE);
    }
    let zeros = digits.bytes().take_while(|digit| *digit == b'0').count();
    let magnitude = i64::try_from(whole.len()).unwrap_or(i64::MAX) - i64::try_from(zeros).unwrap_or(i64::MAX);
    match (digits.trim_matches('0').len(), magnitude.saturating_add(exponent)) {
        (0, _) => Ok(()),
        (_, 127..) => {
            Err("Number overflow. Attempting to store a number with magnitude larger than supported range")
        }
        (_, ..-129) => {
            Err("Number underflow. Attempting to store a number with magnitude smaller than supported range")
        }
        (39.., _) => Err("Attempting to store more than 38 significant digits in a Number"),
        _ => Ok(()),
    }
}

/// The order of two values of one type; none for values that have none.
pub(super) fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    let typed = |value: &Value, kind: &str| value.get(kind)?.as_str().map(str::to_owned);
    if let (Some(a), Some(b)) = (typed(a, "S"), typed(b, "S")) {
        return Some(a.cmp(&b));
    }
    let number = |value: &Value| typed(value, "N")?.parse::<f64>().ok();
    number(a)?.partial_cmp(&number(b)?)
}

/// The size of an item: its names and values, in bytes.
pub(super) fn size(item: &Item) -> usize {
    let value = |value: &Value| {
        value.as_object().into_iter().flat_map(|value| value.values()).map(text_size).sum::<usize>()
    };
    item.iter().map(|(name, attribute)| name.len() + value(attribute)).sum()
}

fn text_size(value: &Value) -> usize {
    value.as_str().map_or(1, str::len)
}
