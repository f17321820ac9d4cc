//! Measures how long incidents lasted: `TimeToRestore`, one value an incident, for the earliest restore.

use crate::{
    context::Context,
    error::Error,
    events::Event,
    incidents,
    ledger::{IncidentRecord, Owner},
    pipelines::{self, Resolution},
    publish::publish,
    worker::{Handler, Work},
};
use jiff::Timestamp;
use lambda_runtime::tracing::info;
use metrics_lib::{
    event::{Deployment, ExecutionKey, OpsItemId, OpsItemKey, Rollback},
    time_to_restore,
};

/// The handler of the function.
#[derive(Clone, Copy, Debug)]
pub struct TimeToRestore;

impl Handler for TimeToRestore {
    async fn handle(&self, Work { context, event, owner }: Work<'_>) -> Result<(), Error> {
        match event {
            Event::ExecutionSucceeded(key) => executed(context, owner, key).await,
            Event::OpsItemRaised(key) => match record(context, key).await? {
                Some(record) => settle(context, owner, &record).await,
                None => Ok(()),
            },
            Event::OpsItemResolved(key, at) => resolved(context, owner, key, *at).await,
            Event::Irrelevant => Ok(()),
        }
    }
}

async fn executed(context: &Context, owner: Owner<'_>, key: &ExecutionKey) -> Result<(), Error> {
    match pipelines::resolve(context, key).await? {
        Resolution::Deployment(deployment) => {
            deployed(context, owner, &deployment, &deployment.source.ops_items()).await
        }
        Resolution::Rollback(rollback) => rolled_back(context, owner, &rollback).await,
        Resolution::NotProduction(_) => Ok(()),
    }
}

/// A deployment may restore service after the incidents that it references.
///
/// # Errors
/// [`Error::NotYet`], those of [`publish`].
pub async fn deployed(
    context: &Context,
    owner: Owner<'_>,
    deployment: &Deployment,
    referenced: &[OpsItemId],
) -> Result<(), Error> {
    // All links come first: settling one incident may have to wait, and must not keep another from knowing.
    for id in referenced {
        context.ledger.link_reference(id, deployment).await?;
    }
    for id in referenced {
        for record in find(context, id).await? {
            settle(context, owner, &record).await?;
        }
    }
    Ok(())
}

/// A rollback may restore service after the incidents that are attributed to the deployment that it undid.
async fn rolled_back(context: &Context, owner: Owner<'_>, rollback: &Rollback) -> Result<(), Error> {
    let Some(deployment) = &rollback.rolled_back else { return Ok(()) };
    context.ledger.link_rollback(deployment, rollback).await?;
    for record in context.ledger.blamed_by(deployment).await? {
        settle(context, owner, &record).await?;
    }
    Ok(())
}

async fn resolved(context: &Context, owner: Owner<'_>, key: &OpsItemKey, at: Timestamp) -> Result<(), Error> {
    let Some(mut record) = record(context, key).await? else { return Ok(()) };
    context.ledger.record_resolution(&record, at).await?;
    record.resolved = Some(record.resolved.map_or(at, |before| before.min(at)));
    settle(context, owner, &record).await
}

/// What is known of an `OpsItem` of type `/aws/issue`; it is recorded if it is new.
async fn record(context: &Context, key: &OpsItemKey) -> Result<Option<IncidentRecord>, Error> {
    match incidents::incident(context, key).await? {
        Some(incident) => context.ledger.record_incident(&incident).await.map(Some),
        None => {
            info!(ops_item.id = %key.ops_item_id, "not an OpsItem of type /aws/issue");
            Ok(None)
        }
    }
}

/// The incidents of an id that a commit or branch names: from the ledger, else wherever the API knows it, because
/// the event that it was raised may be late or lost.
async fn find(context: &Context, id: &OpsItemId) -> Result<Vec<IncidentRecord>, Error> {
    let known = context.ledger.incidents(id).await?;
    if !known.is_empty() {
        return Ok(known);
    }
    let mut found = Vec::new();
    for (account, region) in context.config.ops_item_places(context.clients.region()) {
        let key = OpsItemKey { account: account.into(), region: region.into(), ops_item_id: id.clone() };
        found.extend(record(context, &key).await?);
    }
    Ok(found)
}

/// Publishes the earliest restore of an incident that is known, once late events have arrived. An incident that was
/// resolved without one is recorded as pending.
///
/// # Errors
/// [`Error::NotYet`], those of [`publish`].
pub async fn settle(context: &Context, owner: Owner<'_>, record: &IncidentRecord) -> Result<(), Error> {
    let restorers = context.ledger.restorers(record).await?;
    let earliest = time_to_restore::earliest(record.created, record.resolved, &restorers);
    if let Some(restorer) = earliest {
        context.after_attribution_delay(restorer.time, "earlier restores")?;
        if let Some(fact) = time_to_restore::restore(&record.key, record.created, restorer) {
            publish(context, owner, &fact).await?;
        }
    } else if let Some(resolved) = record.resolved {
        context
            .ledger
            .note_pending(&time_to_restore::resolved_without_deployment(&record.key, resolved))
            .await?;
    }
    Ok(())
}
