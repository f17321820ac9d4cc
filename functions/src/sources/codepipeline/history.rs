//! What went live in a pipeline: its production deployments, and what its rollbacks went back to.

use super::{LONGEST_EXECUTION, classify, has_ended, incomplete, reader, timestamp};
use crate::{
    ledger::{KnownFacts, Owner, Walked},
    runtime::{error::Error, tools::Tools},
    sources::{codepipeline::execution_listing::check_time, source::WentLive},
};
use aws_sdk_codepipeline::{
    primitives::DateTime,
    types::{ExecutionType, PipelineExecutionSummary},
};
use jiff::Timestamp;
use metrics_lib::{
    event::{DeploymentRef, LiveDeployment},
    identity::DeploymentKey,
    sources::codepipeline::{ExecutionKey, PipelineKey, production::Classification},
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

const LIST: &str = "codepipeline:ListPipelineExecutions";
/// How many rollbacks to rollbacks are followed to what they went back to.
const MOST_TARGETS: usize = 10;
/// After how many executions it is asked how far a walk before has come: most walks are shorter.
const FEW: usize = 5;
/// After how many executions it is noted how far a walk has come.
const NOTED_AFTER: usize = 25;

/// The executions of a pipeline, listed as far back as they are asked for, the latest first.
///
/// Many may have to be looked at: those of another branch, before the first deployment. A walk ends in time, and the ledger has
/// how far it came, so that another goes on from there.
#[derive(Debug)]
pub struct History<'a> {
    tools: &'a Tools,
    owner: Owner<'a>,
    /// An execution of the pipeline.
    key: ExecutionKey,
    /// Whether it is asked for what went live before that execution, which then is none of it.
    is_before_itself: bool,
    listed: Vec<ListedExecution>,
    /// Where the next page begins; none before the first.
    next: Option<String>,
    is_complete: bool,
    looked_at: BTreeMap<String, Option<WentLive>>,
    /// How many of them that was, since it was noted.
    looks: usize,
    /// What a walk before has come to, once that was asked.
    walked: Option<Option<Walked>>,
}

/// An execution as it is listed.
#[derive(Clone, Debug)]
pub struct ListedExecution {
    /// Its id.
    pub execution_id: String,
    /// When it started.
    pub started: Timestamp,
    /// When it changed last: what it brought to production, it did no later.
    pub changed: Timestamp,
    /// Whether nothing changes it any more, unless it is retried.
    has_ended: bool,
    /// Whether it is a rollback.
    pub is_rollback: bool,
    /// The revisions of its sources.
    pub revisions: BTreeSet<String>,
}

impl<'a> History<'a> {
    /// The history of an execution's pipeline; nothing is asked for yet.
    pub fn new(tools: &'a Tools, owner: Owner<'a>, key: &ExecutionKey) -> Self {
        Self {
            tools,
            owner,
            key: key.clone(),
            is_before_itself: false,
            listed: Vec::new(),
            next: None,
            is_complete: false,
            looked_at: BTreeMap::new(),
            looks: 0,
            walked: None,
        }
    }

    /// The history of an execution's pipeline before that execution.
    pub fn before_itself(tools: &'a Tools, owner: Owner<'a>, key: &ExecutionKey) -> Self {
        Self { is_before_itself: true, ..Self::new(tools, owner, key) }
    }

    /// The deployment that was live just before an instant, if it is known.
    ///
    /// # Errors
    /// [`Error::OutOfTime`], [`Error::Aws`].
    pub async fn live_before(&mut self, time: Timestamp) -> Result<Option<LiveDeployment>, Error> {
        Ok(self.before(time).await?.and_then(|went_live| went_live.deployment))
    }

    /// What went live last before an instant.
    ///
    /// # Errors
    /// [`Error::OutOfTime`], [`Error::Aws`].
    pub async fn before(&mut self, time: Timestamp) -> Result<Option<WentLive>, Error> {
        let found = self.walk(time).await;
        // Another walk goes on from where this one was cut off.
        if self.looks >= NOTED_AFTER || (self.looks > FEW && found.is_err()) {
            self.note().await?;
        }
        found
    }

    async fn walk(&mut self, time: Timestamp) -> Result<Option<WentLive>, Error> {
        loop {
            let mut latest: Option<WentLive> = None;
            let mut candidates: Vec<ListedExecution> =
                self.listed.iter().filter(|listed| listed.started < time).cloned().collect();
            // What an execution brought to production, it did no later than it changed last: the rest can't win once one has.
            candidates.sort_by_key(|listed| Reverse(listed.changed));
            for listed in candidates {
                if latest.as_ref().is_some_and(|latest| listed.changed < latest.time) {
                    break;
                }
                let is_itself = self.is_before_itself && listed.execution_id == self.key.execution_id;
                if is_itself || self.is_walked(&listed).await? {
                    continue;
                }
                let Some(went_live) = self.went_live(&listed.execution_id).await? else { continue };
                let order = |live: &WentLive| (live.time, live.id.clone());
                if went_live.time < time
                    && latest.as_ref().is_none_or(|latest| order(latest) < order(&went_live))
                {
                    latest = Some(went_live);
                }
            }
            let oldest = self.listed.iter().map(|listed| listed.started).min();
            let is_latest = |latest: &WentLive| {
                oldest.is_some_and(|oldest| {
                    oldest.checked_add(LONGEST_EXECUTION).is_ok_and(|end| end < latest.time)
                })
            };
            if self.is_complete || latest.as_ref().is_some_and(is_latest) {
                return Ok(latest);
            }
            self.list().await?;
        }
    }

    /// The executions that were listed until now, the latest first.
    pub fn listed(&self) -> &[ListedExecution] {
        &self.listed
    }

    /// Whether a walk before found that an execution brought nothing to production.
    async fn is_walked(&mut self, listed: &ListedExecution) -> Result<bool, Error> {
        if self.walked.is_none() && self.looks >= FEW {
            let pipeline = PipelineKey::from(&self.key);
            self.walked = Some(self.tools.ledger.walked(&pipeline, &self.tools.config.settings()).await?);
        }
        Ok(self.walked.iter().flatten().any(|walked| listed.is_in(walked)))
    }

    /// Notes the longest row of executions that brought nothing to production: whatever starts, it stays a row.
    async fn note(&mut self) -> Result<(), Error> {
        self.looks = 0;
        let brought_nothing = |listed: &&ListedExecution| {
            let is_walked = self.walked.iter().flatten().any(|walked| listed.is_in(walked));
            is_walked || listed.has_ended && matches!(self.looked_at.get(&listed.execution_id), Some(None))
        };
        let rows = self.listed.chunk_by(|a, b| brought_nothing(&a) == brought_nothing(&b));
        let rows = rows.filter(|row| row.iter().all(|listed| brought_nothing(&listed)));
        let Some(row) = rows.max_by_key(|row| row.len()) else { return Ok(()) };
        let started = row.iter().map(|listed| listed.started);
        let (Some(since), Some(until)) = (started.clone().min(), started.max()) else { return Ok(()) };
        let walked = Walked { since, until, at: self.tools.now()? };
        let (pipeline, settings) = (PipelineKey::from(&self.key), self.tools.config.settings());
        self.tools.ledger.note_walked(&pipeline, &settings, walked).await?;
        self.walked = Some(Some(walked));
        Ok(())
    }

    /// What an execution brought to production, if it did.
    ///
    /// # Errors
    /// [`Error::OutOfTime`], [`Error::Aws`].
    pub async fn went_live(&mut self, execution_id: &str) -> Result<Option<WentLive>, Error> {
        if let Some(known) = self.looked_at.get(execution_id) {
            return Ok(known.clone());
        }
        check_time(self.owner)?;
        if self.looks >= NOTED_AFTER {
            self.note().await?;
        }
        self.looks += 1;
        let key = ExecutionKey { execution_id: execution_id.to_owned(), ..self.key.clone() };
        // A rollback brings something to production even where it is ignored because it took nothing back.
        let is_rollback =
            self.listed.iter().any(|listed| listed.execution_id == execution_id && listed.is_rollback);
        let of = DeploymentKey::from(key.clone());
        let known = if is_rollback { KnownFacts::default() } else { self.tools.ledger.known_of(&of).await? };
        let rule = &self.tools.config.production;
        let went_live = if known.is_ignored(rule, &of) {
            None
        } else if let Some(live) = known.live(rule, &of) {
            Some(WentLive::of(self.shown(live.clone()).await?))
        } else {
            self.asked(&key).await?
        };
        self.looked_at.insert(execution_id.to_owned(), went_live.clone());
        Ok(went_live)
    }

    /// A deployment of the ledger, its repository by the name that is shown now.
    async fn shown(&self, live: LiveDeployment) -> Result<LiveDeployment, Error> {
        let LiveDeployment { deployed, kind, .. } = &live;
        let Tools { repositories, ledger, .. } = self.tools;
        let named = (deployed.repository.as_str(), deployed.time);
        let repository = repositories.shown(ledger, *kind, named, self.tools.now()?).await?;
        Ok(LiveDeployment { deployed: DeploymentRef { repository, ..deployed.clone() }, ..live })
    }

    /// What an execution brought to production, as CodePipeline tells it.
    async fn asked(&mut self, key: &ExecutionKey) -> Result<Option<WentLive>, Error> {
        Ok(match classify(self.tools, key).await? {
            Classification::Deployment(deployment) => Some(WentLive::of(LiveDeployment::from(&deployment))),
            Classification::Rollback { time, target, .. } => {
                let deployment = match target {
                    Some(target) => self.live_since(&target).await?,
                    None => None,
                };
                Some(WentLive { time, id: key.execution_id.clone(), deployment })
            }
            Classification::NotProduction(_) | Classification::Running(_) | Classification::Unfinished(_) => {
                None
            }
        })
    }

    /// The deployment that an execution made live: itself, or what it went back to. CodePipeline forgets executions after a
    /// year.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn live_since(&mut self, execution_id: &str) -> Result<Option<LiveDeployment>, Error> {
        let mut id = execution_id.to_owned();
        for _ in 0..MOST_TARGETS {
            let key = ExecutionKey { execution_id: id, ..self.key.clone() };
            let of = DeploymentKey::from(key.clone());
            let known = self.tools.ledger.known_of(&of).await?;
            if let Some(live) = known.live(&self.tools.config.production, &of) {
                return self.shown(live.clone()).await.map(Some);
            }
            id = match classify(self.tools, &key).await {
                Ok(Classification::Deployment(deployment)) => {
                    return Ok(Some(LiveDeployment::from(&deployment)));
                }
                Ok(Classification::Rollback { target: Some(target), .. }) => target,
                Ok(_) => return Ok(None),
                Err(Error::Aws { code, .. }) if code == "PipelineExecutionNotFoundException" => {
                    return Ok(None);
                }
                Err(error) => return Err(error),
            };
        }
        Ok(None)
    }

    /// Lists another page of executions.
    async fn list(&mut self) -> Result<(), Error> {
        check_time(self.owner)?;
        let reader = reader(self.tools, &self.key).await;
        let request = reader.codepipeline.list_pipeline_executions().pipeline_name(&self.key.pipeline);
        let page = request.set_next_token(self.next.take()).send().await.map_err(Error::aws(LIST))?;
        for summary in page.pipeline_execution_summaries() {
            self.listed.push(ListedExecution::of(summary)?);
        }
        self.next = page.next_token().map(str::to_owned);
        self.is_complete = self.next.is_none();
        Ok(())
    }
}

impl ListedExecution {
    /// Whether a walk came by, and it has not changed since.
    fn is_in(&self, Walked { since, until, at }: &Walked) -> bool {
        (*since..=*until).contains(&self.started) && self.has_ended && self.changed < *at
    }

    fn of(summary: &PipelineExecutionSummary) -> Result<Self, Error> {
        let time = |time: &Option<DateTime>| time.as_ref().map(|time| timestamp(LIST, time)).transpose();
        let id = summary.pipeline_execution_id.clone();
        let revisions = summary.source_revisions().iter().filter_map(|revision| revision.revision_id.clone());
        let has_ended = has_ended(summary.status());
        Ok(Self {
            execution_id: id.ok_or_else(|| incomplete(LIST, "pipelineExecutionId"))?,
            started: time(&summary.start_time)?.unwrap_or(Timestamp::MIN),
            // What still runs may have reached production at any time.
            changed: match has_ended {
                false => Timestamp::MAX,
                true => time(&summary.last_update_time)?.unwrap_or(Timestamp::MAX),
            },
            has_ended,
            is_rollback: summary.execution_type == Some(ExecutionType::Rollback),
            revisions: revisions.collect(),
        })
    }
}
