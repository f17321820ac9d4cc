//! The figures of every unit and period, and what became of each since the period before.

use super::data::PageData;
use jiff::Timestamp;
use metrics_lib::{
    comparison::{FigureChange, Verdict},
    dora_metric::{DoraMetric, MadeOf, OfEach},
    fact::FactState,
    periods::{Contribution, Contributions, Row},
    report::Figures,
    statistics::percentile,
    window::Period,
};
use serde::Serialize;
use std::collections::BTreeSet;

/// Whose figures they are.
#[derive(Debug)]
pub(super) struct Unit<'a> {
    pub(super) kind: &'static str,
    pub(super) name: &'a str,
    /// The repositories that it is made of; none of all, which has what is of no repository, too.
    pub(super) repositories: Option<BTreeSet<&'a str>>,
}

/// All together, each team, each repository.
pub(super) fn units(data: &PageData) -> Vec<Unit<'_>> {
    let facts = data.facts.iter().filter_map(|fact| fact.repository.as_deref());
    let repositories: BTreeSet<&str> = data.repositories.iter().map(String::as_str).chain(facts).collect();
    let all = Unit { kind: "all", name: "", repositories: None };
    let teams = data.teams.0.iter().map(|(name, owned)| {
        let owned = owned.iter().map(String::as_str).collect();
        Unit { kind: "team", name, repositories: Some(owned) }
    });
    let each = repositories.into_iter().map(|name| Unit {
        kind: "repository",
        name,
        repositories: Some(BTreeSet::from([name])),
    });
    [all].into_iter().chain(teams).chain(each).collect()
}

/// What the facts that are decided give to figures.
pub(super) fn contributions(data: &PageData) -> Vec<Contribution> {
    let decided = data.facts.iter().filter(|fact| fact.state != FactState::Pending);
    let contribution = |fact: &super::data::PageFact| {
        Contribution::of(fact.kind, fact.time, fact.repository.clone(), &fact.samples, fact.seconds)
    };
    decided.map(contribution).collect()
}

/// A unit's periods of a length, in order of time.
pub(super) fn rows(
    all: &Contributions<'_>,
    unit: &Unit<'_>,
    now: Timestamp,
) -> Result<[Vec<Row>; 3], jiff::Error> {
    let own =
        unit.repositories.as_ref().map(|own| all.only(|name| name.is_some_and(|name| own.contains(name))));
    let of = |period: Period| -> Result<Vec<Row>, jiff::Error> {
        let mut rows = own.as_ref().unwrap_or(all).rows(period, period.shown(), now, now)?;
        rows.reverse();
        Ok(rows)
    };
    let [day, week, month] = Period::ALL.map(of);
    Ok([day?, week?, month?])
}

/// A period that is shown.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    label: String,
    start: i64,
    end: i64,
    /// Whether it is over.
    finished: bool,
}

impl From<&Row> for Shown {
    fn from(row: &Row) -> Self {
        let (start, end) = (row.window.start.as_second(), row.window.end.as_second());
        Self { label: row.label.clone(), start, end, finished: row.is_finished }
    }
}

/// The figures of a metric, a cell a period.
#[derive(Debug, Serialize)]
pub(super) struct Series(
    /// Whether one value would flatten the others: the scale is to be logarithmic.
    u8,
    Vec<Cell>,
);

/// A figure of a period.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Cell {
    /// There is none, nor a change.
    Nothing(u8),
    /// Its value, its n, the mean or the counted part, and the change.
    Figure(Option<f64>, u64, f64, u8),
}

/// How much larger than the median a value is that flattens the others.
const OUTLIER: f64 = 20.0;

/// The figures of periods, metric by metric.
pub(super) fn series(rows: &[Row]) -> OfEach<Series> {
    DoraMetric::ALL.map(|metric| {
        let mut values: Vec<f64> = rows.iter().filter_map(|row| row.figures.value(metric)).collect();
        values.retain(|value| *value > 0.0);
        values.sort_by(f64::total_cmp);
        let ends = percentile(&values, 50.0).zip(values.last());
        let is_flat = ends.is_some_and(|(median, largest)| *largest > OUTLIER * median);
        let cells = rows.iter().map(|row| cell(metric, &row.figures, row.changes[metric as usize]));
        Series(u8::from(is_flat), cells.collect())
    })
}

fn cell(metric: DoraMetric, figures: &Figures, change: Option<FigureChange>) -> Cell {
    let (value, n) = (figures.value(metric), figures.n(metric));
    if n == 0 && change.is_none() {
        return Cell::Nothing(0);
    }
    let beside = match metric.descriptor().made_of {
        MadeOf::Count(_) => 0.0,
        MadeOf::Share { parts, .. } => parts.iter().map(|part| figures.count(*part)).sum::<u64>() as f64,
        MadeOf::Lengths { metric, .. } => figures.distribution(metric).map_or(0.0, |lengths| lengths.mean),
    };
    let verdict = match change.map(|change| change.verdict) {
        None => 0,
        Some(Verdict::Better) => 1,
        Some(Verdict::Worse) => 2,
        Some(Verdict::NotDistinguishable) => 3,
        Some(Verdict::TooFew) => 4,
    };
    Cell::Figure(value, n, beside, verdict)
}
