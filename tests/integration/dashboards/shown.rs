//! Reads the figures from a page, and compares them with what is true.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use metrics_lib::{
    contract::Metric,
    window::{Period, Window},
};
use scenarios::sample::Truth;
use std::collections::BTreeMap;

/// A table of a widget: of a chart, a row a period; of a table, a row a figure.
#[derive(Debug)]
pub(super) struct Table {
    /// The heads of the columns.
    pub(super) columns: Vec<String>,
    /// The rows, by their heads.
    pub(super) rows: BTreeMap<String, Vec<Option<f64>>>,
}

/// The text between two marks, and what follows it.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<(&'a str, &'a str)> {
    text.split_once(from)?.1.split_once(to)
}

/// The widget with a title, on one of the page's dashboards.
fn widget<'a>(page: &'a str, dashboard: &str, title: &str) -> &'a str {
    let section = between(page, &format!("<section id=\"{dashboard}\""), "</section>").expect(dashboard).0;
    let title = title.replace('&', "&amp;");
    between(section, &format!("aria-label=\"{title}\">"), "</article>").expect(&title).0
}

/// The exact values of cells; none where a cell says that there is no data.
fn cells(row: &str, cell: &str) -> Vec<Option<f64>> {
    let value = |text: &str| match between(text, "<data value=\"", "\"") {
        Some((value, _)) => Some(value.parse().unwrap()),
        None => {
            assert!(text.contains("no data"), "{text}");
            None
        }
    };
    row.split(cell).skip(1).map(value).collect()
}

/// The table of a widget.
pub(super) fn table(page: &str, dashboard: &str, title: &str) -> Table {
    let widget = widget(page, dashboard, title);
    let (head, body) = between(widget, "<thead>", "</tbody>").unwrap().0.split_once("</thead>").unwrap();
    let column = |text: &str| match between(text, "datetime=\"", "\"") {
        Some((day, _)) => day.to_owned(),
        None => text.split_once('<').unwrap().0.to_owned(),
    };
    let rows = body.split("<tr").skip(1).map(|row| {
        let (label, values) =
            between(row, "<th scope=\"row\">", "</tr>").unwrap().0.split_once("</th>").unwrap();
        (label.to_owned(), cells(values, "<td>"))
    });
    Table { columns: head.split("<th scope=\"col\">").skip(1).map(column).collect(), rows: rows.collect() }
}

/// The numbers of a widget.
fn numbers(page: &str, dashboard: &str, title: &str) -> Vec<Option<f64>> {
    cells(widget(page, dashboard, title), "<dd>")
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

/// The dashboards, and the dimension that each is about.
const DASHBOARDS: [(&str, Option<(&str, &str)>); 3] = [
    ("dora", None),
    ("dora-team-money", Some(("Team", "money"))),
    ("dora-team-storefront", Some(("Team", "storefront"))),
];
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

/// The gauges: the shares of what is within the best level, and the failure rate, of the last 30 days.
fn check_shares(page: &str, truth: &Truth, dashboard: &str, dimension: Option<(&str, &str)>, now: Timestamp) {
    let of =
        True::of(truth, dimension, Window { start: now - SignedDuration::from_hours(24 * 30), end: now });
    let share = |values: &[f64]| {
        let within = values.iter().filter(|value| **value <= 1.0).count();
        (!values.is_empty()).then(|| 100.0 * within as f64 / values.len() as f64)
    };
    for (title, expected) in [
        ("Lead times up to 1 day (elite), last 30 days", share(&of.lead_times)),
        ("Times to restore up to 1 hour (elite), last 30 days", share(&of.restores)),
    ] {
        assert_same(&numbers(page, dashboard, title), &[expected], title);
    }
    let title = "aria-label=\"Change failure rate, last 30 days\">";
    let section = between(page, &format!("<section id=\"{dashboard}\""), "</section>").unwrap().0;
    // The first is the number, the second the gauge.
    let gauge = section.split(title).nth(2).unwrap().split("</article>").next().unwrap();
    assert_same(&cells(gauge, "<dd>"), &[of.failure_rate], "the gauge of the failure rate");
}

/// Every figure of every dashboard, day by day, week by week, up to now, and of each repository by periods of 30 days.
pub(super) fn check(page: &str, truth: &Truth, now: Timestamp) {
    let mut days_without_rate = 0;
    for (dashboard, dimension) in DASHBOARDS {
        for title in TITLES {
            for (name, period) in [("by day", Period::Day), ("by week", Period::Week)] {
                let title_by = format!("{title}, {name}");
                let table = table(page, dashboard, &title_by);
                let mut windows = Vec::new();
                let mut time = now - SignedDuration::from_hours(24 * 90);
                while time < now {
                    windows.push(period.containing(time).unwrap());
                    time = windows[windows.len() - 1].end;
                }
                let expected: Vec<_> = windows.iter().map(|window| day(window.start)).collect();
                assert_eq!(table.rows.keys().collect::<Vec<_>>(), expected.iter().collect::<Vec<_>>());
                for (window, row) in windows.iter().zip(table.rows.values()) {
                    let of = True::of(truth, dimension, *window);
                    assert_same(row, &of.shown(title), &format!("{dashboard}, {title_by}, {window:?}"));
                    days_without_rate +=
                        usize::from(title == "Change failure rate" && row == &[None, Some(0.0)]);
                }
            }
            for (name, days) in [("last 24 hours", 1), ("last 7 days", 7), ("last 30 days", 30)] {
                let window = Window { start: now - SignedDuration::from_hours(24 * days), end: now };
                let title_now = format!("{title}, {name}");
                let shown = numbers(page, dashboard, &title_now);
                let of = True::of(truth, dimension, window);
                assert_same(&shown, &of.shown(title), &format!("{dashboard}, {title_now}"));
            }
        }
    }
    for (dashboard, dimension) in DASHBOARDS {
        check_weeks(&table(page, dashboard, WEEKS), truth, dimension);
        check_shares(page, truth, dashboard, dimension, now);
    }
    assert!(
        days_without_rate > 0,
        "no day without deployments: the sample does not show that it has no rate"
    );
    for repository in truth.figures.keys() {
        let table = table(page, "dora", repository);
        assert_eq!(table.columns.len(), 4, "{:?}", table.columns);
        for (index, column) in table.columns.iter().enumerate() {
            let start: Timestamp = format!("{column}T00:00:00Z").parse().unwrap();
            let window = Window { start, end: start + SignedDuration::from_hours(24 * 30) };
            let of = True::of(truth, Some(("Repository", repository)), window);
            let (lead, restore) = (lengths(&of.lead_times), lengths(&of.restores));
            for (label, expected) in [
                ("deployments", Some(of.deployments)),
                ("lead time, median days", lead[0]),
                ("lead time, p90 days", lead[2]),
                ("n of lead times", lead[4]),
                ("change failure rate, %", of.failure_rate),
                ("time to restore, median hours", restore[0]),
                ("n of restores", restore[4]),
                ("rework rate, %", of.rework_rate),
            ] {
                assert_same(
                    &[table.rows[label][index]],
                    &[expected],
                    &format!("{repository}, {label}, {column}"),
                );
            }
        }
    }
}
