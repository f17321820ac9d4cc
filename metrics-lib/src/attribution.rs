//! Attribution: which deployment an incident is blamed on. First match wins, and the reason is kept as evidence.

use crate::{
    event::{Deployed, Incident, PipelineKey},
    text,
};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// The names that a title or description can contain: those of everything ever deployed, and of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownNames {
    /// Repositories, `owner/name`.
    pub repositories: BTreeSet<String>,
    /// Names of pipelines.
    pub pipelines: BTreeSet<String>,
}

/// What an incident names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// An execution, in its operational data (`dora/execution`).
    Execution(String),
    /// A repository, in its operational data (`dora/repository`).
    Repository(String),
    /// Pipelines, in its operational data (`/aws/resources`).
    Pipelines(Vec<PipelineKey>),
    /// Known names, in its title or description.
    Text {
        /// The repositories.
        repositories: BTreeSet<String>,
        /// The names of pipelines.
        pipelines: BTreeSet<String>,
    },
    /// Nothing that we know.
    Nothing,
}

impl Named {
    /// What an incident names, the most explicit first.
    pub fn by(incident: &Incident, known: &KnownNames) -> Self {
        if let Some(id) = &incident.execution_id {
            return Self::Execution(id.clone());
        }
        if let Some(repository) = &incident.repository {
            return Self::Repository(repository.clone());
        }
        if !incident.pipelines.is_empty() {
            return Self::Pipelines(incident.pipelines.clone());
        }
        let in_text = |names: &BTreeSet<String>| -> BTreeSet<String> {
            let texts = [&incident.title, &incident.description];
            names.iter().filter(|name| texts.iter().any(|text| text::names(text, name))).cloned().collect()
        };
        let (repositories, pipelines) = (in_text(&known.repositories), in_text(&known.pipelines));
        if repositories.is_empty() && pipelines.is_empty() {
            return Self::Nothing;
        }
        Self::Text { repositories, pipelines }
    }

    /// Whether a deployment is of what is named.
    fn covers(&self, deployment: &Deployed) -> bool {
        let repository = &deployment.repository;
        match self {
            Self::Execution(id) => deployment.key.execution_id == *id,
            Self::Repository(named) => repository == named,
            Self::Pipelines(named) => named.contains(&PipelineKey::from(&deployment.key)),
            Self::Text { repositories, pipelines } => {
                repositories.contains(repository) || pipelines.contains(&deployment.key.pipeline)
            }
            Self::Nothing => true,
        }
    }

    /// Where the name was found, for people.
    fn describe(&self) -> String {
        let list = |names: Vec<&str>| names.join(", ");
        match self {
            Self::Execution(id) => format!("operational data dora/execution names execution {id}"),
            Self::Repository(name) => format!("operational data dora/repository names {name}"),
            Self::Pipelines(named) => {
                let names = list(named.iter().map(|key| key.pipeline.as_str()).collect());
                format!("operational data /aws/resources names pipeline {names}")
            }
            Self::Text { repositories, pipelines } => {
                let names = list(repositories.iter().chain(pipelines).map(String::as_str).collect());
                format!("title or description names {names}")
            }
            Self::Nothing => "nothing is named".into(),
        }
    }
}

/// What an incident was attributed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attribution {
    /// A deployment.
    Deployment {
        /// The deployment.
        deployment: Deployed,
        /// Why this one.
        evidence: String,
    },
    /// None, never guessed.
    Unattributed {
        /// Why none.
        evidence: String,
    },
}

/// The instants at which a deployment must have ended to be blamed for an incident: half-open, the incident's
/// creation excluded.
pub fn window(incident: &Incident, attribution_window: SignedDuration) -> std::ops::Range<Timestamp> {
    let start = incident.created.checked_sub(attribution_window).unwrap_or(Timestamp::MIN);
    start..incident.created
}

/// Attributes an incident to one of the deployments that are known.
///
/// `deployments` are those that ended within the window and, where an execution is named, those of that id, in any
/// order and any number of times; others do no harm.
pub fn attribute<'a>(
    incident: &Incident,
    named: &Named,
    deployments: impl IntoIterator<Item = &'a Deployed>,
    attribution_window: SignedDuration,
) -> Attribution {
    let window = window(incident, attribution_window);
    let whatever_its_age = matches!(named, Named::Execution(_));
    let blamed = deployments
        .into_iter()
        .filter(|deployment| named.covers(deployment))
        .filter(|deployment| whatever_its_age || window.contains(&deployment.time))
        .max();
    match blamed {
        Some(deployment) if whatever_its_age => {
            Attribution::Deployment { deployment: deployment.clone(), evidence: named.describe() }
        }
        Some(deployment) => {
            let what = if let Named::Nothing = named { "of all" } else { "of it" };
            Attribution::Deployment {
                deployment: deployment.clone(),
                evidence: format!("{}; latest deployment {what} before the incident", named.describe()),
            }
        }
        None => Attribution::Unattributed {
            evidence: format!("{}, and no known deployment matches", named.describe()),
        },
    }
}
