//! What a figure is made of, as text and as JSON.

use super::{figure::Figure, whose::Whose};
use crate::output::Words;
use functions::ledger::{AttributionState, IncidentRecord, Recorded};
use jiff::{SignedDuration, Timestamp, civil::Date};
use metrics_lib::{
    contract::Metric,
    fact::{FactKind, FactState},
    identity::DeploymentKey,
    links,
    parts::Part,
    place::Place,
    report::Figures,
    words::timeline,
};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fmt::{self, Display, Formatter},
    ops::Range,
};

/// What a figure is made of.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Explanation {
    metric: Figure,
    #[serde(flatten)]
    whose: Whose,
    /// The first day.
    from: Date,
    /// The day after the last.
    to: Date,
    /// The figure, of all that is decided, in CloudWatch or not; null without data.
    value: Option<f64>,
    unit: &'static str,
    /// How many values of each metric the ledger has put to CloudWatch.
    published: BTreeMap<&'static str, usize>,
    /// How many of them CloudWatch has; null where it has no metrics of the repository.
    cloud_watch: Option<BTreeMap<&'static str, usize>>,
    facts: Vec<ExplainedFact>,
    /// The incidents whose attribution is not decided, or found no deployment.
    undecided: Vec<UndecidedIncident>,
    #[serde(skip)]
    text: String,
}

/// A fact.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ExplainedFact {
    kind: FactKind,
    time: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    /// What told of the deployment, if it was not CodePipeline.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    /// The pipeline, or what another source deploys to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pipeline: Option<String>,
    /// The execution, or the deployment's id in another source.
    #[serde(skip_serializing_if = "Option::is_none")]
    execution_id: Option<String>,
    /// The `OpsItem`, or `SOURCE:ID`.
    #[serde(skip_serializing_if = "Option::is_none")]
    ops_item_id: Option<String>,
    /// In seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<f64>,
    state: FactState,
    /// Whether CloudWatch may have it or not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    doubtful: bool,
    evidence: String,
    /// The commits of the change, each with its time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    commits: Vec<String>,
    /// Where the lead time went.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Part>,
    /// Whether an event told it; if not, the reconciler found it.
    told_by_event: bool,
    /// The page of the deployment or incident in the console.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

/// An incident that is not attributed to a deployment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UndecidedIncident {
    ops_item_id: String,
    #[serde(flatten)]
    place: Place,
    created: Timestamp,
    /// `pending` or `unattributed`.
    attribution: &'static str,
    /// Its page in the console.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

impl UndecidedIncident {
    /// An incident, unless it is attributed.
    pub(super) fn of(record: &IncidentRecord) -> Option<Self> {
        let attribution = match record.attribution {
            AttributionState::Attributed { .. } => return None,
            AttributionState::Pending => "pending",
            AttributionState::Unattributed => "unattributed",
        };
        let key = &record.key;
        Some(Self {
            ops_item_id: key.id().to_string(),
            place: key.place().clone(),
            created: record.created,
            attribution,
            link: links::incident(key),
        })
    }
}

impl Explanation {
    /// Explains a figure of some days by the facts of the ledger, each with its page.
    pub(super) fn new(
        figure: Figure,
        whose: Whose,
        days: Range<Date>,
        facts: Vec<(Option<String>, Recorded)>,
        undecided: Vec<UndecidedIncident>,
        cloudwatch: Option<BTreeMap<Metric, usize>>,
    ) -> Self {
        let recorded = || facts.iter().map(|(_, fact)| fact);
        let figures =
            Figures::from_iter(recorded().filter_map(Recorded::contribution).flat_map(|fact| fact.values));
        let published: BTreeMap<&str, usize> = figure
            .metrics()
            .iter()
            .map(|metric| {
                let published = recorded().filter(|fact| fact.state == FactState::Published);
                (metric.name(), published.filter_map(|fact| fact.samples.get(metric)).sum())
            })
            .collect();
        let number = (days.end - days.start).get_days();
        Self {
            metric: figure,
            value: figure.value(&figures, facts.len()),
            unit: figure.unit(),
            text: figure.text(&figures, facts.len(), number),
            whose,
            from: days.start,
            to: days.end,
            published,
            cloud_watch: cloudwatch
                .map(|counts| counts.into_iter().map(|(metric, count)| (metric.name(), count)).collect()),
            facts: facts.into_iter().map(|(link, recorded)| fact(link, recorded)).collect(),
            undecided,
        }
    }

    /// Whether CloudWatch has other values than the ledger has put there.
    pub(super) fn differs(&self) -> bool {
        self.cloud_watch.as_ref().is_some_and(|counts| *counts != self.published)
    }
}

fn fact(link: Option<String>, recorded: Recorded) -> ExplainedFact {
    let Recorded { kind, time, repository, deployment, incident, value, state, .. } = recorded;
    let of = |part: fn(&DeploymentKey) -> &str| deployment.as_ref().map(|key| part(key).to_owned());
    ExplainedFact {
        kind,
        time,
        repository,
        account: of(DeploymentKey::account),
        region: of(|key| &key.place().region),
        source: deployment.as_ref().and_then(|key| key.source().map(ToString::to_string)),
        pipeline: of(DeploymentKey::unit_name),
        execution_id: of(DeploymentKey::id),
        ops_item_id: incident.map(|id| id.to_string()),
        value,
        state,
        doubtful: recorded.is_doubtful,
        evidence: recorded.evidence,
        commits: recorded.commits,
        parts: recorded.parts,
        told_by_event: recorded.told_by_event,
        link,
    }
}

impl Display for Explanation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { metric, whose, from, to, .. } = self;
        writeln!(f, "{} of {whose}, from {from} until before {to}: {}", metric.title(), self.text)?;
        self.write_comparison(f)?;
        for fact in &self.facts {
            writeln!(f, "\n{fact}")?;
        }
        for UndecidedIncident { ops_item_id, place, created, attribution, link } in &self.undecided {
            writeln!(
                f,
                "\n{created:.0}  incident {} ({} {})\n    {}",
                Words(ops_item_id),
                Words(&place.account),
                Words(&place.region),
                Words(attribution)
            )?;
            if let Some(link) = link {
                writeln!(f, "    {}", Words(link))?;
            }
        }
        Ok(())
    }
}

impl Explanation {
    fn write_comparison(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let counts = |counts: &BTreeMap<&str, usize>| {
            counts.iter().map(|(metric, count)| format!("{count} {metric}")).collect::<Vec<_>>().join(", ")
        };
        match &self.cloud_watch {
            None => writeln!(
                f,
                "CloudWatch has no metrics of this repository: by repositoryMetrics, or as it can't be a dimension."
            ),
            Some(cloudwatch) if *cloudwatch == self.published => {
                writeln!(f, "CloudWatch has the same values as the ledger: {}.", counts(cloudwatch))
            }
            Some(cloudwatch) => writeln!(
                f,
                "CloudWatch has {}, the ledger has put {}. Values older than a day are shown within two; what differs \
                 for longer, docs/OPERATIONS.md explains under ledger-drift.",
                counts(cloudwatch),
                counts(&self.published)
            ),
        }
    }
}

impl Display for ExplainedFact {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            FactKind::Deployment => "deployment",
            FactKind::LeadTime => "lead time",
            FactKind::Failure => "failure",
            FactKind::Restore => "restore",
            FactKind::Rollback => "rollback",
            FactKind::Ignored => "no production deployment",
            FactKind::Unattributed => "unattributed incident",
            FactKind::Rework => "rework",
        };
        write!(f, "{:.0}  {kind}", self.time)?;
        if let Some(repository) = &self.repository {
            write!(f, " of {}", Words(repository))?;
        }
        if let (Some(pipeline), Some(id)) = (&self.pipeline, &self.execution_id) {
            match &self.source {
                None => write!(f, ", execution {} of pipeline {}", Words(id), Words(pipeline))?,
                Some(source) => write!(f, ", {source} deployment {} of {}", Words(id), Words(pipeline))?,
            }
        }
        if let Some(id) = &self.ops_item_id {
            write!(f, ", incident {}", Words(id))?;
        }
        if let (Some(account), Some(region)) = (&self.account, &self.region) {
            write!(f, " ({} {})", Words(account), Words(region))?;
        }
        let value = self.value.and_then(|seconds| SignedDuration::try_from_secs_f64(seconds.round()).ok());
        if let Some(value) = value {
            write!(f, "\n    {value:#}")?;
        }
        for part in timeline(&self.parts) {
            write!(f, "\n      {}", Words(&part))?;
        }
        write!(f, "\n    {}", Words(&self.evidence))?;
        for commit in &self.commits {
            write!(f, "\n      commit {}", Words(commit))?;
            let sha = commit.split(' ').next().unwrap_or_default();
            if let Some(link) = self.repository.as_deref().and_then(|name| links::commit(name, sha)) {
                write!(f, "\n        {}", Words(&link))?;
            }
        }
        match self.state {
            FactState::Published => {}
            FactState::Pending if self.doubtful => {
                write!(
                    f,
                    "\n    CloudWatch may have it: that is decided when it shows what it has for certain"
                )?;
            }
            FactState::Pending => write!(f, "\n    not decided, or not in CloudWatch, yet")?,
            FactState::Unpublishable => write!(f, "\n    in the ledger only")?,
            FactState::Incomplete => write!(f, "\n    can't be told, ever: it has no value")?,
            FactState::Undecided => write!(f, "\n    nobody can tell whether CloudWatch has it")?,
        }
        if !self.told_by_event && self.state != FactState::Pending {
            write!(f, "\n    no event told it: the reconciler found it")?;
        }
        if let Some(link) = &self.link {
            write!(f, "\n    {}", Words(link))?;
        }
        Ok(())
    }
}
