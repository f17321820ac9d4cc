//! Settings that are lists and objects of texts.

use super::{
    account,
    forms::is_name,
    kind::{Kind, Within, typed},
};
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A text, or the number that `pulumi config set --path` makes of digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Word(pub(super) String);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match account(deserializer)? {
            text if is_name(&text) => Ok(Self(text)),
            _ => Err(D::Error::custom("a text is not empty")),
        }
    }
}

impl Word {
    /// Its schema.
    pub(super) fn schema() -> Value {
        json!({"type": ["string", "integer"], "pattern": r"\S"})
    }
}

/// Texts without what they are wrapped in.
pub(super) fn plain<T: FromIterator<String>>(words: impl IntoIterator<Item = Word>) -> T {
    words.into_iter().map(|Word(text)| text).collect()
}

fn owned(texts: &[&str]) -> BTreeSet<String> {
    texts.iter().map(ToString::to_string).collect()
}

/// A list of names, none by default.
pub(super) struct Names {
    /// One of them.
    pub(super) example: &'static str,
}

/// Repositories.
pub(super) const REPOSITORIES: Names = Names { example: "acme/shop" };

impl Kind for Names {
    type Value = BTreeSet<String>;

    fn allowed(&self) -> String {
        format!("a list of texts, such as [\"{}\"]", self.example)
    }

    fn schema(&self) -> Value {
        json!({"type": "array", "items": {"type": "string"}})
    }

    fn default(&self) -> Option<BTreeSet<String>> {
        Some(BTreeSet::new())
    }

    fn parse(&self, given: &Value, _: &mut Within<'_>) -> Option<BTreeSet<String>> {
        typed(given)
    }
}

/// A list of texts that are not empty.
pub(super) struct Filled {
    pub(super) allowed: &'static str,
    pub(super) default: fn() -> BTreeSet<String>,
}

impl Kind for Filled {
    type Value = BTreeSet<String>;

    fn allowed(&self) -> String {
        self.allowed.to_owned()
    }

    fn schema(&self) -> Value {
        json!({"type": "array", "items": Word::schema()})
    }

    fn default(&self) -> Option<BTreeSet<String>> {
        Some((self.default)())
    }

    fn parse(&self, given: &Value, _: &mut Within<'_>) -> Option<BTreeSet<String>> {
        typed::<BTreeSet<Word>>(given).map(plain)
    }
}

/// A list of texts of a form.
pub(super) struct Formed {
    pub(super) allowed: &'static str,
    pub(super) pattern: &'static str,
    pub(super) is_valid: fn(&str) -> bool,
    pub(super) default: &'static [&'static str],
}

impl Kind for Formed {
    type Value = BTreeSet<String>;

    fn allowed(&self) -> String {
        self.allowed.to_owned()
    }

    fn schema(&self) -> Value {
        json!({"type": "array", "items": {"type": "string", "pattern": self.pattern}})
    }

    fn default(&self) -> Option<BTreeSet<String>> {
        Some(owned(self.default))
    }

    fn parse(&self, given: &Value, _: &mut Within<'_>) -> Option<BTreeSet<String>> {
        typed(given).filter(|texts: &BTreeSet<String>| texts.iter().all(|text| (self.is_valid)(text)))
    }
}

/// Tags of resources.
pub(super) struct Tags;

/// Tags that AWS takes on every type of resource, beside the two of the installation itself. Source: AWS General Reference,
/// "Tag naming limits and requirements".
const MAX_TAGS: usize = 48;

impl Kind for Tags {
    type Value = BTreeMap<String, String>;

    fn allowed(&self) -> String {
        format!(
            "an object of texts, such as {{\"cost-center\": \"42\"}}: at most {MAX_TAGS}, with keys of up to 128 \
             characters that don't begin with aws:, and values of up to 256, of letters, digits, blanks and _.:/=+-@"
        )
    }

    fn schema(&self) -> Value {
        json!({
            "type": "object",
            "maxProperties": MAX_TAGS,
            "propertyNames": {"minLength": 1, "maxLength": 128, "not": {"pattern": "^[Aa][Ww][Ss]:"}},
            "additionalProperties": {"type": "string", "maxLength": 256},
        })
    }

    fn default(&self) -> Option<BTreeMap<String, String>> {
        Some(BTreeMap::new())
    }

    fn parse(&self, given: &Value, _: &mut Within<'_>) -> Option<BTreeMap<String, String>> {
        let allowed = |text: &str| text.chars().all(|c| c.is_alphanumeric() || " _.:/=+-@".contains(c));
        let is_key = |key: &str| {
            (1..=128).contains(&key.chars().count())
                && allowed(key)
                && !key.to_ascii_lowercase().starts_with("aws:")
        };
        let is_value = |value: &str| value.chars().count() <= 256 && allowed(value);
        typed(given).filter(|tags: &BTreeMap<String, String>| {
            tags.len() <= MAX_TAGS && tags.iter().all(|(key, value)| is_key(key) && is_value(value))
        })
    }
}
