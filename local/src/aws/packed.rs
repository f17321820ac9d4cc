//! JSON in little memory: as text, which takes about a tenth of what the parsed value does.
//!
//! What a world makes the services remember is kept like this, so that a long one fits.

use serde::{Serialize, de::DeserializeOwned};

/// A value as JSON text.
#[derive(Clone, Debug)]
pub(super) struct Packed(Box<str>);

impl Packed {
    /// Packs a value, whose keys must be texts.
    pub(super) fn new(value: &impl Serialize) -> Self {
        Self(serde_json::to_string(value).unwrap_or_default().into())
    }

    /// The value that was packed.
    pub(super) fn get<T: DeserializeOwned + Default>(&self) -> T {
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}
