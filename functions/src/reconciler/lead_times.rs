//! Lead times that could not be told when the deployment was.

use super::{Outcome, check_time, step};
use crate::{
    context::Context,
    error::Error,
    lead_time_for_changes,
    ledger::{Open, Owner},
    pipelines::{self, Resolution},
};
use jiff::Timestamp;
use metrics_lib::event::ExecutionKey;
use std::ops::Range;

/// Settles the lead times of the ledger, of deployments within a range of time, whose commits have arrived.
pub(super) async fn settle(
    context: &Context,
    owner: Owner<'_>,
    range: Range<Timestamp>,
) -> Result<(), Error> {
    let now = context.now()?;
    let mut outcome = Outcome::default();
    for open in context.ledger.open_lead_times(range).await? {
        if open.is_due(now) {
            check_time(owner)?;
            outcome.note(step(again(context, owner, &open, now)).await);
        }
    }
    outcome.first()
}

async fn again(
    context: &Context,
    owner: Owner<'_>,
    open: &Open<ExecutionKey>,
    now: Timestamp,
) -> Result<(), Error> {
    if let Resolution::Deployment(deployment) = pipelines::resolve(context, &open.what).await? {
        match step(lead_time_for_changes::deployed(context, owner, &deployment)).await {
            Ok(()) | Err(Error::CommitsMissing { .. } | Error::NotYet { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    context.ledger.tried(open, now).await
}
