//! The events of Courier that an installation takes.

use program::sources::{EventKind, EventSource, Tells};
use serde_json::json;

pub(crate) const COURIER: EventSource = EventSource {
    tells: Tells::Deployments,
    event_source: "courier",
    events: &[EventKind {
        name: "deliveries",
        description: "Deliveries of Courier that ended",
        detail_types: &["Courier Delivery"],
        detail: |_| json!({"state": ["DELIVERED"]}),
    }],
    reads: |_| Vec::new(),
};
