//! Compares every figure that a page has with what is true of a sample.

use jiff::Timestamp;
use metrics_lib::{contract::Metric, window::Window};
use scenarios::sample::Truth;
use serde_json::Value;
use std::collections::BTreeMap;

/// Every figure of every unit and period.
pub(super) fn check(embedded: &Value, truth: &Truth) {
    let mut checked = 0;
    for (unit, figures) in array(&embedded["units"]).iter().zip(array(&embedded["figures"])) {
        let name = embedded["words"][unit["name"].as_u64().unwrap() as usize].as_str().unwrap().to_owned();
        let dimensions = match unit["kind"].as_str().unwrap() {
            "team" => BTreeMap::from([("Team".to_owned(), name.clone())]),
            "repository" => BTreeMap::from([("Repository".to_owned(), name.clone())]),
            _ => BTreeMap::new(),
        };
        for (periods, of_length) in array(&embedded["periods"]).iter().zip(array(figures)) {
            for (index, period) in array(periods).iter().enumerate() {
                let [start, end] = ["start", "end"]
                    .map(|name| Timestamp::from_second(period[name].as_i64().unwrap()).unwrap());
                let expected = expected(truth, &dimensions, Window { start, end });
                for (metric, expected) in expected.iter().enumerate() {
                    let cell = &of_length[metric][1][index];
                    let what = format!(
                        "{name}, {}, metric {metric}: {cell} instead of {expected:?}",
                        period["label"]
                    );
                    checked += assert_cell(cell, *expected, &what);
                }
            }
        }
    }
    assert!(checked > 500, "{checked}");
}

fn array(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

/// Whether it is a figure; one of nothing is none, or 0 deployments.
fn assert_cell(cell: &Value, (value, n, beside): (Option<f64>, f64, f64), what: &str) -> usize {
    let same = |shown: &Value, expected: f64| {
        (shown.as_f64().unwrap() - expected).abs() <= 1e-9 * expected.abs().max(1.0)
    };
    if *cell == 0 {
        assert_eq!(n, 0.0, "{what}");
        return 0;
    }
    match value {
        Some(value) => assert!(same(&cell[0], value), "{what}"),
        None => assert!(cell[0].is_null(), "{what}"),
    }
    assert!(same(&cell[1], n) && same(&cell[2], beside), "{what}");
    1
}

/// Value, n, and mean or part of each metric, by the words of docs/METRICS.md and not by the rules that are tested.
fn expected(
    truth: &Truth,
    dimensions: &BTreeMap<String, String>,
    window: Window,
) -> [(Option<f64>, f64, f64); 5] {
    let values = |metric: Metric| -> Vec<f64> {
        let points = truth.metrics.get(&(metric, dimensions.clone()));
        let inside = points.into_iter().flatten().filter(|(time, _)| window.contains(**time));
        inside.flat_map(|(_, values)| values).copied().collect()
    };
    let count = |metric: Metric| values(metric).len() as f64;
    let share = |part: f64, whole: f64| ((whole > 0.0).then(|| part / whole), whole, part);
    let lengths = |metric: Metric| {
        let mut values = values(metric);
        values.sort_by(f64::total_cmp);
        let n = values.len();
        if n == 0 {
            return (None, 0.0, 0.0);
        }
        let median = (values[(n - 1) / 2] + values[n / 2]) / 2.0;
        (Some(median), n as f64, values.iter().sum::<f64>() / n as f64)
    };
    let [deployments, rollbacks] = [count(Metric::Deployments), count(Metric::Rollbacks)];
    [
        (Some(deployments), deployments, 0.0),
        lengths(Metric::LeadTimeForChanges),
        share(count(Metric::FailedDeployments), deployments),
        lengths(Metric::TimeToRestore),
        share(count(Metric::ReworkDeployments) + rollbacks, deployments + rollbacks),
    ]
}
