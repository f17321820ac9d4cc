//! The events of Beacon that an installation takes.

use program::sources::{EventKind, EventSource, Tells};
use serde_json::json;

pub(crate) const BEACON: EventSource = EventSource {
    tells: Tells::Incidents,
    event_source: "beacon",
    events: &[EventKind {
        name: "beacons",
        description: "Incidents of Beacon that were lit or put out",
        detail_types: &["Beacon Incident"],
        detail: |_| json!({"state": ["LIT", "OUT"]}),
    }],
    reads: |_| Vec::new(),
};
