//! Counts failed deployments: those that an incident is attributed to, and those that were rolled back.

use crate::{
    context::Context,
    error::Error,
    events::Event,
    incidents,
    ledger::{DoneBy, IncidentRecord, Owner, Standing},
    pipelines::{self, Resolution},
    publish::{count_duplicate, publish},
    survey, time_to_restore,
    worker::{Handler, Work},
};
use lambda_runtime::tracing::info;
use metrics_lib::{
    attribution::{self, Attribution, Named},
    change_failure_rate,
    event::{Deployed, Incident, OpsItemKey, Rollback},
};

/// The handler of the function.
#[derive(Clone, Copy, Debug)]
pub struct ChangeFailureRate;

impl Handler for ChangeFailureRate {
    async fn handle(&self, Work { context, event, owner }: Work<'_>) -> Result<(), Error> {
        match event {
            Event::ExecutionSucceeded(key) => match pipelines::resolve_rollback(context, key).await? {
                Some(rollback) => rolled_back(context, owner, &rollback).await,
                None => Ok(()),
            },
            Event::OpsItemRaised(key) => match raised(context, owner, key).await? {
                Some(DoneBy::AnotherMessage) => count_duplicate(context, None).await,
                Some(DoneBy::SameMessage | DoneBy::Reconciler) | None => Ok(()),
            },
            Event::OpsItemResolved(..) | Event::Irrelevant => Ok(()),
        }
    }
}

/// A rollback makes a failure of the deployment that it rolled back.
///
/// # Errors
/// Those of [`publish`].
pub async fn rolled_back(context: &Context, owner: Owner<'_>, rollback: &Rollback) -> Result<(), Error> {
    if let Some(fact) = change_failure_rate::failed_by_rollback(rollback, context.now()?) {
        publish(context, owner, &fact).await?;
    }
    Ok(())
}

/// An incident makes a failure of the deployment that it is attributed to. Returns who had decided the attribution
/// before, if anybody had.
///
/// # Errors
/// [`Error::NotYet`], those of [`publish`].
pub async fn raised(context: &Context, owner: Owner<'_>, key: &OpsItemKey) -> Result<Option<DoneBy>, Error> {
    let Some(incident) = incidents::incident(context, key).await? else {
        info!(ops_item.id = %key.ops_item_id, "not an OpsItem of type /aws/issue");
        return Ok(None);
    };
    let mut record = context.ledger.record_incident(&incident).await?;
    let decided_by = match owner.is_reconciler() {
        true => None,
        false => context.ledger.decided_by(&record, owner).await?,
    };
    // An attribution is decided for good, but one that found no deployment, which only the reconciler tries again.
    let is_open = match record.standing {
        Standing::Pending => true,
        Standing::Unattributed => owner.is_reconciler(),
        Standing::Attributed { .. } => false,
    };
    if is_open {
        context.after_attribution_delay(incident.created, "deployments before the incident")?;
        record.standing = decide(context, owner, &incident, &record).await?;
    }
    match &record.standing {
        Standing::Attributed { deployment, evidence } => {
            context.ledger.link_blame(deployment, &record).await?;
            let fact =
                change_failure_rate::failed_by_incident(deployment, &incident, evidence, context.now()?);
            publish(context, owner, &fact).await?;
        }
        Standing::Unattributed | Standing::Pending => {
            let reason = "no deployment could be attributed";
            publish(context, owner, &change_failure_rate::unattributed(&incident, reason)).await?;
        }
    }
    // What restored service may have ended before, and a rollback restores it only now that it is known what is blamed.
    time_to_restore::settle(context, owner, &record).await?;
    Ok(decided_by)
}

async fn decide(
    context: &Context,
    owner: Owner<'_>,
    incident: &Incident,
    record: &IncidentRecord,
) -> Result<Standing, Error> {
    let config = &context.config;
    let window = attribution::window(incident, config.attribution_window);
    // Events may be late or lost: what has ended since the reconciler looked is asked of the API.
    let unseen = survey::unseen(context, owner, window.clone()).await?;
    let mut deployments = context.ledger.deployments_within(window).await?;
    for key in unseen {
        if deployments.iter().any(|deployment| deployment.key == key) {
            continue;
        }
        if let Resolution::Deployment(deployment) = pipelines::resolve(context, &key).await? {
            let deployed = Deployed::from(&deployment);
            context.ledger.remember_names(&deployed).await?;
            deployments.push(deployed);
        }
    }
    let mut known = context.ledger.known_names().await?;
    known.repositories.extend(config.production.trunk_based.iter().cloned());
    known.repositories.extend(config.teams.0.values().flatten().cloned());
    let named = Named::by(incident, &known);
    if let Named::Execution(id) = &named {
        deployments.extend(context.ledger.deployments_of(id).await?);
    }
    let attribution: Attribution =
        attribution::attribute(incident, &named, &deployments, config.attribution_window);
    context.ledger.decide(record, &attribution, owner).await
}
