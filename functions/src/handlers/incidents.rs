//! Incidents that were raised or changed: which deployment is to blame, and what restored service.

use crate::{
    ledger::DoneBy,
    metrics::{change_failure_rate, publish::count_duplicate, time_to_restore},
    runtime::{
        error::Error,
        worker::{Handler, Work},
    },
    sources::{
        events::Event,
        source::{IncidentChange, IncidentEvent},
    },
};

/// The handler of the function `incidents`.
#[derive(Clone, Copy, Debug)]
pub struct Incidents;

impl Handler for Incidents {
    async fn handle(&self, Work { context, event, owner }: Work<'_>) -> Result<(), Error> {
        let Event::Incident(IncidentEvent { key, what }) = event else { return Ok(()) };
        match what {
            IncidentChange::Raised => match change_failure_rate::raised(context, owner, key).await? {
                Some(DoneBy::AnotherMessage) => count_duplicate(context, None).await,
                Some(DoneBy::SameMessage | DoneBy::AnotherEvent) | None => Ok(()),
            },
            IncidentChange::Status(change) => time_to_restore::changed(context, owner, key, *change).await,
        }
    }
}
