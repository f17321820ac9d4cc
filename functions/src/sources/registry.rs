//! The sources that there are. A new one is its room, and a line here.

use super::{
    codepipeline::CodePipeline,
    opscenter::OpsCenter,
    source::{DeploymentSource, IncidentSource},
};
use crate::runtime::error::Error;
use metrics_lib::identity::{DeploymentKey, IncidentKey, SourceName};

/// The sources that tell of deployments.
const DEPLOYMENTS: [&dyn DeploymentSource; 1] = [&CodePipeline];
/// The sources that tell of incidents.
const INCIDENTS: [&dyn IncidentSource; 1] = [&OpsCenter];

/// The sources that a function knows.
#[derive(Clone, Debug)]
pub struct Sources {
    deployments: Vec<&'static dyn DeploymentSource>,
    incidents: Vec<&'static dyn IncidentSource>,
}

impl Default for Sources {
    fn default() -> Self {
        Self { deployments: DEPLOYMENTS.to_vec(), incidents: INCIDENTS.to_vec() }
    }
}

impl Sources {
    /// Knows another source of deployments, too.
    #[must_use]
    pub fn with_deployments(mut self, source: &'static dyn DeploymentSource) -> Self {
        self.deployments.push(source);
        self
    }

    /// Knows another source of incidents, too.
    #[must_use]
    pub fn with_incidents(mut self, source: &'static dyn IncidentSource) -> Self {
        self.incidents.push(source);
        self
    }

    /// Every source of deployments.
    pub fn deployments(&self) -> impl Iterator<Item = &'static dyn DeploymentSource> {
        self.deployments.iter().copied()
    }

    /// Every source of incidents.
    pub fn incidents(&self) -> impl Iterator<Item = &'static dyn IncidentSource> {
        self.incidents.iter().copied()
    }

    /// The source of a deployment.
    ///
    /// # Errors
    /// [`Error::UnknownSource`], for what a later release wrote.
    pub fn of_deployment(&self, key: &DeploymentKey) -> Result<&'static dyn DeploymentSource, Error> {
        let name = key.source().map_or(CodePipeline.name(), SourceName::as_str);
        let source = self.deployments().find(|source| source.name() == name);
        source.ok_or_else(|| Error::UnknownSource(name.to_owned()))
    }

    /// The source of an incident.
    ///
    /// # Errors
    /// [`Error::UnknownSource`], for what a later release wrote.
    pub fn of_incident(&self, key: &IncidentKey) -> Result<&'static dyn IncidentSource, Error> {
        let name = match key {
            IncidentKey::OpsItem(_) => OpsCenter.name(),
            IncidentKey::Sourced(key) => key.id.source.as_str(),
        };
        let source = self.incidents().find(|source| source.name() == name);
        source.ok_or_else(|| Error::UnknownSource(name.to_owned()))
    }
}
