//! Lead times that could not be told when the deployment was.

use super::{FirstFailure, SHARES, check_time, share, step};
use crate::{
    ledger::{Owner, PendingItem},
    metrics::{
        lead_time_for_changes::{self, given_up_after},
        publish::publish,
    },
    runtime::error::Error,
    sources::{context::Context, deployments, source::Resolution},
};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::{
    identity::DeploymentKey,
    lead_time::{self, LATEST_DELIVERY},
};
use std::ops::Range;

/// Settles the lead times of the ledger, of deployments within a range of time, whose commits have arrived.
pub(super) async fn settle(
    context: &Context,
    owner: Owner<'_>,
    range: Range<Timestamp>,
) -> Result<(), Error> {
    let now = context.now()?;
    let owner = Owner { told: Owner::SETTLED, ..owner };
    let mut outcome = FirstFailure::default();
    for open in context.ledger.open_lead_times(range).await? {
        // Nothing arrives any more then: it is settled at once.
        if open.is_due(now) || open.has_come_to(LATEST_DELIVERY, now) {
            check_time(owner)?;
            outcome.note(step(again(context, share(owner, SHARES), &open, now)).await);
        }
    }
    outcome.first()
}

async fn again(
    context: &Context,
    owner: Owner<'_>,
    open: &PendingItem<DeploymentKey>,
    now: Timestamp,
) -> Result<(), Error> {
    let key = &open.what;
    let result = match deployments::resolution(context, owner, key).await {
        Ok(Resolution::Deployment(deployment)) => {
            match step(lead_time_for_changes::deployed(context, owner, &deployment)).await {
                Err(Error::NotYet { .. }) => Ok(()),
                result => result,
            }
        }
        Ok(Resolution::Rollback(_) | Resolution::Ignored(_)) => Ok(()),
        Err(error) => Err(error),
    };
    context.ledger.tried(open, now).await?;
    // An execution that its account lets nobody read for as long as anything may arrive is not waited for any longer.
    match (result, context.ledger.deployment(key).await?) {
        (Err(error), Some(deployed))
            if unreadable_after(&error).is_some_and(|age| now.duration_since(deployed.time) >= age) =>
        {
            let fact = lead_time::unreadable(&deployed, &error.to_string());
            publish(context, owner, &fact).await.map(drop)
        }
        (result, _) => result,
    }
}

/// From which age on a deployment is given up because of an error; none if the error says nothing about its account.
fn unreadable_after(error: &Error) -> Option<SignedDuration> {
    let is_of_account = error.is_of_account() && !error.is_expired_credentials();
    is_of_account.then(|| given_up_after(error.is_passing()))
}
