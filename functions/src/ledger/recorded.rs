//! The facts as the ledger has them, for whoever explains a figure.

use super::{
    Ledger, Owner,
    facts::{COMMITS, Done, PARTS},
    identity::{deployment_partition, execution_partition},
    item::Item,
    publishing::DOUBTFUL,
};
use crate::runtime::error::Error;
use jiff::Timestamp;
use metrics_lib::{
    contract::{Metric, ledger::SORT_KEY},
    fact::{FactKind, FactState},
    identity::{DeploymentKey, IncidentId},
    parts::{self, Part},
    periods::Contribution,
    rules::ProductionRule,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

/// A fact as the ledger has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// What kind of fact it is.
    pub kind: FactKind,
    /// The instant that its data carry.
    pub time: Timestamp,
    /// The repository that its data are broken down by.
    pub repository: Option<String>,
    /// The deployment that it is about, or that brought it about.
    pub deployment: Option<DeploymentKey>,
    /// The id of the incident that it is about, or that brought it about.
    pub incident: Option<IncidentId>,
    /// What it measures, in seconds.
    pub value: Option<f64>,
    /// Where it stands.
    pub state: FactState,
    /// Why it is true.
    pub evidence: String,
    /// The revision that a deployment brought to production.
    pub revision: Option<String>,
    /// The commits that it was measured from, the earliest first, each with its time; of many, the first.
    pub commits: Vec<String>,
    /// Where the lead time that it measures went.
    pub parts: Vec<Part>,
    /// How many values of each metric CloudWatch gets of it, without any breakdown.
    pub samples: BTreeMap<Metric, usize>,
    /// Whether an event told it; if not, the reconciler found it.
    pub told_by_event: bool,
    /// Whether CloudWatch may have it: [`metrics_lib::publication`].
    pub is_doubtful: bool,
    /// The settings that it was decided by, if they were noted: [`ProductionRule::fingerprint`].
    pub rule: Option<String>,
}

impl Recorded {
    /// What it gives to figures; nothing until it is decided.
    pub fn contribution(&self) -> Option<Contribution> {
        if self.state == FactState::Pending {
            return None;
        }
        Some(Contribution::of(self.kind, self.time, self.repository.clone(), &self.samples, self.value))
    }
}

impl Ledger {
    /// The facts of a kind whose time lies within a half-open range, in order of time.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn facts(&self, kind: FactKind, range: Range<Timestamp>) -> Result<Vec<Recorded>, Error> {
        let items = self.listed(kind.name(), range.clone()).await?;
        let mut facts = items.iter().map(|item| recorded(kind, item)).collect::<Result<Vec<_>, _>>()?;
        facts.retain(|fact| range.contains(&fact.time));
        facts.sort_by_key(|fact| fact.time);
        Ok(facts)
    }

    /// The facts of all executions of an id, which are one but for a coincidence.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn facts_of_execution(&self, id: &str) -> Result<Vec<(DeploymentKey, Recorded)>, Error> {
        self.facts_in(&execution_partition(id)).await
    }

    async fn facts_in(&self, partition: &str) -> Result<Vec<(DeploymentKey, Recorded)>, Error> {
        let mut facts = Vec::new();
        for item in self.query(partition, "").await? {
            let kind = item.get(SORT_KEY).and_then(|sort| sort.split('#').next()).unwrap_or_default();
            if let Some(kind) = FactKind::ALL.into_iter().find(|other| other.name() == kind) {
                facts.push((item.deployment_key()?, recorded(kind, &item)?));
            }
        }
        Ok(facts)
    }

    /// The facts of a deployment, or of what may be one.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn facts_of_deployment(&self, key: &DeploymentKey) -> Result<Vec<Recorded>, Error> {
        let facts = self.facts_in(&deployment_partition(key)).await?;
        Ok(facts.into_iter().filter(|(of, _)| of == key).map(|(_, fact)| fact).collect())
    }

    /// The executions that ended within a range of time and that the ledger knows, whatever they were; those that were
    /// ignored under other settings are to be looked at again.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn known_executions(
        &self,
        range: Range<Timestamp>,
        rule: &ProductionRule,
    ) -> Result<BTreeSet<DeploymentKey>, Error> {
        let mut known = BTreeSet::new();
        for kind in [FactKind::Deployment, FactKind::Rollback, FactKind::Ignored] {
            for item in self.listed(kind.name(), range.clone()).await? {
                let key = item.deployment_key()?;
                if kind != FactKind::Ignored || Done::of(&item).is_by(rule, &key) {
                    known.insert(key);
                }
            }
        }
        Ok(known)
    }
}

fn recorded(kind: FactKind, item: &Item) -> Result<Recorded, Error> {
    let state = FactState::CLOSED.into_iter().find(|state| item.get("state") == Some(state.name()));
    let samples = Metric::ALL.into_iter().map(|metric| (metric, item.count(metric.name())));
    let text = |name: &str| item.get(name).map(str::to_owned);
    let time = item.instant_of("time")?;
    Ok(Recorded {
        kind,
        time,
        repository: text("repository"),
        deployment: item.optional_deployment()?,
        incident: item.optional_incident()?,
        value: item.decimal("value"),
        // One that is claimed is not known to be published.
        state: state.unwrap_or(FactState::Pending),
        evidence: text("evidence").unwrap_or_default(),
        revision: text("revision"),
        commits: item
            .get(COMMITS)
            .map(|commits| commits.lines().map(str::to_owned).collect())
            .unwrap_or_default(),
        parts: parts::from_text(item.get(PARTS).unwrap_or_default(), time)
            .map_err(|_| item.unreadable(PARTS))?,
        samples: samples.filter(|(_, count)| *count > 0).collect(),
        told_by_event: item.get("message").is_some_and(|message| message != Owner::RECONCILER),
        is_doubtful: item.get("state") == Some(DOUBTFUL),
        rule: text("rule"),
    })
}
