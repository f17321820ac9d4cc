//! Deployments that were made: all facts that follow from one without looking at commits.

use super::hand_on;
use crate::{
    ledger::{DoneBy, Missed, Owner},
    metrics::{
        change_failure_rate, deployment_frequency,
        publish::{Published, count_duplicate},
        time_to_restore,
    },
    runtime::{
        error::Error,
        worker::{Handler, Work},
    },
    sources::{
        context::Context,
        deployments,
        events::Event,
        source::{DeploymentEvent, Resolution},
    },
};

/// The handler of the function `deployments`.
#[derive(Clone, Copy, Debug)]
pub struct Deployments;

impl Handler for Deployments {
    async fn handle(&self, Work { context, event, owner }: Work<'_>) -> Result<(), Error> {
        let Event::Deployment(event) = event else { return Ok(()) };
        if is_counted(context, owner, event).await? {
            return Ok(());
        }
        let Some(resolution) = deployments::resolve(context, owner, event).await? else { return Ok(()) };
        // One part that fails keeps no other from being done; the message is tried again for the sake of it.
        let [counted, failed, restored] = [
            counted(context, owner, &resolution).await,
            failed(context, owner, &resolution).await,
            time_to_restore::executed(context, owner, &resolution).await,
        ];
        counted.and(failed).and(restored)
    }
}

/// Whether what has ended is known to be a deployment already: the event of its production stage led to all that follows from
/// it. That costs one request of the ledger, and none of CodePipeline.
async fn is_counted(context: &Context, owner: Owner<'_>, event: &DeploymentEvent) -> Result<bool, Error> {
    let DeploymentEvent { key, part: None, .. } = event else { return Ok(false) };
    Ok(match context.ledger.note_told(key, owner).await? {
        // This very message may have been cut off in the middle.
        None | Some((DoneBy::SameMessage, _)) => false,
        Some((DoneBy::AnotherEvent, _)) => true,
        Some((DoneBy::AnotherMessage, repository)) => {
            count_duplicate(context, repository.as_deref()).await?;
            true
        }
    })
}

/// Counts what was deployed, and hands a deployment on, whose lead time is measured once its commits are in the lake.
async fn counted(context: &Context, owner: Owner<'_>, resolution: &Resolution) -> Result<(), Error> {
    let published = deployment_frequency::executed(context, owner, resolution).await?;
    match published {
        Some(Published::Missed(Missed::Done(DoneBy::AnotherMessage))) => {
            return count_duplicate(context, resolution.repository()).await;
        }
        // Whoever counted it hands it on.
        Some(Published::Missed(Missed::Done(DoneBy::AnotherEvent))) => return Ok(()),
        Some(
            Published::New
            | Published::Unpublishable
            | Published::Missed(Missed::Done(DoneBy::SameMessage) | Missed::Handed),
        )
        | None => {}
    }
    match resolution {
        Resolution::Deployment(deployment) => hand_on::hand_on(context, deployment).await,
        Resolution::Rollback(_) | Resolution::Ignored(_) => Ok(()),
    }
}

/// A rollback makes a failure of what it took back.
async fn failed(context: &Context, owner: Owner<'_>, resolution: &Resolution) -> Result<(), Error> {
    match resolution {
        Resolution::Rollback(rollback) => change_failure_rate::rolled_back(context, owner, rollback).await,
        Resolution::Deployment(_) | Resolution::Ignored(_) => Ok(()),
    }
}
