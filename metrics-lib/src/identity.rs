//! What identifies deployments and incidents, whatever source tells of them.
//!
//! Each identity has a canonical text, which is shown to people and read again. A source whose identities have a form of their
//! own is a variant; what the others have in common is [`SourcedDeployment`] and [`SourcedIncident`].

use crate::{
    place::Place,
    sources::{
        codepipeline::{ExecutionKey, PipelineKey},
        opscenter::{OpsItemId, OpsItemKey},
    },
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What identifies a production deployment or a rollback.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum DeploymentKey {
    /// An execution of CodePipeline: `ACCOUNT/REGION/PIPELINE/ID`.
    Execution(ExecutionKey),
    /// What another source tells of: `SOURCE:ACCOUNT/REGION/UNIT/ID`.
    Sourced(SourcedDeployment),
}

/// A deployment of a source whose identities have no form of their own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourcedDeployment {
    /// What was deployed to.
    #[serde(flatten)]
    pub unit: SourcedUnit,
    /// Its id in the source.
    pub id: String,
}

/// A unit of a source whose units have no form of their own: a service, an environment. Deployments to one unit take each
/// other's place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourcedUnit {
    /// The source.
    pub source: SourceName,
    /// The account and region whose events told of it.
    #[serde(flatten)]
    pub place: Place,
    /// Its name in the source.
    #[serde(rename = "unit")]
    pub name: String,
}

/// What identifies an incident.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum IncidentKey {
    /// An `OpsItem`: `ACCOUNT/REGION/oi-…`.
    OpsItem(OpsItemKey),
    /// What another source tells of: `SOURCE:ACCOUNT/REGION/ID`.
    Sourced(SourcedIncident),
}

/// An incident of a source whose identities have no form of their own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourcedIncident {
    /// The account and region whose events told of it.
    #[serde(flatten)]
    pub place: Place,
    /// Its id.
    #[serde(flatten)]
    pub id: SourcedId,
}

/// The id of an incident: what commits and branches reference it by. It identifies one in an account and region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum IncidentId {
    /// That of an `OpsItem`.
    OpsItem(OpsItemId),
    /// That of an incident of another source: `SOURCE:ID`.
    Sourced(SourcedId),
}

/// An id in a source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourcedId {
    /// The source.
    pub source: SourceName,
    /// The id.
    pub id: String,
}

/// What deployments take each other's place in: what is live there is what was deployed there last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum UnitKey {
    /// A pipeline.
    Pipeline(PipelineKey),
    /// A unit of another source.
    Sourced(SourcedUnit),
}

/// The name of a source: lower-case letters, digits and `-`, beginning with a letter. It is part of keys, for good.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SourceName(String);

/// A text that identifies nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// It is no name of a source.
    #[error("\"{0}\" is no name of a source: lower-case letters, digits and -, beginning with a letter")]
    Source(String),
    /// It does not identify a deployment.
    #[error("\"{0}\" is no deployment: ACCOUNT/REGION/PIPELINE/EXECUTION, or SOURCE:ACCOUNT/REGION/UNIT/ID")]
    Deployment(String),
    /// It does not identify an incident.
    #[error("\"{0}\" is no incident: ACCOUNT/REGION/oi-…, or SOURCE:ACCOUNT/REGION/ID")]
    Incident(String),
}

impl SourceName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SourceName {
    type Err = InvalidKey;

    fn from_str(name: &str) -> Result<Self, InvalidKey> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let begins = name.starts_with(|first: char| first.is_ascii_lowercase());
        match begins && name.len() <= 40 && name.bytes().all(allowed) {
            true => Ok(Self(name.to_owned())),
            false => Err(InvalidKey::Source(name.to_owned())),
        }
    }
}

impl TryFrom<String> for SourceName {
    type Error = InvalidKey;

    fn try_from(name: String) -> Result<Self, InvalidKey> {
        name.parse()
    }
}

impl From<SourceName> for String {
    fn from(name: SourceName) -> Self {
        name.0
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl DeploymentKey {
    /// The account and region.
    pub fn place(&self) -> &Place {
        match self {
            Self::Execution(key) => &key.place,
            Self::Sourced(key) => &key.unit.place,
        }
    }

    /// The account.
    pub fn account(&self) -> &str {
        &self.place().account
    }

    /// The source, if it is no execution.
    pub fn source(&self) -> Option<&SourceName> {
        match self {
            Self::Execution(_) => None,
            Self::Sourced(key) => Some(&key.unit.source),
        }
    }

    /// The name of what was deployed to: for an execution, the pipeline.
    pub fn unit_name(&self) -> &str {
        match self {
            Self::Execution(key) => &key.pipeline,
            Self::Sourced(key) => &key.unit.name,
        }
    }

    /// The id in its source, which may be another's in another account, region or unit.
    pub fn id(&self) -> &str {
        match self {
            Self::Execution(key) => &key.execution_id,
            Self::Sourced(key) => &key.id,
        }
    }

    /// What was deployed to.
    pub fn unit(&self) -> UnitKey {
        match self {
            Self::Execution(key) => UnitKey::Pipeline(PipelineKey::from(key)),
            Self::Sourced(key) => UnitKey::Sourced(key.unit.clone()),
        }
    }

    /// Whether both were deployed to one unit.
    pub fn same_unit(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Execution(key), Self::Execution(other)) => key.same_pipeline(other),
            (Self::Sourced(key), Self::Sourced(other)) => key.unit == other.unit,
            (Self::Execution(_), Self::Sourced(_)) | (Self::Sourced(_), Self::Execution(_)) => false,
        }
    }

    /// Whether somebody who writes this means it: its id, or, where others than executions are meant, its canonical text.
    pub fn is_called(&self, name: &str) -> bool {
        match self {
            Self::Execution(key) => key.execution_id == name,
            Self::Sourced(_) => self.to_string() == name,
        }
    }

    /// What it is: an execution, or another deployment.
    pub const fn noun(&self) -> &'static str {
        match self {
            Self::Execution(_) => "execution",
            Self::Sourced(_) => "deployment",
        }
    }

    /// What it is called in a sentence: `execution 1b`, `ecs deployment 1b`.
    pub fn described(&self) -> String {
        match self {
            Self::Execution(key) => format!("execution {}", key.execution_id),
            Self::Sourced(key) => format!("{} deployment {}", key.unit.source, key.id),
        }
    }
}

impl UnitKey {
    /// Its name in its source.
    pub fn name(&self) -> &str {
        match self {
            Self::Pipeline(key) => &key.pipeline,
            Self::Sourced(unit) => &unit.name,
        }
    }
}

impl From<PipelineKey> for UnitKey {
    fn from(key: PipelineKey) -> Self {
        Self::Pipeline(key)
    }
}

impl From<ExecutionKey> for DeploymentKey {
    fn from(key: ExecutionKey) -> Self {
        Self::Execution(key)
    }
}

impl fmt::Display for DeploymentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Execution(key) => key.fmt(f),
            Self::Sourced(SourcedDeployment { unit: SourcedUnit { source, place, name }, id }) => {
                write!(f, "{source}:{}/{}/{name}/{id}", place.account, place.region)
            }
        }
    }
}

impl FromStr for DeploymentKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let invalid = || InvalidKey::Deployment(text.to_owned());
        let (source, rest) = sourced(text);
        // An id may hold anything, a unit no slash.
        let parts: Vec<&str> = rest.splitn(4, '/').collect();
        let [account, region, unit, id] = parts[..] else { return Err(invalid()) };
        if parts.iter().any(|part| part.is_empty()) {
            return Err(invalid());
        }
        let (place, name, id) = (Place::new(account, region), unit.to_owned(), id.to_owned());
        Ok(match source {
            Some(source) => {
                let source = source.parse().map_err(|_| invalid())?;
                Self::Sourced(SourcedDeployment { unit: SourcedUnit { source, place, name }, id })
            }
            None => Self::Execution(ExecutionKey { place, pipeline: name, execution_id: id }),
        })
    }
}

impl IncidentKey {
    /// The account and region.
    pub fn place(&self) -> &Place {
        match self {
            Self::OpsItem(key) => &key.place,
            Self::Sourced(key) => &key.place,
        }
    }

    /// The account.
    pub fn account(&self) -> &str {
        &self.place().account
    }

    /// What it is: an `OpsItem`, or another incident.
    pub const fn noun(&self) -> &'static str {
        match self {
            Self::OpsItem(_) => "OpsItem",
            Self::Sourced(_) => "incident",
        }
    }

    /// Its id, which identifies it in its account and region.
    pub fn id(&self) -> IncidentId {
        match self {
            Self::OpsItem(key) => IncidentId::OpsItem(key.ops_item_id.clone()),
            Self::Sourced(key) => IncidentId::Sourced(key.id.clone()),
        }
    }
}

impl From<OpsItemKey> for IncidentKey {
    fn from(key: OpsItemKey) -> Self {
        Self::OpsItem(key)
    }
}

impl fmt::Display for IncidentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpsItem(key) => key.fmt(f),
            Self::Sourced(SourcedIncident { place, id: SourcedId { source, id } }) => {
                write!(f, "{source}:{}/{}/{id}", place.account, place.region)
            }
        }
    }
}

impl FromStr for IncidentKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let invalid = || InvalidKey::Incident(text.to_owned());
        let (source, rest) = sourced(text);
        let parts: Vec<&str> = rest.splitn(3, '/').collect();
        let [account, region, id] = parts[..] else { return Err(invalid()) };
        if parts.iter().any(|part| part.is_empty()) {
            return Err(invalid());
        }
        let id = match source {
            Some(source) => {
                let source = source.parse().map_err(|_| invalid())?;
                IncidentId::Sourced(SourcedId { source, id: id.to_owned() })
            }
            None => IncidentId::OpsItem(id.parse().map_err(|_| invalid())?),
        };
        Ok(id.at(Place::new(account, region)))
    }
}

impl IncidentId {
    /// The incident of this id in an account and region.
    #[must_use]
    pub fn at(self, place: Place) -> IncidentKey {
        match self {
            Self::OpsItem(ops_item_id) => IncidentKey::OpsItem(OpsItemKey { place, ops_item_id }),
            Self::Sourced(id) => IncidentKey::Sourced(SourcedIncident { place, id }),
        }
    }
}

impl From<OpsItemId> for IncidentId {
    fn from(id: OpsItemId) -> Self {
        Self::OpsItem(id)
    }
}

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpsItem(id) => id.fmt(f),
            Self::Sourced(SourcedId { source, id }) => write!(f, "{source}:{id}"),
        }
    }
}

/// The source that a canonical text names, if it does, and the rest. No account has a colon.
fn sourced(text: &str) -> (Option<&str>, &str) {
    match text.split_once(':') {
        Some((source, rest)) if !source.contains('/') => (Some(source), rest),
        _ => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each text is that of what it is read as.
    #[test]
    fn canonical_texts() {
        fn check<K: FromStr<Err = InvalidKey> + fmt::Display>(text: &str, is_one: bool) {
            let read = text.parse::<K>();
            match is_one {
                true => assert_eq!(read.map(|key| key.to_string()), Ok(text.to_owned())),
                false => assert!(read.is_err_and(|error| error.to_string().contains(text)), "{text}"),
            }
        }
        let deployment = check::<DeploymentKey>;
        deployment("111111111111/eu-west-1/shop/1b", true);
        deployment("ecs:111111111111/eu-west-1/shop/ecs-svc/12:3", true);
        deployment("111111111111/eu-west-1/shop/1b:2/3", true);
        deployment("111111111111/eu-west-1/shop", false);
        deployment("111111111111/eu-west-1//1b", false);
        deployment("ECS:111111111111/eu-west-1/shop/1", false);
        deployment(":111111111111/eu-west-1/shop/1", false);
        let incident = check::<IncidentKey>;
        incident("111111111111/eu-west-1/oi-0123456789ab", true);
        incident("pager:111111111111/eu-west-1/Q1/2", true);
        incident("111111111111/eu-west-1/Q1", false);
        incident("pager:111111111111/eu-west-1/", false);
        incident("1pager:111111111111/eu-west-1/Q1", false);
    }

    /// What was written before there were several sources is read, and written, as it was.
    #[test]
    fn executions_and_ops_items_as_json() {
        fn check<K: for<'de> Deserialize<'de> + Serialize + fmt::Display>(json: &str, expected: &str) {
            let key: K = serde_json::from_str(json).unwrap();
            assert_eq!(
                (key.to_string().as_str(), serde_json::to_string(&key).unwrap().as_str()),
                (expected, json)
            );
        }
        check::<DeploymentKey>(r#"{"account":"1","region":"r","pipeline":"p","executionId":"e"}"#, "1/r/p/e");
        check::<DeploymentKey>(
            r#"{"source":"ecs","account":"1","region":"r","unit":"u","id":"d"}"#,
            "ecs:1/r/u/d",
        );
        check::<IncidentKey>(
            r#"{"account":"1","region":"r","opsItemId":"oi-0123456789ab"}"#,
            "1/r/oi-0123456789ab",
        );
        check::<IncidentKey>(r#"{"account":"1","region":"r","source":"pager","id":"q"}"#, "pager:1/r/q");
    }

    #[test]
    fn units() {
        fn check(a: &str, b: &str, same: bool) {
            let [a, b] = [a, b].map(|text| text.parse::<DeploymentKey>().unwrap());
            assert_eq!(
                (a.same_unit(&b), b.same_unit(&a), a.unit() == b.unit()),
                (same, same, same),
                "{a} {b}"
            );
        }
        check("1/r/p/e", "1/r/p/f", true);
        check("1/r/p/e", "2/r/p/e", false);
        check("ecs:1/r/p/e", "ecs:1/r/p/f", true);
        check("ecs:1/r/p/e", "eks:1/r/p/e", false);
        check("ecs:1/r/p/e", "1/r/p/e", false);
    }
}
