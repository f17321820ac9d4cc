//! What a delivery of Courier is to the metrics: its event says it.

use functions::{
    runtime::error::Error,
    sources::{
        envelope::{Envelope, Reading},
        source::{DeploymentEvent, DeploymentSource, Resolution},
    },
};
use jiff::Timestamp;
use metrics_lib::{
    event::{Deployment, DeploymentRef, Ignored, Reference, Rollback, SourceKind, SourceRevision},
    identity::{DeploymentKey, InvalidKey, SourcedDeployment, SourcedUnit},
};
use serde::Deserialize;

/// Courier, as a source of deployments.
#[derive(Debug)]
pub(crate) struct Courier;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Delivery {
    service: String,
    id: String,
    environment: String,
    repository: String,
    branch: String,
    revision: String,
    message: String,
    began: Timestamp,
    ended: Timestamp,
    /// The delivery that this one took back, if it did.
    takes_back: Option<TakenBack>,
}

#[derive(Deserialize)]
struct TakenBack {
    id: String,
    ended: Timestamp,
}

impl DeploymentSource for Courier {
    fn name(&self) -> &'static str {
        "courier"
    }

    fn read(&self, event: &Envelope) -> Result<Reading<DeploymentEvent>, Error> {
        if event.detail_type != "Courier Delivery" {
            return Ok(Reading::NotOurs);
        }
        let delivery: Delivery = event.detail()?;
        let key = |id: &str| -> Result<DeploymentKey, InvalidKey> {
            Ok(DeploymentKey::Sourced(SourcedDeployment {
                unit: SourcedUnit {
                    source: self.name().parse()?,
                    place: event.place(),
                    name: delivery.service.clone(),
                },
                id: id.to_owned(),
            }))
        };
        let invalid = |error: InvalidKey| Error::UnknownSource(error.to_string());
        let (of, taken_back) = (key(&delivery.id).map_err(invalid)?, delivery.takes_back.as_ref());
        let taken_back = taken_back
            .map(|back| {
                Ok(DeploymentRef {
                    time: back.ended,
                    key: key(&back.id)?,
                    repository: delivery.repository.clone(),
                })
            })
            .transpose()
            .map_err(invalid)?;
        let carried = Some(Box::new(resolution(of.clone(), delivery, taken_back)));
        let (told, part) = ("delivered".to_owned(), None);
        Ok(Reading::Event(DeploymentEvent { key: of, told, part, may_go_on: false, carried }))
    }
}

fn resolution(key: DeploymentKey, delivery: Delivery, taken_back: Option<DeploymentRef>) -> Resolution {
    let Delivery { environment, repository, branch, revision, message, began, ended: time, .. } = delivery;
    let rule = String::new();
    if environment != "production" {
        let (time, reason) = (Some(time), format!("environment {environment} is not production"));
        let repository = Some(repository);
        return Resolution::Ignored(Ignored { key, time, repository, reason, ran_through: true, rule });
    }
    if let Some(rolled_back) = taken_back {
        return Resolution::Rollback(Rollback { key, time, rolled_back, restored: None });
    }
    let source = SourceRevision {
        kind: SourceKind::Git,
        provider: Some("GitHub".into()),
        connection: None,
        repository,
        reference: Reference::Branch(branch),
        revision: Some(revision),
        message: Some(message),
    };
    Resolution::Deployment(Deployment { key, time, began, ended_as: None, source, rule, actions: Vec::new() })
}
