//! The part of CBOR that Smithy RPC v2 uses, as JSON values; timestamps (tag 1) become numbers of seconds.

use super::AwsError;
use minicbor::{Decoder, Encoder, data::Type, decode::Error};
use serde_json::{Map, Number, Value};

/// Reads a document. Not-a-number and infinities, which JSON does not know, become the texts `NaN`, `inf`, `-inf`.
pub(super) fn decode(bytes: &[u8]) -> Result<Value, AwsError> {
    let refuse = |error: Error| AwsError::new("SerializationException", error.to_string());
    value(&mut Decoder::new(bytes), 0).map_err(refuse)
}

/// Writes an object of texts, which is all that errors and empty answers are.
pub(super) fn encode(members: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes);
    // Writing to memory does not fail.
    let _ = encoder.map(members.len() as u64).map(drop);
    for (name, value) in members {
        let _ = encoder.str(name).and_then(|encoder| encoder.str(value)).map(drop);
    }
    bytes
}

fn value(decoder: &mut Decoder<'_>, depth: usize) -> Result<Value, Error> {
    if depth > 32 {
        return Err(Error::message("nested too deeply"));
    }
    match decoder.datatype()? {
        Type::Map | Type::MapIndef => {
            let length = decoder.map()?;
            let mut members = Map::new();
            while !ended(decoder, length, members.len())? {
                let name = text(decoder)?;
                members.insert(name, value(decoder, depth + 1)?);
            }
            Ok(Value::Object(members))
        }
        Type::Array | Type::ArrayIndef => {
            let length = decoder.array()?;
            let mut elements = Vec::new();
            while !ended(decoder, length, elements.len())? {
                elements.push(value(decoder, depth + 1)?);
            }
            Ok(Value::Array(elements))
        }
        Type::String | Type::StringIndef => text(decoder).map(Value::String),
        Type::Tag => {
            decoder.tag()?;
            value(decoder, depth + 1)
        }
        Type::F16 | Type::F32 | Type::F64 => {
            let number = decoder.f64()?;
            Ok(Number::from_f64(number).map_or_else(|| number.to_string().into(), Value::Number))
        }
        Type::Bool => decoder.bool().map(Value::Bool),
        Type::Null | Type::Undefined => decoder.skip().map(|()| Value::Null),
        _ => {
            i64::try_from(decoder.int()?).map(Value::from).map_err(|_| Error::message("integer out of range"))
        }
    }
}

/// Whether a map or array is at its end: by its length, or, if it has none, by the break that follows.
fn ended(decoder: &mut Decoder<'_>, length: Option<u64>, read: usize) -> Result<bool, Error> {
    match length {
        Some(length) => Ok(read as u64 >= length),
        None if decoder.datatype()? == Type::Break => decoder.skip().map(|()| true),
        None => Ok(false),
    }
}

fn text(decoder: &mut Decoder<'_>) -> Result<String, Error> {
    decoder.str_iter()?.collect()
}
