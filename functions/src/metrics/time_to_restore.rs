//! Measures how long incidents lasted: `TimeToRestore`, one value an incident, for the earliest restore.

use crate::{
    ledger::{AttributionState, IncidentRecord, Owner},
    metrics::publish::publish,
    runtime::error::Error,
    sources::{
        codepipeline::execution_listing,
        context::Context,
        deployments, incidents, names,
        source::{FoundIncident, Look, Resolution, StatusEvent},
    },
};
use jiff::Timestamp;
use lambda_runtime::tracing::info;
use metrics_lib::{
    event::{Deployment, Rollback},
    fact::Fact,
    identity::{IncidentId, IncidentKey},
    time_to_restore::{self, Restorer, StatusChange, Statuses, ToldBy},
};

/// A deployment or rollback may restore service.
///
/// # Errors
/// [`Error::NotYet`], those of [`publish`].
pub async fn executed(context: &Context, owner: Owner<'_>, resolution: &Resolution) -> Result<(), Error> {
    match resolution {
        Resolution::Deployment(deployment) => {
            let referenced = deployment.source.incidents();
            // All links come first: settling one incident may have to wait, and must not keep another from knowing.
            link(context, deployment, &referenced).await?;
            settle_all(context, owner, deployment, &referenced).await
        }
        Resolution::Rollback(rollback) => rolled_back(context, owner, rollback).await,
        Resolution::Ignored(_) => Ok(()),
    }
}

/// Notes that a deployment may have restored service after the incidents that it references.
///
/// # Errors
/// [`Error::Aws`].
pub async fn link(
    context: &Context,
    deployment: &Deployment,
    referenced: &[IncidentId],
) -> Result<(), Error> {
    for id in referenced {
        context.ledger.link_reference(id, deployment).await?;
    }
    Ok(())
}

/// Settles incidents that a deployment references.
///
/// # Errors
/// [`Error::NotYet`], those of [`publish`].
pub async fn settle_all(
    context: &Context,
    owner: Owner<'_>,
    deployment: &Deployment,
    referenced: &[IncidentId],
) -> Result<(), Error> {
    for id in referenced {
        for record in find(context, deployment, id).await? {
            settle(context, owner, &record).await?;
        }
    }
    Ok(())
}

/// A rollback may restore service after the incidents that are attributed to the deployment that it undid.
async fn rolled_back(context: &Context, owner: Owner<'_>, rollback: &Rollback) -> Result<(), Error> {
    context.ledger.link_rollback(rollback).await?;
    for record in context.ledger.blamed_by(&rollback.rolled_back).await? {
        settle(context, owner, &record).await?;
    }
    Ok(())
}

/// An incident was changed: resolved, or opened again.
///
/// # Errors
/// [`Error::Incident`] for an instant before the incident, [`Error::NotYet`], those of [`publish`].
pub async fn changed(
    context: &Context,
    owner: Owner<'_>,
    key: &IncidentKey,
    StatusEvent { is_resolved, at }: StatusEvent,
) -> Result<(), Error> {
    let Some((record, item)) = record_and_item(context, key).await? else { return Ok(()) };
    let change = match at {
        Some(time) => StatusChange { time, is_resolved, told_by: ToldBy::Event },
        // The event does not say when: the API says when it was changed last, if that was this change.
        None => match item.status_change() {
            Some(change) if change.is_resolved == is_resolved => change,
            _ => return settle(context, owner, &record).await,
        },
    };
    note(context, owner, &record, &change).await
}

/// Takes note of an incident's status as the API has it.
///
/// # Errors
/// Those of [`changed`].
pub async fn seen(context: &Context, owner: Owner<'_>, key: &IncidentKey) -> Result<(), Error> {
    let Some((record, item)) = record_and_item(context, key).await? else { return Ok(()) };
    match item.status_change() {
        Some(change) => note_present(context, owner, &record, &change).await,
        None => settle(context, owner, &record).await,
    }
}

/// The API tells the present status and when anything was changed last: what is known already is no news.
async fn note_present(
    context: &Context,
    owner: Owner<'_>,
    record: &IncidentRecord,
    change: &StatusChange,
) -> Result<(), Error> {
    let was_resolved = context.ledger.statuses(&record.key).await?.resolution().is_some();
    match was_resolved == change.is_resolved {
        true => settle(context, owner, record).await,
        false => note(context, owner, record, change).await,
    }
}

async fn note(
    context: &Context,
    owner: Owner<'_>,
    record: &IncidentRecord,
    change: &StatusChange,
) -> Result<(), Error> {
    // The time is the event's: of a wrong one, the ledger would keep what nothing can correct.
    if change.time < record.created {
        let reason = "it was changed before it was created".into();
        return Err(Error::Incident { key: Box::new(record.key.clone()), reason });
    }
    if context.now()? < change.time {
        let reason = format!("{} {} is changed only then", record.key.noun(), record.key);
        return Err(Error::NotYet { until: change.time, reason });
    }
    context.ledger.record_status(&record.key, change).await?;
    settle(context, owner, record).await
}

/// What is known of an incident; it is recorded if it is new.
async fn record(context: &Context, key: &IncidentKey) -> Result<Option<IncidentRecord>, Error> {
    Ok(record_and_item(context, key).await?.map(|(record, _)| record))
}

async fn record_and_item(
    context: &Context,
    key: &IncidentKey,
) -> Result<Option<(IncidentRecord, FoundIncident)>, Error> {
    match incidents::item(context, key).await? {
        Some(item) => {
            let record = context.ledger.record_incident(&item.incident).await?;
            Ok(Some((record, item)))
        }
        None => {
            info!(ops_item.id = %key.id(), "not an incident");
            Ok(None)
        }
    }
}

/// The incidents of an id that a deployment names, and that it may restore: from the ledger, else wherever the API knows it,
/// because the event that it was raised may be late or lost. Whose incidents it can't restore is not asked.
async fn find(
    context: &Context,
    Deployment { key, source, .. }: &Deployment,
    id: &IncidentId,
) -> Result<Vec<IncidentRecord>, Error> {
    let may_restore = |account: &str| names::may_blame(&context.config, account, key, &source.repository);
    let mut known = context.ledger.incidents(id).await?;
    known.retain(|record| may_restore(record.key.account()));
    if !known.is_empty() {
        return Ok(known);
    }
    let mut found = Vec::new();
    let places = context.ops_item_places().await?;
    for place in places.into_iter().filter(|place| may_restore(&place.account)) {
        let key = id.clone().at(place);
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
    let statuses = context.ledger.statuses(&record.key).await?;
    let Some(restorer) = earliest(context, record, &statuses).await? else {
        return note_resolution(context, record, &statuses).await;
    };
    if let AttributionState::Pending = record.attribution {
        return Ok(());
    }
    context.after_restore_delay(restorer.time)?;
    // Events may be late or lost: what has ended since the reconciler looked is asked of the API.
    let is_asked = |account: &str| names::may_restore(&context.config, record, account);
    let unseen = deployments::unseen(context, owner, &is_asked, record.created, restorer.time).await?;
    let mut is_all_read = unseen.unread.is_empty();
    for key in unseen.deployments {
        execution_listing::check_time(owner)?;
        match deployments::look(context, owner, &key).await {
            Ok(Look::Resolved(resolution)) => link_if_restores(context, record, &resolution).await?,
            Ok(Look::Running(_) | Look::Unfinished(_)) => {}
            Err(error) => {
                execution_listing::unread(&key, error)?;
                is_all_read = false;
            }
        }
    }
    if !is_all_read && !has_waited(context, record).await? {
        // The reconciler tries again.
        return Ok(());
    }
    // Before anything is settled, the API's present status is asked: events that it was resolved or opened again may have
    // been lost.
    let statuses = present_statuses(context, record, statuses).await?;
    let Some(restorer) = earliest(context, record, &statuses).await? else {
        return note_resolution(context, record, &statuses).await;
    };
    if let Some(fact) = time_to_restore::restore(&record.key, record.created, &restorer) {
        publish(context, owner, &fact).await?;
    }
    Ok(())
}

/// Whether a restore has waited long enough for what can't be read, where something earlier may have restored service. From
/// now on it waits.
async fn has_waited(context: &Context, record: &IncidentRecord) -> Result<bool, Error> {
    let now = context.now()?;
    match record.restore_unread_since {
        Some(since) => Ok(now.duration_since(since) >= context.config.incidents.unread_wait),
        None => context.ledger.note_restore_unread(record, now).await.map(|()| false),
    }
}

/// When an incident was open and resolved, with its present status as the API has it.
async fn present_statuses(
    context: &Context,
    record: &IncidentRecord,
    statuses: Statuses,
) -> Result<Statuses, Error> {
    let item = incidents::item(context, &record.key).await?;
    let Some(present) = item.and_then(|item| item.status_change()) else { return Ok(statuses) };
    if statuses.resolution().is_some() == present.is_resolved {
        return Ok(statuses);
    }
    context.ledger.record_status(&record.key, &present).await?;
    context.ledger.statuses(&record.key).await
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
    if let AttributionState::Pending = record.attribution {
        return Ok(());
    }
    let waits_until = |resolved: Timestamp| resolved.checked_add(context.config.attribution_window);
    let is_over = |statuses: &Statuses| {
        let resolution = statuses.resolution();
        resolution.is_some_and(|resolution| waits_until(resolution.time).is_ok_and(|until| until <= complete))
    };
    let statuses = context.ledger.statuses(&record.key).await?;
    if !is_over(&statuses) {
        return Ok(());
    }
    let statuses = present_statuses(context, record, statuses).await?;
    if !is_over(&statuses) {
        return note_resolution(context, record, &statuses).await;
    }
    if let (None, Some(fact)) =
        (earliest(context, record, &statuses).await?, at_resolution(record, &statuses))
    {
        publish(context, owner, &fact).await?;
    }
    Ok(())
}

/// Notes that nothing is known to have restored service after an incident that was resolved, or that it is open.
async fn note_resolution(
    context: &Context,
    record: &IncidentRecord,
    statuses: &Statuses,
) -> Result<(), Error> {
    match at_resolution(record, statuses) {
        Some(fact) => context.ledger.note_restore(&fact).await,
        None if statuses.reopened().is_some() => context.ledger.take_back_restore(&record.key).await,
        None => Ok(()),
    }
}

async fn earliest(
    context: &Context,
    record: &IncidentRecord,
    statuses: &Statuses,
) -> Result<Option<Restorer>, Error> {
    let mut restorers = context.ledger.restorers(record).await?;
    // A deployment restores only incidents that it could be blamed for.
    restorers.retain(|restorer| {
        let repository = restorer.repository.as_deref().unwrap_or_default();
        let key = &restorer.key;
        names::may_blame(&context.config, record.key.account(), key, repository)
            && names::may_restore(&context.config, record, key.account())
    });
    Ok(time_to_restore::earliest(record.created, statuses, &restorers).cloned())
}

fn at_resolution(record: &IncidentRecord, statuses: &Statuses) -> Option<Fact> {
    let repository = match &record.attribution {
        AttributionState::Attributed { deployment, .. } => Some(deployment.repository.clone()),
        AttributionState::Pending | AttributionState::Unattributed => None,
    };
    let resolution = statuses.resolution()?;
    time_to_restore::resolved_without_deployment(&record.key, record.created, resolution, repository)
}

/// Notes that an execution may have restored service after an incident.
async fn link_if_restores(
    context: &Context,
    record: &IncidentRecord,
    resolution: &Resolution,
) -> Result<(), Error> {
    let id = &record.key.id();
    match resolution {
        Resolution::Deployment(deployment) if deployment.source.incidents().contains(id) => {
            context.ledger.link_reference(id, deployment).await
        }
        Resolution::Rollback(rollback) => context.ledger.link_rollback(rollback).await,
        Resolution::Deployment(_) | Resolution::Ignored(_) => Ok(()),
    }
}
