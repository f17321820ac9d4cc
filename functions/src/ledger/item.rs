//! The attributes of an item, and the typed values that they hold.

use crate::runtime::error::Error;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use metrics_lib::{
    contract::ledger::{CURRENT_VERSION, EXPIRES_AT, PARTITION_KEY, SORT_KEY, TIMELINE_DAY, VERSION},
    format::{UnreadableVersion, Version},
};
use sha2::{Digest, Sha256};
use std::{borrow::Cow, collections::HashMap};

/// How long an item is kept: as long as CloudWatch keeps what was made of it, 15 months.
pub const RETENTION: SignedDuration = SignedDuration::from_hours(455 * 24);

/// An update expression, with what its placeholders, and those of its condition, stand for.
pub(super) struct Assigned {
    pub(super) expression: String,
    pub(super) names: HashMap<String, String>,
    pub(super) values: HashMap<String, AttributeValue>,
}

impl Assigned {
    /// The condition of the update: that the item is of no later version, and another condition. An item that has no version
    /// is not ours.
    pub(super) fn condition(and: Option<&str>) -> String {
        const IS_OURS: &str = "(attribute_not_exists(#set_pk) OR #set_version <= :set_version)";
        match and {
            Some(and) => format!("({and}) AND {IS_OURS}"),
            None => IS_OURS.to_owned(),
        }
    }
}

/// An item of the table, or attributes of one.
///
/// What is written leaves through [`Self::written`] or [`Self::assigned`], which add the version of the format; what is read
/// comes through [`Self::read`], which checks it. There is no other way out or in.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Item(HashMap<String, AttributeValue>);

impl Item {
    /// An item as the table has it.
    ///
    /// # Errors
    /// [`Error::LedgerVersion`], if a later release wrote it: what its attributes mean is not known. [`Error::Ledger`], if it
    /// has no version.
    pub(super) fn read(attributes: HashMap<String, AttributeValue>) -> Result<Self, Error> {
        let item = Self(attributes);
        match item.get_number(VERSION).map(Version::<CURRENT_VERSION>::try_from) {
            Some(Ok(_)) => Ok(item),
            Some(Err(UnreadableVersion::Later { version, latest })) => {
                Err(Error::LedgerVersion { key: item.key(), version, latest })
            }
            Some(Err(UnreadableVersion::Zero)) | None => Err(item.unreadable(VERSION)),
        }
    }

    /// All attributes, as they are written.
    pub(super) fn written(self) -> HashMap<String, AttributeValue> {
        self.number(VERSION, CURRENT_VERSION).0
    }

    /// An item with its key.
    pub(super) fn new(partition: String, sort: String) -> Self {
        Self::default().text(PARTITION_KEY, partition).text(SORT_KEY, sort)
    }

    /// Adds a text.
    pub(super) fn text(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.insert(name.into(), AttributeValue::S(value.into()));
        self
    }

    /// Adds a number.
    pub(super) fn number(mut self, name: &'static str, value: impl ToString) -> Self {
        self.0.insert(name.into(), AttributeValue::N(value.to_string()));
        self
    }

    /// Adds an instant.
    pub(super) fn instant(self, name: &'static str, value: Timestamp) -> Self {
        self.text(name, sortable(value))
    }

    /// Adds when the item may be deleted, counted from an instant.
    pub(super) fn expires(self, since: Timestamp) -> Self {
        self.expires_at(since + RETENTION)
    }

    /// Adds when the item may be deleted.
    pub(super) fn expires_at(self, time: Timestamp) -> Self {
        self.number(EXPIRES_AT, time.as_second())
    }

    /// Lists the item in the timeline, among those of its kind on the day of an instant, which is its time.
    pub(super) fn listed(self, kind: &str, time: Timestamp) -> Self {
        self.text("kind", kind).instant("time", time).text(TIMELINE_DAY, timeline_day(kind, time))
    }

    /// The update that sets the attributes, whatever they are called, but for the key's. It goes with
    /// [`Assigned::condition`].
    pub(super) fn assigned(self) -> Assigned {
        let (mut assignments, mut values) = (Vec::new(), HashMap::new());
        let mut names = HashMap::from([("#set_pk".to_owned(), PARTITION_KEY.to_owned())]);
        let attributes = self.written().into_iter();
        for (name, value) in attributes.filter(|(name, _)| name != PARTITION_KEY && name != SORT_KEY) {
            assignments.push(format!("#set_{name} = :set_{name}"));
            values.insert(format!(":set_{name}"), value);
            names.insert(format!("#set_{name}"), name);
        }
        assignments.sort();
        Assigned { expression: format!("SET {}", assignments.join(", ")), names, values }
    }

    /// A text, if the item has it.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_s().ok().map(String::as_str)
    }

    /// A text that the item must have.
    pub(super) fn required(&self, name: &'static str) -> Result<&str, Error> {
        self.get(name).ok_or_else(|| self.unreadable(name))
    }

    /// An instant that the item must have.
    pub(super) fn instant_of(&self, name: &'static str) -> Result<Timestamp, Error> {
        self.required(name)?.parse().map_err(|_| self.unreadable(name))
    }

    /// An instant, if the item has it.
    pub(super) fn optional_instant(&self, name: &'static str) -> Result<Option<Timestamp>, Error> {
        self.get(name).is_some().then(|| self.instant_of(name)).transpose()
    }

    /// A number of things, 0 if the item has none.
    pub(super) fn count(&self, name: &str) -> usize {
        let number = self.0.get(name).and_then(|value| value.as_n().ok());
        number.and_then(|number| number.parse().ok()).unwrap_or_default()
    }

    /// A number, if the item has it.
    pub(super) fn decimal(&self, name: &str) -> Option<f64> {
        self.0.get(name)?.as_n().ok()?.parse().ok()
    }

    /// A whole number, if the item has it.
    pub(super) fn get_number(&self, name: &str) -> Option<u64> {
        self.0.get(name)?.as_n().ok()?.parse().ok()
    }

    /// The error that an attribute is not what this program writes.
    pub(super) fn unreadable(&self, attribute: &'static str) -> Error {
        Error::Ledger { key: self.key(), attribute }
    }

    /// The keys, for an error.
    fn key(&self) -> String {
        let part = |name| self.get(name).unwrap_or("?");
        format!("{} {}", part(PARTITION_KEY), part(SORT_KEY))
    }
}

/// An instant as RFC 3339 of one length, so that texts sort as the instants do.
pub(super) fn sortable(time: Timestamp) -> String {
    format!("{time:.6}")
}

/// The partition of the timeline that items of a kind are listed in, on the day of an instant.
pub(super) fn timeline_day(kind: &str, time: Timestamp) -> String {
    format!("{kind}#{}", time.to_zoned_datetime(TimeZone::UTC).date())
}

/// The longest sort key, in bytes; a partition key may have twice as many.
/// [Source](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html).
const MAX_KEY: usize = 1024;
/// The longest part of a key that stays as it is: longer than the names of GitHub and CodePipeline.
const MAX_PART: usize = 160;
/// What a part begins with that stands for another.
const HASHED: &str = "sha256:";

/// A key of parts, none of which is the whole key's concern: names that other people gave may have any length and hold
/// anything. The last part may be empty, to ask for all keys that begin with those before it.
pub(super) fn key<const N: usize>(parts: [&str; N]) -> String {
    const { assert!(N * (MAX_PART + SEPARATOR.len_utf8()) <= MAX_KEY, "it may be longer than DynamoDB takes") }
    parts.map(part).join(&SEPARATOR.to_string())
}

/// What stands between parts.
const SEPARATOR: char = '#';

/// A name as a part of a key. Different names are different parts: what is too long, or would be taken for something
/// else, is known by its hash.
fn part(name: &str) -> Cow<'_, str> {
    if name.len() <= MAX_PART && !name.contains(SEPARATOR) && !name.starts_with(HASHED) {
        return Cow::Borrowed(name);
    }
    Cow::Owned(format!("{HASHED}{}", hex::encode(Sha256::digest(name))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// What is written has the version, and nothing else is read.
    #[test]
    fn versions() {
        fn check(version: Option<AttributeValue>, expected: &str) {
            let mut attributes = Item::new("execution#1b".into(), "deployment#1".into()).written();
            attributes.remove(VERSION);
            let shown = format!("{version:?}");
            attributes.extend(version.map(|version| (VERSION.to_owned(), version)));
            let found = Item::read(attributes).map_or_else(|error| error.to_string(), |_| "read".into());
            assert_eq!(found, expected, "{shown}");
        }
        let number = |text: &str| Some(AttributeValue::N(text.into()));
        let unreadable = "ledger item execution#1b deployment#1 can't be read: attribute version";
        check(Item::default().written().remove(VERSION), "read");
        check(number("1"), "read");
        check(number("0"), unreadable);
        check(number("-1"), unreadable);
        check(number("1.5"), unreadable);
        check(Some(AttributeValue::S("1".into())), unreadable);
        check(None, unreadable);
        let later = |version: &str| {
            format!(
                "ledger item execution#1b deployment#1 has version {version}, and this release reads versions up to 1: the \
                 functions are older than the ledger"
            )
        };
        check(number("2"), &later("2"));
        check(number("4294967296"), &later("4294967296"));
        let Assigned { expression, values, .. } = Item::default().text("state", "done").assigned();
        assert_eq!(expression, "SET #set_state = :set_state, #set_version = :set_version");
        assert_eq!(values.get(":set_version"), number("1").as_ref());
    }

    #[test]
    fn keys_are_what_dynamodb_takes_and_different_for_different_names() {
        let long = "x".repeat(MAX_PART + 1);
        let hash = hex::encode(Sha256::digest(&long));
        fn check<const N: usize>(parts: [&str; N], expected: &str) {
            assert_eq!(key(parts), expected, "{parts:?}");
        }
        check(["exact", "bucket/path to/app.zip"], "exact#bucket/path to/app.zip");
        check(["git", "acme/shop", ""], "git#acme/shop#");
        let longest = "ä".repeat(MAX_PART / 2);
        check(["exact", &longest], &format!("exact#{longest}"));
        check(["git", &long, ""], &format!("git#sha256:{hash}#"));
        let names = [
            long.as_str(),
            &"x".repeat(MAX_PART + 2),
            &"x".repeat(1_000_000),
            // What the hash of another name looks like.
            &format!("sha256:{hash}"),
            "a#b",
            "a",
            "b",
            "",
        ];
        let pairs = || names.iter().flat_map(|first| names.iter().map(move |second| [*first, *second]));
        let keys: BTreeSet<_> = pairs().map(key).collect();
        assert_eq!(keys.len(), names.len() * names.len());
        let longest = key(["x".repeat(MAX_PART).as_str(); 6]).len();
        assert!(keys.iter().all(|key| key.len() <= MAX_KEY) && longest <= MAX_KEY);
    }
}
