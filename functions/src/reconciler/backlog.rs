//! What a run could not do or read: it is left behind, tried again, and set aside when that does not help.

use super::{Failure, FirstFailure, SHARES, check_time, executions, incidents, share, step};
use crate::{
    ledger::{Left, MOST_TRIES, Owner, Subject},
    metrics::publish::put_quality,
    runtime::error::Error,
    sources::context::Context,
};
use jiff::Timestamp;
use lambda_runtime::tracing::{error, info, warn};
use metrics_lib::{contract::Metric, datum::DatumValue};

/// Leaves something behind that failed. Returns what it failed with, unless that is told already: what is set aside fails no
/// run any more.
///
/// # Errors
/// [`Error::Aws`] of the ledger: then it is not left behind.
pub(super) async fn leave(
    context: &Context,
    Failure { subject, since, error }: Failure,
    backlog: &[Left],
) -> Result<Option<Error>, Error> {
    let before = backlog.iter().find(|left| left.done.is_none() && left.subject == subject);
    let was_set_aside = before.is_some_and(Left::is_set_aside);
    let tries = before.map_or(0, |left| left.tries) + usize::from(!is_early(&subject, &error));
    let since = before.map_or(since, |left| left.since.min(since));
    let left = Left { subject, since, tries, tried: context.now()?, error: error.to_string(), done: None };
    context.ledger.leave(&left).await?;
    let (error_type, code, tries) = (error.error_type(), error.code(), left.tries);
    if left.is_set_aside() && !was_set_aside {
        error!(error.type = error_type, error.code = code, error.message = %error, tries, "it is set aside");
        return Ok(None);
    }
    if was_set_aside {
        info!(error.type = error_type, error.code = code, error.message = %error, "it stays aside");
        return Ok(None);
    }
    Ok(Some(error))
}

/// Takes something from the backlog.
pub(super) async fn done(context: &Context, left: &Left) -> Result<(), Error> {
    if left.done.is_some() {
        return Ok(());
    }
    let now = context.now()?;
    context.ledger.leave(&Left { tried: now, done: Some(now), ..left.clone() }).await
}

/// Tries again the executions and `OpsItem`s that were left behind.
pub(super) async fn try_again(
    context: &Context,
    owner: Owner<'_>,
    backlog: &[Left],
    now: Timestamp,
) -> Result<(), Error> {
    let mut outcome = FirstFailure::default();
    for left in backlog.iter().filter(|left| left.is_due(now)) {
        check_time(owner)?;
        let owner = share(owner, SHARES);
        let result = match &left.subject {
            Subject::Deployment(key) => step(executions::executed(context, owner, key)).await,
            Subject::Incident(key) => step(incidents::found(context, owner, key)).await,
            // Whoever lists them sees whether they can be.
            Subject::Pipelines(..) | Subject::Pipeline(_) | Subject::OpsItems(..) => continue,
        };
        outcome.note(match result {
            Ok(()) => done(context, left).await,
            // With new credentials, it is tried by the next run.
            Err(error) if error.is_expired_credentials() => Err(error),
            // An account that is configured no more has nothing left.
            Err(Error::Unconfigured { .. }) => done(context, left).await,
            Err(error) => {
                let (subject, since) = (left.subject.clone(), left.since);
                let left = leave(context, Failure { subject, since, error }, backlog).await;
                left.and_then(|error| error.map_or(Ok(()), Err))
            }
        });
    }
    outcome.first()
}

/// Tells how much is set aside, if anything is.
pub(super) async fn count(context: &Context) -> Result<(), Error> {
    let aside = set_aside(context).await?.len();
    if aside == 0 {
        return Ok(());
    }
    warn!(things = aside, most_tries = MOST_TRIES, "what can't be done is set aside");
    put_quality(context, &[(Metric::SetAside, DatumValue::count(aside))], None).await
}

/// Has the next run try again what is set aside; how many things that is.
pub(super) async fn bring_back(context: &Context) -> Result<usize, Error> {
    let aside = set_aside(context).await?;
    for left in &aside {
        context.ledger.leave(&Left { tries: 0, ..left.clone() }).await?;
    }
    Ok(aside.len())
}

/// What is set aside in the accounts and regions that count.
async fn set_aside(context: &Context) -> Result<Vec<Left>, Error> {
    let mut places = context.places().await?;
    places.extend(context.ops_item_places().await?);
    let mut backlog = context.ledger.backlog(context.now()?).await?;
    backlog.retain(|left| left.is_set_aside() && places.contains(left.subject.place()));
    Ok(backlog)
}

/// Whether something could not be done yet, rather than failed. One thing that takes more than its share of time fails.
fn is_early(subject: &Subject, error: &Error) -> bool {
    match error {
        Error::NotYet { .. } | Error::Claimed { .. } => true,
        Error::OutOfTime => !subject.is_one(),
        _ => false,
    }
}
