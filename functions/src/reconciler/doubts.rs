//! Decides what CloudWatch may have, by what it shows; and publishes what it does not have, or what had to wait.

use super::{FirstFailure, SHARES, check_time, executions, incidents, share, step};
use crate::{
    ledger::{Doubt, Owner},
    metrics::{
        change_failure_rate, lead_time_for_changes,
        publish::{count, date_time},
    },
    runtime::error::Error,
    sources::{context::Context, deployments, source::Resolution},
};
use aws_sdk_cloudwatch::types::{Dimension, Metric as ApiMetric, MetricDataQuery, MetricStat};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::tracing::{error, info};
use metrics_lib::{
    contract::{Metric, dimension},
    fact::{FactKind, FactState},
    publication::Progress,
};

/// How long CloudWatch shows minutes: 15 days, less what its clock and ours may differ by. Source: Amazon CloudWatch user
/// guide, "Metrics retention".
const MINUTES_SHOWN: SignedDuration = SignedDuration::from_hours(15 * 24 - 1);

/// Goes through the list of facts that are doubtful, or wait for one that is.
pub(super) async fn settle(context: &Context, owner: Owner<'_>) -> Result<(), Error> {
    let mut outcome = FirstFailure::default();
    // What is decided first lets go of the slots that the others wait for.
    let mut doubts = context.ledger.doubts().await?;
    doubts.sort_by_key(|doubt| !matches!(doubt.standing.progress, Progress::Doubtful { .. }));
    for doubt in doubts {
        check_time(owner)?;
        outcome.note(step(settled(context, share(owner, SHARES), doubt)).await);
    }
    outcome.first()
}

async fn settled(context: &Context, owner: Owner<'_>, mut doubt: Doubt) -> Result<(), Error> {
    let now = context.now()?;
    // Whoever published it again was cut off, too: no message tells it any more.
    context.ledger.doubt_again(&mut doubt, now).await?;
    if let Some(due) = doubt.standing.due(doubt.time) {
        if now < due {
            return Ok(());
        }
        let shown = shown(context, &doubt, now).await?;
        if !context.ledger.decide_doubt(&mut doubt, shown, now).await? {
            return Ok(());
        }
        info!(fact.kind = doubt.kind.name(), fact.time = %doubt.time, shown, "CloudWatch was asked for a fact");
    }
    match doubt.standing.progress {
        Progress::Closed(FactState::Undecided) => {
            error!(fact.kind = doubt.kind.name(), fact.time = %doubt.time, "a fact is undecided");
            count(context, Metric::UndecidedFacts, doubt.slot.repository.as_deref()).await?;
        }
        Progress::Open => published(context, owner, &doubt).await?,
        Progress::Closed(_) | Progress::Claimed { .. } | Progress::Doubtful { .. } => {}
    }
    match context.ledger.standing_of(&doubt).await?.progress {
        Progress::Closed(_) => context.ledger.settle_doubt(&doubt).await,
        Progress::Open | Progress::Claimed { .. } | Progress::Doubtful { .. } => Ok(()),
    }
}

/// Does again what led to a fact.
async fn published(context: &Context, owner: Owner<'_>, doubt: &Doubt) -> Result<(), Error> {
    let owner = Owner { told: Owner::SETTLED, ..owner };
    if let Some(id) = &doubt.incident {
        let complete = incidents::complete(context).await?;
        for record in context.ledger.incidents(id).await? {
            incidents::early(change_failure_rate::raised(context, owner, &record.key).await.map(drop))?;
            incidents::early(incidents::restored(context, owner, &record.key, &complete).await)?;
        }
    }
    let Some(key) = &doubt.deployment else { return Ok(()) };
    match doubt.kind {
        FactKind::LeadTime | FactKind::Rework => match deployments::resolution(context, owner, key).await? {
            Resolution::Deployment(deployment) => {
                step(lead_time_for_changes::deployed(context, owner, &deployment)).await
            }
            Resolution::Rollback(_) | Resolution::Ignored(_) => Ok(()),
        },
        // A rollback says so, if no incident does.
        FactKind::Failure => {
            for rollback in context.ledger.rollbacks_of(key).await? {
                executions::executed(context, owner, &rollback.key).await?;
            }
            Ok(())
        }
        FactKind::Deployment
        | FactKind::Restore
        | FactKind::Rollback
        | FactKind::Ignored
        | FactKind::Unattributed => executions::executed(context, owner, key).await,
    }
}

/// How many values CloudWatch shows of a doubtful fact's slot, if it can be known.
async fn shown(context: &Context, doubt: &Doubt, now: Timestamp) -> Result<Option<usize>, Error> {
    let minute = doubt.slot.minute;
    let Some(metric) = doubt.telling().filter(|_| now.duration_since(minute) < MINUTES_SHOWN) else {
        return Ok(None);
    };
    let repository = doubt.slot.repository.as_deref();
    let dimension =
        repository.map(|name| Dimension::builder().name(dimension::REPOSITORY).value(name).build());
    let metric = ApiMetric::builder()
        .namespace(metric.namespace().name())
        .metric_name(metric.name())
        .set_dimensions(dimension.map(|dimension| vec![dimension]))
        .build();
    let stat = MetricStat::builder().metric(metric).period(60).stat("SampleCount").build();
    let query = MetricDataQuery::builder().id("shown").metric_stat(stat).build();
    let request = context.clients.cloudwatch.get_metric_data().metric_data_queries(query);
    let request =
        request.start_time(date_time(minute)).end_time(date_time(minute + SignedDuration::from_mins(1)));
    let answer = request.send().await.map_err(Error::aws("cloudwatch:GetMetricData"))?;
    let values = answer.metric_data_results().iter().flat_map(|result| result.values());
    Ok(Some(values.sum::<f64>() as usize))
}
