//! The alarms, as a report, and within CloudWatch's limits.

use super::{document, document::Resources, ops, with};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fmt::Write};

fn alarms(config: &Value) -> Vec<Value> {
    let resources = Resources::of(&document(config));
    resources.of_type("aws:cloudwatch/metricAlarm:MetricAlarm").map(|(_, alarm)| alarm.clone()).collect()
}

fn with_repository_alarms() -> Value {
    let alarms = json!([
        {"repository": "acme/shop", "failureRateAbove": 15, "leadTimeP90Above": "7d"},
        {"repository": "acme/web", "leadTimeP90Above": "36h"},
    ]);
    with(ops(), &json!({"repositoryAlarms": alarms, "alarmSilenceDays": "3"}))
}

#[test]
fn every_alarm() {
    let mut report = String::new();
    for alarm in alarms(&with_repository_alarms()) {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let watched = alarm["metricQueries"].as_array().unwrap().iter();
        let watched: Vec<String> = watched
            .map(|query| match query["expression"].as_str() {
                Some(expression) => format!("{expression} where"),
                None => {
                    let metric = &query["metric"];
                    let dimensions: Vec<_> =
                        metric["dimensions"].as_object().unwrap().values().map(text).collect();
                    let (stat, period) = (text(&metric["stat"]), &metric["period"]);
                    let name = format!("{} {}", text(&metric["namespace"]), text(&metric["metricName"]));
                    format!(
                        "{}: {stat} of {name} [{}] in {period} s",
                        text(&query["id"]),
                        dimensions.join(",")
                    )
                }
            })
            .collect();
        let (name, threshold) = (text(&alarm["name"]), &alarm["threshold"]);
        let comparison = text(&alarm["comparisonOperator"]);
        let (periods, missing) = (&alarm["evaluationPeriods"], text(&alarm["treatMissingData"]));
        writeln!(report, "{name}: {}", text(&alarm["alarmDescription"])).unwrap();
        writeln!(report, "    {comparison} {threshold}, {periods} times, missing {missing}").unwrap();
        writeln!(report, "    {}", watched.join(" ")).unwrap();
    }
    insta::assert_snapshot!(report);
}

/// CloudWatch's rules: at most seven days in all, and one day where a period is shorter than an hour; whoever is told is
/// told of the end too; a name once.
#[test]
fn within_limits() {
    let alarms = alarms(&with_repository_alarms());
    let mut names = BTreeSet::new();
    for alarm in &alarms {
        let queries = alarm["metricQueries"].as_array().unwrap();
        assert_eq!(queries.iter().filter(|query| query["returnData"] == true).count(), 1);
        for period in queries.iter().filter_map(|query| query["metric"]["period"].as_u64()) {
            let evaluated = period * alarm["evaluationPeriods"].as_u64().unwrap();
            assert!(evaluated <= if period < 3600 { 86_400 } else { 7 * 86_400 }, "{alarm}");
        }
        assert_eq!(alarm["alarmActions"], json!(["${alarms.arn}"]));
        assert_eq!(alarm["okActions"], alarm["alarmActions"]);
        // Where the lack of data is told, and nowhere else: an alarm without a topic for it would be silent.
        let told = if alarm["treatMissingData"] == "missing" { &alarm["alarmActions"] } else { &Value::Null };
        assert_eq!(&alarm["insufficientDataActions"], told);
        assert!(alarm["name"].as_str().unwrap().len() <= 255);
        assert!(names.insert(alarm["name"].as_str()), "{alarm}");
    }
}

/// Whoever gets an alarm finds what it means and what to do.
#[test]
fn every_kind_is_documented() {
    let page = include_str!("../../../docs/OPERATIONS.md");
    for alarm in alarms(&with_repository_alarms()) {
        let description = alarm["alarmDescription"].as_str().unwrap();
        let kind = description.rsplit(", ").next().unwrap().trim_end_matches('.');
        assert!(page.lines().any(|line| line == format!("### {kind}")), "docs/OPERATIONS.md lacks {kind}");
    }
}
