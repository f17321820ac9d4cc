//! Counts failed deployments: those that an incident is attributed to, and those that were rolled back.

use crate::{
    context::Context,
    error::Error,
    events::Event,
    incidents,
    ledger::{IncidentRecord, Owner, Standing},
    pipelines,
    publish::{count_duplicate, publish},
    time_to_restore,
    worker::{Handler, Work},
};
use lambda_runtime::tracing::info;
use metrics_lib::{
    attribution::{self, Attribution, Named},
    change_failure_rate,
    event::{ExecutionKey, Incident, OpsItemKey},
};

/// The handler of the function.
#[derive(Clone, Copy, Debug)]
pub struct ChangeFailureRate;

impl Handler for ChangeFailureRate {
    async fn handle(&self, Work { context, event, owner }: Work<'_>) -> Result<(), Error> {
        match event {
            Event::ExecutionSucceeded(key) => rolled_back(context, owner, key).await,
            Event::OpsItemRaised(key) => raised(context, owner, key).await,
            Event::OpsItemResolved(..) | Event::Irrelevant => Ok(()),
        }
    }
}

/// A rollback makes a failure of the deployment that it rolled back.
async fn rolled_back(context: &Context, owner: Owner<'_>, key: &ExecutionKey) -> Result<(), Error> {
    let Some(rollback) = pipelines::resolve_rollback(context, key).await? else { return Ok(()) };
    if let Some(fact) = change_failure_rate::failed_by_rollback(&rollback, context.now()?) {
        publish(context, owner, &fact).await?;
    }
    Ok(())
}

/// An incident makes a failure of the deployment that it is attributed to.
async fn raised(context: &Context, owner: Owner<'_>, key: &OpsItemKey) -> Result<(), Error> {
    let Some(incident) = incidents::incident(context, key).await? else {
        info!(ops_item.id = %key.ops_item_id, "not an OpsItem of type /aws/issue");
        return Ok(());
    };
    let mut record = context.ledger.record_incident(&incident).await?;
    let is_duplicate = record.decided_by.as_deref().is_some_and(|message| message != owner.message);
    if let Standing::Pending = record.standing {
        context.after_attribution_delay(incident.created, "deployments before the incident")?;
        record.standing = decide(context, owner, &incident, &record).await?;
    }
    match &record.standing {
        Standing::Attributed { deployment, evidence } => {
            context.ledger.link_blame(deployment, &record).await?;
            let fact =
                change_failure_rate::failed_by_incident(deployment, &incident, evidence, context.now()?);
            publish(context, owner, &fact).await?;
            // A rollback may have undone the deployment before it was known to be the one to blame.
            time_to_restore::settle(context, owner, &record).await?;
        }
        Standing::Unattributed | Standing::Pending => {
            let reason = "no deployment could be attributed";
            publish(context, owner, &change_failure_rate::unattributed(&incident, reason)).await?;
        }
    }
    if is_duplicate {
        count_duplicate(context, None).await?;
    }
    Ok(())
}

async fn decide(
    context: &Context,
    owner: Owner<'_>,
    incident: &Incident,
    record: &IncidentRecord,
) -> Result<Standing, Error> {
    let mut known = context.ledger.known_names().await?;
    let config = &context.config;
    known.repositories.extend(config.production.trunk_based.iter().cloned());
    known.repositories.extend(config.teams.0.values().flatten().cloned());
    let named = Named::by(incident, &known);
    let deployments = match &named {
        Named::Execution(id) => context.ledger.deployments_of(id).await?,
        _ => {
            let window = attribution::window(incident, config.attribution_window);
            context.ledger.deployments_within(window).await?
        }
    };
    let attribution: Attribution =
        attribution::attribute(incident, &named, &deployments, config.attribution_window);
    context.ledger.decide(record, &attribution, owner).await
}
