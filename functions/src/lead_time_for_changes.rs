//! Measures how long changes took: `LeadTimeForChanges`, one value a deployment, and `CommitLeadTime`, one a commit.

use crate::{
    context::Context,
    error::Error,
    events::Event,
    lake,
    ledger::Owner,
    pipelines::{self, Resolution},
    publish::{count, publish},
    time_to_restore,
    worker::{Handler, Work},
};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::{
    contract::Metric,
    event::{Deployment, Reference, SourceKind},
    lake::{CommitId, is_repository},
    lead_time::{self, Answer, Question},
    rework_rate,
};

/// How long after a deployment its pushes may have arrived in the lake: webhooks are delivered again by hand, days later.
const LATEST_ARRIVAL: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How many deployments before one may have come from another branch.
const MOST_BEFORE: usize = 5;

/// The handler of the function.
#[derive(Clone, Copy, Debug)]
pub struct LeadTimeForChanges;

impl Handler for LeadTimeForChanges {
    async fn handle(&self, Work { context, event, owner }: Work<'_>) -> Result<(), Error> {
        let Event::ExecutionSucceeded(key) = event else { return Ok(()) };
        match pipelines::resolve(context, key).await? {
            Resolution::Deployment(deployment) => deployed(context, owner, &deployment).await,
            Resolution::Rollback(_) | Resolution::NotProduction(_) => Ok(()),
        }
    }
}

/// A deployment has a lead time, once its commits are in the lake.
///
/// # Errors
/// [`Error::CommitsMissing`], [`Error::Query`], those of [`publish`].
pub async fn deployed(context: &Context, owner: Owner<'_>, deployment: &Deployment) -> Result<(), Error> {
    let source = &deployment.source;
    let revision = source.revision.clone().and_then(|revision| CommitId::try_from(revision).ok());
    let (SourceKind::Git, true, Some(revision)) = (source.kind, is_repository(&source.repository), revision)
    else {
        publish(context, owner, &lead_time::without_commits(deployment)).await?;
        return Ok(());
    };
    let answer = answer(context, owner, deployment, &revision).await?;
    let fact = lead_time::fact(deployment, &answer);
    if let Answer::Unknown(_) | Answer::Awaited { .. } = &answer
        && context.ledger.note_pending(&fact).await?
    {
        count(context, Metric::PendingLeadTimes, Some(&source.repository)).await?;
    }
    let (changed, is_complete) = match answer {
        Answer::Changed(changed) | Answer::WholeBranch(changed) => (changed, true),
        // Nobody has to do anything: the reconciler settles it when it has arrived, or can't arrive any more.
        Answer::Awaited { known, .. } => (known, false),
        Answer::Nothing(_) => return publish(context, owner, &fact).await.map(drop),
        Answer::Unknown(reason) => {
            return Err(Error::CommitsMissing { key: deployment.key.clone(), reason });
        }
    };
    // The deployed commit's message is known from the execution; the rest of the change is known only here. What follows
    // from it comes first: once the lead time is published, nobody looks at the change again.
    if let Some(rework) = rework_rate::by_change(deployment, &changed) {
        publish(context, owner, &rework).await?;
    }
    let referenced = Vec::from_iter(changed.ops_items);
    time_to_restore::link(context, deployment, &referenced).await?;
    if is_complete {
        publish(context, owner, &fact).await?;
    }
    time_to_restore::settle_all(context, owner, &referenced).await
}

/// Asks the lake. What was deployed before may have come from another branch: then what was deployed before that counts,
/// and the lake is asked for what was pushed until then.
async fn answer(
    context: &Context,
    owner: Owner<'_>,
    deployment: &Deployment,
    revision: &CommitId,
) -> Result<Answer, Error> {
    let Deployment { key, time, source } = deployment;
    let lookback = context.config.lead_time_lookback;
    let branch = match &source.reference {
        Reference::Branch(branch) => Some(branch.as_str()),
        Reference::Tag(_) | Reference::None => None,
    };
    let now = context.now()?;
    let latest = now.min(*time + LATEST_ARRIVAL);
    let mut before = pipelines::latest_deployment_before(context, key, *time).await?;
    let (mut previous, mut changes, mut asked) = (Vec::new(), Vec::new(), latest);
    loop {
        // What was pushed before a previous deployment may have been deployed after it.
        let since = before.as_ref().map_or(*time, |before| before.time);
        let earliest = since.checked_sub(lookback).unwrap_or(Timestamp::MIN);
        if earliest < asked {
            let time = earliest..asked;
            changes.extend(lake::changes(context, &source.repository, time, owner).await?);
            asked = earliest;
        }
        let revision_before = before.as_ref().and_then(|before| before.source.revision.clone());
        previous.extend(revision_before.and_then(|revision| CommitId::try_from(revision).ok()));
        let question = Question { revision, previous: &previous, branch, deployed: *time, lookback, now };
        let answer = lead_time::change(question, &changes);
        let is_settled = matches!(answer, Answer::Changed(_) | Answer::Nothing(_));
        match before {
            Some(Deployment { time, .. }) if !is_settled && previous.len() < MOST_BEFORE => {
                before = pipelines::latest_deployment_before(context, key, time).await?;
            }
            _ => return Ok(answer),
        }
    }
}
