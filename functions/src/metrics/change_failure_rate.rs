//! Counts failed deployments: those that an incident is attributed to, and those that were rolled back.

use crate::{
    ledger::{AttributionState, DoneBy, IncidentRecord, Owner},
    metrics::{publish::publish, time_to_restore},
    runtime::error::Error,
    sources::{
        codepipeline::execution_listing,
        context::Context,
        deployments::{self, History},
        incidents, names,
        source::{Look, Resolution},
    },
};
use jiff::Timestamp;
use lambda_runtime::tracing::info;
use metrics_lib::{
    attribution::{Attribution, AttributionHint, Candidate, KnownNames, Question, Unread, attribute},
    change_failure_rate,
    event::{DeploymentRef, Incident, Rollback, Running},
    identity::{DeploymentKey, IncidentKey},
};
use std::collections::BTreeMap;

/// A rollback makes a failure of the deployment that it rolled back.
///
/// # Errors
/// Those of [`publish`].
pub async fn rolled_back(context: &Context, owner: Owner<'_>, rollback: &Rollback) -> Result<(), Error> {
    publish(context, owner, &change_failure_rate::failed_by_rollback(rollback)).await.map(drop)
}

/// An incident makes a failure of the deployment that it is attributed to. Returns who had decided the attribution
/// before, if anybody had.
///
/// # Errors
/// [`Error::NotYet`], those of [`publish`].
pub async fn raised(context: &Context, owner: Owner<'_>, key: &IncidentKey) -> Result<Option<DoneBy>, Error> {
    let Some(incident) = incidents::incident(context, key).await? else {
        info!(ops_item.id = %key.id(), "not an incident");
        return Ok(None);
    };
    let mut record = context.ledger.record_incident(&incident).await?;
    let decided_by = match owner.is_reconciler() {
        true => None,
        false => context.ledger.decided_by(&record, owner).await?,
    };
    // An attribution is decided for good, but one that found no deployment, which only the reconciler tries again.
    let is_open = match record.attribution {
        AttributionState::Pending => true,
        AttributionState::Unattributed => owner.is_reconciler(),
        AttributionState::Attributed { .. } => false,
    };
    if is_open {
        context.after_attribution_delay(incident.created, "deployments before the incident")?;
        record.attribution = decide(context, owner, &incident, &record).await?;
    }
    match &record.attribution {
        AttributionState::Attributed { deployment, evidence } => {
            context.ledger.link_blame(deployment, &record).await?;
            let fact = change_failure_rate::failed_by_incident(deployment, &incident, evidence);
            publish(context, owner, &fact).await?;
        }
        AttributionState::Unattributed => {
            let reason = "no deployment could be attributed";
            publish(context, owner, &change_failure_rate::unattributed(&incident, reason)).await?;
        }
        // What may be to blame is still being deployed: the reconciler decides when that has ended.
        AttributionState::Pending => {}
    }
    // What restored service may have ended before, and a rollback restores it only now that it is known what is blamed. An
    // incident that was resolved meanwhile is noted.
    time_to_restore::settle(context, owner, &record).await?;
    Ok(decided_by)
}

async fn decide(
    context: &Context,
    owner: Owner<'_>,
    incident: &Incident,
    record: &IncidentRecord,
) -> Result<AttributionState, Error> {
    let suspects = suspects(context, owner, incident, Some(record)).await?;
    let question = suspects.question(context, incident);
    let since = |unread: &Unread| (unread.to_string(), unread.since.unwrap_or(suspects.now));
    let unread: BTreeMap<String, Timestamp> = question.unread_that_concerns().map(since).collect();
    if unread != record.unread {
        context.ledger.note_unread(record, &unread).await?;
    }
    let attribution = attribute(question);
    if let Attribution::Awaited { .. } = &attribution {
        // What is waited for, which `explain` tells, quotes the incident.
        info!(ops_item.id = %incident.key.id(), "the attribution has to wait");
    }
    context.ledger.decide(record, &attribution, owner).await
}

/// What may be blamed for an incident.
#[derive(Clone, Debug)]
pub struct Suspects {
    known: KnownNames,
    named: AttributionHint,
    now: Timestamp,
    candidates: Vec<Candidate>,
    running: Vec<Running>,
    unread: Vec<Unread>,
}

impl Suspects {
    /// The question which of them is blamed.
    pub fn question<'a>(&'a self, context: &Context, incident: &'a Incident) -> Question<'a> {
        let Self { known, named, now, candidates, running, unread } = self;
        let config = &context.config;
        Question {
            incident,
            named,
            known,
            candidates,
            running,
            attribution_window: config.attribution_window,
            unnamed: config.incidents.unnamed,
            unread,
            unread_wait: config.incidents.unread_wait,
            now: *now,
        }
    }
}

/// What may be blamed for an incident, as far as it can be told now. What can't be read is said, and, if it could not be read
/// the last time, since when that is so: what could be read meanwhile is waited for anew.
///
/// # Errors
/// [`Error::OutOfTime`], [`Error::Ledger`], [`Error::Aws`] of the ledger, or for credentials that have expired.
pub async fn suspects(
    context: &Context,
    owner: Owner<'_>,
    incident: &Incident,
    record: Option<&IncidentRecord>,
) -> Result<Suspects, Error> {
    let config = &context.config;
    let now = context.now()?;
    let mut known = names::known(context, incident).await?;
    let mut named = AttributionHint::by(incident, &known);
    let start = incident.created.checked_sub(config.attribution_window).unwrap_or(Timestamp::MIN);
    // Events may be late or lost, and what was being deployed ends later: what the reconciler has not worked through is
    // asked of the API.
    let is_asked = |account: &str| {
        // Who names a repository blames nothing else, and that is deployed from where it is bound to.
        let may_deploy = |repository: &String| names::may_deploy(config, repository, account);
        names::may_concern(config, incident.key.account(), account)
            && match &named {
                AttributionHint::Repository(repository) => may_deploy(repository),
                AttributionHint::Text(text) if text.names_repositories_only() => {
                    text.repositories.iter().any(may_deploy)
                }
                AttributionHint::Text(_)
                | AttributionHint::Deployment(_)
                | AttributionHint::Units(_)
                | AttributionHint::Nothing => true,
            }
    };
    let unseen = deployments::unseen(context, owner, &is_asked, start, incident.created).await?;
    let mut unread = unseen.unread;
    let mut candidates = BTreeMap::new();
    for (deployed, began) in context.ledger.deployments_within(start..now).await? {
        candidates.insert(deployed.key.clone(), Candidate { deployed, began });
    }
    let mut running: Vec<Running> = Vec::new();
    let mut has_news = false;
    for key in unseen.deployments {
        if candidates.contains_key(&key) {
            continue;
        }
        execution_listing::check_time(owner)?;
        // What was ignored is no candidate; that costs no request of CodePipeline.
        if context.ledger.known_of(&key).await?.is_ignored(&config.production, &key) {
            continue;
        }
        match deployments::look(context, owner, &key).await {
            Err(error) => unread.push(execution_listing::unread(&key, error)?),
            Ok(Look::Resolved(Resolution::Deployment(deployment))) => {
                context.ledger.remember_names(&deployment).await?;
                has_news = true;
                let deployed = DeploymentRef::from(&deployment);
                candidates.insert(key, Candidate { deployed, began: deployment.began });
            }
            Ok(Look::Running(found)) => running.push(found),
            Ok(Look::Resolved(Resolution::Rollback(_) | Resolution::Ignored(_)) | Look::Unfinished(_)) => {}
        }
    }
    // No event had told of these deployments, nor of what they are called.
    if has_news {
        known = names::known(context, incident).await?;
        named = AttributionHint::by(incident, &known);
    }
    if let AttributionHint::Deployment(id) = &named {
        for deployed in context.ledger.deployments_called(id).await? {
            let began = deployed.time;
            candidates.entry(deployed.key.clone()).or_insert(Candidate { deployed, began });
        }
    }
    // What could be read the last time is waited for anew.
    let since = |mut unread: Unread| {
        unread.since = record.and_then(|record| record.unread.get(&unread.to_string()).copied());
        unread
    };
    let unread: Vec<Unread> = unread.into_iter().map(since).collect();
    let account = incident.key.account();
    candidates
        .retain(|key, candidate| names::may_blame(config, account, key, &candidate.deployed.repository));
    running.retain(|running| names::may_blame(config, account, &running.key, &running.repository));
    loop {
        let suspects = Suspects {
            known: known.clone(),
            named: named.clone(),
            now,
            candidates: candidates.values().cloned().collect(),
            running: running.clone(),
            unread: unread.clone(),
        };
        let Attribution::Deployment { deployment, .. } = attribute(suspects.question(context, incident))
        else {
            return Ok(suspects);
        };
        // What had been rolled back ran no longer: what ran is blamed.
        let ended_before = deployment.time < incident.created;
        if matches!(named, AttributionHint::Deployment(_)) || !ended_before {
            return Ok(suspects);
        }
        let live = match live_before(context, owner, &deployment.key, incident.created).await {
            Ok(Some(live)) => live,
            Ok(None) => return Ok(suspects),
            Err(error) => {
                let mut unread = suspects.unread.clone();
                unread.push(since(execution_listing::unread(&deployment.key, error)?));
                return Ok(Suspects { unread, ..suspects });
            }
        };
        if live.as_ref().is_some_and(|live| live.deployed.key == deployment.key) {
            return Ok(suspects);
        }
        candidates.retain(|key, candidate| {
            !key.same_unit(&deployment.key) || candidate.deployed.time >= incident.created
        });
        // It is one of those that were known, or older than the window: then it is not blamed.
        candidates.extend(live.map(|live| (live.deployed.key.clone(), live)));
    }
}

/// What ran in the pipeline, or other unit, of a deployment at an instant: none if that can't be asked, `None` within if nothing
/// that is known did.
async fn live_before(
    context: &Context,
    owner: Owner<'_>,
    key: &DeploymentKey,
    time: Timestamp,
) -> Result<Option<Option<Candidate>>, Error> {
    match History::new(context, owner, key).live_before(time).await {
        Ok(live) => Ok(Some(live.map(|live| Candidate { deployed: live.deployed, began: live.began }))),
        Err(Error::Aws { code, .. }) if code == "PipelineNotFoundException" => Ok(None),
        Err(error) => Err(error),
    }
}
