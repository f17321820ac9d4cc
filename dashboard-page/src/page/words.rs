//! Every text once: the script refers to it by its number.

use metrics_lib::text::is_harmful;
use serde::Serialize;
use std::collections::HashMap;

/// The texts of the page.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
pub(super) struct Words {
    all: Vec<String>,
    #[serde(skip)]
    numbers: HashMap<String, i64>,
}

impl Words {
    /// The number of no text.
    pub(super) const NONE: i64 = -1;

    /// The number of a text.
    pub(super) fn number(&mut self, text: &str) -> i64 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.all.len() as i64;
        // Names come from anybody: what would turn text around, or is no text, is shown as unknown.
        self.all.push(text.replace(is_harmful, "\u{fffd}"));
        self.numbers.insert(text.to_owned(), number);
        number
    }

    /// The number of a text, if there is one.
    pub(super) fn optional(&mut self, text: Option<&str>) -> i64 {
        text.map_or(Self::NONE, |text| self.number(text))
    }
}
