//! Deployments and incidents as parts of keys and as attributes. Executions and `OpsItem`s have names of their own; what other
//! sources tell of shares the others.

use super::item::{Item, key};
use crate::runtime::error::Error;
use metrics_lib::{
    event::DeploymentRef,
    identity::{
        DeploymentKey, IncidentId, IncidentKey, SourcedDeployment, SourcedId, SourcedIncident, SourcedUnit,
    },
    place::Place,
    sources::{codepipeline::ExecutionKey, opscenter::OpsItemKey},
};

/// The attributes that say which deployment or incident an item is about.
pub(super) const ATTRIBUTES: [&str; 10] = [
    "account",
    "region",
    "pipeline",
    EXECUTION_ID,
    OPS_ITEM_ID,
    DEPLOYMENT_SOURCE,
    "unit",
    "deploymentId",
    INCIDENT_SOURCE,
    "incidentId",
];
const EXECUTION_ID: &str = "executionId";
const OPS_ITEM_ID: &str = "opsItemId";
/// The source of a deployment that is no execution.
const DEPLOYMENT_SOURCE: &str = "deploymentSource";
/// The source of an incident that is no `OpsItem`.
const INCIDENT_SOURCE: &str = "incidentSource";

/// The partition of all that is known of a deployment. Its id may be that of others, too, in other accounts, regions or units.
pub(super) fn deployment_partition(of: &DeploymentKey) -> String {
    match of {
        DeploymentKey::Execution(of) => execution_partition(&of.execution_id),
        DeploymentKey::Sourced(of) => key(["deployment", of.unit.source.as_str(), &of.id]),
    }
}

/// The partition of all that is known of the executions of an id.
pub(super) fn execution_partition(execution_id: &str) -> String {
    key(["execution", execution_id])
}

/// The partition of all that is known of the incidents of an id.
pub(super) fn incident_partition(id: &IncidentId) -> String {
    match id {
        IncidentId::OpsItem(id) => format!("opsItem#{id}"),
        IncidentId::Sourced(SourcedId { source, id }) => key(["incident", source.as_str(), id]),
    }
}

/// The sort key of an item about a deployment, in its partition.
pub(super) fn deployment_sort(kind: &str, of: &DeploymentKey) -> String {
    let Place { account, region } = of.place();
    key([kind, account, region, of.unit_name()])
}

/// The sort key of an item about a deployment, in another partition.
pub(super) fn deployment_id_sort(kind: &str, of: &DeploymentKey) -> String {
    let Place { account, region } = of.place();
    match of.source() {
        None => key([kind, account, region, of.unit_name(), of.id()]),
        Some(source) => key([kind, account, region, of.unit_name(), of.id(), source.as_str()]),
    }
}

/// The sort key of an item about an incident.
pub(super) fn incident_sort(kind: &str, of: &IncidentKey) -> String {
    let Place { account, region } = of.place();
    key([kind, account, region])
}

impl Item {
    /// Adds the attributes of an account and region.
    pub(super) fn place(self, Place { account, region }: &Place) -> Self {
        self.text("account", account).text("region", region)
    }

    /// The account and region that the item is about.
    pub(super) fn required_place(&self) -> Result<Place, Error> {
        self.place_of(["account", "region"])
    }

    /// The account and region in attributes of such names.
    fn place_of(&self, [account, region]: [&'static str; 2]) -> Result<Place, Error> {
        Ok(Place::new(self.required(account)?, self.required(region)?))
    }

    /// Adds the attributes of a deployment.
    pub(super) fn deployment(self, of: &DeploymentKey) -> Self {
        self.place(of.place()).unit_and_id(of)
    }

    /// Adds what was deployed to, and the deployment's id.
    pub(super) fn unit_and_id(self, of: &DeploymentKey) -> Self {
        match of {
            DeploymentKey::Execution(ExecutionKey { pipeline, execution_id, .. }) => {
                self.text("pipeline", pipeline).text(EXECUTION_ID, execution_id)
            }
            DeploymentKey::Sourced(SourcedDeployment { unit: SourcedUnit { source, name, .. }, id }) => {
                self.text(DEPLOYMENT_SOURCE, source.as_str()).text("unit", name).text("deploymentId", id)
            }
        }
    }

    /// Adds the attributes of an incident.
    pub(super) fn incident(self, of: &IncidentKey) -> Self {
        let item = self.place(of.place());
        match of {
            IncidentKey::OpsItem(OpsItemKey { ops_item_id, .. }) => {
                item.text(OPS_ITEM_ID, ops_item_id.as_str())
            }
            IncidentKey::Sourced(SourcedIncident { id: SourcedId { source, id }, .. }) => {
                item.text(INCIDENT_SOURCE, source.as_str()).text("incidentId", id)
            }
        }
    }

    /// The deployment that the item is about.
    pub(super) fn deployment_key(&self) -> Result<DeploymentKey, Error> {
        self.deployment_of(["account", "region"])
    }

    /// The deployment that the item names, whose account and region are in attributes of other names.
    pub(super) fn deployment_of(&self, place: [&'static str; 2]) -> Result<DeploymentKey, Error> {
        let text = |name| self.required(name).map(str::to_owned);
        let place = self.place_of(place)?;
        Ok(match self.get(DEPLOYMENT_SOURCE) {
            None => {
                let (pipeline, execution_id) = (text("pipeline")?, text(EXECUTION_ID)?);
                DeploymentKey::Execution(ExecutionKey { place, pipeline, execution_id })
            }
            Some(source) => {
                let source = source.parse().map_err(|_| self.unreadable(DEPLOYMENT_SOURCE))?;
                let unit = SourcedUnit { source, place, name: text("unit")? };
                DeploymentKey::Sourced(SourcedDeployment { unit, id: text("deploymentId")? })
            }
        })
    }

    /// The deployment that the item is about, or that brought it about, if there is one.
    pub(super) fn optional_deployment(&self) -> Result<Option<DeploymentKey>, Error> {
        let has_one = self.get(EXECUTION_ID).or_else(|| self.get(DEPLOYMENT_SOURCE)).is_some();
        has_one.then(|| self.deployment_key()).transpose()
    }

    /// The id of the incident that the item is about, or that brought it about, if there is one.
    pub(super) fn optional_incident(&self) -> Result<Option<IncidentId>, Error> {
        Ok(match (self.get(OPS_ITEM_ID), self.get(INCIDENT_SOURCE)) {
            (Some(id), _) => Some(IncidentId::OpsItem(id.parse().map_err(|_| self.unreadable(OPS_ITEM_ID))?)),
            (None, Some(source)) => {
                let source = source.parse().map_err(|_| self.unreadable(INCIDENT_SOURCE))?;
                Some(IncidentId::Sourced(SourcedId { source, id: self.required("incidentId")?.to_owned() }))
            }
            (None, None) => None,
        })
    }

    /// The incident that the item is about.
    pub(super) fn incident_key(&self) -> Result<IncidentKey, Error> {
        let place = self.required_place()?;
        let id = self.optional_incident()?.ok_or_else(|| self.unreadable(OPS_ITEM_ID))?;
        Ok(id.at(place))
    }

    /// The deployment that the item is about, as it stays known.
    pub(super) fn deployed(&self) -> Result<DeploymentRef, Error> {
        Ok(DeploymentRef {
            time: self.instant_of("time")?,
            key: self.deployment_key()?,
            repository: self.required("repository")?.into(),
        })
    }
}
