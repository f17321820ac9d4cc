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
    let Some((kind, inner)) = value.as_object().and_then(|value| value.iter().next()) else {
        return refused("is empty, must contain exactly one of the supported datatypes");
    };
    match (kind.as_str(), inner) {
        ("S", Value::String(_)) | ("BOOL", Value::Bool(_)) | ("NULL", Value::Bool(true)) => Ok(()),
        ("N", Value::String(text)) if text.parse::<f64>().is_ok_and(f64::is_finite) => Ok(()),
        ("N", _) => Err(invalid("The parameter cannot be converted to a numeric value")),
        ("B" | "SS" | "NS" | "BS" | "M" | "L", _) => {
            Err(AwsError::not_implemented("dynamodb", &format!("attribute values of type {kind}")))
        }
        _ => refused("has no supported datatype"),
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
