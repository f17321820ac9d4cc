//! Incidents, whatever source tells of them: asking the one that an incident is of.

use super::{
    context::Context,
    source::{FoundIncident, IncidentLook},
};
use crate::runtime::error::Error;
use metrics_lib::{event::Incident, identity::IncidentKey};

/// What an incident is, by the settings.
///
/// # Errors
/// [`Error::Incident`] for one that is described in a way that we don't understand, [`Error::Aws`].
pub async fn find(context: &Context, key: &IncidentKey) -> Result<IncidentLook, Error> {
    context.sources.of_incident(key)?.find(context, key).await
}

/// An incident with its status; none if it is none by the settings, or does not exist.
///
/// # Errors
/// Those of [`find`].
pub async fn item(context: &Context, key: &IncidentKey) -> Result<Option<FoundIncident>, Error> {
    match find(context, key).await? {
        IncidentLook::Incident(item) => Ok(Some(*item)),
        IncidentLook::Refused(_) | IncidentLook::Nothing => Ok(None),
    }
}

/// An incident; none if it is none by the settings, or does not exist.
///
/// # Errors
/// Those of [`find`].
pub async fn incident(context: &Context, key: &IncidentKey) -> Result<Option<Incident>, Error> {
    Ok(item(context, key).await?.map(|item| item.incident))
}
