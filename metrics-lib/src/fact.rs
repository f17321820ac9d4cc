//! Facts: what the ledger keeps one item of each for, and what CloudWatch gets of it.

use crate::{
    contract::Metric,
    datum::{Batch, DatumTime, DatumValue, InvalidDatum},
    event::SourceKind,
    identity::{DeploymentKey, IncidentId, IncidentKey},
    lake::Commit,
    parts::Part,
    repository::meant,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What identifies a fact: a kind, and the identity of what it is about; never the id of an event or message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactId {
    /// A production deployment.
    Deployment(DeploymentKey),
    /// That a deployment failed, however many incidents and rollbacks say so.
    Failure(DeploymentKey),
    /// That service was restored after an incident.
    Restore(IncidentKey),
    /// A rollback.
    Rollback(DeploymentKey),
    /// An execution that is no production deployment.
    Ignored(DeploymentKey),
    /// An incident that no deployment could be attributed to.
    Unattributed(IncidentKey),
    /// How long the change of a deployment took.
    LeadTime(DeploymentKey),
    /// That a deployment is rework, known from what it changed only.
    Rework(DeploymentKey),
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
    /// That a deployment is rework, known from what it changed only.
    Rework,
}

impl FactKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Deployment,
        Self::LeadTime,
        Self::Failure,
        Self::Restore,
        Self::Rollback,
        Self::Ignored,
        Self::Unattributed,
        Self::Rework,
    ];

    /// Whether the DORA metrics are made of such facts.
    pub const fn is_measured(self) -> bool {
        match self {
            Self::Deployment
            | Self::Failure
            | Self::Restore
            | Self::Rollback
            | Self::LeadTime
            | Self::Rework => true,
            Self::Ignored | Self::Unattributed => false,
        }
    }

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
            Self::Rework => "rework",
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
            Self::Rework(_) => FactKind::Rework,
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
    /// It can't be told, ever: CloudWatch counts it without a value.
    Incomplete,
    /// CloudWatch may have it or not: that was to be decided, see [`crate::publication`], and can't be.
    Undecided,
}

impl FactState {
    /// The states of a fact that nobody publishes any more.
    pub const CLOSED: [Self; 4] = [Self::Published, Self::Unpublishable, Self::Incomplete, Self::Undecided];

    /// The state's name in the ledger.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Published => "published",
            Self::Unpublishable => "unpublishable",
            Self::Incomplete => "incomplete",
            Self::Undecided => "undecided",
        }
    }
}

/// Why a fact is in no figure, or in none of CloudWatch's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// It is not decided yet, or on its way to CloudWatch.
    Pending,
    /// A deployment has no lead time: nothing is new, or it can't be told.
    WithoutLeadTime,
    /// Figures of the ledger count it, those of CloudWatch do not: it was too old.
    TooOld,
    /// Figures of the ledger count it; those of CloudWatch may or may not.
    Undecided,
    /// An incident that no deployment is blamed for.
    Unattributed,
    /// An execution that is no production deployment.
    Ignored,
}

impl LeftOut {
    /// Why a fact of a kind, in a state, with or without a length of time that it measures, is left out; none if it is in all
    /// figures.
    pub const fn of(kind: FactKind, state: FactState, has_value: bool) -> Option<Self> {
        match (kind, state) {
            (FactKind::Ignored, _) => Some(Self::Ignored),
            (FactKind::Unattributed, _) => Some(Self::Unattributed),
            (_, FactState::Pending) => Some(Self::Pending),
            (FactKind::LeadTime, _) if !has_value => Some(Self::WithoutLeadTime),
            (_, FactState::Unpublishable) => Some(Self::TooOld),
            (_, FactState::Undecided) => Some(Self::Undecided),
            (_, FactState::Published | FactState::Incomplete) => None,
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
    /// The deployment or rollback that it is about, or that brought it about.
    pub deployment: Option<DeploymentKey>,
    /// The incident that it is about, or that brought it about.
    pub incident: Option<IncidentKey>,
    /// The lengths of time that it measures, the foremost first; none for what is only counted.
    pub measured: Vec<(Metric, DatumValue)>,
    /// The commits that it was measured from, the earliest first.
    pub commits: Vec<Commit>,
    /// Where the lead time that it measures went: parts that add up to it.
    pub parts: Vec<Part>,
    /// The metrics that count it.
    pub count_metrics: Vec<Metric>,
    /// Why it is true, for people.
    pub evidence: String,
    /// The kind of a deployment's source.
    pub source_kind: Option<SourceKind>,
    /// The branch that was deployed.
    pub branch: Option<String>,
    /// The revision that a deployment brought to production.
    pub revision: Option<String>,
    /// When the first attempt of the production stage began, where that is another instant than [`Self::time`].
    pub began: Option<Timestamp>,
    /// The incidents that a deployment itself references: which it may have restored.
    pub references: Vec<IncidentId>,
    /// The settings that it was decided by, see [`crate::rules::ProductionRule::fingerprint`].
    pub rule: Option<String>,
}

impl Fact {
    /// A fact that nothing counts yet.
    pub fn new(id: FactId, time: Timestamp, evidence: impl Into<String>) -> Self {
        let (deployment, incident) = match &id {
            FactId::Deployment(key)
            | FactId::Failure(key)
            | FactId::Rollback(key)
            | FactId::Ignored(key)
            | FactId::LeadTime(key)
            | FactId::Rework(key) => (Some(key.clone()), None),
            FactId::Restore(key) | FactId::Unattributed(key) => (None, Some(key.clone())),
        };
        Self {
            id,
            time,
            repository: None,
            deployment,
            incident,
            measured: Vec::new(),
            commits: Vec::new(),
            parts: Vec::new(),
            count_metrics: Vec::new(),
            evidence: evidence.into(),
            source_kind: None,
            branch: None,
            revision: None,
            began: None,
            references: Vec::new(),
            rule: None,
        }
    }
}

/// What CloudWatch gets of a fact.
#[derive(Clone, Debug, PartialEq)]
pub enum Publication {
    /// The data, in one or more `PutMetricData` calls.
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

    /// How many values of each metric CloudWatch gets of it, without any breakdown.
    pub fn samples(&self) -> BTreeMap<Metric, usize> {
        let measured = self.measured.iter().map(|(metric, _)| *metric);
        let mut samples = BTreeMap::new();
        for metric in self.count_metrics.iter().copied().chain(measured) {
            *samples.entry(metric).or_default() += 1;
        }
        samples
    }

    /// Whether events tell it. That an incident was resolved and nothing restored service, only time tells.
    pub fn is_told_by_events(&self) -> bool {
        !matches!(self.id, FactId::Restore(_)) || self.deployment.is_some()
    }

    /// What CloudWatch gets of the fact now, broken down as is told.
    ///
    /// # Errors
    /// [`InvalidDatum::TooNew`]: to be tried again when its time has come.
    pub fn publication(
        &self,
        teams: &Teams,
        own: &RepositoryMetrics,
        now: Timestamp,
    ) -> Result<Publication, InvalidDatum> {
        let time = match DatumTime::new(self.time, now) {
            Ok(time) => time,
            Err(error @ InvalidDatum::TooNew { .. }) => return Err(error),
            Err(error) => return Ok(Publication::Unpublishable(error)),
        };
        let counted = self.count_metrics.iter().map(|&metric| (metric, DatumValue::ONE));
        let values: Vec<_> = counted.chain(self.measured.iter().copied()).collect();
        // Every value of a fact is of one namespace.
        let Some(namespace) = values.first().map(|(metric, _)| metric.namespace()) else {
            return Ok(Publication::Nothing);
        };
        let repository = self.repository.as_deref();
        let teams = repository.into_iter().flat_map(|repository| teams.owning(repository));
        Ok(Publication::Batch(Batch::new(namespace, &values, time, own.of(repository), teams)))
    }

    /// The repository by whose values CloudWatch tells what it has of the fact, see [`crate::publication`]; none where its
    /// values in total tell.
    pub fn told_by(&self, own: &RepositoryMetrics) -> Option<&str> {
        // The total has values of every repository, so either it tells of all facts or of none that are of a repository.
        self.repository.as_deref().filter(|_| *own == RepositoryMetrics::All)
    }
}

/// Which repositories have metrics of their own in CloudWatch: the setting `repositoryMetrics`. The others are in the totals,
/// in those of their teams, and in the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RepositoryMetrics {
    /// All.
    #[default]
    All,
    /// These.
    #[serde(untagged)]
    Of(BTreeSet<String>),
}

impl RepositoryMetrics {
    /// The repository, if it has metrics of its own.
    pub fn of<'a>(&self, repository: Option<&'a str>) -> Option<&'a str> {
        repository.filter(|name| match self {
            Self::All => true,
            Self::Of(names) => names.contains(*name),
        })
    }
}

/// The teams and the repositories that each owns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Teams(pub BTreeMap<String, BTreeSet<String>>);

impl Teams {
    /// The team that somebody [means](meant) who writes its name so, and the repositories that it owns.
    pub fn called(&self, written: &str) -> Option<(&str, &BTreeSet<String>)> {
        let name = meant(written, self.0.keys().map(String::as_str))?;
        self.0.get_key_value(name).map(|(name, owned)| (name.as_str(), owned))
    }

    /// The teams that own a repository.
    pub fn owning<'a>(&'a self, repository: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(_, owned)| owned.contains(repository)).map(|(team, _)| team.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{contract::Namespace, datum::Dimension};
    use jiff::SignedDuration;

    fn fact(count_metrics: &[Metric], measured: Vec<(Metric, DatumValue)>) -> Fact {
        let id = FactId::Deployment("1/r/p/e".parse().unwrap());
        Fact {
            repository: Some("acme/shop".into()),
            measured,
            count_metrics: count_metrics.to_vec(),
            ..Fact::new(id, Timestamp::UNIX_EPOCH, "")
        }
    }

    fn teams() -> Teams {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Teams(BTreeMap::from([
            ("checkout".to_owned(), owned(&["acme/shop", "acme/cart"])),
            ("money".to_owned(), owned(&["acme/payments"])),
            ("web".to_owned(), owned(&["acme/shop"])),
        ]))
    }

    #[test]
    fn cloudwatch_gets_the_total_the_repository_and_its_teams() {
        fn check(fact: &Fact, namespace: Namespace, expected: &[(Metric, &str, f64)]) {
            check_of(fact, &RepositoryMetrics::All, namespace, expected);
        }
        fn check_of(
            fact: &Fact,
            own: &RepositoryMetrics,
            namespace: Namespace,
            expected: &[(Metric, &str, f64)],
        ) {
            let Ok(Publication::Batch(batch)) = fact.publication(&teams(), own, fact.time) else {
                panic!("{fact:?}")
            };
            let by = |dimension: &Option<Dimension>| match dimension {
                None => String::new(),
                Some(dimension) => format!("{}={}", dimension.name(), dimension.value()),
            };
            let data = batch.data.iter();
            let found: Vec<_> =
                data.map(|datum| (datum.metric, by(&datum.dimension), datum.values[0].value.get())).collect();
            let expected: Vec<_> =
                expected.iter().map(|(metric, by, value)| (*metric, (*by).to_owned(), *value)).collect();
            assert_eq!((batch.namespace, found), (namespace, expected));
        }
        use Metric::{Deployments, IgnoredExecutions, ReworkDeployments, TimeToRestore};
        let breakdown = |metric: Metric, value: f64| {
            ["", "Repository=acme/shop", "Team=checkout", "Team=web"].map(|by| (metric, by, value))
        };
        check(&fact(&[Deployments], vec![]), Namespace::Dora, &breakdown(Deployments, 1.0));
        let both = [breakdown(Deployments, 1.0), breakdown(ReworkDeployments, 1.0)].concat();
        check(&fact(&[Deployments, ReworkDeployments], vec![]), Namespace::Dora, &both);
        let value = DatumValue::seconds(SignedDuration::from_secs(90)).unwrap();
        check(&fact(&[], vec![(TimeToRestore, value)]), Namespace::Dora, &breakdown(TimeToRestore, 90.0));
        // Without metrics of its own, a repository is in the total and in its teams.
        let [total, repository, teams @ ..] = breakdown(Deployments, 1.0);
        let of = |names: &[&str]| RepositoryMetrics::Of(names.iter().map(ToString::to_string).collect());
        let deployed = fact(&[Deployments], vec![]);
        let others = [&[total][..], &teams].concat();
        check_of(&deployed, &of(&["acme/cart"]), Namespace::Dora, &others);
        check_of(&deployed, &of(&[]), Namespace::Dora, &others);
        let own = [&[total, repository][..], &teams].concat();
        check_of(&deployed, &of(&["acme/shop"]), Namespace::Dora, &own);
        let nowhere = Fact { repository: None, ..fact(&[IgnoredExecutions], vec![]) };
        check(&nowhere, Namespace::DataQuality, &[(IgnoredExecutions, "", 1.0)]);
    }

    #[test]
    fn publication_depends_on_the_present() {
        fn check(fact: &Fact, hours: i64, expected: &str) {
            let now = fact.time + SignedDuration::from_hours(hours);
            let found = match fact.publication(&teams(), &RepositoryMetrics::All, now) {
                Ok(Publication::Batch(_)) => "batch",
                Ok(Publication::Unpublishable(_)) => "unpublishable",
                Ok(Publication::Nothing) => "nothing",
                Err(_) => "later",
            };
            assert_eq!(found, expected, "after {hours} hours");
        }
        let deployment = fact(&[Metric::Deployments], vec![]);
        check(&deployment, -3, "later");
        check(&deployment, -2, "batch");
        check(&deployment, 14 * 24, "batch");
        check(&deployment, 14 * 24 + 1, "unpublishable");
        check(&fact(&[], vec![]), 0, "nothing");
    }

    #[test]
    fn names_in_the_ledger_are_distinct() {
        let names: BTreeSet<_> = FactKind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), FactKind::ALL.len());
    }
}
