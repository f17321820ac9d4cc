//! What an incident of Beacon is: its API is asked.

use super::{GET_INCIDENT, SERVICE};
use functions::{
    runtime::{error::Error, tools::Tools},
    sources::{
        envelope::{Envelope, Reading},
        source::{
            Asked, FoundIncident, IncidentChange, IncidentEvent, IncidentLook, IncidentSource, StatusEvent,
        },
    },
};
use jiff::Timestamp;
use metrics_lib::{
    event::Incident,
    identity::{IncidentId, IncidentKey, SourcedId},
};
use serde::Deserialize;
use serde_json::json;
use std::env;

/// Beacon, as a source of incidents.
#[derive(Debug)]
pub(crate) struct Beacon;

#[derive(Deserialize)]
struct Told {
    id: String,
    state: State,
    at: Timestamp,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum State {
    Lit,
    Out,
}

/// An incident, as the API describes it.
#[derive(Deserialize)]
struct Described {
    lit: Timestamp,
    title: String,
    repository: Option<String>,
    deployment: Option<String>,
    out: Option<Timestamp>,
}

impl IncidentSource for Beacon {
    fn name(&self) -> &'static str {
        SERVICE
    }

    fn read(&self, event: &Envelope) -> Result<Reading<IncidentEvent>, Error> {
        if event.detail_type != "Beacon Incident" {
            return Ok(Reading::NotOurs);
        }
        let Told { id, state, at } = event.detail()?;
        let source = self.name().parse().map_err(|_| Error::UnknownSource(self.name().to_owned()))?;
        let key = IncidentId::Sourced(SourcedId { source, id });
        let what = match state {
            State::Lit => IncidentChange::Raised,
            State::Out => IncidentChange::Status(StatusEvent { is_resolved: true, at: Some(at) }),
        };
        Ok(Reading::Event(IncidentEvent { key: key.at(event.place()), what }))
    }

    fn find<'a>(&'a self, _: &'a Tools, key: &'a IncidentKey) -> Asked<'a, IncidentLook> {
        Box::pin(async move {
            let Some(Described { lit, title, repository, deployment, out }) = described(key).await? else {
                return Ok(IncidentLook::Nothing);
            };
            let incident = Incident {
                key: key.clone(),
                created: lit,
                title,
                description: String::new(),
                deployment,
                repository,
                units: Vec::new(),
            };
            Ok(IncidentLook::Incident(Box::new(FoundIncident {
                incident,
                is_resolved: out.is_some(),
                last_modified: Some(out.unwrap_or(lit)),
            })))
        })
    }
}

/// Asks the API for an incident; none if it knows none.
async fn described(key: &IncidentKey) -> Result<Option<Described>, Error> {
    let IncidentKey::Sourced(incident) = key else { return Ok(None) };
    let variable = |name| env::var(name).unwrap_or_default();
    let failed = |error: reqwest::Error| Error::Aws {
        api: "beacon:GetIncident",
        code: "Beacon".into(),
        message: error.to_string(),
    };
    // The single-machine cloud knows callers by the access key of a signature, whose digits nobody checks.
    let scope =
        format!("{}/20260101/{}/{SERVICE}/aws4_request", variable("AWS_ACCESS_KEY_ID"), key.place().region);
    let request = reqwest::Client::new()
        .post(variable("AWS_ENDPOINT_URL"))
        .header(
            "authorization",
            format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
        )
        .header("x-amz-target", format!("Beacon.{GET_INCIDENT}"))
        .body(json!({"id": incident.id.id}).to_string());
    let response = request.send().await.map_err(failed)?;
    if !response.status().is_success() {
        return Ok(None);
    }
    let text = response.text().await.map_err(failed)?;
    Ok(serde_json::from_str(&text).ok())
}
