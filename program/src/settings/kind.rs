//! What a setting can be: how a value is read, what is allowed, and how an editor is told.

use super::{
    Found, Problem,
    forms::{is_account, is_name, is_region},
};
use crate::variable::variable;
use jiff::{SignedDuration, Span, SpanRelativeTo};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{collections::BTreeMap, marker::PhantomData};

/// What a setting can be.
pub(super) trait Kind {
    /// What is read. Its default stands in for what can't be used, until that is reported.
    type Value: Default + PartialEq + Serialize;

    /// What is allowed: it ends the sentence "… is allowed".
    fn allowed(&self) -> String;

    /// A JSON schema of what is allowed. It takes every value that [`Self::parse`] takes, and refuses what it can.
    fn schema(&self) -> Value;

    /// What is meant when nothing is given; none if something has to be.
    fn default(&self) -> Option<Self::Value>;

    /// Reads what is given. None if it can't be used; of what is within it, the kind itself says so.
    fn parse(&self, given: &Value, within: &mut Within<'_>) -> Option<Self::Value>;

    /// A value as people write it, in Markdown.
    fn shown(&self, value: &Self::Value) -> String {
        shown(&json!(value))
    }

    /// A value as an environment variable of a function.
    fn variable(&self, value: &Self::Value) -> String {
        variable(&json!(value))
    }
}

/// A value in Markdown: what a list has in it, or the value itself.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Array(values) if values.is_empty() => "none".to_owned(),
        Value::Object(members) if members.is_empty() => "none".to_owned(),
        Value::Array(values) => values.iter().map(shown).collect::<Vec<_>>().join(", "),
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    }
}

/// The inside of a value that is given, where problems have a path.
pub(super) struct Within<'a> {
    pub(super) key: &'static str,
    pub(super) problems: &'a mut Vec<Problem>,
}

impl Within<'_> {
    /// Refuses something within the value: what `path` leads to.
    pub(super) fn refuse(
        &mut self,
        path: impl AsRef<str>,
        found: impl Into<Found>,
        allowed: impl Into<String>,
    ) {
        let key = format!("{}{}", self.key, path.as_ref());
        self.problems.push(Problem { key, found: found.into(), allowed: allowed.into() });
    }

    /// The members of an object, as far as they can be read; none if the value is no object.
    pub(super) fn entries<T>(
        &mut self,
        given: &Value,
        allowed: &str,
        mut read: impl FnMut(&str, &Value) -> Option<T>,
    ) -> Option<BTreeMap<String, T>> {
        let mut entries = BTreeMap::new();
        for (name, value) in given.as_object()? {
            match read(name, value) {
                Some(entry) => drop(entries.insert(name.clone(), entry)),
                None => self.refuse(format!(".{name}"), Some(value.clone()), allowed),
            }
        }
        Some(entries)
    }
}

/// A value of a type, if it has its form.
pub(super) fn typed<T: DeserializeOwned>(given: &Value) -> Option<T> {
    T::deserialize(given).ok()
}

/// A text of a form.
pub(super) struct Text {
    pub(super) allowed: &'static str,
    /// A regular expression for texts of that form.
    pub(super) pattern: &'static str,
    pub(super) is_valid: fn(&str) -> bool,
    /// None if a text has to be given.
    pub(super) default: Option<&'static str>,
}

impl Text {
    /// The same, with a default.
    pub(super) const fn or(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }
}

impl Kind for Text {
    type Value = String;

    fn allowed(&self) -> String {
        self.allowed.to_owned()
    }

    fn schema(&self) -> Value {
        // Pulumi hands over a number as the text that it is written as.
        let may_be_digits = ["1", "111111111111"].into_iter().any(self.is_valid);
        let types: &[&str] = if may_be_digits { &["string", "number"] } else { &["string"] };
        json!({"type": types, "pattern": self.pattern})
    }

    fn default(&self) -> Option<String> {
        self.default.map(str::to_owned)
    }

    fn parse(&self, given: &Value, _: &mut Within<'_>) -> Option<String> {
        given.as_str().filter(|text| (self.is_valid)(text)).map(str::to_owned)
    }

    fn variable(&self, value: &String) -> String {
        value.clone()
    }
}

/// An account.
pub(super) const ACCOUNT: Text = Text {
    allowed: "an account id as text, 12 digits",
    pattern: "^[0-9]{12}$",
    is_valid: is_account,
    default: None,
};
/// A region.
pub(super) const REGION: Text = Text {
    allowed: "a region such as \"eu-west-1\"",
    pattern: "^[a-z]+(-[a-z]+)+-[0-9]+$",
    is_valid: is_region,
    default: None,
};
/// A text of a form that may be left out.
pub(super) struct Maybe(pub(super) Text);

impl Kind for Maybe {
    type Value = Option<String>;

    fn allowed(&self) -> String {
        self.0.allowed()
    }

    fn schema(&self) -> Value {
        self.0.schema()
    }

    fn default(&self) -> Option<Option<String>> {
        Some(None)
    }

    fn parse(&self, given: &Value, within: &mut Within<'_>) -> Option<Option<String>> {
        self.0.parse(given, within).map(Some)
    }
}

/// A secret: only whether there is one is known. Its value is never part of a problem.
pub(super) struct Secret;

const SECRET: &str = "a text that is not empty; set it with `pulumi config set --secret KEY`";

impl Kind for Secret {
    type Value = bool;

    fn allowed(&self) -> String {
        SECRET.to_owned()
    }

    fn schema(&self) -> Value {
        json!({"anyOf": [
            {"type": "string", "minLength": 1},
            {"type": "object", "required": ["secure"], "properties": {"secure": {"type": "string"}}},
        ]})
    }

    fn default(&self) -> Option<bool> {
        Some(false)
    }

    fn parse(&self, given: &Value, within: &mut Within<'_>) -> Option<bool> {
        let is_given = given.as_str().is_some_and(is_name);
        if !is_given {
            let found = if given.is_string() { "empty" } else { "no text" };
            within.refuse("", Found::Secret(found), SECRET);
        }
        Some(is_given)
    }

    fn shown(&self, _: &bool) -> String {
        "none".to_owned()
    }
}

/// True or false, and what it is by default.
pub(super) struct Switch(pub(super) bool);

impl Kind for Switch {
    type Value = bool;

    fn allowed(&self) -> String {
        "true or false".to_owned()
    }

    fn schema(&self) -> Value {
        json!({"enum": [true, false, "true", "false"]})
    }

    fn default(&self) -> Option<bool> {
        Some(self.0)
    }

    fn parse(&self, given: &Value, _: &mut Within<'_>) -> Option<bool> {
        given.as_bool()
    }

    fn variable(&self, value: &bool) -> String {
        value.to_string()
    }
}

/// One of some words; the type's default is the setting's.
pub(super) struct Choice<T> {
    words: &'static [&'static str],
    of: PhantomData<T>,
}

impl<T> Choice<T> {
    /// One of these words, which are those that the type is read from.
    pub(super) const fn of(words: &'static [&'static str]) -> Self {
        Self { words, of: PhantomData }
    }
}

impl<T: Default + PartialEq + Serialize + DeserializeOwned> Kind for Choice<T> {
    type Value = T;

    fn allowed(&self) -> String {
        let quoted: Vec<String> = self.words.iter().map(|word| format!("{word:?}")).collect();
        quoted.join(" or ")
    }

    fn schema(&self) -> Value {
        json!({"enum": self.words})
    }

    fn default(&self) -> Option<T> {
        Some(T::default())
    }

    fn parse(&self, given: &Value, _: &mut Within<'_>) -> Option<T> {
        typed(given)
    }
}

/// A number of days, as number or as text.
pub(super) struct Days {
    pub(super) allowed: &'static str,
    pub(super) of: &'static [u32],
    pub(super) default: u32,
}

impl Kind for Days {
    type Value = u32;

    fn allowed(&self) -> String {
        self.allowed.to_owned()
    }

    fn schema(&self) -> Value {
        let texts = self.of.iter().map(ToString::to_string);
        json!({"anyOf": [{"enum": self.of}, {"enum": texts.collect::<Vec<_>>()}]})
    }

    fn default(&self) -> Option<u32> {
        Some(self.default)
    }

    fn parse(&self, given: &Value, _: &mut Within<'_>) -> Option<u32> {
        let days = match given {
            Value::String(text) => text.parse().ok(),
            other => other.as_u64().and_then(|days| u32::try_from(days).ok()),
        };
        days.filter(|days| self.of.contains(days))
    }
}

/// A length of time, at most so long.
pub(super) struct Duration {
    pub(super) default: Length,
    pub(super) longest: Length,
}

/// How long something is, in words that people use.
#[derive(Clone, Copy)]
pub(super) enum Length {
    Minutes(i64),
    Hours(i64),
    Days(i64),
}

impl Length {
    fn seconds(self) -> i64 {
        match self {
            Self::Minutes(minutes) => minutes * 60,
            Self::Hours(hours) => hours * 3600,
            Self::Days(days) => days * 24 * 3600,
        }
    }

    fn words(self) -> String {
        let (number, unit) = match self {
            Self::Minutes(minutes) => (minutes, "minute"),
            Self::Hours(hours) => (hours, "hour"),
            Self::Days(days) => (days, "day"),
        };
        format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
    }
}

/// A length of time in weeks, days of 24 hours, and smaller units: `90d`, `P90D`, `PT15M`.
pub(super) fn length(text: &str) -> Option<SignedDuration> {
    text.parse::<Span>().ok()?.to_duration(SpanRelativeTo::days_are_24_hours()).ok()
}

impl Kind for Duration {
    type Value = SignedDuration;

    fn allowed(&self) -> String {
        format!(
            "a length of time such as \"24h\", \"PT15M\" or a number of seconds (as text from 60 on, or 0), at most {}",
            self.longest.words()
        )
    }

    fn schema(&self) -> Value {
        json!({"anyOf": [
            {"type": "integer", "minimum": 0, "maximum": self.longest.seconds()},
            {"type": "string", "pattern": "^(0|[6-9][0-9]|[0-9]{3,}|[+]?[Pp].+|[+]?[0-9].*[A-Za-zµ].*)$"},
        ]})
    }

    fn default(&self) -> Option<SignedDuration> {
        Some(SignedDuration::from_secs(self.default.seconds()))
    }

    fn parse(&self, given: &Value, _: &mut Within<'_>) -> Option<SignedDuration> {
        let duration = match given {
            Value::Number(seconds) => seconds.as_i64().map(SignedDuration::from_secs),
            // A few seconds without a unit are most likely hours or minutes.
            Value::String(text) => length(text).or_else(|| {
                let seconds = text.parse().ok().filter(|seconds| *seconds == 0 || *seconds >= 60);
                seconds.map(SignedDuration::from_secs)
            }),
            _ => None,
        };
        let longest = self.longest.seconds();
        duration.filter(|length| (0..=longest).contains(&length.as_secs()) && !length.is_negative())
    }

    fn shown(&self, _: &SignedDuration) -> String {
        self.default.words()
    }

    fn variable(&self, value: &SignedDuration) -> String {
        value.to_string()
    }
}
