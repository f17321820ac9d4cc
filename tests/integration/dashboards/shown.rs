//! What CloudWatch shows by a dashboard's document, compared with what is true.

use dashboard_page::{
    Stored,
    document::{Document, Metrics},
    evaluate::{Evaluated, evaluate},
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use metrics_lib::{
    contract::Metric,
    window::{Period, Window},
};
use scenarios::sample::Truth;
use serde_json::Value;
use std::collections::BTreeMap;

/// What is looked at: a dashboard, the values that CloudWatch has, and the present.
pub(super) struct Looked<'a> {
    pub(super) document: Value,
    pub(super) stored: &'a Stored,
    pub(super) now: Timestamp,
}

/// A table: the first days of its periods, and its rows by their heads.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) columns: Vec<String>,
    pub(super) rows: BTreeMap<String, Vec<Option<f64>>>,
}

/// The document with what somebody has chosen: as the console does it, in every metric that has the dimension.
pub(super) fn chosen(document: &Value, value: &str) -> Value {
    let mut document = document.clone();
    let property = document["variables"][0]["property"].clone();
    for widget in document["widgets"].as_array_mut().unwrap() {
        for row in widget["properties"]["metrics"].as_array_mut().into_iter().flatten() {
            let row = row.as_array_mut().unwrap();
            if let Some(at) = row.iter().position(|name| *name == property) {
                row[at + 1] = value.into();
            }
        }
    }
    document
}

impl Looked<'_> {
    /// The widget with a title, of which there is one.
    fn evaluated(&self, title: &str) -> Evaluated {
        let Document { start, widgets, .. } = serde_json::from_value(self.document.clone()).unwrap();
        let metrics = widgets.into_iter().filter(|widget| widget.kind == "metric");
        let mut found = metrics.filter_map(|widget| {
            let metrics: Metrics = serde_json::from_value(widget.properties).unwrap();
            (metrics.title == title).then_some(metrics)
        });
        let widget = found.next().expect(title);
        assert!(found.next().is_none(), "{title} is there twice");
        evaluate(&widget, &start, self.stored, self.now).unwrap()
    }

    /// Evaluates every widget; how many there are.
    pub(super) fn evaluate_all(&self) -> usize {
        let Document { start, widgets, .. } = serde_json::from_value(self.document.clone()).unwrap();
        let metrics = widgets.into_iter().filter(|widget| widget.kind == "metric");
        let evaluated = metrics.map(|widget| {
            let metrics: Metrics = serde_json::from_value(widget.properties).unwrap();
            evaluate(&metrics, &start, self.stored, self.now).unwrap()
        });
        evaluated.count()
    }

    /// The numbers of a widget: of each line the last one that there is, as the console shows them.
    fn numbers(&self, title: &str) -> Vec<Option<f64>> {
        let lines = self.evaluated(title).lines;
        lines.into_iter().map(|line| line.values.into_iter().flatten().next_back()).collect()
    }

    /// The lines of a widget.
    pub(super) fn table(&self, title: &str) -> Table {
        let Evaluated { periods, lines } = self.evaluated(title);
        let rows: BTreeMap<_, _> = lines.into_iter().map(|line| (line.label, line.values)).collect();
        Table { columns: periods.iter().map(|period| day(period.start)).collect(), rows }
    }
}

/// What is true of a window.
struct True {
    deployments: f64,
    failure_rate: Option<f64>,
    rework_rate: Option<f64>,
    lead_times: Vec<f64>,
    restores: Vec<f64>,
    rollbacks: f64,
}

impl True {
    fn of(truth: &Truth, dimension: Option<(&str, &str)>, window: Window) -> Self {
        let dimensions: BTreeMap<String, String> =
            dimension.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let values = |metric: Metric| -> Vec<f64> {
            let points = truth.metrics.get(&(metric, dimensions.clone()));
            let inside = points.into_iter().flatten().filter(|(time, _)| window.contains(**time));
            inside.flat_map(|(_, values)| values).copied().collect()
        };
        // Of the words of docs/METRICS.md, not of the rules that are tested.
        let count = |metric: Metric| values(metric).len() as f64;
        let percent = |part: f64, whole: f64| (whole > 0.0).then(|| 100.0 * part / whole);
        let (deployments, rollbacks) = (count(Metric::Deployments), count(Metric::Rollbacks));
        Self {
            deployments,
            failure_rate: percent(count(Metric::FailedDeployments), deployments),
            rework_rate: percent(count(Metric::ReworkDeployments) + rollbacks, deployments + rollbacks),
            lead_times: values(Metric::LeadTimeForChanges).iter().map(|seconds| seconds / 86400.0).collect(),
            restores: values(Metric::TimeToRestore).iter().map(|seconds| seconds / 3600.0).collect(),
            rollbacks,
        }
    }

    /// What the widgets of a metric show, in order.
    fn shown(&self, title: &str) -> Vec<Option<f64>> {
        match title {
            "Deployment frequency" => vec![Some(self.deployments)],
            "Lead time for changes" => lengths(&self.lead_times),
            "Change failure rate" => vec![self.failure_rate, Some(self.deployments)],
            "Time to restore" => lengths(&self.restores),
            "Deployment rework rate" => vec![self.rework_rate, Some(self.deployments + self.rollbacks)],
            _ => panic!("{title}"),
        }
    }
}

const TITLES: [&str; 5] = [
    "Deployment frequency",
    "Lead time for changes",
    "Change failure rate",
    "Time to restore",
    "Deployment rework rate",
];

/// Median, p75, p90, mean and n.
fn lengths(values: &[f64]) -> Vec<Option<f64>> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    // The value below which a share of the others lies, weighted between its neighbours.
    let below = |share: f64| {
        let steps = values.len().checked_sub(1)? as f64;
        let weight = |index: usize| (1.0 - (index as f64 - share * steps).abs()).max(0.0);
        Some(values.iter().enumerate().map(|(index, value)| weight(index) * value).sum::<f64>())
    };
    let n = values.len() as f64;
    let mean = (n > 0.0).then(|| values.iter().sum::<f64>() / n);
    vec![below(0.5), below(0.75), below(0.9), mean, Some(n)]
}

fn assert_same(shown: &[Option<f64>], truth: &[Option<f64>], what: &str) {
    let same = |shown: &Option<f64>, truth: &Option<f64>| match (shown, truth) {
        (Some(shown), Some(truth)) => (shown - truth).abs() <= 1e-9 * truth.abs().max(1.0),
        (None, None) => true,
        _ => false,
    };
    let all = shown.len() == truth.len() && shown.iter().zip(truth).all(|(shown, truth)| same(shown, truth));
    assert!(all, "{what}: shown {shown:?}, true {truth:?}");
}

fn day(time: Timestamp) -> String {
    time.to_zoned_datetime(TimeZone::UTC).date().to_string()
}

const WEEKS: &str = "Week by week, with the change since the last week that has a value";

/// The table of weeks: figures, and how each differs from that of the last week that has one.
fn check_weeks(table: &Table, truth: &Truth, dimension: Option<(&str, &str)>) {
    let weeks = table.columns.iter().map(|column| {
        let start: Timestamp = format!("{column}T00:00:00Z").parse().unwrap();
        True::of(truth, dimension, Window { start, end: start + SignedDuration::from_hours(24 * 7) })
    });
    let weeks: Vec<True> = weeks.collect();
    assert!(weeks.len() > 12, "{:?}", table.columns);
    let figure = |label: &str, of: fn(&True) -> Option<f64>| {
        let expected: Vec<Option<f64>> = weeks.iter().map(of).collect();
        assert_same(&table.rows[label], &expected, label);
        if let Some(changes) = table.rows.get(&format!("difference in {label}")) {
            let mut last = None;
            let changed = expected.iter().map(|value| {
                let change = value.zip(last).map(|(value, last): (f64, f64)| value - last);
                last = value.or(last);
                change
            });
            assert_same(changes, &changed.collect::<Vec<_>>(), &format!("difference in {label}"));
        }
    };
    figure("deployments", |week| Some(week.deployments));
    figure("lead time, median days", |week| lengths(&week.lead_times)[0]);
    figure("n of lead times", |week| lengths(&week.lead_times)[4]);
    figure("change failure rate, %", |week| week.failure_rate);
    figure("time to restore, median hours", |week| lengths(&week.restores)[0]);
    figure("n of restores", |week| lengths(&week.restores)[4]);
    figure("rework rate, %", |week| week.rework_rate);
    let differences = table.rows.keys().filter(|label| label.starts_with("difference in ")).count();
    assert_eq!((table.rows.len(), differences), (12, 5));
}

/// The widgets about the last 30 days: how lengths of time are spread, which share of them is elite, and the failure rate.
fn check_spread(looked: &Looked, of: &True) {
    let share = |values: &[f64]| {
        let within = values.iter().filter(|value| **value <= 1.0).count();
        (!values.is_empty()).then(|| 100.0 * within as f64 / values.len() as f64)
    };
    for (title, expected) in [
        ("Lead time for changes, spread", lengths(&of.lead_times)),
        ("Time to restore, spread", lengths(&of.restores)),
        ("Lead times up to 1 day (elite)", vec![share(&of.lead_times)]),
        ("Times to restore up to 1 hour (elite)", vec![share(&of.restores)]),
        ("Change failure rate among levels", vec![of.failure_rate]),
    ] {
        assert_same(&looked.numbers(title), &expected, title);
    }
}

/// The last full week that has a value, and its change since the one before.
fn check_full_weeks(looked: &Looked, truth: &Truth, dimension: Option<(&str, &str)>) {
    let weeks: Vec<True> = windows(Period::Week, looked.now)
        .into_iter()
        .filter(|week| week.end <= looked.now)
        .map(|week| True::of(truth, dimension, week))
        .collect();
    for title in TITLES {
        let mut values = weeks.iter().filter_map(|week| week.shown(title)[0]).rev();
        let (last, before) = (values.next(), values.next());
        let change = last.zip(before).map(|(last, before)| last - before);
        let title = format!("{title}, full weeks");
        assert_same(&looked.numbers(&title), &[last, change], &title);
    }
}

/// The periods of the last 90 days.
fn windows(period: Period, now: Timestamp) -> Vec<Window> {
    let mut windows = Vec::new();
    let mut time = now - SignedDuration::from_hours(24 * 90);
    while time < now {
        windows.push(period.containing(time).unwrap());
        time = windows[windows.len() - 1].end;
    }
    windows
}

/// Every figure of a dashboard, day by day, week by week and up to now; how many days had no rate is the answer.
pub(super) fn check(looked: &Looked, truth: &Truth, dimension: Option<(&str, &str)>) -> usize {
    let now = looked.now;
    let up_to_now = |days: i64| {
        let window = Window { start: now - SignedDuration::from_hours(24 * days), end: now };
        True::of(truth, dimension, window)
    };
    let mut days_without_rate = 0;
    for title in TITLES {
        for (name, period) in [("by day", Period::Day), ("by week", Period::Week)] {
            let title_by = format!("{title}, {name}");
            let Evaluated { periods, lines } = looked.evaluated(&title_by);
            assert_eq!(periods, windows(period, now));
            for (index, window) in periods.into_iter().enumerate() {
                let row: Vec<_> = lines.iter().map(|line| line.values[index]).collect();
                let of = True::of(truth, dimension, window);
                assert_same(&row, &of.shown(title), &format!("{dimension:?}, {title_by}, {window:?}"));
                days_without_rate += usize::from(title == "Change failure rate" && row == [None, Some(0.0)]);
            }
        }
        for (name, days) in [("last 7 days", 7), ("last 30 days", 30)] {
            let title_now = format!("{title}, {name}");
            let all = up_to_now(days).shown(title);
            let headline = if all.len() > 2 { vec![all[0], all[all.len() - 1]] } else { all };
            assert_same(&looked.numbers(&title_now), &headline, &format!("{dimension:?}, {title_now}"));
        }
    }
    check_weeks(&looked.table(WEEKS), truth, dimension);
    check_spread(looked, &up_to_now(30));
    check_full_weeks(looked, truth, dimension);
    days_without_rate
}

/// The figures of every repository in the list, by periods of 30 days.
pub(super) fn check_list(overview: &Looked, truth: &Truth) {
    for (figure, title) in [
        ("deployments", "Deployment frequency"),
        ("lead time, median days", "Lead time for changes"),
        ("change failure rate, %", "Change failure rate"),
        ("time to restore, median hours", "Time to restore"),
        ("rework rate, %", "Deployment rework rate"),
    ] {
        let table = overview.table(&format!("Repositories: {figure}"));
        assert_eq!(table.rows.keys().collect::<Vec<_>>(), truth.figures.keys().collect::<Vec<_>>());
        assert_eq!(table.columns.len(), 4, "{:?}", table.columns);
        for (repository, row) in &table.rows {
            let expected = table.columns.iter().map(|column| {
                let start: Timestamp = format!("{column}T00:00:00Z").parse().unwrap();
                let window = Window { start, end: start + SignedDuration::from_hours(24 * 30) };
                True::of(truth, Some(("Repository", repository)), window).shown(title)[0]
            });
            assert_same(row, &expected.collect::<Vec<_>>(), &format!("{repository}, {figure}"));
        }
    }
}
