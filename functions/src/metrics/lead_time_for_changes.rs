//! Measures how long changes took: `LeadTimeForChanges`, one value a deployment, and `CommitLeadTime`, one a commit.

use crate::{
    commits::{lake, oversized},
    ledger::{Owner, RETENTION},
    metrics::{
        publish::{count, publish},
        time_to_restore,
    },
    runtime::error::Error,
    sources::{
        codepipeline::{self, ListedExecution, execution_listing},
        context::Context,
        deployments::{self, History},
        names,
        repositories::Identity,
        source::{Look, Resolution, WentLive},
    },
};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::tracing::warn;
use metrics_lib::{
    attribution::Unread,
    contract::Metric,
    datum::OLDEST,
    event::{Deployment, DeploymentRef, LiveDeployment},
    lake::{Change, CommitId},
    lead_time::{self, ChangeQuery, ChangeSet, Changed, LATEST_DELIVERY, Live},
    rework_rate,
    sources::github::is_repository,
};
use std::{cmp::Reverse, collections::BTreeSet, ops::Range};

/// How long after a deployment its pushes may have arrived in the lake: webhooks are delivered again by hand, days later.
const LATEST_ARRIVAL: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How many times a pipeline is asked for what went live before, if that was of another repository.
const MOST_BEFORE: usize = 5;
/// The errors of a pipeline that is no more, or that is not ours to read.
const GONE: [&str; 3] = ["PipelineNotFoundException", "AccessDeniedException", "AccessDenied"];
/// How many times the question is asked anew, each time with more that is known.
const MOST_ROUNDS: usize = 50;

/// From which age on the lead time of a deployment waits no longer for what can't be read: nothing arrives any more then. What
/// passes by itself has three days more, in which it is tried again.
pub(crate) fn given_up_after(is_passing: bool) -> SignedDuration {
    const PASSING: SignedDuration = SignedDuration::from_hours(3 * 24);
    if is_passing { LATEST_DELIVERY + PASSING } else { LATEST_DELIVERY }
}

/// A deployment has a lead time, once its commits are in the lake. What can't be told yet is noted, and settled by the
/// reconciler.
///
/// # Errors
/// [`Error::Query`], those of [`publish`].
pub async fn deployed(context: &Context, owner: Owner<'_>, deployment: &Deployment) -> Result<(), Error> {
    let Some(revision) = delivered_revision(context, deployment).await? else {
        publish(context, owner, &lead_time::without_commits(deployment)).await?;
        return Ok(());
    };
    let Told { answer, unread } = answer(context, owner, deployment, &revision).await?;
    let mut fact = lead_time::fact(deployment, &answer);
    if let Some(unread) = unread {
        fact.evidence = format!("{}; {unread} could not be read", fact.evidence);
    }
    let (changed, is_settled) = match answer {
        ChangeSet::Changed(changed) => (changed, true),
        ChangeSet::Incomplete { known, .. } => (known, true),
        ChangeSet::Awaited { known, .. } => {
            if context.ledger.note_pending(&fact).await? {
                count(context, Metric::PendingLeadTimes, Some(&deployment.source.repository)).await?;
            }
            (known, false)
        }
        ChangeSet::Nothing(_) | ChangeSet::Older => return publish(context, owner, &fact).await.map(drop),
    };
    // The deployed commit's message is known from the execution; the rest of the change is known only here. What follows
    // from it comes first: once the lead time is published, nobody looks at the change again.
    if let Some(rework) = rework_rate::by_change(deployment, &changed, &context.config.rework) {
        publish(context, owner, &rework).await?;
    }
    let referenced = Vec::from_iter(changed.incidents);
    time_to_restore::link(context, deployment, &referenced).await?;
    if is_settled {
        publish(context, owner, &fact).await?;
    }
    time_to_restore::settle_all(context, owner, deployment, &referenced).await
}

/// The commit that was deployed, if the webhook may have told it: of a repository on GitHub, or on a host that nothing is
/// known of.
async fn delivered_revision(context: &Context, deployment: &Deployment) -> Result<Option<CommitId>, Error> {
    let source = &deployment.source;
    let revision = source.revision.clone().and_then(|revision| CommitId::try_from(revision).ok());
    if !source.may_be_delivered() || !is_repository(&source.repository) || revision.is_none() {
        return Ok(None);
    }
    if let (None, Some(connection)) = (&source.provider, &source.connection) {
        let place = deployment.key.place();
        let provider = codepipeline::provider_of(context, place, connection).await?;
        if provider.is_some_and(|provider| !provider.starts_with("GitHub")) {
            return Ok(None);
        }
    }
    Ok(revision)
}

/// What a deployment changed, as far as it can be told.
struct Told {
    answer: ChangeSet,
    /// Without what it was told at last: the repository may have been deployed there before.
    unread: Option<Unread>,
}

impl From<ChangeSet> for Told {
    fn from(answer: ChangeSet) -> Self {
        Self { answer, unread: None }
    }
}

/// Asks the lake, as far back as the answer needs.
async fn answer(
    context: &Context,
    owner: Owner<'_>,
    deployment: &Deployment,
    revision: &CommitId,
) -> Result<Told, Error> {
    let Deployment { key, time, source, .. } = deployment;
    let config = &context.config;
    let now = context.now()?;
    let lookback = config.lead_time_lookback;
    let repository =
        context.repositories.identity(&context.ledger, (&source.repository, *time), context.now()?).await?;
    let mut history = History::before_itself(context, owner, key);
    let Before { mut live, mut lines, unread } = before(context, owner, &mut history, deployment).await?;
    // As long as anything may arrive, it is waited for. No account holds up for ever what another one deploys.
    if let Some(unread) = &unread
        && now.duration_since(*time) < given_up_after(unread.is_passing)
    {
        let (reason, known) = (elsewhere(unread), Changed::default());
        return Ok(ChangeSet::Awaited { reason, known }.into());
    }
    lines.insert(config.production.main_branch(key.unit_name(), Some(&source.repository)).to_owned());
    lines.extend(source.reference.branch().map(str::to_owned));
    let oldest = now.checked_sub(RETENTION).unwrap_or(Timestamp::MIN);
    // What was pushed before a previous deployment may have been deployed after it.
    let since = live.first().map_or(*time, |live| live.time);
    let mut read_since = since.checked_sub(lookback).unwrap_or(Timestamp::MIN).max(oldest);
    let mut changes = read(context, owner, &repository, read_since, now.min(*time + LATEST_ARRIVAL)).await?;
    let mut others: Vec<(Live, String)> = others(&history, deployment, &live);
    for _ in 0..MOST_ROUNDS {
        let question = ChangeQuery {
            revision,
            live: &live,
            lines: &lines,
            deployed: *time,
            lookback,
            now,
            read_since,
            oldest,
        };
        let answer = lead_time::change(question, &changes);
        if let ChangeSet::Older = answer {
            changes.extend(read(context, owner, &repository, oldest, read_since).await?);
            read_since = oldest;
            continue;
        }
        let candidates: Vec<Live> = others.iter().map(|(candidate, _)| candidate.clone()).collect();
        let concerned = lead_time::concerned(question, &changes, &candidates);
        if concerned.is_empty() {
            let before =
                live.first().map_or(time.checked_sub(lookback).unwrap_or(Timestamp::MIN), |live| live.time);
            let answer = with_oversized(context, owner, answer, before..*time).await;
            return Ok(Told { answer, unread });
        }
        for &number in &concerned {
            let Some((_, execution_id)) = others.get(number) else { continue };
            let went_live = history.went_live(execution_id).await?;
            live.extend(
                went_live
                    .and_then(|went_live| of_repository(&went_live, &source.repository))
                    .filter(|live| live.time < *time),
            );
        }
        latest_first(&mut live);
        let mut number = 0..;
        others.retain(|_| number.next().is_some_and(|number| !concerned.contains(&number)));
    }
    let reason = "what went live before can't be told apart".to_owned();
    Ok(ChangeSet::Incomplete { reason, known: Changed::default() }.into())
}

/// Adds to what is missing for good how many deliveries were too large in the time of a change. It is the reconciler that finds
/// that something is missing for good, and that may read metrics.
async fn with_oversized(
    context: &Context,
    owner: Owner<'_>,
    answer: ChangeSet,
    range: Range<Timestamp>,
) -> ChangeSet {
    let ChangeSet::Incomplete { reason, known } = answer else { return answer };
    if !owner.is_reconciler() || range.is_empty() {
        return ChangeSet::Incomplete { reason, known };
    }
    let since = range.start;
    let reason = match oversized::oversized(&context.clients.cloudwatch, range).await {
        Ok(0) => reason,
        Ok(1) => format!("{reason}; a push is missing, and 1 delivery was too large since {since:.0}"),
        Ok(number) => {
            format!("{reason}; a push is missing, and {number} deliveries were too large since {since:.0}")
        }
        Err(error) => {
            warn!(error.code = error.code(), error.message = %error, "deliveries that were too large are not known");
            reason
        }
    };
    ChangeSet::Incomplete { reason, known }
}

/// What went live before a deployment.
struct Before {
    /// Of the same repository, the latest first.
    live: Vec<Live>,
    /// The branches that it was deployed from.
    lines: BTreeSet<String>,
    /// Where more may have been live.
    unread: Option<Unread>,
}

/// What went live last before a deployment in its pipeline; in a pipeline that had not deployed the repository, what ran
/// for the repository then, in whatever pipeline.
async fn before(
    context: &Context,
    owner: Owner<'_>,
    history: &mut History<'_>,
    deployment: &Deployment,
) -> Result<Before, Error> {
    let Deployment { time, source, .. } = deployment;
    let mut found = Before { live: Vec::new(), lines: BTreeSet::new(), unread: None };
    let mut at = *time;
    for _ in 0..MOST_BEFORE {
        let Some(went_live) = history.before(at).await? else { break };
        at = went_live.time;
        if let Some(live) = of_repository(&went_live, &source.repository) {
            found.live.push(live);
            found.add_line(went_live.deployment.as_ref());
            break;
        }
    }
    // Rollbacks are few, and what one took back counts again.
    let rollbacks: Vec<String> = history
        .listed()
        .iter()
        .filter(|listed| listed.is_rollback && listed.started < *time)
        .map(|listed| listed.execution_id.clone())
        .collect();
    for execution_id in rollbacks {
        let Some(went_live) = history.went_live(&execution_id).await? else { continue };
        if went_live.time < *time {
            found.live.extend(of_repository(&went_live, &source.repository));
        }
    }
    if !found.live.is_empty() {
        latest_first(&mut found.live);
        return Ok(found);
    }
    let Elsewhere { latest, unread } = latest_elsewhere(context, owner, deployment).await?;
    found.unread = unread;
    let Some((deployed, revision)) = latest else { return Ok(found) };
    let live = match History::new(context, owner, &deployed.key).live_before(*time).await {
        Ok(live) => live.filter(|live| live.deployed.repository == source.repository),
        // The pipeline is no more, or not ours to read any more: the ledger knows what it deployed last. What passes is tried
        // again, for the ledger alone does not know what a rollback brought back.
        Err(Error::Aws { code, .. }) if GONE.contains(&code.as_str()) => None,
        Err(Error::Unconfigured { .. }) => None,
        Err(error) => return Err(error),
    };
    found.add_line(live.as_ref());
    found.live.push(
        match live.as_ref().and_then(|live| Some((live.deployed.time, commit(live.revision.as_ref())?))) {
            Some((time, revision)) => Live { time, revision },
            None => Live { time: deployed.time, revision },
        },
    );
    Ok(found)
}

/// What was deployed in other pipelines.
struct Elsewhere {
    /// The latest production deployment, and its commit.
    latest: Option<(DeploymentRef, CommitId)>,
    /// Where there may be a later one.
    unread: Option<Unread>,
}

/// The latest production deployment of a deployment's repository before it, in whatever pipeline, and its commit. Events may
/// be late or lost, so what the reconciler has not worked through is asked of the API.
async fn latest_elsewhere(
    context: &Context,
    owner: Owner<'_>,
    Deployment { key, time, source, .. }: &Deployment,
) -> Result<Elsewhere, Error> {
    let repository = &source.repository;
    let may_deploy = |account: &str| names::may_deploy(&context.config, repository, account);
    // The reconciler begins as far back as CloudWatch takes data; what is older it never saw.
    let since = time.checked_sub(OLDEST).unwrap_or(Timestamp::MIN);
    let unseen = deployments::unseen(context, owner, &may_deploy, since, *time).await?;
    let mut unread = unseen.unread.into_iter().next();
    let earliest = time.checked_sub(context.config.lead_time_lookback).unwrap_or(Timestamp::MIN);
    let mut latest = context.ledger.latest_deployment(repository, earliest..*time).await?;
    // In the deployment's own pipeline, nothing went live before.
    for unseen in unseen.deployments.into_iter().filter(|unseen| !unseen.same_unit(key)) {
        execution_listing::check_time(owner)?;
        let known = context.ledger.known_of(&unseen).await?;
        let deployed_another = known.deployed().is_some_and(|deployed| deployed != repository);
        if deployed_another || known.is_ignored(&context.config.production, &unseen) {
            continue;
        }
        let found = match deployments::look(context, owner, &unseen).await {
            Ok(Look::Resolved(Resolution::Deployment(found))) => found,
            Ok(_) => continue,
            Err(error) => {
                unread = Some(execution_listing::unread(&unseen, error)?);
                continue;
            }
        };
        let Some(revision) = commit(found.source.revision.as_ref()) else { continue };
        let deployed = DeploymentRef::from(&found);
        let counts = deployed.repository == *repository && deployed.time < *time;
        if counts && latest.as_ref().is_none_or(|(latest, _)| *latest < deployed) {
            latest = Some((deployed, revision));
        }
    }
    Ok(Elsewhere { latest, unread })
}

/// Why it can't be told what ran for a repository before.
fn elsewhere(unread: &Unread) -> String {
    format!("{unread} can't be read, where the repository may have been deployed before: {}", unread.cause)
}

impl Before {
    fn add_line(&mut self, live: Option<&LiveDeployment>) {
        self.lines.extend(live.and_then(|live| live.branch.clone()));
    }
}

/// Puts the latest first, each once.
fn latest_first(live: &mut Vec<Live>) {
    live.sort_by(|a, b| (b.time, &b.revision).cmp(&(a.time, &a.revision)));
    live.dedup();
}

/// What an execution brought to production, if that is a commit of a repository.
fn of_repository(went_live: &WentLive, repository: &str) -> Option<Live> {
    let live = went_live.deployment.as_ref().filter(|live| live.deployed.repository == repository)?;
    Some(Live { time: went_live.time, revision: commit(live.revision.as_ref())? })
}

/// The commit that a revision is, if it is one of a Git repository.
fn commit(revision: Option<&String>) -> Option<CommitId> {
    CommitId::try_from(revision?.clone()).ok()
}

/// The revisions of executions before a deployment of which it is not known whether they went live, the latest first.
fn others(history: &History<'_>, deployment: &Deployment, live: &[Live]) -> Vec<(Live, String)> {
    let Deployment { key, time: before, .. } = deployment;
    let mut others: Vec<(Live, String)> = Vec::new();
    let is_other = |listed: &&ListedExecution| {
        !listed.is_rollback && listed.started < *before && listed.execution_id != key.id()
    };
    for listed in history.listed().iter().filter(is_other) {
        for revision in &listed.revisions {
            let Ok(revision) = CommitId::try_from(revision.clone()) else { continue };
            if !live.iter().any(|live| live.revision == revision && live.time <= listed.changed) {
                others.push((
                    Live { time: listed.changed.min(*before), revision },
                    listed.execution_id.clone(),
                ));
            }
        }
    }
    others.sort_by_key(|(live, _)| Reverse(live.time));
    others
}

/// All that the lake holds of a repository from a range of time, by whatever name it had.
async fn read(
    context: &Context,
    owner: Owner<'_>,
    repository: &Identity,
    since: Timestamp,
    until: Timestamp,
) -> Result<Vec<Change>, Error> {
    let mut changes = Vec::new();
    for name in &repository.names {
        changes.extend(lake::changes(context, name, since..until, owner).await?);
    }
    // A name that was given up may have been taken by another repository.
    changes.retain(|change| match (change.repository_id(), repository.id) {
        (Some(id), Some(own)) => id == own,
        _ => true,
    });
    Ok(changes)
}
