//! What is true of a sample.

use super::teams;
use jiff::Timestamp;
use metrics_lib::{
    contract::{Metric, Namespace, dimension},
    report::Figures,
};
use simulator::replay_result::ReplayResult;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
};

/// The dimensions of a metric, by name.
pub type Dimensions = BTreeMap<String, String>;

/// The values of metrics, ascending, by instant.
pub type Metrics = BTreeMap<(Metric, Dimensions), BTreeMap<Timestamp, Vec<f64>>>;

/// What is true of a sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Truth {
    /// The figures of the whole time, by repository.
    pub figures: BTreeMap<String, Figures>,
    /// The values that CloudWatch must have of each DORA metric.
    pub metrics: Metrics,
    /// The executions that succeeded and are no production deployment.
    pub ignored: usize,
    /// The events that no rule or policy lets through.
    pub refused: usize,
    /// The incidents that no deployment can be attributed to.
    pub unattributed: usize,
    /// The deployments whose source has no commits.
    pub without_commits: usize,
    /// The events that come again after they were finished.
    pub duplicates: usize,
}

impl Truth {
    /// What of an outcome is not so, one sentence each; nothing if all is.
    pub fn differences(&self, outcome: &ReplayResult) -> Vec<String> {
        let mut differences = Vec::new();
        let mut compare = |what: &str, measured: &dyn Debug, truth: &dyn Debug| {
            let (measured, truth) = (format!("{measured:?}"), format!("{truth:?}"));
            if measured != truth {
                differences.push(format!("{what}: measured {measured}, true {truth}"));
            }
        };
        let measured = outcome.figures();
        for repository in measured.keys().chain(self.figures.keys()).collect::<BTreeSet<_>>() {
            compare(repository, &measured.get(repository), &self.figures.get(repository));
        }
        let measured = measured_metrics(outcome);
        for metric in measured.keys().chain(self.metrics.keys()).collect::<BTreeSet<_>>() {
            let (measured, truth) = (measured.get(metric), self.metrics.get(metric));
            let times = [measured, truth].into_iter().flatten().flat_map(BTreeMap::keys);
            for time in times.collect::<BTreeSet<_>>() {
                let values = |points: Option<&BTreeMap<Timestamp, Vec<f64>>>| points?.get(time).cloned();
                compare(&format!("{} {:?} {time}", metric.0, metric.1), &values(measured), &values(truth));
            }
        }
        let total = |metric: Metric| outcome.total(metric) as usize;
        compare("ignored executions", &outcome.ignored.len(), &self.ignored);
        compare("refused events", &outcome.refused.len(), &self.refused);
        compare("unattributed incidents", &total(Metric::UnattributedIncidents), &self.unattributed);
        compare(
            "deployments without commits",
            &total(Metric::DeploymentsWithoutCommits),
            &self.without_commits,
        );
        compare("duplicate events", &total(Metric::DuplicateEvents), &self.duplicates);
        compare("dead letters", &outcome.dead_letters.len(), &0);
        differences
    }

    /// A value of a metric of a repository.
    pub(super) fn add(&mut self, metric: Metric, repository: &str, time: Timestamp, value: f64) {
        self.figures.entry(repository.to_owned()).or_default().add(metric, [value]);
        let by = |name: &str, value: &str| Dimensions::from([(name.to_owned(), value.to_owned())]);
        let teams = teams(repository).iter().filter(|_| metric.is_by_team());
        let by_team = teams.map(|team| by(dimension::TEAM, team));
        let all = [Dimensions::new(), by(dimension::REPOSITORY, repository)];
        for dimensions in all.into_iter().chain(by_team) {
            let points = self.metrics.entry((metric, dimensions)).or_default();
            let values = points.entry(time).or_default();
            values.push(value);
            values.sort_by(f64::total_cmp);
        }
    }
}

/// The DORA metrics of an outcome.
pub(crate) fn measured_metrics(outcome: &ReplayResult) -> Metrics {
    let known = outcome.metrics.iter().filter_map(|metric| {
        let known = Metric::ALL.into_iter().find(|known| known.name() == metric.name)?;
        let points = metric.points.iter().map(|point| (point.timestamp, point.values.clone()));
        let is_dora = metric.namespace == Namespace::Dora.name();
        is_dora.then(|| ((known, metric.dimensions.clone()), points.collect()))
    });
    known.collect()
}
