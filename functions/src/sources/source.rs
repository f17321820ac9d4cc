//! What a source is: what it reads of events, and what it answers of a deployment or incident.

use super::envelope::{Envelope, Reading};
use crate::{
    ledger::Owner,
    runtime::{error::Error, tools::Tools},
};
use jiff::Timestamp;
use metrics_lib::{
    attribution::Unread,
    event::{
        Deployment, DeploymentRef, Ignored, Incident, LiveDeployment, Reference, Rollback, Running,
        SourceRevision,
    },
    identity::{DeploymentKey, IncidentKey},
    time_to_restore::{StatusChange, ToldBy},
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
    /// [`Error::Malformed`] for one of this source that can't be read.
    fn read(&self, event: &Envelope) -> Result<Reading<DeploymentEvent>, Error>;

    /// What an event's deployment is; none if nothing follows from the event. An event that carries it all is not asked for.
    fn resolve<'a>(
        &'a self,
        tools: &'a Tools,
        owner: Owner<'a>,
        event: &'a DeploymentEvent,
    ) -> Asked<'a, Option<Resolution>> {
        Box::pin(async move { self.look(tools, owner, &event.key).await?.resolved(&event.key).map(Some) })
    }

    /// What a deployment is now, as the source's API tells. A source without one keeps this: what the ledger has of it.
    fn look<'a>(&'a self, tools: &'a Tools, _: Owner<'a>, key: &'a DeploymentKey) -> Asked<'a, Look> {
        Box::pin(recorded(tools, key))
    }

    /// Every rule by which a deployment is what it is, and what came of it, for people.
    fn explain<'a>(
        &'a self,
        tools: &'a Tools,
        owner: Owner<'a>,
        key: &'a DeploymentKey,
    ) -> Asked<'a, Vec<String>> {
        Box::pin(async move { Ok(vec![explained(&self.look(tools, owner, key).await?)]) })
    }

    /// The deployments of accounts that changed since an instant, began before another, and that no event may have told of. A
    /// source whose events are durable has none, and keeps this.
    fn unseen<'a>(
        &'a self,
        _: &'a Tools,
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

/// What no event may have told of, and the reconciler may not have worked through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unseen {
    /// What has ended, and what still runs.
    pub deployments: Vec<DeploymentKey>,
    /// Where there may be more of them.
    pub unread: Vec<Unread>,
}

/// What the ledger has of a deployment that only its event told of.
async fn recorded(tools: &Tools, key: &DeploymentKey) -> Result<Look, Error> {
    let known = tools.ledger.known_of(key).await?;
    let Some(live) = known.live(&tools.config.production, key) else {
        return Ok(Look::Unfinished("only its event tells what it is".into()));
    };
    let LiveDeployment { deployed, began, kind, branch, revision } = live.clone();
    let source = SourceRevision {
        kind,
        provider: None,
        connection: None,
        repository: deployed.repository,
        reference: branch.map_or(Reference::None, Reference::Branch),
        revision,
        message: None,
    };
    let (key, rule) = (deployed.key, String::new());
    let (ended_as, actions) = (None, Vec::new());
    let deployment = Deployment { key, time: deployed.time, began, ended_as, source, rule, actions };
    Ok(Look::Resolved(Resolution::Deployment(deployment)))
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

/// Something that tells of incidents.
pub trait IncidentSource: Debug + Send + Sync {
    /// Its name: that of the keys of its incidents.
    fn name(&self) -> &'static str;

    /// What an event says.
    ///
    /// # Errors
    /// [`Error::Malformed`] for one of this source that can't be read.
    fn read(&self, event: &Envelope) -> Result<Reading<IncidentEvent>, Error>;

    /// What an incident is, as the source's API tells it now.
    fn find<'a>(&'a self, tools: &'a Tools, key: &'a IncidentKey) -> Asked<'a, IncidentLook>;
}

/// An event of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentEvent {
    /// What it is about.
    pub key: IncidentKey,
    /// What has happened to it.
    pub what: IncidentChange,
}

/// What can happen to an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IncidentChange {
    /// It was raised.
    Raised,
    /// Its status was changed, or told.
    Status(StatusEvent),
}

/// A change of an incident's status, as an event tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusEvent {
    /// Whether it is resolved since; if not, it is open.
    pub is_resolved: bool,
    /// When it was, if the event says so.
    pub at: Option<Timestamp>,
}

/// An incident, and its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundIncident {
    /// The incident.
    pub incident: Incident,
    /// Whether it is resolved now.
    pub is_resolved: bool,
    /// When anything of it was changed last, if the API says so.
    pub last_modified: Option<Timestamp>,
}

impl FoundIncident {
    /// The present status, as a change no later than when the incident was changed last; none where the API does not say
    /// when that was.
    pub fn status_change(&self) -> Option<StatusChange> {
        let time = self.last_modified?.max(self.incident.created);
        Some(StatusChange { time, is_resolved: self.is_resolved, told_by: ToldBy::LastModified })
    }
}

/// What may be an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IncidentLook {
    /// An incident.
    Incident(Box<FoundIncident>),
    /// None by the settings, for this reason.
    Refused(String),
    /// It does not exist.
    Nothing,
}
