//! The id of a commit.

use super::InvalidRecord;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
};
use std::{fmt, str::FromStr};

/// The id of a commit, SHA-1 or SHA-256: as text 40 or 64 hexadecimal digits, lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitId(Digest);

/// A push has many ids, and a lake many pushes: kept as bytes, none has memory of its own.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Digest {
    Sha1([u8; 20]),
    Sha256([u8; 32]),
}

impl FromStr for CommitId {
    type Err = InvalidRecord;

    fn from_str(id: &str) -> Result<Self, InvalidRecord> {
        let digest = bytes(id).map(Digest::Sha1).or_else(|| bytes(id).map(Digest::Sha256));
        digest.map(Self).ok_or_else(|| {
            let reason = format!("{id:?} is not 40 or 64 hexadecimal digits");
            InvalidRecord { what: "commit id", reason }
        })
    }
}

/// The bytes that digits stand for, if there are as many as that. What is no digit shows at the end.
fn bytes<const LENGTH: usize>(digits: &str) -> Option<[u8; LENGTH]> {
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else { return None };
    let pairs: &[[u8; 2]; LENGTH] = pairs.try_into().ok()?;
    let (mut bytes, mut all) = ([0; LENGTH], 0);
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        let [high, low] = pair.map(|digit| VALUES[usize::from(digit)]);
        *byte = high << 4 | low;
        all |= high | low;
    }
    (all < 16).then_some(bytes)
}

/// Digits, lower case.
const DIGITS: [u8; 16] = *b"0123456789abcdef";

/// What each character stands for as a digit; 255 if it is none.
const VALUES: [u8; 256] = {
    let mut values = [u8::MAX; 256];
    let mut value = 0;
    while value < DIGITS.len() {
        values[DIGITS[value] as usize] = value as u8;
        value += 1;
    }
    values
};

impl TryFrom<String> for CommitId {
    type Error = InvalidRecord;

    fn try_from(id: String) -> Result<Self, InvalidRecord> {
        id.parse()
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes: &[u8] = match &self.0 {
            Digest::Sha1(bytes) => bytes,
            Digest::Sha256(bytes) => bytes,
        };
        let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        let text: String = digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect();
        f.write_str(&text)
    }
}

impl fmt::Debug for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CommitId(\"{self}\")")
    }
}

impl Serialize for CommitId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CommitId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text)
    }
}

/// Reads an id where its text lies.
struct Text;

impl Visitor<'_> for Text {
    type Value = CommitId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, id: &str) -> Result<CommitId, E> {
        id.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commit_ids() {
        fn check(text: &str, expected: bool) {
            let json = serde_json::to_string(text).unwrap();
            for found in [text.parse().ok(), serde_json::from_str::<CommitId>(&json).ok()] {
                assert_eq!(found.is_some(), expected, "{text:?}");
                if let Some(id) = found {
                    assert_eq!(
                        (id.to_string(), serde_json::to_string(&id).unwrap()),
                        (text.to_owned(), json.clone())
                    );
                }
            }
        }
        check(&"0a".repeat(20), true);
        check(&"f9".repeat(32), true);
        check(&"0A".repeat(20), false);
        check(&"0a".repeat(19), false);
        check(&"0a".repeat(26), false);
        check(&format!("{}a", "0a".repeat(20)), false);
        check(&"zz".repeat(20), false);
        check(&"a/".repeat(20), false);
        check(&"a:".repeat(20), false);
        check(&"a`".repeat(20), false);
        check(&"ag".repeat(20), false);
        check("", false);
    }

    /// By what is as text in front.
    #[test]
    fn ids_have_an_order() {
        let ids = ["0a", "10", "9f", "a0", "ff"].map(|digits| digits.repeat(20).parse::<CommitId>().unwrap());
        assert!(ids.is_sorted());
    }
}
