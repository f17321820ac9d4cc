//! Explains one incident or one execution: every rule that is tried, and what comes of it.
//!
//! The rules are tried now, with what is known now; beside that stands what the ledger has decided.

use crate::{
    ledger::{AttributionState, Owner, Recorded},
    metrics::change_failure_rate,
    runtime::error::Error,
    sources::{
        context::Context,
        deployments, incidents,
        source::{FoundIncident, IncidentLook},
    },
};
use metrics_lib::{
    attribution::{self, Candidate, Question},
    identity::{DeploymentKey, IncidentId, IncidentKey},
    links,
    sources::opscenter::OpsItemId,
    words::timeline,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What is to be explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ExplainRequest {
    /// The incident that an `OpsItem` is, in whatever account and region.
    Incident(OpsItemId),
    /// The execution of an id that the ledger knows, in whatever pipeline.
    Execution(String),
    /// What the ledger may not know: an execution, or a deployment of another source.
    ExecutionOf(DeploymentKey),
}

/// An incident or an execution, explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Explained {
    /// The incident or execution.
    pub what: String,
    /// Its page in the console of its source; none where the source has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The rules that were tried, in order, each with what came of it.
    pub tried: Vec<String>,
    /// What the ledger has of it.
    pub ledger: Vec<String>,
}

/// Explains all that a request is about; nothing where it is about nothing that is known.
pub(super) async fn explain(
    context: &Context,
    owner: Owner<'_>,
    request: &ExplainRequest,
) -> Result<Vec<Explained>, Error> {
    let mut explained = Vec::new();
    match request {
        ExplainRequest::Incident(id) => {
            for place in context.ops_item_places().await? {
                let key = IncidentId::OpsItem(id.clone()).at(place);
                explained.extend(incident(context, owner, &key).await?);
            }
        }
        ExplainRequest::Execution(id) => {
            let known = context.ledger.facts_of_execution(id).await?;
            let keys: BTreeSet<DeploymentKey> = known.into_iter().map(|(key, _)| key).collect();
            for key in &keys {
                explained.push(execution(context, owner, key).await?);
            }
        }
        ExplainRequest::ExecutionOf(key) => {
            explained.push(execution(context, owner, key).await?);
        }
    }
    Ok(explained)
}

async fn execution(context: &Context, owner: Owner<'_>, key: &DeploymentKey) -> Result<Explained, Error> {
    let tried = deployments::explain(context, owner, key).await?;
    let facts = context.ledger.facts_of_deployment(key).await?;
    let ledger = facts.into_iter().flat_map(|fact| {
        let Recorded { kind, time, state, evidence, parts, .. } = fact;
        let line = format!("{} of {time:.0}, {}: {evidence}", kind.name(), state.name());
        std::iter::once(line).chain(timeline(&parts).into_iter().map(|part| format!("  {part}")))
    });
    let what = format!("{} {key}", key.noun());
    Ok(Explained { what, link: links::deployment(key), tried, ledger: ledger.collect() })
}

async fn incident(
    context: &Context,
    owner: Owner<'_>,
    key: &IncidentKey,
) -> Result<Option<Explained>, Error> {
    let (what, link) = (format!("{} {key}", key.noun()), links::incident(key));
    match incidents::find(context, key).await? {
        IncidentLook::Nothing => Ok(None),
        IncidentLook::Refused(reason) => {
            let tried = vec![format!("incidents by the settings: {reason}")];
            Ok(Some(Explained { what, link, tried, ledger: Vec::new() }))
        }
        IncidentLook::Incident(item) => {
            let tried = attributed(context, owner, &item).await?;
            Ok(Some(Explained { what, link, tried, ledger: recorded(context, &item).await? }))
        }
    }
}

/// The rules of attribution.
async fn attributed(
    context: &Context,
    owner: Owner<'_>,
    FoundIncident { incident, .. }: &FoundIncident,
) -> Result<Vec<String>, Error> {
    let records = context.ledger.incidents(&incident.key.id()).await?;
    let record = records.iter().find(|record| record.key == incident.key);
    let suspects = change_failure_rate::suspects(context, owner, incident, record).await?;
    let question = suspects.question(context, incident);
    let Question { candidates, running, .. } = question;
    let mut tried = vec![format!("incidents by the settings: it is one, raised at {:.0}", incident.created)];
    tried.push(match context.config.incidents.accounts.get(incident.key.account()) {
        Some(allowed) => format!("incidentAccounts: may blame {allowed:?}"),
        None if incident.key.account() == context.config.ops_account => {
            "account: may blame deployments of every account".into()
        }
        None => "account: may blame its own deployments".into(),
    });
    for Candidate { deployed, began } in candidates {
        let (key, time, repository) = (&deployed.key, deployed.time, &deployed.repository);
        tried.push(format!("deployment: {key} of {repository}, begun at {began:.0}, ended at {time:.0}"));
    }
    for running in running {
        let (key, repository, began) = (&running.key, &running.repository, running.began);
        tried.push(format!("being deployed: {key} of {repository}, begun at {began:.0}"));
    }
    tried.extend(attribution::explain(question));
    Ok(tried)
}

/// What the ledger has of an incident.
async fn recorded(context: &Context, item: &FoundIncident) -> Result<Vec<String>, Error> {
    let key = &item.incident.key;
    let records = context.ledger.incidents(&key.id()).await?;
    let Some(record) = records.iter().find(|record| record.key == *key) else { return Ok(Vec::new()) };
    let mut known = vec![match &record.attribution {
        AttributionState::Pending => "attribution: not decided yet".to_owned(),
        AttributionState::Unattributed => "attribution: to nothing".to_owned(),
        AttributionState::Attributed { deployment, evidence } => {
            format!("attribution: to {}, by {evidence}", deployment.key)
        }
    }];
    let statuses = context.ledger.statuses(key).await?;
    known.push(match statuses.resolution() {
        Some(resolution) => format!("status: resolved at {:.0}", resolution.time),
        None => "status: it was not told that it is resolved".into(),
    });
    let is_restored = context.ledger.is_restored(key).await?;
    known.push(format!("time to restore: {}", if is_restored { "published" } else { "not decided yet" }));
    Ok(known)
}
