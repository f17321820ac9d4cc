//! Measures how long incidents lasted: `TimeToRestore`, one value an incident, for the earliest restore.

use crate::{
    context::Context,
    error::Error,
    events::Event,
    incidents,
    ledger::{IncidentRecord, Owner, Standing},
    pipelines::{self, Resolution},
    publish::publish,
    survey,
    worker::{Handler, Work},
};
use jiff::Timestamp;
use lambda_runtime::tracing::info;
use metrics_lib::{
    event::{Deployment, OpsItemId, OpsItemKey, Rollback},
    fact::Fact,
    time_to_restore::{self, RestoredBy, Restorer},
};

/// The handler of the function.
#[derive(Clone, Copy, Debug)]
pub struct TimeToRestore;

impl Handler for TimeToRestore {
    async fn handle(&self, Work { context, event, owner }: Work<'_>) -> Result<(), Error> {
        match event {
            Event::ExecutionSucceeded(key) => {
                executed(context, owner, &pipelines::resolve(context, key).await?).await
            }
            Event::OpsItemRaised(key) => raised(context, owner, key).await,
            Event::OpsItemResolved(key, at) => resolved(context, owner, key, *at).await,
            Event::Irrelevant => Ok(()),
        }
    }
}

/// A deployment or rollback may restore service.
///
/// # Errors
/// [`Error::NotYet`], those of [`publish`].
pub async fn executed(context: &Context, owner: Owner<'_>, resolution: &Resolution) -> Result<(), Error> {
    match resolution {
        Resolution::Deployment(deployment) => {
            let referenced = deployment.source.ops_items();
            // All links come first: settling one incident may have to wait, and must not keep another from knowing.
            link(context, deployment, &referenced).await?;
            settle_all(context, owner, &referenced).await
        }
        Resolution::Rollback(rollback) => rolled_back(context, owner, rollback).await,
        Resolution::NotProduction(_) => Ok(()),
    }
}

/// An incident may have been restored before its event arrived.
///
/// # Errors
/// [`Error::NotYet`], those of [`publish`].
pub async fn raised(context: &Context, owner: Owner<'_>, key: &OpsItemKey) -> Result<(), Error> {
    match record(context, key).await? {
        Some(record) => settle(context, owner, &record).await,
        None => Ok(()),
    }
}

/// Notes that a deployment may have restored service after the incidents that it references.
///
/// # Errors
/// [`Error::Aws`].
pub async fn link(context: &Context, deployment: &Deployment, referenced: &[OpsItemId]) -> Result<(), Error> {
    for id in referenced {
        context.ledger.link_reference(id, deployment).await?;
    }
    Ok(())
}

/// Settles incidents that a deployment references.
///
/// # Errors
/// [`Error::NotYet`], those of [`publish`].
pub async fn settle_all(context: &Context, owner: Owner<'_>, referenced: &[OpsItemId]) -> Result<(), Error> {
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

/// An incident was resolved, no later than at an instant.
///
/// # Errors
/// [`Error::OpsItem`] for an instant before the incident, [`Error::NotYet`], those of [`publish`].
pub async fn resolved(
    context: &Context,
    owner: Owner<'_>,
    key: &OpsItemKey,
    at: Timestamp,
) -> Result<(), Error> {
    let Some(mut record) = record(context, key).await? else { return Ok(()) };
    // The time is the event's: of a wrong one, the ledger would keep what nothing can correct.
    if at < record.created {
        let reason = "it was resolved before it was created".into();
        return Err(Error::OpsItem { key: key.clone(), reason });
    }
    if context.now()? < at {
        return Err(Error::NotYet { until: at, reason: format!("OpsItem {key} is resolved only then") });
    }
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
/// As long as the attribution is pending, a rollback may turn out to be earlier: whoever decides it settles the restore.
///
/// # Errors
/// [`Error::NotYet`], those of [`publish`].
pub async fn settle(context: &Context, owner: Owner<'_>, record: &IncidentRecord) -> Result<(), Error> {
    let Some(restorer) = earliest(context, record).await? else {
        return note_resolution(context, record).await;
    };
    if let Standing::Pending = record.standing {
        return Ok(());
    }
    context.after_restore_delay(restorer.time)?;
    // Events may be late or lost: what has ended since the reconciler looked is asked of the API.
    for key in survey::unseen(context, owner, record.created..restorer.time).await? {
        link_if_restores(context, record, &pipelines::resolve(context, &key).await?).await?;
    }
    let mut restorer = earliest(context, record).await?.unwrap_or(restorer);
    if let (RestoredBy::Rollback, None) = (restorer.by, record.resolved)
        && let Some(resolved) = incidents::resolution(context, &record.key).await?
        && resolved < restorer.time
    {
        let record = IncidentRecord { resolved: Some(resolved), ..record.clone() };
        context.ledger.record_resolution(&record, resolved).await?;
        match earliest(context, &record).await? {
            Some(other) => restorer = other,
            None => return note_resolution(context, &record).await,
        }
    }
    if let Some(fact) = time_to_restore::restore(&record.key, record.created, &restorer) {
        publish(context, owner, &fact).await?;
    }
    Ok(())
}

/// Settles an incident that was resolved so long ago that no deployment which restored service can be expected any more,
/// at its resolution. `complete` is the instant up to which everything that ended is known.
///
/// # Errors
/// [`Error::NotYet`], those of [`publish`].
pub async fn settle_at_resolution(
    context: &Context,
    owner: Owner<'_>,
    record: &IncidentRecord,
    complete: Timestamp,
) -> Result<(), Error> {
    let waits_until = |resolved: Timestamp| resolved.checked_add(context.config.attribution_window);
    match (record.resolved, &record.standing) {
        (Some(resolved), Standing::Attributed { .. } | Standing::Unattributed)
            if waits_until(resolved).is_ok_and(|until| until <= complete) => {}
        _ => return Ok(()),
    }
    if let (None, Some(fact)) = (earliest(context, record).await?, at_resolution(record)) {
        publish(context, owner, &fact).await?;
    }
    Ok(())
}

/// Notes that nothing is known to have restored service after an incident that was resolved.
async fn note_resolution(context: &Context, record: &IncidentRecord) -> Result<(), Error> {
    match at_resolution(record) {
        Some(fact) => context.ledger.note_pending(&fact).await.map(drop),
        None => Ok(()),
    }
}

async fn earliest(context: &Context, record: &IncidentRecord) -> Result<Option<Restorer>, Error> {
    let restorers = context.ledger.restorers(record).await?;
    Ok(time_to_restore::earliest(record.created, record.resolved, &restorers).cloned())
}

fn at_resolution(IncidentRecord { key, created, resolved, standing, .. }: &IncidentRecord) -> Option<Fact> {
    let repository = match standing {
        Standing::Attributed { deployment, .. } => Some(deployment.repository.clone()),
        Standing::Pending | Standing::Unattributed => None,
    };
    time_to_restore::resolved_without_deployment(key, *created, (*resolved)?, repository)
}

/// Notes that an execution may have restored service after an incident.
async fn link_if_restores(
    context: &Context,
    record: &IncidentRecord,
    resolution: &Resolution,
) -> Result<(), Error> {
    let id = &record.key.ops_item_id;
    match resolution {
        Resolution::Deployment(deployment) if deployment.source.ops_items().contains(id) => {
            context.ledger.link_reference(id, deployment).await
        }
        Resolution::Rollback(rollback @ Rollback { rolled_back: Some(deployment), .. }) => {
            context.ledger.link_rollback(deployment, rollback).await
        }
        Resolution::Deployment(_) | Resolution::Rollback(_) | Resolution::NotProduction(_) => Ok(()),
    }
}
