//! Reads JSON from outside: all of it, or why not.
//!
//! A fault is told by its place and by what should be there, never by what is: logs and answers must not repeat what
//! people wrote, whatever they wrote and however much of it.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, error::Category};
use serde_path_to_error::{Path, Segment};

/// What is wrong with a document, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct Malformed {
    /// The path of the field, or line and column of what is no JSON.
    pub path: String,
    /// What is wrong there.
    pub reason: String,
}

const OBJECT: &str = "expected an object";

/// Reads a document, an object.
///
/// # Errors
/// [`Malformed`].
pub fn read<'a, T: Deserialize<'a>>(document: &'a [u8]) -> Result<T, Malformed> {
    // A derived reader would take a list for an object.
    if document.trim_ascii_start().first() == Some(&b'[') {
        return Err(Malformed { path: ".".into(), reason: OBJECT.into() });
    }
    // Whoever keeps the place copies the name of every field, so the place is only asked for where something is wrong.
    serde_json::from_slice(document).or_else(|_| read_with_places(document))
}

fn read_with_places<'a, T: Deserialize<'a>>(document: &'a [u8]) -> Result<T, Malformed> {
    let mut deserializer = serde_json::Deserializer::from_slice(document);
    let value = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| Malformed::new(&within("", error.path()), error.inner()))?;
    deserializer.end().map_err(|error| Malformed::new("", &error))?;
    Ok(value)
}

/// Reads an object that is a part of a document which was read before, at a path.
///
/// # Errors
/// [`Malformed`].
pub fn part<T: DeserializeOwned>(path: &str, value: &Value) -> Result<T, Malformed> {
    if value.is_array() {
        return Err(Malformed { path: path.to_owned(), reason: OBJECT.into() });
    }
    serde_path_to_error::deserialize(value)
        .map_err(|error| Malformed::new(&within(path, error.path()), error.inner()))
}

/// The path of a field below another one. The variants of enums are left out: their names are the document's.
fn within(path: &str, below: &Path) -> String {
    let mut place = path.to_owned();
    for segment in below.iter() {
        match segment {
            Segment::Map { key } if place.is_empty() => place += key,
            Segment::Map { key } => place += &format!(".{key}"),
            Segment::Seq { index } => place += &format!("[{index}]"),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    place
}

impl Malformed {
    fn new(path: &str, error: &serde_json::Error) -> Self {
        match error.classify() {
            Category::Data => {
                let path = if path.is_empty() { "." } else { path };
                Self { path: path.to_owned(), reason: wrong(&error.to_string()) }
            }
            // The path may lead through fields that others have named. The messages are few and fixed.
            Category::Syntax | Category::Eof | Category::Io => {
                let (line, column) = (error.line(), error.column());
                let place = format!("line {line} column {column}");
                let message = error.to_string();
                let message = message.strip_suffix(&place).unwrap_or(&message).trim_end_matches(" at ");
                Self { path: place, reason: format!("it is no JSON, {message}") }
            }
        }
    }
}

/// What of a message does not come from the document: the name of a field that is ours, or what serde says is expected,
/// which comes last. Other messages are those of types, and quote what they got.
fn wrong(message: &str) -> String {
    const OF_FIELDS: [&str; 2] = ["missing field `", "duplicate field `"];
    const OF_VALUES: [&str; 5] =
        ["invalid type: ", "invalid value: ", "invalid length ", "unknown variant `", "unknown field `"];
    let begins = |beginnings: &[&str]| beginnings.iter().any(|beginning| message.starts_with(beginning));
    let is_place =
        |place: &str| place.bytes().all(|byte| byte.is_ascii_digit() || b" column".contains(&byte));
    let told = match message.rsplit_once(" at line ") {
        Some((told, place)) if is_place(place) => told,
        _ => message,
    };
    match told.rsplit_once(", expected ") {
        _ if begins(&OF_FIELDS) => told.to_owned(),
        Some((_, expected)) if begins(&OF_VALUES) => format!("expected {}", in_json(expected)),
        _ => "its value is not valid".to_owned(),
    }
}

/// What serde expects, in the words of JSON: a sender knows neither Rust's types nor the names that ours have.
fn in_json(expected: &str) -> String {
    let kind = expected.split_once(" with ").map_or(expected, |(kind, _)| kind);
    let begins = |beginnings: &[&str]| beginnings.iter().any(|beginning| kind.starts_with(beginning));
    match kind {
        "a map" | "map" => "an object".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "option" => "a value or null".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => "a whole number".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => "a whole number of zero or more".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        // An object stood where only the name of a variant may: our documents have no other unit.
        "a borrowed string" | "string or map" | "unit" | "unit variant" => "a string".to_owned(),
        _ if begins(&["tuple ", "a tuple", "an array", "fewer elements"]) => "a list".to_owned(),
        _ if begins(&["a nonzero "]) => "a whole number other than zero".to_owned(),
        _ if begins(&["enum ", "unit struct "]) => "a string".to_owned(),
        _ if begins(&["struct ", "newtype ", "internally tagged ", "adjacently tagged "]) => {
            "an object".to_owned()
        }
        // The names of fields and variants, and what our own readers say.
        _ => expected.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    enum State {
        #[serde(other)]
        Other,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    enum Kind {
        Plain,
        #[expect(dead_code, reason = "it is only read")]
        Pair(u8, u8),
        #[expect(dead_code, reason = "it is only read")]
        Detailed {
            size: u8,
        },
    }

    #[derive(Debug, Deserialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        Other,
    }

    #[derive(Debug, Deserialize)]
    struct Inner {
        #[expect(dead_code, reason = "it is only read")]
        flag: bool,
    }

    /// A field of every kind of type.
    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Types {
        inner: Option<Inner>,
        map: std::collections::BTreeMap<String, u8>,
        list: Vec<i64>,
        pair: (u8, u8),
        array: [u8; 2],
        number: f64,
        count: Option<std::num::NonZeroU8>,
        kind: Option<Kind>,
        tagged: Option<Tagged>,
    }

    #[derive(Debug, Deserialize)]
    struct Document {
        #[expect(dead_code, reason = "it is only read")]
        account: String,
        #[expect(dead_code, reason = "it is only read")]
        ids: Vec<crate::sources::opscenter::OpsItemId>,
        #[expect(dead_code, reason = "it is only read")]
        more: Option<Value>,
        #[expect(dead_code, reason = "it is only read")]
        state: Option<State>,
    }

    /// Whatever is wrong with a document, nothing of it is told.
    #[test]
    fn nothing_of_the_document_is_told() {
        fn check(document: &str, expected: &str) {
            let fault = read::<Document>(document.as_bytes()).unwrap_err().to_string();
            assert_eq!(fault, expected, "{document}");
            assert!(!fault.contains("secret"), "{fault}");
        }
        check(r#"{"account": 5, "ids": []}"#, "account: expected a string");
        check(r#"{"ids": []}"#, ".: missing field `account`");
        check(r#"{"account": "", "account": "secret"}"#, ".: duplicate field `account`");
        check(r#"{"account": {"secret": 1}, "ids": []}"#, "account: expected a string");
        check(r#"{"account": "", "ids": "a secret, expected by nobody"}"#, "ids: expected a list");
        check(r#"{"account": "", "ids": ["secret at line 1 column 5"]}"#, "ids[0]: its value is not valid");
        check(r#"{"account": "", "ids": ["a secret, expected secret"]}"#, "ids[0]: its value is not valid");
        check(r#"{"account": "", "ids": [], "state": {"secret": 1}}"#, "state: expected a string");
        check(
            r#"{"account": "", "ids": [], "more": {"secret": 1e999}}"#,
            "line 1 column 51: it is no JSON, number out of range",
        );
        check(
            r#"{"account": "", "secret": {"secret": tru}}"#,
            "line 1 column 41: it is no JSON, expected ident",
        );
        check(r#"{"account": "", "ids": []} secret"#, "line 1 column 28: it is no JSON, trailing characters");
        check("", "line 1 column 0: it is no JSON, EOF while parsing a value");
        check(" [\"secret\", [], null, null]", ".: expected an object");
        check(
            &format!("{{\"more\": {}", "[".repeat(10_000)),
            "line 1 column 136: it is no JSON, recursion limit exceeded",
        );
    }
    /// What should be there is told in JSON's words, and no type of ours by its name.
    #[test]
    fn no_type_is_told() {
        fn check(document: &str, expected: &str) {
            let fault = read::<Types>(document.as_bytes()).unwrap_err().to_string();
            assert_eq!(fault, expected, "{document}");
            let value: Value = serde_json::from_str(document).unwrap();
            let fault = part::<Types>("", &value).unwrap_err().to_string();
            assert_eq!(fault, expected, "{document}, as a part");
        }
        check("5", ".: expected an object");
        check(r#""text""#, ".: expected an object");
        check(r#"{"inner": "text"}"#, "inner: expected an object");
        check(r#"{"inner": []}"#, "inner: expected an object");
        check(r#"{"inner": {"flag": 1}}"#, "inner.flag: expected true or false");
        check(r#"{"inner": {}}"#, "inner: missing field `flag`");
        check(r#"{"map": []}"#, "map: expected an object");
        check(r#"{"map": {"a": -1}}"#, "map.a: expected a whole number of zero or more");
        check(r#"{"map": {"a": 256}}"#, "map.a: expected a whole number of zero or more");
        check(r#"{"list": {}}"#, "list: expected a list");
        check(r#"{"list": [1, 1.5]}"#, "list[1]: expected a whole number");
        check(r#"{"pair": "text"}"#, "pair: expected a list");
        check(r#"{"pair": [1]}"#, "pair: expected a list");
        check(r#"{"array": {}}"#, "array: expected a list");
        check(r#"{"array": [1]}"#, "array: expected a list");
        check(r#"{"number": "1"}"#, "number: expected a number");
        check(r#"{"count": 0}"#, "count: expected a whole number other than zero");
        check(r#"{"kind": "text"}"#, "kind: expected one of `plain`, `pair`, `detailed`");
        check(r#"{"kind": {"plain": {}}}"#, "kind: expected a string");
        check(r#"{"kind": {"pair": 5}}"#, "kind: expected a list");
        check(r#"{"kind": {"detailed": 5}}"#, "kind: expected an object");
        check(r#"{"tagged": 5}"#, "tagged: expected an object");
        check(r#"{"tagged": {"kind": "text"}}"#, "tagged.kind: expected `Other`");
        // Without a body where there must be one.
        check(r#"{"kind": "pair"}"#, "kind: expected a list");
    }
}
