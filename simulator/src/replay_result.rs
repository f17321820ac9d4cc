//! What a replay led to: everything that CloudWatch and the ledger hold, and what got into neither.

use crate::cloud::{Cloud, Refused};
use fake_aws::{DynamoDb, MetricKey};
use jiff::Timestamp;
use metrics_lib::{
    contract::{
        self, dimension,
        ledger::{CURRENT_VERSION, PARTITION_KEY, SORT_KEY, VERSION},
    },
    fact::{FactKind, FactState},
    identity::{DeploymentKey, IncidentKey},
    parts::{self, Part},
    place::Place,
    report::Figures,
};
use serde::Serialize;
use serde_json::{Map, Value, value::RawValue};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

/// What a replay led to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplayResult {
    /// The metrics that `PutMetricData` received.
    pub metrics: Vec<Metric>,
    /// The facts of the ledger, in order of time.
    pub facts: Vec<ReplayedFact>,
    /// The messages that no function could finish.
    pub dead_letters: Vec<DeadLetter>,
    /// The events that no rule or policy let through.
    pub refused: Vec<Refused>,
    /// The executions that are no production deployment.
    pub ignored: Vec<IgnoredExecution>,
    /// The incidents, in order of time.
    #[serde(skip)]
    pub incidents: Vec<ReplayedIncident>,
}

/// A metric of CloudWatch.
#[derive(Debug, Serialize)]
pub struct Metric {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its dimensions.
    pub dimensions: BTreeMap<String, String>,
    /// The unit of its values.
    pub unit: String,
    /// Its values, in order of time.
    pub points: Vec<Point>,
}

/// The values of a metric at an instant.
#[derive(Debug, PartialEq, Serialize)]
pub struct Point {
    /// The instant.
    pub timestamp: Timestamp,
    /// The values, ascending.
    pub values: Vec<f64>,
}

/// A fact of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplayedFact {
    /// What kind of fact it is.
    pub kind: FactKind,
    /// The repository that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The account of the execution, or of the `OpsItem` where there is no execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Its region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// What told of the deployment, if it was not CodePipeline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The execution's pipeline, or what another source deploys to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<String>,
    /// The execution that it is about, or that brought it about, or the id of a deployment of another source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_id: Option<String>,
    /// The `OpsItem` that it is about, or that brought it about, or `SOURCE:ID` of another incident.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ops_item_id: Option<String>,
    /// The instant that its data carry.
    pub time: Timestamp,
    /// What it measures, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// The revision that a deployment brought to production.
    #[serde(skip)]
    pub revision: Option<String>,
    /// Where the lead time that it measures went.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// How many values of each metric CloudWatch gets of it, without any breakdown.
    #[serde(skip)]
    pub samples: BTreeMap<contract::Metric, usize>,
    /// Where it stands.
    pub state: FactState,
    /// Why it is true.
    pub evidence: String,
}

/// An incident, as the ledger has it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplayedIncident {
    /// Its identity.
    pub key: IncidentKey,
    /// When it was created.
    pub time: Timestamp,
    /// What is blamed, and its repository.
    pub blamed: Option<(DeploymentKey, String)>,
    /// Whether that is not decided yet.
    pub is_pending: bool,
    /// Why.
    pub evidence: String,
}

/// An execution that is no production deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IgnoredExecution {
    /// When it ended.
    pub time: Timestamp,
    /// Its account and region.
    #[serde(flatten)]
    pub place: Place,
    /// Its pipeline.
    pub pipeline: String,
    /// Its id.
    pub execution_id: String,
    /// The repository, where the execution says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Why it is none.
    pub reason: String,
}

/// A message in a dead-letter queue.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// The queue that it came from.
    pub queue: String,
    /// When it was sent there.
    pub sent: Timestamp,
    /// When it was given up.
    pub at: Timestamp,
    /// How often it had been received.
    pub receives: u32,
    /// The event.
    pub event: Box<RawValue>,
}

impl ReplayResult {
    /// What the cloud holds now.
    ///
    /// # Errors
    /// What can't be read from disk.
    pub fn of(cloud: &Cloud) -> io::Result<Self> {
        let services = cloud.server().services();
        let Known { facts, ignored, incidents } = ledger(&services.dynamodb, &cloud.plan().ledger.name)?;
        let dead_letters = cloud.dead_letters().filter_map(|(queue, letter)| {
            let event = RawValue::from_string(letter.body.to_string()).ok()?;
            let (queue, receives) = (queue.to_owned(), letter.receives);
            Some(DeadLetter { queue, sent: letter.sent, at: letter.at, receives, event })
        });
        Ok(Self {
            metrics: services.cloudwatch.metrics().iter().map(metric).collect(),
            facts,
            dead_letters: dead_letters.collect(),
            refused: cloud.refused().to_vec(),
            ignored,
            incidents,
        })
    }
}

impl ReplayResult {
    /// The figures of each repository, from what CloudWatch received.
    pub fn figures(&self) -> BTreeMap<String, Figures> {
        let mut all: BTreeMap<String, Figures> = BTreeMap::new();
        for metric in &self.metrics {
            if let Some(repository) = metric.dimensions.get(dimension::REPOSITORY) {
                metric.add_to(all.entry(repository.clone()).or_default());
            }
        }
        all.retain(|_, figures| *figures != Figures::default());
        all
    }

    /// The figures of all repositories together, from what CloudWatch received without dimensions. What belongs to no
    /// repository counts too.
    pub fn total_figures(&self) -> Figures {
        let mut total = Figures::default();
        for metric in self.metrics.iter().filter(|metric| metric.dimensions.is_empty()) {
            metric.add_to(&mut total);
        }
        total
    }

    /// The sum of a metric, over all repositories.
    pub fn total(&self, metric: contract::Metric) -> f64 {
        let all = self.metrics.iter().filter(|all| all.name == metric.name() && all.dimensions.is_empty());
        all.flat_map(|all| &all.points).flat_map(|point| &point.values).sum()
    }

    /// How many values `PutMetricData` received.
    pub fn values(&self) -> usize {
        self.metrics.iter().flat_map(|metric| &metric.points).map(|point| point.values.len()).sum()
    }

    /// How many facts are so.
    pub fn count(&self, is_so: impl Fn(&ReplayedFact) -> bool) -> usize {
        self.facts.iter().filter(|fact| is_so(fact)).count()
    }

    /// The facts in CloudWatch that count in the figures of all together and of teams only: by the repository that CloudWatch
    /// has no metrics of, or by none.
    pub fn of_no_dimension(&self) -> BTreeMap<Option<&str>, usize> {
        let by_repository = |metric: &Metric| metric.dimensions.get(dimension::REPOSITORY).cloned();
        let own: BTreeSet<String> = self.metrics.iter().filter_map(by_repository).collect();
        let mut counts = BTreeMap::new();
        for fact in self.facts.iter().filter(|fact| fact.state == FactState::Published) {
            let repository = fact.repository.as_deref();
            if repository.is_none_or(|name| !own.contains(name)) {
                *counts.entry(repository).or_default() += 1;
            }
        }
        counts
    }
}

impl Metric {
    /// Adds the values to the figure that they are of, if they are of one.
    fn add_to(&self, figures: &mut Figures) {
        let known = contract::Metric::ALL.into_iter().find(|known| known.name() == self.name);
        let Some(known) = known.filter(|known| known.namespace().name() == self.namespace) else { return };
        figures.add(known, self.points.iter().flat_map(|point| &point.values).copied());
    }
}

impl ReplayedFact {
    /// The deployment or rollback that it is about, or that brought it about.
    pub fn deployment(&self) -> Option<DeploymentKey> {
        let source = self.source.as_ref().map(|source| format!("{source}:")).unwrap_or_default();
        let parts = [&self.account, &self.region, &self.pipeline, &self.execution_id];
        let parts: Option<Vec<&str>> = parts.into_iter().map(Option::as_deref).collect();
        format!("{source}{}", parts?.join("/")).parse().ok()
    }

    /// Whether it never has a figure, however new it is: a deployment of nothing new has no lead time.
    pub fn has_no_figure(&self) -> bool {
        self.state == FactState::Unpublishable && self.kind == FactKind::LeadTime && self.value.is_none()
    }
}

fn metric((key, points): (&MetricKey, &BTreeMap<Timestamp, Vec<f64>>)) -> Metric {
    let MetricKey { namespace, name, dimensions, unit } = key.clone();
    let points = points.iter().map(|(&timestamp, values)| Point { timestamp, values: values.clone() });
    Metric { namespace, name, dimensions, unit, points: points.collect() }
}

/// What the ledger knows.
struct Known {
    facts: Vec<ReplayedFact>,
    ignored: Vec<IgnoredExecution>,
    incidents: Vec<ReplayedIncident>,
}

/// The facts, ignored executions and incidents of the ledger's table, in order of time.
fn ledger(dynamodb: &DynamoDb, table: &str) -> io::Result<Known> {
    let (mut facts, mut ignored, mut incidents, mut rework) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for item in dynamodb.items(table) {
        let item = Attributes(item?);
        item.check_version()?;
        let Some(time) = item.text("time").and_then(|time| time.parse().ok()) else { continue };
        match item.text("kind").as_deref() {
            Some("ignored") => ignored.extend(item.ignored(time)),
            Some("leadTime") => facts.push(item.fact(FactKind::LeadTime, time)),
            Some("deployment") => facts.push(item.fact(FactKind::Deployment, time)),
            Some("failure") => facts.push(item.fact(FactKind::Failure, time)),
            Some("restore") => facts.push(item.fact(FactKind::Restore, time)),
            Some("rework") => {
                let deployment = [item.text("account"), item.text("region"), item.unit(), item.id()];
                rework.push((deployment, item.text("evidence").unwrap_or_default(), item.samples()));
            }
            Some("rollback") => facts.push(item.fact(FactKind::Rollback, time)),
            // Until an incident is attributed to a deployment, a failure may come of it.
            Some("incident") => {
                let incident = item.incident(time);
                if incident.as_ref().is_none_or(|incident| incident.blamed.is_none()) {
                    facts.push(item.fact(FactKind::Failure, time));
                }
                incidents.extend(incident);
            }
            _ => {}
        }
    }
    // Rework that only the change shows is said of the deployment.
    for (deployment, reason, samples) in rework {
        let is_its = |fact: &&mut ReplayedFact| {
            fact.kind == FactKind::Deployment
                && [&fact.account, &fact.region, &fact.pipeline, &fact.execution_id] == deployment.each_ref()
        };
        if let Some(fact) = facts.iter_mut().find(is_its) {
            fact.evidence += &format!("; rework: {reason}");
            fact.samples.extend(samples);
        }
    }
    facts.sort_by(|a, b| (a.time, a.kind, &a.execution_id).cmp(&(b.time, b.kind, &b.execution_id)));
    ignored.sort_by(|a: &IgnoredExecution, b| (a.time, &a.execution_id).cmp(&(b.time, &b.execution_id)));
    incidents.sort_by(|a: &ReplayedIncident, b| (a.time, &a.key).cmp(&(b.time, &b.key)));
    Ok(Known { facts, ignored, incidents })
}

/// The attributes of an item.
struct Attributes(Map<String, Value>);

impl Attributes {
    /// That the item is of the version that is read here.
    fn check_version(&self) -> io::Result<()> {
        let version = self.0.get(VERSION).and_then(|version| version.get("N")?.as_str()?.parse().ok());
        if version == Some(CURRENT_VERSION) {
            return Ok(());
        }
        let part = |name| self.text(name).unwrap_or_default();
        let (partition, sort) = (part(PARTITION_KEY), part(SORT_KEY));
        Err(io::Error::other(format!("ledger item {partition} {sort} is not of version {CURRENT_VERSION}")))
    }

    fn text(&self, name: &str) -> Option<String> {
        Some(self.0.get(name)?.get("S")?.as_str()?.to_owned())
    }

    /// The pipeline, or what another source deploys to.
    fn unit(&self) -> Option<String> {
        self.text("pipeline").or_else(|| self.text("unit"))
    }

    /// The execution, or the id of a deployment of another source.
    fn id(&self) -> Option<String> {
        self.text("executionId").or_else(|| self.text("deploymentId"))
    }

    fn fact(&self, kind: FactKind, time: Timestamp) -> ReplayedFact {
        let state = self.text("state");
        let state = FactState::CLOSED.into_iter().find(|known| Some(known.name()) == state.as_deref());
        ReplayedFact {
            kind,
            repository: self.text("repository"),
            account: self.text("account"),
            region: self.text("region"),
            source: self.text("deploymentSource"),
            pipeline: self.unit(),
            execution_id: self.id(),
            ops_item_id: self.incident_id(),
            time,
            value: self.0.get("value").and_then(|value| value.get("N")?.as_str()?.parse().ok()),
            revision: self.text("revision"),
            parts: self.text("parts").and_then(|text| parts::from_text(&text, time).ok()).unwrap_or_default(),
            samples: self.samples(),
            // One that is claimed is not known to be published.
            state: state.unwrap_or(FactState::Pending),
            evidence: self.text("evidence").unwrap_or_default(),
        }
    }

    /// The `OpsItem`, or `SOURCE:ID` of another incident.
    fn incident_id(&self) -> Option<String> {
        let other = || Some(format!("{}:{}", self.text("incidentSource")?, self.text("incidentId")?));
        self.text("opsItemId").or_else(other)
    }

    /// How many values of each metric CloudWatch gets.
    fn samples(&self) -> BTreeMap<contract::Metric, usize> {
        let count = |metric: &contract::Metric| self.0.get(metric.name())?.get("N")?.as_str()?.parse().ok();
        contract::Metric::ALL.into_iter().filter_map(|metric| Some((metric, count(&metric)?))).collect()
    }

    fn incident(&self, time: Timestamp) -> Option<ReplayedIncident> {
        let place = [self.text("account")?, self.text("region")?].join("/");
        let key = match (self.text("opsItemId"), self.text("incidentSource")) {
            (Some(id), _) => format!("{place}/{id}"),
            (None, source) => format!("{}:{place}/{}", source?, self.text("incidentId")?),
        };
        let attribution = self.text("attribution");
        let blamed = || {
            let source = self.text("deploymentSource").map(|source| source + ":").unwrap_or_default();
            let [account, region] = [self.text("deploymentAccount")?, self.text("deploymentRegion")?];
            let key = format!("{source}{account}/{region}/{}/{}", self.unit()?, self.id()?);
            Some((key.parse().ok()?, self.text("repository")?))
        };
        Some(ReplayedIncident {
            key: key.parse().ok()?,
            time,
            blamed: blamed().filter(|_| attribution.as_deref() == Some("attributed")),
            is_pending: attribution.as_deref() == Some("pending"),
            evidence: self.text("evidence").unwrap_or_default(),
        })
    }

    fn ignored(&self, time: Timestamp) -> Option<IgnoredExecution> {
        Some(IgnoredExecution {
            time,
            place: Place::new(self.text("account")?, self.text("region")?),
            pipeline: self.unit()?,
            execution_id: self.id()?,
            repository: self.text("repository"),
            reason: self.text("evidence")?,
        })
    }
}
