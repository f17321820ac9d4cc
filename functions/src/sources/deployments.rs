//! Deployments, whatever source tells of them: what each source gives, and asking the one that a deployment is of.

use super::{
    codepipeline::{self, execution_listing::Unseen},
    events::{Envelope, Reading},
    names,
};
use crate::{
    ledger::Owner,
    runtime::{context::Context, error::Error},
};
use jiff::Timestamp;
use metrics_lib::{
    event::{Deployment, DeploymentRef, Ignored, LiveDeployment, Reference, Rollback, Running, Source},
    identity::DeploymentKey,
};
use std::{fmt::Debug, pin::Pin};

/// What a source answers, once it has.
pub type Asked<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// Something that tells of deployments.
pub trait DeploymentSource: Debug + Send + Sync {
    /// Its name: that of the keys of its deployments.
    fn name(&self) -> &'static str;

    /// What an event says.
    ///
    /// # Errors
    /// [`Error::Malformed`] for one that is, and can't be read.
    fn read(&self, event: &Envelope) -> Result<Reading<DeploymentEvent>, Error>;

    /// What an event's deployment is; none if nothing follows from the event. An event that carries it all is not asked for.
    fn resolve<'a>(
        &'a self,
        context: &'a Context,
        owner: Owner<'a>,
        event: &'a DeploymentEvent,
    ) -> Asked<'a, Option<Resolution>> {
        Box::pin(async move { self.look(context, owner, &event.key).await?.resolved(&event.key).map(Some) })
    }

    /// What a deployment is now, as the source's API tells. A source without one keeps this: what the ledger has of it.
    fn look<'a>(&'a self, context: &'a Context, _: Owner<'a>, key: &'a DeploymentKey) -> Asked<'a, Look> {
        Box::pin(recorded(context, key))
    }

    /// Every rule by which a deployment is what it is, and what came of it, for people.
    fn explain<'a>(
        &'a self,
        context: &'a Context,
        owner: Owner<'a>,
        key: &'a DeploymentKey,
    ) -> Asked<'a, Vec<String>> {
        Box::pin(async move { Ok(vec![explained(&self.look(context, owner, key).await?)]) })
    }

    /// The deployments of accounts that changed since an instant, began before another, and that no event may have told of. A
    /// source whose events are durable has none, and keeps this.
    fn unseen<'a>(
        &'a self,
        _: &'a Context,
        _: Owner<'a>,
        _: &'a (dyn Fn(&str) -> bool + Sync),
        _changed_since: Timestamp,
        _began_before: Timestamp,
    ) -> Asked<'a, Unseen> {
        Box::pin(async { Ok(Unseen::default()) })
    }
}

/// An event of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentEvent {
    /// What it is about.
    pub key: DeploymentKey,
    /// What it says, without what it is about, as a word: a second event that says the same is a duplicate.
    pub told: String,
    /// The part of the deployment that it is about, if it is not all of it: a stage.
    pub part: Option<String>,
    /// Whether a later event tells of the same deployment, if it has not ended now: one that failed was retried.
    pub may_go_on: bool,
    /// The event itself, where it alone says what was deployed.
    pub carried: Option<Box<Resolution>>,
}

/// What a deployment's source says that it is to the metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// A production deployment.
    Deployment(Deployment),
    /// A rollback.
    Rollback(Rollback),
    /// Neither.
    Ignored(Ignored),
}

impl Resolution {
    /// The repository that it is about, where that is known.
    pub fn repository(&self) -> Option<&str> {
        match self {
            Self::Deployment(deployment) => Some(&deployment.source.repository),
            Self::Rollback(rollback) => Some(&rollback.rolled_back.repository),
            Self::Ignored(ignored) => ignored.repository.as_deref(),
        }
    }
}

/// What something is to the metrics, or may become.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "one at a time, taken apart at once")]
pub enum Look {
    /// This, for good.
    Resolved(Resolution),
    /// It changes production now.
    Running(Running),
    /// It has not come to production, or the API does not show its end yet.
    Unfinished(String),
}

impl Look {
    /// What it is, if that is known for good.
    ///
    /// # Errors
    /// [`Error::Unfinished`].
    pub fn resolved(self, key: &DeploymentKey) -> Result<Resolution, Error> {
        let unfinished = |reason| Error::Unfinished { key: Box::new(key.clone()), reason };
        match self {
            Self::Resolved(resolution) => Ok(resolution),
            Self::Running(_) => Err(unfinished("its production stage is still in progress".into())),
            Self::Unfinished(reason) => Err(unfinished(reason)),
        }
    }
}

/// Something that changed production.
#[derive(Clone, Debug)]
pub struct WentLive {
    /// When it did.
    pub time: Timestamp,
    /// Its id.
    pub id: String,
    /// The deployment that is live since; none after a rollback to what is not known.
    pub deployment: Option<LiveDeployment>,
}

impl WentLive {
    pub(super) fn of(live: LiveDeployment) -> Self {
        let DeploymentRef { time, key, .. } = &live.deployed;
        Self { time: *time, id: key.id().to_owned(), deployment: Some(live) }
    }
}

/// What an event's deployment is; none if nothing follows from the event.
///
/// # Errors
/// [`Error::Unfinished`], [`Error::Unconfigured`], [`Error::OutOfTime`], [`Error::Aws`].
pub async fn resolve(
    context: &Context,
    owner: Owner<'_>,
    event: &DeploymentEvent,
) -> Result<Option<Resolution>, Error> {
    check_configured(context, &event.key)?;
    match &event.carried {
        Some(carried) => admitted(context, carried).await.map(Some),
        None => context.sources.of_deployment(&event.key)?.resolve(context, owner, event).await,
    }
}

/// What an event says itself, by the name that its repository is shown by; what an account may not deploy is ignored.
async fn admitted(context: &Context, carried: &Resolution) -> Result<Resolution, Error> {
    let Resolution::Deployment(deployment) = carried else { return Ok(carried.clone()) };
    let mut deployment = deployment.clone();
    let Deployment { key, time, source, .. } = &mut deployment;
    let named = (source.repository.as_str(), *time);
    source.repository =
        context.repositories.shown(&context.ledger, source.kind, named, context.now()?).await?;
    if names::may_deploy(&context.config, &source.repository, key.account()) {
        return Ok(Resolution::Deployment(deployment));
    }
    let reason = names::not_deployed_from(&source.repository, key.account());
    let (key, time, repository) = (key.clone(), Some(*time), Some(source.repository.clone()));
    let rule = deployment.rule;
    Ok(Resolution::Ignored(Ignored { key, time, repository, reason, ran_through: true, rule }))
}

/// What a deployment is now.
///
/// # Errors
/// [`Error::Unconfigured`] for an account or region that is not ours to read, [`Error::OutOfTime`], [`Error::Aws`].
pub async fn look(context: &Context, owner: Owner<'_>, key: &DeploymentKey) -> Result<Look, Error> {
    check_configured(context, key)?;
    context.sources.of_deployment(key)?.look(context, owner, key).await
}

/// What a deployment is now, if that is known for good.
///
/// # Errors
/// [`Error::Unfinished`], and those of [`look`].
pub async fn resolution(
    context: &Context,
    owner: Owner<'_>,
    key: &DeploymentKey,
) -> Result<Resolution, Error> {
    look(context, owner, key).await?.resolved(key)
}

/// What the ledger has of a deployment that only its event told of.
async fn recorded(context: &Context, key: &DeploymentKey) -> Result<Look, Error> {
    let known = context.ledger.known_of(key).await?;
    let Some(live) = known.live(&context.config.production, key) else {
        return Ok(Look::Unfinished("only its event tells what it is".into()));
    };
    let LiveDeployment { deployed, began, kind, branch, revision } = live.clone();
    let source = Source {
        kind,
        provider: None,
        connection: None,
        repository: deployed.repository,
        reference: branch.map_or(Reference::None, Reference::Branch),
        revision,
        message: None,
    };
    let (key, rule) = (deployed.key, String::new());
    let deployment = Deployment { key, time: deployed.time, began, ended_as: None, source, rule };
    Ok(Look::Resolved(Resolution::Deployment(deployment)))
}

/// Every rule by which a deployment is what it is, and what came of it, for people.
///
/// # Errors
/// Those of [`look`].
pub async fn explain(context: &Context, owner: Owner<'_>, key: &DeploymentKey) -> Result<Vec<String>, Error> {
    check_configured(context, key)?;
    context.sources.of_deployment(key)?.explain(context, owner, key).await
}

/// The deployments of some accounts, of every source, that no event may have told of: [`DeploymentSource::unseen`].
///
/// What the ledger knows is to be read after that, so that nothing the reconciler does in the meantime is missed.
///
/// # Errors
/// [`Error::OutOfTime`], [`Error::Ledger`], [`Error::Aws`] of the ledger.
pub async fn unseen(
    context: &Context,
    owner: Owner<'_>,
    is_asked: &(dyn Fn(&str) -> bool + Sync),
    changed_since: Timestamp,
    began_before: Timestamp,
) -> Result<Unseen, Error> {
    let mut all = Unseen::default();
    for source in context.sources.deployments() {
        let Unseen { deployments, unread } =
            source.unseen(context, owner, is_asked, changed_since, began_before).await?;
        all.deployments.extend(deployments);
        all.unread.extend(unread);
    }
    Ok(all)
}

fn check_configured(context: &Context, key: &DeploymentKey) -> Result<(), Error> {
    if context.config.covers(key.account(), key.region()) {
        return Ok(());
    }
    Err(Error::Unconfigured { account: key.account().to_owned(), region: key.region().to_owned() })
}

/// What a look showed, for people.
pub(super) fn explained(look: &Look) -> String {
    match look {
        Look::Resolved(Resolution::Deployment(Deployment { time, began, .. })) => {
            format!("it is a production deployment of {time:.0}; its production stage began at {began:.0}")
        }
        Look::Resolved(Resolution::Rollback(Rollback { time, rolled_back, restored, .. })) => {
            let restored = match restored {
                Some(restored) => format!("brought {} back", restored.key.described()),
                None => "what it brought back is not known".into(),
            };
            let rolled_back = rolled_back.key.described();
            format!("it is a rollback of {time:.0}: it took {rolled_back} back, and {restored}")
        }
        Look::Resolved(Resolution::Ignored(ignored)) => {
            format!("it is no production deployment: {}", ignored.reason)
        }
        Look::Running(_) => "it is not decided: its production stage is still in progress".into(),
        Look::Unfinished(reason) => format!("it is not decided: {reason}"),
    }
}

/// What went live in the unit of a deployment: of a pipeline, as CodePipeline lists it, of what other sources deploy to, as the
/// ledger has it.
#[derive(Debug)]
pub enum History<'a> {
    /// Of a pipeline.
    Pipeline(Box<codepipeline::History<'a>>),
    /// Of another unit.
    Ledger {
        /// What asks the ledger.
        context: &'a Context,
        /// A deployment to the unit.
        key: DeploymentKey,
    },
}

impl<'a> History<'a> {
    /// The history of what a deployment was deployed to; nothing is asked for yet.
    pub fn new(context: &'a Context, owner: Owner<'a>, key: &DeploymentKey) -> Self {
        match key {
            DeploymentKey::Execution(key) => {
                Self::Pipeline(Box::new(codepipeline::History::new(context, owner, key)))
            }
            DeploymentKey::Sourced(_) => Self::Ledger { context, key: key.clone() },
        }
    }

    /// The same before the deployment itself.
    pub fn before_itself(context: &'a Context, owner: Owner<'a>, key: &DeploymentKey) -> Self {
        match key {
            DeploymentKey::Execution(key) => {
                Self::Pipeline(Box::new(codepipeline::History::before_itself(context, owner, key)))
            }
            DeploymentKey::Sourced(_) => Self::new(context, owner, key),
        }
    }

    /// The deployment that was live just before an instant, if it is known.
    ///
    /// # Errors
    /// [`Error::OutOfTime`], [`Error::Aws`], [`Error::Ledger`].
    pub async fn live_before(&mut self, time: Timestamp) -> Result<Option<LiveDeployment>, Error> {
        Ok(self.before(time).await?.and_then(|went_live| went_live.deployment))
    }

    /// What went live last before an instant.
    ///
    /// # Errors
    /// [`Error::OutOfTime`], [`Error::Aws`], [`Error::Ledger`].
    pub async fn before(&mut self, time: Timestamp) -> Result<Option<WentLive>, Error> {
        match self {
            Self::Pipeline(history) => history.before(time).await,
            Self::Ledger { context, key } => {
                let earliest = time.checked_sub(context.config.lead_time_lookback).unwrap_or(Timestamp::MIN);
                let live = context.ledger.live_in(&key.unit(), earliest..time).await?;
                Ok(live.map(WentLive::of))
            }
        }
    }

    /// What something brought to production, if it did, by its id.
    ///
    /// # Errors
    /// [`Error::OutOfTime`], [`Error::Aws`].
    pub async fn went_live(&mut self, id: &str) -> Result<Option<WentLive>, Error> {
        match self {
            Self::Pipeline(history) => history.went_live(id).await,
            Self::Ledger { .. } => Ok(None),
        }
    }

    /// What the source has listed until now, the latest first.
    pub fn listed(&self) -> &[codepipeline::Listed] {
        match self {
            Self::Pipeline(history) => history.listed(),
            Self::Ledger { .. } => &[],
        }
    }
}
