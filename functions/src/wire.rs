//! Reads JSON from outside: all of it, or why not.
//!
//! A fault is told by its place and by what should be there, never by what is: logs and answers must not repeat what
//! people wrote, whatever they wrote and however much of it.

use serde::de::DeserializeOwned;
use serde_json::{Value, error::Category};
use serde_path_to_error::{Path, Segment};

/// What is wrong with a document, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct Fault {
    /// The path of the field, or line and column of what is no JSON.
    pub path: String,
    /// What is wrong there.
    pub reason: String,
}

const OBJECT: &str = "expected an object";

/// Reads a document, an object.
///
/// # Errors
/// [`Fault`].
pub fn read<T: DeserializeOwned>(document: &[u8]) -> Result<T, Fault> {
    // A derived reader would take a list for an object.
    if document.trim_ascii_start().first() == Some(&b'[') {
        return Err(Fault { path: ".".into(), reason: OBJECT.into() });
    }
    let mut deserializer = serde_json::Deserializer::from_slice(document);
    let value = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| Fault::new(&within("", error.path()), error.inner()))?;
    deserializer.end().map_err(|error| Fault::new("", &error))?;
    Ok(value)
}

/// Reads an object that is a part of a document which was read before, at a path.
///
/// # Errors
/// [`Fault`].
pub fn part<T: DeserializeOwned>(path: &str, value: Value) -> Result<T, Fault> {
    if value.is_array() {
        return Err(Fault { path: path.to_owned(), reason: OBJECT.into() });
    }
    serde_path_to_error::deserialize(value)
        .map_err(|error| Fault::new(&within(path, error.path()), error.inner()))
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

impl Fault {
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
        Some((_, expected)) if begins(&OF_VALUES) => format!("expected {expected}"),
        _ => "its value is not valid".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    enum State {
        #[serde(other)]
        Other,
    }

    #[derive(Debug, Deserialize)]
    struct Document {
        #[expect(dead_code, reason = "it is only read")]
        account: String,
        #[expect(dead_code, reason = "it is only read")]
        ids: Vec<metrics_lib::event::OpsItemId>,
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
        check(r#"{"account": "", "ids": "a secret, expected by nobody"}"#, "ids: expected a sequence");
        check(r#"{"account": "", "ids": ["secret at line 1 column 5"]}"#, "ids[0]: its value is not valid");
        check(r#"{"account": "", "ids": ["a secret, expected secret"]}"#, "ids[0]: its value is not valid");
        check(r#"{"account": "", "ids": [], "state": {"secret": 1}}"#, "state: expected unit");
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
}
