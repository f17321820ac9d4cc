//! The part of CBOR that Smithy RPC v2 uses, as JSON values; timestamps (tag 1) become numbers of seconds.

use crate::AwsError;
use jiff::Timestamp;
use minicbor::{
    Decoder, Encoder,
    data::{IanaTag, Type},
    decode::Error,
};
use serde_json::{Map, Number, Value};
use std::convert::Infallible;

/// Reads a document. Not-a-number and infinities, which JSON does not know, become the texts `NaN`, `inf`, `-inf`.
pub(super) fn decode(bytes: &[u8]) -> Result<Value, AwsError> {
    let refuse = |error: Error| AwsError::new("SerializationException", error.to_string());
    value(&mut Decoder::new(bytes), 0).map_err(refuse)
}

/// A value to be written.
#[derive(Clone, Debug)]
pub(super) enum Output {
    Text(String),
    Number(f64),
    Time(Timestamp),
    List(Vec<Self>),
    Object(Vec<(&'static str, Self)>),
}

/// Writes a document.
pub(super) fn encode(output: &Output) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to memory does not fail.
    let _ = write(&mut Encoder::new(&mut bytes), output);
    bytes
}

type Written = Result<(), minicbor::encode::Error<Infallible>>;

fn write(encoder: &mut Encoder<&mut Vec<u8>>, output: &Output) -> Written {
    match output {
        Output::Text(text) => encoder.str(text)?,
        Output::Number(number) => encoder.f64(*number)?,
        Output::Time(time) => encoder.tag(IanaTag::Timestamp)?.f64(time.as_millisecond() as f64 / 1000.0)?,
        Output::List(elements) => {
            encoder.array(elements.len() as u64)?;
            return elements.iter().try_for_each(|element| write(encoder, element));
        }
        Output::Object(members) => {
            encoder.map(members.len() as u64)?;
            return members.iter().try_for_each(|(name, member)| {
                encoder.str(name)?;
                write(encoder, member)
            });
        }
    };
    Ok(())
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
