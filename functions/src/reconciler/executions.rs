//! Works through executions, in the order in which they ended.

use super::{Pace, Progress, step};
use crate::{
    change_failure_rate,
    context::Context,
    deployment_frequency,
    error::Error,
    lead_time_for_changes,
    ledger::Owner,
    pipelines::{self, Resolution},
    survey::{self, Succeeded},
    time_to_restore,
};
use jiff::Timestamp;
use metrics_lib::{
    event::{Deployment, ExecutionKey},
    fact::FactKind,
    lead_time::{self, Answer},
};
use std::ops::Range;

/// Publishes what the executions of an account and region that changed last within a range of time make true, unless
/// that is done. One that fails does not keep the others from being done, but the next run begins with it.
///
/// # Errors
/// What listing the executions fails with.
pub(super) async fn work_through(
    context: &Context,
    owner: Owner<'_>,
    place: (&str, &str),
    range: Range<Timestamp>,
    pace: &mut Pace<'_>,
) -> Result<Progress, Error> {
    if range.is_empty() {
        return Ok(Progress::until(range.end));
    }
    let found = survey::succeeded(context, owner, place, range.clone()).await?;
    let mut progress = Progress::until(range.end);
    for Succeeded { changed, key } in found.into_iter().filter(|found| found.changed < range.end) {
        if !pace.next().await {
            progress.stop(changed);
            break;
        }
        let result = step(executed(context, owner, &key)).await;
        progress.note(&key, changed, result);
    }
    Ok(progress)
}

/// Does for an execution what its event would have led to in all functions.
async fn executed(context: &Context, owner: Owner<'_>, key: &ExecutionKey) -> Result<(), Error> {
    let done = context.ledger.done_of(key).await?;
    if done.contains(&FactKind::Ignored) {
        return Ok(());
    }
    let resolution = pipelines::resolve(context, key).await?;
    deployment_frequency::executed(context, owner, &resolution).await?;
    match &resolution {
        Resolution::Deployment(deployment) => {
            if context.config.lead_time && !done.contains(&FactKind::LeadTime) {
                lead_time(context, owner, deployment).await?;
            }
        }
        Resolution::Rollback(rollback) => {
            change_failure_rate::rolled_back(context, owner, rollback).await?;
        }
        Resolution::NotProduction(_) => return Ok(()),
    }
    time_to_restore::executed(context, owner, &resolution).await
}

/// A lead time that can't be told now is noted in the ledger, and settled later.
async fn lead_time(context: &Context, owner: Owner<'_>, deployment: &Deployment) -> Result<(), Error> {
    match step(lead_time_for_changes::deployed(context, owner, deployment)).await {
        Ok(()) | Err(Error::CommitsMissing { .. }) => Ok(()),
        Err(error) => {
            let unknown = lead_time::fact(deployment, &Answer::Unknown(error.to_string()));
            context.ledger.note_pending(&unknown).await?;
            Ok(())
        }
    }
}
