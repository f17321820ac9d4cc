//! What the reconciler could not do or read: each apart, so that it holds up nothing else.

use super::{
    Ledger,
    item::{Item, key},
    open::INDEX_LAG,
};
use crate::runtime::error::Error;
use jiff::{SignedDuration, Timestamp};
use metrics_lib::{
    datum::OLDEST,
    identity::{DeploymentKey, IncidentKey},
    place::Place,
    sources::codepipeline::PipelineKey,
};
use std::fmt::{self, Display, Formatter};

/// The partition of what is left.
const BACKLOG: &str = "backlog";
/// After how many tries something is set aside.
pub const MOST_TRIES: usize = 20;
/// How often an execution or `OpsItem` is tried that is set aside.
const TRIED_AGAIN_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// The longest that is kept of what went wrong: an item of DynamoDB has 400 KB, and a service's message any length.
const LONGEST_ERROR: usize = 1000;

/// What the reconciler goes through.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// All pipelines of an account and region: it is not known which there are.
    Pipelines(Place),
    /// The executions of a pipeline.
    Pipeline(PipelineKey),
    /// An execution, or what another source tells of.
    Deployment(DeploymentKey),
    /// All `OpsItem`s of an account and region.
    OpsItems(Place),
    /// An incident.
    Incident(IncidentKey),
}

/// Something that is left for later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// What it is.
    pub subject: Subject,
    /// What changed last before this instant is done.
    pub since: Timestamp,
    /// How many times it was tried.
    pub tries: usize,
    /// When it was tried last.
    pub tried: Timestamp,
    /// Why it could not be done.
    pub error: String,
    /// When it was done, if it was: the timeline may not show that yet.
    pub done: Option<Timestamp>,
}

impl Subject {
    /// The account and region.
    pub fn place(&self) -> &Place {
        match self {
            Self::Pipelines(place) | Self::OpsItems(place) | Self::Pipeline(PipelineKey { place, .. }) => {
                place
            }
            Self::Deployment(key) => key.place(),
            Self::Incident(key) => key.place(),
        }
    }

    /// Whether it is of executions, not of `OpsItem`s.
    pub fn is_of_executions(&self) -> bool {
        matches!(self, Self::Pipelines(_) | Self::Pipeline(_) | Self::Deployment(_))
    }

    /// Whether it is one thing, not all that there is in some place.
    pub fn is_one(&self) -> bool {
        matches!(self, Self::Deployment(_) | Self::Incident(_))
    }

    /// Whether it is all that there is in an account and region.
    pub fn is_place(&self) -> bool {
        matches!(self, Self::Pipelines(_) | Self::OpsItems(_))
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Pipelines(_) => "pipelines",
            Self::Pipeline(_) => "pipeline",
            Self::Deployment(DeploymentKey::Execution(_)) => "execution",
            Self::Deployment(DeploymentKey::Sourced(_)) => "deployment",
            Self::OpsItems(_) => "opsItems",
            Self::Incident(IncidentKey::OpsItem(_)) => "opsItem",
            Self::Incident(IncidentKey::Sourced(_)) => "incident",
        }
    }

    fn sort(&self) -> String {
        let Place { account, region } = self.place();
        let (unit, id) = match self {
            Self::Pipelines(_) | Self::OpsItems(_) => ("", String::new()),
            Self::Pipeline(key) => (key.pipeline.as_str(), String::new()),
            Self::Deployment(key @ DeploymentKey::Execution(_)) => (key.unit_name(), key.id().to_owned()),
            // Of what several sources may call alike, the source is told.
            Self::Deployment(key @ DeploymentKey::Sourced(_)) => (key.unit_name(), key.to_string()),
            Self::Incident(key) => ("", key.id().to_string()),
        };
        key([self.kind(), account, region, unit, &id])
    }

    fn attributes(&self) -> Item {
        let item = Item::default().text("kind", self.kind());
        match self {
            Self::Pipelines(place) | Self::OpsItems(place) => item.place(place),
            Self::Pipeline(PipelineKey { place, pipeline }) => item.place(place).text("pipeline", pipeline),
            Self::Deployment(key) => item.deployment(key),
            Self::Incident(key) => item.incident(key),
        }
    }

    fn of(item: &Item) -> Result<Self, Error> {
        Ok(match item.required("kind")? {
            "pipelines" => Self::Pipelines(item.required_place()?),
            "pipeline" => Self::Pipeline(PipelineKey {
                place: item.required_place()?,
                pipeline: item.required("pipeline")?.to_owned(),
            }),
            "execution" | "deployment" => Self::Deployment(item.deployment_key()?),
            "opsItems" => Self::OpsItems(item.required_place()?),
            "opsItem" | "incident" => Self::Incident(item.incident_key()?),
            _ => return Err(item.unreadable("kind")),
        })
    }
}

impl Display for Subject {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pipelines(place) => write!(f, "the pipelines of {place}"),
            Self::Pipeline(PipelineKey { place, pipeline }) => write!(f, "pipeline {pipeline} of {place}"),
            Self::Deployment(key) => write!(f, "{} {key}", key.noun()),
            Self::OpsItems(place) => write!(f, "the OpsItems of {place}"),
            Self::Incident(key) => write!(f, "{} {key}", key.noun()),
        }
    }
}

impl Left {
    /// Whether it is to be tried now. A pipeline that can't be listed, or an account, is tried by every run, which takes one
    /// request; what is set aside, once a day.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.done.is_none()
            && (!self.subject.is_one()
                || !self.is_set_aside()
                || now.duration_since(self.tried) >= TRIED_AGAIN_EVERY)
    }

    /// Whether nothing waits for it any more.
    pub fn is_set_aside(&self) -> bool {
        self.done.is_none() && self.tries >= MOST_TRIES
    }

    /// Whether it is shown still: what was done until the timeline shows that; of what changed so long ago that CloudWatch
    /// takes nothing of it, a backfill can do what is possible.
    fn is_left(&self, now: Timestamp) -> bool {
        let is_in_time = !self.subject.is_one() || now.duration_since(self.since) <= OLDEST;
        is_in_time && self.done.is_none_or(|done| now.duration_since(done) <= INDEX_LAG)
    }
}

impl Ledger {
    /// What is left for later, wherever.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn backlog(&self, now: Timestamp) -> Result<Vec<Left>, Error> {
        let items = self.query(BACKLOG, "").await?;
        let mut backlog = items.iter().map(left).collect::<Result<Vec<_>, Error>>()?;
        backlog.retain(|left| left.is_left(now));
        Ok(backlog)
    }

    /// Leaves something for later, or says how a later try ended.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn leave(&self, left: &Left) -> Result<(), Error> {
        let Left { subject, since, tries, tried, error, done } = left;
        let mut attributes = subject
            .attributes()
            .instant("since", *since)
            .number("tries", tries)
            .instant("tried", *tried)
            .text("error", error.chars().take(LONGEST_ERROR).collect::<String>())
            .text("state", if done.is_some() { "done" } else { "left" });
        // What is done is of no interest soon; what is set aside is tried until nothing comes of it any more.
        attributes = match done {
            Some(done) => attributes.instant("done", *done).expires_at(*tried + TRIED_AGAIN_EVERY),
            None => attributes.expires(*tried),
        };
        self.set(BACKLOG, &subject.sort(), attributes).send().await.map(drop)
    }
}

fn left(item: &Item) -> Result<Left, Error> {
    // An earlier time that it was done is of no interest once it is left again.
    let is_done = item.get("state") == Some("done");
    Ok(Left {
        subject: Subject::of(item)?,
        since: item.instant_of("since")?,
        tries: item.count("tries"),
        tried: item.instant_of("tried")?,
        error: item.required("error")?.to_owned(),
        done: if is_done { item.optional_instant("done")? } else { None },
    })
}
