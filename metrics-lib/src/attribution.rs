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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{ExecutionKey, OpsItemKey};

    const HOUR: i64 = 3600;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn incident() -> Incident {
        let key = OpsItemKey {
            account: "1".into(),
            region: "r".into(),
            ops_item_id: "oi-0123456789ab".parse().unwrap(),
        };
        let (title, description) = ("Something is down".into(), String::new());
        let (execution_id, repository, pipelines) = (None, None, Vec::new());
        Incident { key, created: at(100 * HOUR), title, description, execution_id, repository, pipelines }
    }

    fn deployed(id: &str, repository: &str, pipeline: &str, hour: i64) -> Deployed {
        let [account, region, pipeline, execution_id] = ["1", "r", pipeline, id].map(str::to_owned);
        let key = ExecutionKey { account, region, pipeline, execution_id };
        Deployed { time: at(hour * HOUR), key, repository: repository.into() }
    }

    /// The deployments that are known when the incident is raised in hour 100.
    fn known() -> Vec<Deployed> {
        vec![
            deployed("old", "acme/shop", "shop", 75),
            deployed("day", "acme/shop", "shop", 76),
            deployed("e1", "acme/shop", "shop", 90),
            deployed("e2", "acme/shop", "shop", 95),
            deployed("e3", "acme/shop-api", "api", 97),
            deployed("e4", "acme/other", "other-main", 98),
            deployed("now", "acme/shop", "shop", 100),
            deployed("later", "acme/shop", "shop", 101),
        ]
    }

    fn check(incident: &Incident, expected: Option<&str>) {
        let deployments = known();
        let known = KnownNames {
            repositories: deployments.iter().map(|deployed| deployed.repository.clone()).collect(),
            pipelines: deployments.iter().map(|deployed| deployed.key.pipeline.clone()).collect(),
        };
        let named = Named::by(incident, &known);
        let found = attribute(incident, &named, &deployments, SignedDuration::from_hours(24));
        let blamed = match &found {
            Attribution::Deployment { deployment, .. } => Some(deployment.key.execution_id.as_str()),
            Attribution::Unattributed { .. } => None,
        };
        assert_eq!(blamed, expected, "{incident:?}: {found:?}");
    }

    #[test]
    fn first_match_wins() {
        let named = |change: fn(&mut Incident)| {
            let mut incident = incident();
            change(&mut incident);
            incident
        };
        check(&incident(), Some("e4"));
        check(&named(|incident| incident.execution_id = Some("e1".into())), Some("e1"));
        check(&named(|incident| incident.execution_id = Some("old".into())), Some("old"));
        check(&named(|incident| incident.execution_id = Some("unknown".into())), None);
        check(&named(|incident| incident.repository = Some("acme/shop".into())), Some("e2"));
        check(&named(|incident| incident.repository = Some("acme/unknown".into())), None);
        let pipeline =
            |name: &str| PipelineKey { account: "1".into(), region: "r".into(), pipeline: name.into() };
        check(&Incident { pipelines: vec![pipeline("shop")], ..incident() }, Some("e2"));
        check(&Incident { pipelines: vec![pipeline("shop"), pipeline("api")], ..incident() }, Some("e3"));
        check(&Incident { pipelines: vec![pipeline("unknown")], ..incident() }, None);
        let elsewhere = PipelineKey { region: "elsewhere".into(), ..pipeline("shop") };
        check(&Incident { pipelines: vec![elsewhere], ..incident() }, None);
        check(&named(|incident| incident.title = "acme/shop is down".into()), Some("e2"));
        check(&named(|incident| incident.description = "see acme/shop-api".into()), Some("e3"));
        check(&named(|incident| incident.title = "other-main is red".into()), Some("e4"));
        // Both the repository acme/shop and the pipeline api are named: the latest of what is named.
        check(&named(|incident| incident.title = "acme/shop calls api".into()), Some("e3"));
        // A repository that nobody knows is no name, so nothing is named.
        check(&named(|incident| incident.title = "acme/unknown is down".into()), Some("e4"));
        // What operational data names comes before the text.
        let both = named(|incident| {
            incident.title = "acme/other is down".into();
            incident.repository = Some("acme/shop".into());
        });
        check(&both, Some("e2"));
    }

    /// From 24 hours before up to, but without, the incident.
    #[test]
    fn the_window_is_half_open() {
        fn check(hours: &[i64], expected: Option<i64>) {
            let deployments: Vec<_> =
                hours.iter().map(|&hour| deployed("e", "acme/shop", "shop", hour)).collect();
            let found = attribute(&incident(), &Named::Nothing, &deployments, SignedDuration::from_hours(24));
            let found = match found {
                Attribution::Deployment { deployment, .. } => Some(deployment.time.as_second() / HOUR),
                Attribution::Unattributed { .. } => None,
            };
            assert_eq!(found, expected, "{hours:?}");
        }
        check(&[75], None);
        check(&[76], Some(76));
        check(&[76, 99, 80], Some(99));
        check(&[99, 100, 101], Some(99));
        check(&[100], None);
        check(&[], None);
    }
}
