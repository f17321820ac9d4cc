//! An event as EventBridge delivers it, before its source reads it.

use crate::runtime::error::Error;
use metrics_lib::{json, place::Place};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, Unexpected},
};
use serde_json::Value;
use uuid::Uuid;

/// An event's envelope. It names the fields that are used and nothing else.
#[derive(Clone, Debug, Deserialize)]
pub struct Envelope {
    #[serde(default, deserialize_with = "uuid")]
    pub(super) id: Option<Uuid>,
    /// What has happened.
    #[serde(rename = "detail-type")]
    pub detail_type: String,
    /// The account that it happened in.
    #[serde(deserialize_with = "name")]
    pub account: String,
    /// The region that it happened in.
    #[serde(deserialize_with = "name")]
    pub region: String,
    detail: Value,
}

impl Envelope {
    /// The account and region that it happened in.
    pub fn place(&self) -> Place {
        Place::new(&self.account, &self.region)
    }

    /// What is said of it, as a source's own type.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn detail<T: DeserializeOwned>(&self) -> Result<T, Error> {
        Ok(json::part("detail", &self.detail)?)
    }
}

/// What a source reads of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading<T> {
    /// Something that a function acts on.
    Event(T),
    /// An event of this source that nothing follows from.
    Irrelevant,
    /// An event of another source.
    NotOurs,
}

/// An event's id, if it is one: whatever else is there identifies nothing.
fn uuid<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Uuid>, D::Error> {
    Ok(Value::deserialize(deserializer)?.as_str().and_then(|id| id.parse().ok()))
}

/// A name or id of AWS's. It is told in logs, asked for with the APIs, and part of the ledger's keys.
pub(crate) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".@-_".contains(&byte);
    if (1..=100).contains(&name.len()) && name.bytes().all(allowed) {
        return Ok(name);
    }
    Err(D::Error::invalid_value(
        Unexpected::Other("a text"),
        &"1 to 100 letters, digits and characters of \".@-_\"",
    ))
}
