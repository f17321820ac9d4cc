//! The values of a configuration, and every problem that is found, so that all are reported at once.

use super::{Found, InvalidSettings, Problem, kind::Within};
use crate::nearest::nearest;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The values of a configuration, and every problem that is found.
pub(super) struct Reader<'a> {
    object: &'a Map<String, Value>,
    problems: Vec<Problem>,
    read: BTreeSet<&'static str>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(object: &'a Map<String, Value>) -> Self {
        Self { object, problems: Vec::new(), read: BTreeSet::new() }
    }

    /// What was read, if every value could be.
    pub(super) fn finish<T>(self, settings: T) -> Result<T, InvalidSettings> {
        if self.problems.is_empty() { Ok(settings) } else { Err(self.problems()) }
    }

    /// Every value that can't be used.
    pub(super) fn problems(self) -> InvalidSettings {
        InvalidSettings(self.problems)
    }

    /// What is given for a key; null is nothing.
    pub(super) fn get(&mut self, key: &'static str) -> Option<Value> {
        self.read.insert(key);
        self.object.get(key).filter(|value| !value.is_null()).cloned()
    }

    /// Whether something is given for one of some keys.
    pub(super) fn has<const N: usize>(&self, keys: [&str; N]) -> bool {
        keys.into_iter().any(|key| self.object.get(key).is_some_and(|value| !value.is_null()))
    }

    pub(super) fn refuse(
        &mut self,
        key: impl Into<String>,
        found: impl Into<Found>,
        allowed: impl Into<String>,
    ) {
        self.problems.push(Problem { key: key.into(), found: found.into(), allowed: allowed.into() });
    }

    /// The inside of the value of a key.
    pub(super) fn within(&mut self, key: &'static str) -> Within<'_> {
        Within { key, problems: &mut self.problems }
    }

    /// The key that somebody may have meant.
    pub(super) fn nearest(&self, key: &str) -> Option<&'static str> {
        nearest(key, self.read.iter().copied())
    }

    pub(super) fn unknown_keys(&self) -> Vec<String> {
        self.object.keys().filter(|key| !self.read.contains(key.as_str())).cloned().collect()
    }
}
