//! Reads the entries of a field's list: plain values and match expressions such as `{"prefix": "a"}`.

use super::{
    address::AddressRange,
    json::Json,
    matcher::Matcher,
    number,
    text::{AnyCase, Wildcard},
};
use std::ops::Bound;

/// Which of event-ruler's two compilers reads the pattern.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Dialect {
    /// `$or` is an alternative of several patterns.
    Or,
    /// `$or` is the name of a field. This is the older compiler, which knows fewer kinds of `anything-but`.
    Plain,
}

/// Why an entry is refused.
pub(super) type Reason = &'static str;

/// Reads one entry of a field's list, which may become two matchers.
pub(super) fn entry(dialect: Dialect, entry: &Json) -> Result<Vec<Matcher>, Reason> {
    Ok(match entry {
        Json::String(text) => {
            let address = AddressRange::single(text).map(Matcher::Address);
            vec![address.unwrap_or_else(|| Matcher::Exactly(quoted(text)))]
        }
        // A number that can't be compared is equal to the same text only.
        Json::Number(text) => {
            let number = number::comparable(text).map(Matcher::Number);
            number.into_iter().chain([Matcher::Exactly(text.clone())]).collect()
        }
        Json::Bool(bool) => vec![Matcher::Exactly(bool.to_string())],
        Json::Null => vec![Matcher::Exactly("null".to_owned())],
        Json::Object(members) => vec![expression(dialect, members)?],
        Json::Array(_) => return Err("a value is a string, a number, true, false, null or an expression"),
    })
}

fn expression(dialect: Dialect, members: &[(String, Json)]) -> Result<Matcher, Reason> {
    let (name, operand) = only(members)?;
    match (name, operand) {
        ("exists", Json::Bool(true)) => Ok(Matcher::Present),
        ("exists", Json::Bool(false)) => Ok(Matcher::Absent),
        ("exists", _) => Err("exists takes true or false"),
        ("exactly", operand) => Ok(Matcher::Exactly(quoted(string(operand)?))),
        ("equals-ignore-case", operand) => any_case(quoted(string(operand)?), Matcher::EqualsAnyCase),
        ("prefix", Json::Object(members)) => any_case(open(ignore_case(members)?), Matcher::PrefixAnyCase),
        ("prefix", operand) => Ok(Matcher::Prefix(open(string(operand)?))),
        ("suffix", Json::Object(members)) => any_case(close(ignore_case(members)?), Matcher::SuffixAnyCase),
        ("suffix", operand) => Ok(Matcher::Suffix(close(string(operand)?))),
        ("wildcard", operand) => wildcard(string(operand)?),
        ("cidr", operand) => AddressRange::block(string(operand)?).map(Matcher::Address),
        ("numeric", operand) => numeric(operand),
        ("anything-but", operand) => anything_but(dialect, operand),
        _ => Err("unknown match expression"),
    }
}

/// Reads `["=", 1]`, `["<", 1]` and the like, or a range: `[">", 0, "<=", 5]`.
fn numeric(operand: &Json) -> Result<Matcher, Reason> {
    let Json::Array(items) = operand else {
        return Err("numeric takes a list");
    };
    let (bottom, top) = match items.as_slice() {
        [Json::String(operator), value] => {
            let value = comparable(value)?;
            match operator.as_str() {
                "=" => return Ok(Matcher::Number(value)),
                "<" => (Bound::Unbounded, Bound::Excluded(value)),
                "<=" => (Bound::Unbounded, Bound::Included(value)),
                ">" => (Bound::Excluded(value), Bound::Unbounded),
                ">=" => (Bound::Included(value), Bound::Unbounded),
                _ => return Err("a numeric operator is one of = < <= > >="),
            }
        }
        [Json::String(lower), bottom, Json::String(upper), top] => {
            let (lowest, highest) = (comparable(bottom)?, comparable(top)?);
            let bottom = match lower.as_str() {
                ">" => Bound::Excluded(lowest),
                ">=" => Bound::Included(lowest),
                _ => return Err("a numeric range begins with > or >="),
            };
            let top = match upper.as_str() {
                "<" => Bound::Excluded(highest),
                "<=" => Bound::Included(highest),
                _ => return Err("a numeric range ends with < or <="),
            };
            if lowest >= highest {
                return Err("the bottom of a numeric range is less than its top");
            }
            (bottom, top)
        }
        _ => return Err("numeric takes one or two pairs of an operator and a number"),
    };
    // The open end of a range is the greatest number, and event-ruler refuses a range of one number.
    if matches!(bottom, Bound::Included(f64::MAX) | Bound::Excluded(f64::MAX))
        || matches!(top, Bound::Included(f64::MIN) | Bound::Excluded(f64::MIN))
    {
        return Err("no more than one number is in this numeric range");
    }
    Ok(Matcher::Numbers(bottom, top))
}

fn anything_but(dialect: Dialect, operand: &Json) -> Result<Matcher, Reason> {
    let matchers = match operand {
        Json::Object(members) => {
            let (name, operand) = only(members)?;
            if dialect == Dialect::Plain && !plain_anything_but(name, operand) {
                return Err("anything-but with this operand doesn't go with a field named $or");
            }
            match name {
                "equals-ignore-case" => {
                    each(operand, |text| any_case(quoted(string(text)?), Matcher::EqualsAnyCase))
                }
                "prefix" => each(operand, |text| Ok(Matcher::Prefix(open(filled(text)?)))),
                "suffix" => each(operand, |text| Ok(Matcher::Suffix(close(filled(text)?)))),
                "wildcard" => each(operand, |text| wildcard(string(text)?)),
                _ => Err("unknown expression in anything-but"),
            }
        }
        Json::Array(items) if items.iter().all(|item| matches!(item, Json::Number(_))) => {
            each(operand, |number| comparable(number).map(Matcher::Number))
        }
        Json::Number(_) => each(operand, |number| comparable(number).map(Matcher::Number)),
        _ => each(operand, |text| Ok(Matcher::Exactly(quoted(string(text)?)))),
    }?;
    Ok(Matcher::AnythingBut(matchers))
}

fn plain_anything_but(name: &str, operand: &Json) -> bool {
    match name {
        "equals-ignore-case" => true,
        "prefix" | "suffix" => matches!(operand, Json::String(_)),
        _ => false,
    }
}

/// Reads a list with `read`, or the one value that stands for a list of one.
fn each<'a>(
    operand: &'a Json,
    read: impl Fn(&'a Json) -> Result<Matcher, Reason>,
) -> Result<Vec<Matcher>, Reason> {
    match operand {
        Json::Array(items) if items.is_empty() => Err("anything-but takes no empty list"),
        Json::Array(items) => items.iter().map(read).collect(),
        single => Ok(vec![read(single)?]),
    }
}

fn only(members: &[(String, Json)]) -> Result<(&str, &Json), Reason> {
    match members {
        [(name, operand)] => Ok((name, operand)),
        _ => Err("a match expression has exactly one member"),
    }
}

fn ignore_case(members: &[(String, Json)]) -> Result<&str, Reason> {
    match only(members)? {
        ("equals-ignore-case", operand) => string(operand),
        _ => Err("prefix and suffix take a string or equals-ignore-case"),
    }
}

fn any_case(text: String, matcher: fn(AnyCase) -> Matcher) -> Result<Matcher, Reason> {
    Ok(matcher(AnyCase::new(text)))
}

fn wildcard(text: &str) -> Result<Matcher, Reason> {
    Wildcard::parse(&quoted(text)).map(Matcher::Wildcard)
}

fn string(json: &Json) -> Result<&str, Reason> {
    if let Json::String(text) = json { Ok(text) } else { Err("this match expression takes a string") }
}

fn filled(json: &Json) -> Result<&str, Reason> {
    string(json).and_then(|text| if text.is_empty() { Err("an empty prefix or suffix") } else { Ok(text) })
}

fn comparable(json: &Json) -> Result<f64, Reason> {
    let Json::Number(text) = json else {
        return Err("this match expression takes a number");
    };
    number::comparable(text).ok_or("this number can't be compared: it has more digits than a double holds")
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// A string that begins with a text.
fn open(text: &str) -> String {
    format!("\"{text}")
}

/// A string that ends with a text.
fn close(text: &str) -> String {
    format!("{text}\"")
}
