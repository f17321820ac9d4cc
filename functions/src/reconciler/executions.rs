//! Works through executions, in the order in which they ended.

use super::{Progress, RateLimit, SHARES, share, step};
use crate::{
    ledger::{Owner, Subject},
    metrics::{change_failure_rate, deployment_frequency, lead_time_for_changes, time_to_restore},
    runtime::error::Error,
    sources::{
        codepipeline::execution_listing::{self, FoundExecution, Since},
        context::Context,
        deployments,
        source::Resolution,
    },
};
use jiff::Timestamp;
use metrics_lib::{
    event::Deployment,
    fact::FactKind,
    identity::DeploymentKey,
    lead_time::{self, ChangeSet, Changed},
    place::Place,
    sources::codepipeline::PipelineKey,
};

/// Publishes what the executions of an account and region that changed last since some instants and before another make
/// true, unless that is done. One that fails does not keep the others from being done.
///
/// # Errors
/// Credentials that have expired.
pub(super) async fn work_through(
    context: &Context,
    owner: Owner<'_>,
    place: &Place,
    since: &Since,
    until: Timestamp,
    rate_limit: &mut RateLimit<'_>,
) -> Result<Progress, Error> {
    let mut progress = Progress::until(until);
    // Time is left for what is found.
    let listing = share(owner, 2);
    let execution_listing::ExecutionListing { found, unread } =
        execution_listing::listed(context, listing, place, since, until).await?;
    for (unread, error) in unread {
        let (subject, since) = match unread.pipeline {
            None => (Subject::Pipelines(unread.place), since.of_others()),
            Some(pipeline) => {
                let key = PipelineKey { place: unread.place, pipeline };
                let since = since.of(&key);
                (Subject::Pipeline(key), since)
            }
        };
        progress.note(subject, since, Err(error))?;
    }
    let is_asked_for = |FoundExecution { changed, key, .. }: &FoundExecution| {
        since.of(&PipelineKey::from(key)) <= *changed && *changed < until
    };
    for FoundExecution { changed, key, has_ended } in found.into_iter().filter(is_asked_for) {
        if !rate_limit.next().await {
            progress.stop(changed);
            break;
        }
        let key = DeploymentKey::from(key);
        let result = match step(executed(context, share(owner, SHARES), &key)).await {
            // What still runs changes again.
            Err(Error::Unfinished { .. }) if !has_ended => Ok(()),
            result => result,
        };
        progress.note(Subject::Deployment(key), changed, result)?;
    }
    Ok(progress)
}

/// Does for a deployment, or what may be one, what its event would have led to in all functions.
pub(super) async fn executed(context: &Context, owner: Owner<'_>, key: &DeploymentKey) -> Result<(), Error> {
    let known = context.ledger.known_of(key).await?;
    // What was ignored under other settings is looked at again.
    let (rule, lead_time_is_measured) = (&context.config.production, context.config.lead_time);
    if known.is_ignored(rule, key) || known.is_complete(rule, key, lead_time_is_measured) {
        return Ok(());
    }
    let resolution = deployments::resolution(context, owner, key).await?;
    deployment_frequency::executed(context, owner, &resolution).await?;
    match &resolution {
        Resolution::Deployment(deployment) => {
            // What is noted, is settled when it can be.
            if lead_time_is_measured && !known.knows(FactKind::LeadTime) {
                lead_time(context, owner, deployment).await?;
            }
        }
        Resolution::Rollback(rollback) => {
            change_failure_rate::rolled_back(context, owner, rollback).await?;
        }
        Resolution::Ignored(ignored) => {
            if let Some(fact) = metrics_lib::deployment_frequency::ignored(ignored)
                && known.done.contains_key(&FactKind::Ignored)
            {
                context.ledger.note_rule(&fact).await?;
            }
            return Ok(());
        }
    }
    time_to_restore::executed(context, owner, &resolution).await
}

/// A lead time that can't be told now is noted in the ledger, and settled later.
async fn lead_time(context: &Context, owner: Owner<'_>, deployment: &Deployment) -> Result<(), Error> {
    match step(lead_time_for_changes::deployed(context, owner, deployment)).await {
        Ok(()) => Ok(()),
        Err(error) => {
            let (reason, known) = (error.to_string(), Changed::default());
            let unknown = lead_time::fact(deployment, &ChangeSet::Awaited { reason, known });
            context.ledger.note_pending(&unknown).await?;
            Ok(())
        }
    }
}
