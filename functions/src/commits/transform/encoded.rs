//! Data in base64, as they stand in the JSON of an invocation: what does not change goes to the answer without being read as
//! a text and written as one.

use base64::{DecodeError, Engine, prelude::BASE64_STANDARD};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, Unexpected},
};
use serde_json::value::RawValue;

/// Data for the answer.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Encoded {
    /// Those of the record, in quotes.
    AsItCame(Box<RawValue>),
    /// Others.
    New(String),
}

impl Default for Encoded {
    /// No data.
    fn default() -> Self {
        Self::New(String::new())
    }
}

impl Encoded {
    /// Encodes bytes.
    pub(super) fn new(bytes: &[u8]) -> Self {
        Self::New(BASE64_STANDARD.encode(bytes))
    }

    /// Gives a record its data back; none if they are no text, which is found out only when it is read.
    pub(super) fn back(data: Box<RawValue>) -> Self {
        match serde_json::from_str::<String>(data.get()) {
            Ok(_) => Self::AsItCame(data),
            Err(_) => Self::default(),
        }
    }

    /// How many bytes they take in the answer, without quotes.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::AsItCame(data) => data.get().len() - 2,
            Self::New(data) => data.len(),
        }
    }
}

/// Keeps a text as it is written.
pub(super) fn as_it_stands<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<RawValue>, D::Error> {
    let data = Box::<RawValue>::deserialize(deserializer)?;
    if data.get().starts_with('"') {
        return Ok(data);
    }
    Err(D::Error::invalid_type(Unexpected::Other("another value"), &"a string"))
}

/// Decodes a text that stands in quotes.
pub(super) fn decode(data: &RawValue, bytes: &mut Vec<u8>) -> Result<(), DecodeError> {
    let quoted = data.get();
    bytes.clear();
    let decoded = BASE64_STANDARD.decode_vec(&quoted[1..quoted.len() - 1], bytes);
    // A backslash is no digit of base64, but JSON may write a digit with one.
    let Some(text) = decoded.is_err().then(|| unescaped(quoted)).flatten() else { return decoded };
    bytes.clear();
    BASE64_STANDARD.decode_vec(text, bytes)
}

fn unescaped(quoted: &str) -> Option<String> {
    serde_json::from_str(quoted).ok().filter(|_| quoted.contains('\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Document(#[serde(deserialize_with = "as_it_stands")] Box<RawValue>);

    #[test]
    fn data_of_a_document() {
        /// `expected` is what the data are; none if they are not base64.
        fn check(document: &str, expected: Option<&[u8]>) {
            let Document(data) = serde_json::from_str(document).unwrap();
            let mut bytes = b"of another record".to_vec();
            let decoded = decode(&data, &mut bytes).is_ok();
            assert_eq!(decoded.then_some(&bytes[..]), expected, "{document}");
            assert_eq!(serde_json::to_string(&Encoded::back(data)).unwrap(), document.trim());
        }
        check(r#""""#, Some(b""));
        check(r#" "YQo=" "#, Some(b"a\n"));
        check(r#""Pz8/""#, Some(b"???"));
        check(r#""Pz8\/""#, Some(b"???"));
        check(r#""\u0059Qo=""#, Some(b"a\n"));
        check(r#""YQo""#, None);
        check(r#""YQp=""#, None);
        check(r#""\"""#, None);
        check(r#""é""#, None);
    }

    /// Half of a character is found when a text is made of it.
    #[test]
    fn data_that_are_no_text() {
        let Document(data) = serde_json::from_str(r#""YQo=\ud800""#).unwrap();
        assert!(decode(&data, &mut Vec::new()).is_err());
        assert_eq!(serde_json::to_string(&Encoded::back(data)).unwrap(), r#""""#);
    }

    #[test]
    fn data_that_are_something_else() {
        for document in ["null", "5", "[]", "{}", r#"["YQo="]"#] {
            let error = serde_json::from_str::<Document>(document).map(|_| ()).unwrap_err();
            assert!(error.to_string().contains("expected a string"), "{document}: {error}");
        }
    }

    #[test]
    fn lengths() {
        let Document(data) = serde_json::from_str(r#""YQo=""#).unwrap();
        assert_eq!(
            [Encoded::AsItCame(data).len(), Encoded::new(b"a\n").len(), Encoded::default().len()],
            [4, 4, 0]
        );
    }
}
