//! Facts: what the ledger keeps one item of each for, and what CloudWatch gets of it.

use crate::{
    contract::Metric,
    datum::{Batch, DatumTime, DatumValue, InvalidDatum},
    event::{ExecutionKey, OpsItemKey},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What identifies a fact: a kind, and the identity of what it is about; never the id of an event or message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactId {
    /// A production deployment.
    Deployment(ExecutionKey),
    /// That a deployment failed, however many incidents and rollbacks say so.
    Failure(ExecutionKey),
    /// That service was restored after an incident.
    Restore(OpsItemKey),
    /// A rollback.
    Rollback(ExecutionKey),
    /// An execution that is no production deployment.
    Ignored(ExecutionKey),
    /// An incident that no deployment could be attributed to.
    Unattributed(OpsItemKey),
    /// How long the change of a deployment took.
    LeadTime(ExecutionKey),
}

/// The kind of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FactKind {
    /// A production deployment.
    Deployment,
    /// A failed deployment.
    Failure,
    /// A restored service.
    Restore,
    /// A rollback.
    Rollback,
    /// An execution that is no production deployment.
    Ignored,
    /// An incident that no deployment could be attributed to.
    Unattributed,
    /// How long the change of a deployment took.
    LeadTime,
}

impl FactKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Deployment,
        Self::LeadTime,
        Self::Failure,
        Self::Restore,
        Self::Rollback,
        Self::Ignored,
        Self::Unattributed,
    ];

    /// The kind's name in the ledger.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deployment => "deployment",
            Self::Failure => "failure",
            Self::Restore => "restore",
            Self::Rollback => "rollback",
            Self::Ignored => "ignored",
            Self::Unattributed => "unattributed",
            Self::LeadTime => "leadTime",
        }
    }
}

impl FactId {
    /// The kind of the fact.
    pub const fn kind(&self) -> FactKind {
        match self {
            Self::Deployment(_) => FactKind::Deployment,
            Self::Failure(_) => FactKind::Failure,
            Self::Restore(_) => FactKind::Restore,
            Self::Rollback(_) => FactKind::Rollback,
            Self::Ignored(_) => FactKind::Ignored,
            Self::Unattributed(_) => FactKind::Unattributed,
            Self::LeadTime(_) => FactKind::LeadTime,
        }
    }
}

/// Where a fact stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FactState {
    /// Known, but not decided or not yet in CloudWatch.
    Pending,
    /// In CloudWatch.
    Published,
    /// Too old for CloudWatch; in the ledger only.
    Unpublishable,
}

impl FactState {
    /// The state's name in the ledger.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Published => "published",
            Self::Unpublishable => "unpublishable",
        }
    }
}

/// Something true that a metric counts or measures.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// What identifies it.
    pub id: FactId,
    /// The instant that its data carry.
    pub time: Timestamp,
    /// The repository that its data are broken down by.
    pub repository: Option<String>,
    /// The execution that it is about, or that brought it about.
    pub execution: Option<ExecutionKey>,
    /// The `OpsItem` that it is about, or that brought it about.
    pub ops_item: Option<OpsItemKey>,
    /// The lengths of time that it measures, the foremost first; none for what is only counted.
    pub measured: Vec<(Metric, DatumValue)>,
    /// The metrics that count it.
    pub counted_by: Vec<Metric>,
    /// Why it is true, for people.
    pub evidence: String,
}

/// What CloudWatch gets of a fact.
#[derive(Clone, Debug, PartialEq)]
pub enum Publication {
    /// One `PutMetricData` call.
    Batch(Batch),
    /// Nothing any more: the fact is older than CloudWatch takes. It stays in the ledger.
    Unpublishable(InvalidDatum),
    /// Nothing ever: the fact has no figure.
    Nothing,
}

impl Fact {
    /// The foremost of what it measures.
    pub fn value(&self) -> Option<DatumValue> {
        self.measured.first().map(|(_, value)| *value)
    }

    /// What CloudWatch gets of the fact now.
    ///
    /// # Errors
    /// [`InvalidDatum::TooNew`]: to be tried again when its time has come.
    pub fn publication(&self, teams: &Teams, now: Timestamp) -> Result<Publication, InvalidDatum> {
        let time = match DatumTime::new(self.time, now) {
            Ok(time) => time,
            Err(error @ InvalidDatum::TooNew { .. }) => return Err(error),
            Err(error) => return Ok(Publication::Unpublishable(error)),
        };
        let counted = self.counted_by.iter().map(|&metric| (metric, DatumValue::ONE));
        let values: Vec<_> = counted.chain(self.measured.iter().copied()).collect();
        // Every value of a fact is of one namespace.
        let Some(namespace) = values.first().map(|(metric, _)| metric.namespace()) else {
            return Ok(Publication::Nothing);
        };
        let repository = self.repository.as_deref();
        let teams = repository.into_iter().flat_map(|repository| teams.owning(repository));
        Ok(Publication::Batch(Batch::new(namespace, &values, time, repository, teams)))
    }
}

/// The teams and the repositories that each owns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Teams(pub BTreeMap<String, BTreeSet<String>>);

impl Teams {
    /// The teams that own a repository.
    pub fn owning<'a>(&'a self, repository: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(_, owned)| owned.contains(repository)).map(|(team, _)| team.as_str())
    }
}
