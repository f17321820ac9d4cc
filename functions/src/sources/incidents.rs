//! Incidents, whatever source tells of them: what each source gives, and asking the one that an incident is of.

use super::{
    deployments::Asked,
    events::{Envelope, Reading},
};
use crate::runtime::{context::Context, error::Error};
use jiff::Timestamp;
use metrics_lib::{
    event::Incident,
    identity::IncidentKey,
    time_to_restore::{StatusChange, ToldBy},
};
use std::fmt::Debug;

/// Something that tells of incidents.
pub trait IncidentSource: Debug + Send + Sync {
    /// Its name: that of the keys of its incidents.
    fn name(&self) -> &'static str;

    /// What an event says.
    ///
    /// # Errors
    /// [`Error::Malformed`] for one that is, and can't be read.
    fn read(&self, event: &Envelope) -> Result<Reading<IncidentEvent>, Error>;

    /// What an incident is, as the source's API tells it now.
    fn find<'a>(&'a self, context: &'a Context, key: &'a IncidentKey) -> Asked<'a, Found>;
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
    Status(Change),
}

/// A change of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whether it is resolved since; if not, it is open.
    pub is_resolved: bool,
    /// When it was, if the event says so.
    pub at: Option<Timestamp>,
}

/// An incident, and its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The incident.
    pub incident: Incident,
    /// Whether it is resolved now.
    pub is_resolved: bool,
    /// When anything of it was changed last, if the API says so.
    pub last_modified: Option<Timestamp>,
}

impl Item {
    /// The present status, as a change no later than when the incident was changed last; none where the API does not say
    /// when that was.
    pub fn status_change(&self) -> Option<StatusChange> {
        let time = self.last_modified?.max(self.incident.created);
        Some(StatusChange { time, is_resolved: self.is_resolved, told_by: ToldBy::LastModified })
    }
}

/// What may be an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// An incident.
    Incident(Box<Item>),
    /// None by the settings, for this reason.
    Refused(String),
    /// It does not exist.
    Nothing,
}

/// What an incident is, by the settings.
///
/// # Errors
/// [`Error::Incident`] for one that is described in a way that we don't understand, [`Error::Aws`].
pub async fn find(context: &Context, key: &IncidentKey) -> Result<Found, Error> {
    context.sources.of_incident(key)?.find(context, key).await
}

/// An incident with its status; none if it is none by the settings, or does not exist.
///
/// # Errors
/// Those of [`find`].
pub async fn item(context: &Context, key: &IncidentKey) -> Result<Option<Item>, Error> {
    match find(context, key).await? {
        Found::Incident(item) => Ok(Some(*item)),
        Found::Refused(_) | Found::Nothing => Ok(None),
    }
}

/// An incident; none if it is none by the settings, or does not exist.
///
/// # Errors
/// Those of [`find`].
pub async fn incident(context: &Context, key: &IncidentKey) -> Result<Option<Incident>, Error> {
    Ok(item(context, key).await?.map(|item| item.incident))
}
