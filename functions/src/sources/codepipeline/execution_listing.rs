//! What has ended in the configured accounts and regions, whether or not an event tells: read from CodePipeline's API.
//!
//! Events are late or lost. Whoever decides something once and for good must know what had ended by then. The reconciler
//! works through everything that ended before its watermark; what has ended since is looked up here.

use crate::{
    ledger::{Left, Owner, Subject, Watermark},
    runtime::{clients::Reader, error::Error, tools::Tools},
    sources::{
        codepipeline::{LONGEST_EXECUTION, has_ended, incomplete, listings::Row, timestamp},
        source::Unseen,
    },
};
use jiff::Timestamp;
use metrics_lib::{
    attribution::Unread,
    identity::DeploymentKey,
    place::Place,
    sources::codepipeline::{ExecutionKey, PipelineKey},
};
use std::time::{Duration, Instant};

/// How much of an invocation's time must be left to ask for another pipeline.
const RESERVE: Duration = Duration::from_secs(5);

/// An execution that may have brought something to production.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoundExecution {
    /// When it changed last: what it brought to production, it did no later.
    pub changed: Timestamp,
    /// What identifies it.
    pub key: ExecutionKey,
    /// Whether it has ended.
    pub has_ended: bool,
}

/// The executions of some accounts that changed last since an instant, started before another, and that the reconciler may
/// not have worked through. An account or pipeline that can't be read does not hide the others.
///
/// What the ledger knows is to be read after that, so that nothing the reconciler does in the meantime is missed.
///
/// # Errors
/// [`Error::OutOfTime`], [`Error::Ledger`], [`Error::Aws`] of the ledger.
pub(super) async fn unseen(
    tools: &Tools,
    owner: Owner<'_>,
    is_asked: &(dyn Fn(&str) -> bool + Sync),
    changed_since: Timestamp,
    started_before: Timestamp,
) -> Result<Unseen, Error> {
    let (now, mut unseen) = (tools.now()?, Unseen::default());
    let backlog = tools.ledger.backlog(now).await?;
    let places = tools.places().await?;
    for place in places.iter().filter(|place| is_asked(&place.account)) {
        let watermark = tools.ledger.watermark(Watermark::Executions, place).await?;
        let shown = watermark.and_then(|reached| reached.shown(now));
        let since = shown.map_or(changed_since, |shown| shown.max(changed_since));
        let since = Since::new(since, changed_since, &backlog);
        let listed = listed(tools, owner, place, &since, started_before).await?;
        unseen.deployments.extend(listed.found.into_iter().map(|found| found.key.into()));
        for (unread, error) in listed.unread {
            match error {
                Error::OutOfTime => return Err(error),
                _ => unseen.unread.push(unread),
            }
        }
        // Those that the reconciler could not work through, it left behind.
        for Left { subject, since, .. } in &backlog {
            let Subject::Deployment(key @ DeploymentKey::Execution(_)) = subject else { continue };
            let is_of_place = key.place() == place;
            if is_of_place && *since >= changed_since && !unseen.deployments.contains(key) {
                unseen.deployments.push(key.clone());
            }
        }
    }
    Ok(unseen)
}

/// Since when the executions of each pipeline of an account and region are wanted.
#[derive(Clone, Debug)]
pub struct Since {
    of_others: Timestamp,
    of: Vec<(PipelineKey, Timestamp)>,
}

impl Since {
    /// Since an instant, but for the pipelines that were left behind: since then, or the earliest that matters.
    pub fn new(of_others: Timestamp, earliest: Timestamp, backlog: &[Left]) -> Self {
        let of = backlog.iter().filter_map(|left| match &left.subject {
            Subject::Pipeline(key) => Some((key.clone(), left.since.max(earliest).min(of_others))),
            _ => None,
        });
        Self { of_others, of: of.collect() }
    }

    /// Whether a pipeline was left behind.
    fn was_left(&self, pipeline: &PipelineKey) -> bool {
        self.of.iter().any(|(key, _)| key == pipeline)
    }

    /// Since when those of a pipeline are wanted that was not left behind.
    pub fn of_others(&self) -> Timestamp {
        self.of_others
    }

    /// Since when those of a pipeline are wanted.
    pub fn of(&self, pipeline: &PipelineKey) -> Timestamp {
        let of = self.of.iter().find(|(key, _)| key == pipeline);
        of.map_or(self.of_others, |(_, since)| *since)
    }
}

/// The pipeline, or other unit, of a deployment as one that can't be read, because of an error of its account's APIs.
///
/// # Errors
/// Other errors, and credentials that have expired: new ones help at once.
pub(crate) fn unread(key: &DeploymentKey, error: Error) -> Result<Unread, Error> {
    if !error.is_of_account() || error.is_expired_credentials() {
        return Err(error);
    }
    let (place, pipeline) = (key.place().clone(), Some(key.unit_name().to_owned()));
    let (cause, is_passing) = (error.to_string(), error.is_passing());
    Ok(Unread { place, pipeline, cause, is_passing, since: None })
}

/// What is listed of an account and region.
#[derive(Debug, Default)]
pub struct ExecutionListing {
    /// The executions, the one that changed first comes first.
    pub found: Vec<FoundExecution>,
    /// What can't be read, and why.
    pub unread: Vec<(Unread, Error)>,
}

/// The executions of an account and region that started before an instant and changed last since others, the one that
/// changed first comes first; and those that still run, whenever they changed.
///
/// What there is no time for is unread, too, and comes first the next time.
///
/// # Errors
/// [`Error::Aws`] for credentials that have expired.
pub async fn listed(
    tools: &Tools,
    owner: Owner<'_>,
    place: &Place,
    changed_since: &Since,
    started_before: Timestamp,
) -> Result<ExecutionListing, Error> {
    let unread = |pipeline: Option<&str>, error: Error| {
        let (place, pipeline) = (place.clone(), pipeline.map(str::to_owned));
        let (cause, is_passing) = (error.to_string(), error.is_passing());
        (Unread { place, pipeline, cause, is_passing, since: None }, error)
    };
    let reader = tools.clients.reader(place).await;
    let mut listed = ExecutionListing::default();
    let now = tools.now()?;
    let pipelines = match tools.listings.pipelines(place, (started_before, now)) {
        Some(known) => Ok(known),
        None => {
            pipelines(&reader).await.inspect(|pipelines| tools.listings.put_pipelines(place, now, pipelines))
        }
    };
    let pipelines = match pipelines {
        Ok(pipelines) => pipelines,
        // New credentials help at once.
        Err(error) if error.is_expired_credentials() => return Err(error),
        Err(error) => {
            listed.unread.push(unread(None, error));
            return Ok(listed);
        }
    };
    let key = |pipeline| PipelineKey { place: place.clone(), pipeline };
    let mut pipelines: Vec<PipelineKey> = pipelines.into_iter().map(key).collect();
    pipelines.sort_by_key(|key| !changed_since.was_left(key));
    for key in pipelines {
        let pipeline = &key.pipeline;
        if let Err(error) = check_time(owner) {
            listed.unread.push(unread(Some(pipeline), error));
            continue;
        }
        let since = changed_since.of(&key);
        let rows = match tools.listings.executions(&key, since, started_before, now) {
            Some(known) => Ok(known),
            None => executions(&reader, owner, pipeline, since)
                .await
                .inspect(|rows| tools.listings.put_executions(&key, since, now, rows)),
        };
        match rows {
            Ok(rows) => {
                // A stage may run for long without any change.
                let is_asked_for =
                    |row: &Row| (row.changed >= since || !row.has_ended) && row.started < started_before;
                listed.found.extend(rows.into_iter().filter(is_asked_for).map(|row| FoundExecution {
                    changed: row.changed,
                    key: key.execution(row.execution_id),
                    has_ended: row.has_ended,
                }));
            }
            Err(error) if error.is_expired_credentials() => return Err(error),
            Err(error) => listed.unread.push(unread(Some(pipeline), error)),
        }
    }
    listed.found.sort();
    Ok(listed)
}

/// Whether the invocation has time for another call.
///
/// # Errors
/// [`Error::OutOfTime`].
pub(crate) fn check_time(owner: Owner<'_>) -> Result<(), Error> {
    match Instant::now() + RESERVE > owner.deadline {
        true => Err(Error::OutOfTime),
        false => Ok(()),
    }
}

/// The names of the pipelines of an account and region.
///
/// # Errors
/// [`Error::Aws`].
pub(crate) async fn pipelines(reader: &Reader) -> Result<Vec<String>, Error> {
    const API: &str = "codepipeline:ListPipelines";
    let pages = reader.codepipeline.list_pipelines().into_paginator().items().send();
    let summaries = pages.collect::<Result<Vec<_>, _>>().await.map_err(Error::aws(API))?;
    summaries.into_iter().map(|summary| summary.name.ok_or_else(|| incomplete(API, "name"))).collect()
}

/// The executions of a pipeline, as far back as one may have started that changed since an instant. They are listed by when they
/// started, the latest first.
async fn executions(
    reader: &Reader,
    owner: Owner<'_>,
    pipeline: &str,
    changed_since: Timestamp,
) -> Result<Vec<Row>, Error> {
    const API: &str = "codepipeline:ListPipelineExecutions";
    let request = reader.codepipeline.list_pipeline_executions().pipeline_name(pipeline);
    let mut pages = request.into_paginator().send();
    let oldest = changed_since.checked_sub(LONGEST_EXECUTION).unwrap_or(Timestamp::MIN);
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let page = match page {
            Ok(page) => page,
            // Somebody deleted it since it was listed.
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_pipeline_not_found_exception()) =>
            {
                return Ok(Vec::new());
            }
            Err(error) => return Err(Error::aws(API)(error)),
        };
        let mut earliest = Timestamp::MAX;
        for summary in page.pipeline_execution_summaries() {
            let time = |time: Option<&_>| time.map(|time| timestamp(API, time)).transpose();
            let started = time(summary.start_time())?.unwrap_or(Timestamp::MIN);
            let changed = time(summary.last_update_time())?.unwrap_or(Timestamp::MAX);
            earliest = earliest.min(started);
            let has_ended = has_ended(summary.status());
            if changed >= changed_since || !has_ended {
                let id =
                    summary.pipeline_execution_id().ok_or_else(|| incomplete(API, "pipelineExecutionId"))?;
                found.push(Row { started, changed, execution_id: id.to_owned(), has_ended });
            }
        }
        if earliest < oldest {
            break;
        }
        check_time(owner)?;
    }
    Ok(found)
}
