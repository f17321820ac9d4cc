//! Deployments, whatever source tells of them: asking the one that a deployment is of.

use super::{
    codepipeline,
    context::Context,
    names,
    source::{DeploymentEvent, Look, Resolution, Unseen, WentLive},
};
use crate::{ledger::Owner, runtime::error::Error};
use jiff::Timestamp;
use metrics_lib::{
    event::{Deployment, Ignored, LiveDeployment, Rollback, SourceKind},
    identity::DeploymentKey,
};

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
    let mut carried = carried.clone();
    let (key, time, kind, repository) = match &mut carried {
        Resolution::Deployment(Deployment { key, time, source, .. }) => {
            (key, *time, source.kind, &mut source.repository)
        }
        // What was taken back has the kind of what was deployed, whose names Git hosts give.
        Resolution::Rollback(Rollback { key, time, rolled_back, .. }) => {
            (key, *time, SourceKind::Git, &mut rolled_back.repository)
        }
        Resolution::Ignored(_) => return Ok(carried),
    };
    let named = (repository.as_str(), time);
    *repository = context.repositories.shown(&context.ledger, kind, named, context.now()?).await?;
    if names::may_deploy(&context.config, repository, key.account()) {
        return Ok(carried);
    }
    let reason = names::not_deployed_from(repository, key.account());
    let (key, time, repository) = (key.clone(), Some(time), Some(repository.clone()));
    let rule = String::new();
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

/// Every rule by which a deployment is what it is, and what came of it, for people.
///
/// # Errors
/// Those of [`look`].
pub async fn explain(context: &Context, owner: Owner<'_>, key: &DeploymentKey) -> Result<Vec<String>, Error> {
    check_configured(context, key)?;
    context.sources.of_deployment(key)?.explain(context, owner, key).await
}

/// The deployments of some accounts, of every source, that no event may have told of: [`crate::sources::source::DeploymentSource::unseen`].
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
    if context.config.covers(key.place()) {
        return Ok(());
    }
    Err(Error::Unconfigured(key.place().clone()))
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
    pub fn listed(&self) -> &[codepipeline::ListedExecution] {
        match self {
            Self::Pipeline(history) => history.listed(),
            Self::Ledger { .. } => &[],
        }
    }
}
