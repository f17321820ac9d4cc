//! Deployments that were handed on: how long their changes took.

use crate::{
    metrics::lead_time_for_changes,
    runtime::{
        error::Error,
        worker::{Handler, Work},
    },
    sources::events::Event,
};

/// The handler of the function `lead-time-for-changes`.
#[derive(Clone, Copy, Debug)]
pub struct LeadTimes;

impl Handler for LeadTimes {
    async fn handle(&self, Work { context, event, owner }: Work<'_>) -> Result<(), Error> {
        match event {
            Event::Deployed(deployment) => lead_time_for_changes::deployed(context, owner, deployment).await,
            Event::Deployment(_) | Event::Incident(_) | Event::Irrelevant => Ok(()),
        }
    }
}
