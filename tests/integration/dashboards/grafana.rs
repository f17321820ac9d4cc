//! That Grafana's own schemas know the documents; and what Grafana's panels of one value show, by what its data source asks CloudWatch for, compared with CloudWatch's own widgets.

use super::{Documents, config, large_config, settings, transport};
use crate::outside;
use dashboard_page::{Stored, document::Metrics, evaluate::evaluate};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::process::Command;

/// The data points that `GetMetricData` has of a time range: they begin with it, and its start is rounded down: to a minute up to
/// 15 days ago, to five up to 63, to an hour beyond.
///
/// Source: API reference of `GetMetricData`, `StartTime`.
fn data_points(start: Timestamp, end: Timestamp, seconds: i64) -> Vec<Timestamp> {
    let grain = match end.duration_since(start).as_hours() / 24 {
        0..15 => 60,
        15..63 => 300,
        _ => 3600,
    };
    let first = start.as_second().div_euclid(grain) * grain;
    let starts = (0..).map(|index| Timestamp::from_second(first + index * seconds).unwrap());
    starts.take_while(|start| *start < end).collect()
}

#[test]
fn data_points_of_thirty_days() {
    const DAY: i64 = 86400;
    let end: Timestamp = "2026-06-15T12:03:20Z".parse().unwrap();
    let points =
        |days: i64, seconds: i64| data_points(end - SignedDuration::from_hours(24 * days), end, seconds);
    let five_past = |day: &str| format!("2026-{day}T12:00:00Z").parse().unwrap();
    // A second one of the last three minutes, which Grafana would show.
    assert_eq!(points(30, 30 * DAY), [five_past("05-16"), five_past("06-15")]);
    assert_eq!(points(30, 31 * DAY), [five_past("05-16")]);
    assert_eq!(points(90, 30 * DAY).len(), 4);
}

/// Grafana's own schemas know every field of the documents, and nothing is missing.
#[test]
fn grafana_decodes_the_documents() {
    let program = outside::or_skip("grafana_decodes_the_documents", outside::go("grafana"));
    let Some(program) = program else { return };
    let problems = |documents: &Documents| {
        let output = outside::feed(&mut Command::new(&program), &json!(documents));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let large = large_config(501, 20);
    for config in [config(), large] {
        let documents = program::dashboard::grafana(&settings(&config), &transport()).unwrap();
        assert_eq!(problems(&documents), "");
        // What is misspelt, missing or of another type is seen, also in panels and queries.
        for (pointer, wrong, expected) in [
            ("/title", json!(1), "cannot unmarshal number"),
            ("/colour", json!("red"), "unexpected field 'colour'"),
            ("/templating/list/1/type", json!(1), "templating.list[1].type"),
            ("/panels/2/options/graphMode", json!(null), "panels[2].options.graphMode"),
            ("/panels/2/targets/0/stat", json!("Sum"), "unexpected field 'stat'"),
            ("/panels/2/targets/0/period", json!(60), "panels[2].targets[0]"),
        ] {
            let mut document = documents["dora-repository"].clone();
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            document.pointer_mut(parent).unwrap()[key] = wrong;
            let problems = problems(&[("dora".to_owned(), document)].into());
            assert!(problems.contains(expected), "{pointer}: {problems:?}");
        }
    }
}

/// A target of the data source as a row of CloudWatch's.
fn row(target: &Value, variable: &Value) -> Value {
    let mut rendering =
        json!({"id": target["id"], "visible": target["hide"] == false, "label": target["label"]});
    if target["expression"].is_string() {
        rendering["expression"] = target["expression"].clone();
        return json!([rendering]);
    }
    rendering["stat"] = target["statistic"].clone();
    let mut row = vec![target["namespace"].clone(), target["metricName"].clone()];
    for (name, values) in target["dimensions"].as_object().unwrap() {
        let chosen = values[0].as_str().is_some_and(|value| value.starts_with('$'));
        row.extend([
            name.as_str().into(),
            if chosen { variable["current"]["value"].clone() } else { values[0].clone() },
        ]);
    }
    row.push(rendering);
    row.into()
}

/// Compares each panel that shows one value with the widget of CloudWatch that shows it; how many there are is the answer. Lists
/// are compared with nothing: CloudWatch has no table of one value.
pub(super) fn compare(grafana: &Value, cloudwatch: &Value, stored: &Stored, now: Timestamp) -> usize {
    let variable = &grafana["templating"]["list"][1];
    // Grafana has no widgets that a function answers for.
    let widgets =
        cloudwatch["widgets"].as_array().unwrap().iter().filter(|widget| widget["type"] != "custom");
    let pairs = grafana["panels"].as_array().unwrap().iter().zip(widgets);
    let of_one_value = pairs.filter(|(panel, _)| panel["timeFrom"].is_string());
    let mut compared = 0;
    for (panel, widget) in of_one_value {
        let title = panel["title"].as_str().unwrap();
        let days: i64 = panel["timeFrom"].as_str().unwrap().strip_suffix('d').unwrap().parse().unwrap();
        let targets = panel["targets"].as_array().unwrap();
        let start = now - SignedDuration::from_hours(24 * days);
        // Whatever the minute, there is one data point only, and it has all of the time up to now.
        for minute in 0..60 {
            let later = SignedDuration::from_mins(minute);
            for target in targets {
                let seconds: i64 = target["period"].as_str().unwrap().parse().unwrap();
                let points = data_points(start + later, now + later, seconds);
                assert_eq!(points.len(), 1, "{title}");
                assert!(points[0] + SignedDuration::from_secs(seconds) > now + later, "{title}");
            }
        }
        if panel["type"] == "table" {
            continue;
        }
        assert_eq!(panel["options"]["reduceOptions"]["calcs"], json!(["lastNotNull"]));
        let rows: Vec<_> = targets.iter().map(|target| row(target, variable)).collect();
        let asked = json!({
            "title": title, "region": targets[0]["region"], "period": 60, "view": "singleValue",
            "start": format!("-P{days}D"), "setPeriodToTimeRange": true, "metrics": rows,
        });
        let shown = |properties: &Value| {
            let metrics: Metrics = serde_json::from_value(properties.clone()).unwrap();
            evaluate(&metrics, "-P90D", stored, now).unwrap()
        };
        assert_eq!(shown(&asked), shown(&widget["properties"]), "{title}");
        compared += 1;
    }
    compared
}
