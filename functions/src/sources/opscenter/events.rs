//! The events of `OpsCenter` that the functions are fed with.

use crate::{
    runtime::error::Error,
    sources::{
        envelope::{Envelope, Reading},
        source::{IncidentChange, IncidentEvent, StatusEvent},
    },
};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use metrics_lib::{
    identity::IncidentKey,
    sources::opscenter::{OpsItemId, OpsItemKey},
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct OpsItemDetail {
    ops_item_id: OpsItemId,
    status: Option<OpsItemStatus>,
    modified_time: Option<String>,
}

#[derive(Deserialize)]
enum OpsItemStatus {
    Open,
    InProgress,
    Resolved,
    Closed,
    #[serde(other)]
    Other,
}

impl OpsItemStatus {
    /// Whether it says that the incident is resolved; nothing is said by a status that is not one of incidents.
    fn is_resolved(&self) -> Option<bool> {
        match self {
            Self::Resolved | Self::Closed => Some(true),
            Self::Open | Self::InProgress => Some(false),
            Self::Other => None,
        }
    }
}

/// What an event says.
///
/// # Errors
/// [`Error::Malformed`].
pub(super) fn read(event: &Envelope) -> Result<Reading<IncidentEvent>, Error> {
    let is_new = match event.detail_type.as_str() {
        "OpsItem Create" => true,
        "OpsItem Update" => false,
        _ => return Ok(Reading::NotOurs),
    };
    let OpsItemDetail { ops_item_id, status, modified_time } = event.detail()?;
    let key = IncidentKey::OpsItem(OpsItemKey { place: event.place(), ops_item_id });
    let is_resolved = status.and_then(|status| status.is_resolved());
    let what = match (is_new, is_resolved) {
        (true, _) => IncidentChange::Raised,
        (false, Some(is_resolved)) => IncidentChange::Status(StatusEvent {
            is_resolved,
            at: modified_time.as_deref().and_then(instant),
        }),
        (false, None) => return Ok(Reading::Irrelevant),
    };
    Ok(Reading::Event(IncidentEvent { key, what }))
}

/// An instant with or without an offset; without one it is UTC.
fn instant(text: &str) -> Option<Timestamp> {
    let utc = |text: &str| text.parse::<DateTime>().ok()?.to_zoned_datetime(TimeZone::UTC).ok();
    text.parse().ok().or_else(|| utc(text).map(|at| at.timestamp()))
}
