use super::*;
use serde_json::json;

/// Values of metrics `a`, `b`, … in successive days; `-` is a day without any.
fn check(metrics: &[&str], expression: &str, expected: &str) {
    assert_eq!(evaluated(metrics, expression).unwrap(), numbers(expected), "{expression} of {metrics:?}");
}

fn refused(metrics: &[&str], expression: &str, expected: &str) {
    let error = evaluated(metrics, expression).unwrap_err();
    assert_eq!(error.to_string(), expected, "{expression}");
}

fn numbers(text: &str) -> Series {
    text.split_whitespace().map(|value| value.parse().ok()).collect()
}

fn evaluated(metrics: &[&str], expression: &str) -> Result<Series, EvaluationError> {
    let known: BTreeMap<&str, Series> =
        zip(["a", "b", "c"], metrics).map(|(id, values)| (id, numbers(values))).collect();
    let days = known.values().map(Vec::len).max().unwrap_or_default() as i64;
    let range = Window { start: Timestamp::UNIX_EPOCH, end: Timestamp::from_second(86400 * days).unwrap() };
    match (Scope { known: &known, periods: &periods(86400, range) }).value(&Expression::parse(expression)?)? {
        Value::Series(series) => Ok(series),
        _ => Err(EvaluationError::Result(expression.to_owned())),
    }
}

#[test]
fn a_missing_value_counts_as_zero_beside_another_one() {
    check(&["1 - 3 -", "10 20 - -"], "a + b", "11 20 3 -");
    check(&["1 - 3 -", "10 20 - -"], "a - b", "-9 -20 3 -");
    check(&["1 - 3 -", "10 20 - -"], "a * b", "10 0 0 -");
    check(&["1 - 3 -"], "2 * a", "2 - 6 -");
    check(&["1 - 3 -"], "a + 1", "2 - 4 -");
    check(&["1 - 3 -"], "-a", "-1 - -3 -");
}

#[test]
fn a_division_by_zero_has_no_value() {
    check(&["1 0 1 - -", "4 4 0 4 -"], "a / b", "0.25 0 - 0 -");
    check(&["1 1", "- 2"], "100 * (a / b)", "- 50");
    check(&["1 0 -"], "1 / a", "1 - -");
    check(&["1 2"], "a / 0", "- -");
    refused(&["1"], "a * (1 / 0)", "a division by 0 is not known here, or not with such arguments");
}

#[test]
fn comparisons_and_logic() {
    // The examples of AWS's page.
    let metrics = ["30 20 0 0", "20 - 20 -"];
    check(&metrics, "a < b", "0 0 1 0");
    check(&metrics, "a >= 30", "1 0 0 0");
    check(&metrics, "a > 15 AND b > 15", "1 0 0 0");
    check(&metrics, "a == 0 OR b == 20", "1 0 1 1");
    check(&metrics, "a != 0", "1 1 0 0");
    check(&metrics, "a <= 20", "0 1 1 1");
}

#[test]
fn conditions() {
    // The examples of AWS's page.
    let metrics = ["1 1 0 0 -", "30 - 0 0 30", "0 0 20 - 20"];
    check(&metrics, "IF(a, b, c)", "30 0 20 - -");
    check(&metrics, "IF(a, 5, c)", "5 5 20 - -");
    check(&metrics, "IF(a, b, 5)", "30 0 5 5 -");
    check(&metrics, "IF(a, b)", "30 0 - - -");
    check(&["500 300 -"], "IF(a < 400, a)", "- 300 -");
    check(&["500 300 -"], "IF(a < 400, 10, 2)", "2 10 -");
    check(&["1 - 3"], "IF(1 > 0, a)", "1 0 3");
}

#[test]
fn times() {
    check(&["5 - 7"], "EPOCH(a)", "0 - 172800");
    check(&["5 - 7"], "EPOCH(a) + 0 * a", "0 - 172800");
    // All but the last, and nothing where there was nothing.
    check(&["5 - 7 8"], "IF(EPOCH(a) < MAX(EPOCH(a)), a)", "5 - 7 -");
    check(&["5 - 7 -"], "IF(EPOCH(a) < MAX(EPOCH(FILL(a, 0))), a)", "5 - 7 -");
    refused(&["1"], "EPOCH(1)", "EPOCH is not known here, or not with such arguments");
}

#[test]
fn filling() {
    check(&["- 1 - -"], "FILL(a, 0)", "0 1 0 0");
    check(&["- 1 - -"], "FILL(a, REPEAT)", "- 1 1 1");
    check(&["- - -"], "FILL(a, 0)", "0 0 0");
    check(&["- 4", "2 2"], "FILL(a, 0) / b", "0 2");
    refused(&["1"], "FILL(a, LINEAR)", "LINEAR is not known here, or not with such arguments");
}

#[test]
fn aggregates() {
    let metrics = ["1 - 3 -", "5 6 - -"];
    check(&metrics, "SUM([a, b])", "6 6 3 -");
    check(&metrics, "AVG([a, b])", "3 3 1.5 -");
    check(&metrics, "MIN([a, b])", "1 0 0 -");
    check(&metrics, "MAX([a, b])", "5 6 3 -");
    // Of one series they are a number.
    check(&metrics, "a - AVG(a)", "-1 - 1 -");
    check(&metrics, "a * SUM(b)", "11 - 33 -");
    check(&metrics, "a / MAX(a) - MIN(b)", "-4.666666666666667 - -4 -");
    refused(&metrics, "SUM(a)", "the result of SUM(a) is no time series");
    refused(&metrics, "[a, b]", "the result of [a, b] is no time series");
}

#[test]
fn differences() {
    check(&["1 4 - 2 -"], "DIFF(a)", "- 3 - -2 -");
}

#[test]
fn what_is_not_known_is_refused() {
    refused(&["1"], "d", "nothing before it has the id d");
    refused(&["1"], "SEARCH(a, a)", "SEARCH is not known here, or not with such arguments");
    refused(&["1"], "RATE(a)", "RATE is not known here, or not with such arguments");
    refused(&["1"], "SUM(1)", "SUM is not known here, or not with such arguments");
}

/// A metric with a value at each of these instants, out of order.
fn stored(values: &[(&str, f64)]) -> Stored {
    let mut stored = Stored::default();
    for (time, value) in values {
        let metric = metric_name(&["DORA", "Deployments"].map(str::to_owned));
        stored.add(metric, time.parse().unwrap(), [*value]);
    }
    stored
}

fn widget(period: u32, stat: &str, more: serde_json::Value) -> Metrics {
    let mut widget = json!({
        "title": "title",
        "region": "eu-west-1",
        "period": period,
        "view": "timeSeries",
        "metrics": [["DORA", "Deployments", {"id": "m1", "stat": stat}]],
    });
    for (key, value) in more.as_object().unwrap() {
        widget[key] = value.clone();
    }
    serde_json::from_value(widget).unwrap()
}

#[test]
fn periods_of_a_day_a_week_and_30_days_of_data_out_of_order() {
    let values = [
        ("2026-06-20T00:00:00Z", 5.0),
        ("2026-05-15T00:00:00Z", 7.0),
        ("2026-06-15T00:00:00Z", 1.0),
        ("2026-06-17T23:59:59.999Z", 4.0),
        ("2026-06-14T23:59:59.999Z", 2.0),
        ("2026-06-15T12:00:00Z", 3.0),
    ];
    let stored = stored(&values);
    let check = |days: u32, stat: &str, reach: &str, expected: &str| {
        let widget = widget(days * 86400, stat, json!({}));
        let now = "2026-06-18T12:00:00Z".parse().unwrap();
        let evaluated = evaluate(&widget, reach, &stored, now).unwrap();
        assert_eq!(evaluated.lines[0].values, numbers(expected), "{days} {stat} {reach}");
    };
    check(1, "Sum", "-P4D", "2 4 - 4 -");
    check(1, "SampleCount", "-P4D", "1 2 - 1 -");
    check(1, "Average", "-P4D", "2 2 - 4 -");
    check(1, "PR(:2)", "-P4D", "100 50 - 0 -");
    // The weeks of June 8 and 15; the second one ends after the present.
    check(7, "Sum", "-P7D", "2 13");
    check(7, "p50", "-P7D", "2 3.5");
    // The periods of May 7 and June 6.
    check(30, "Sum", "-P30D", "7 15");
    check(30, "Maximum", "-P30D", "7 5");
}

#[test]
fn one_value_of_the_time_up_to_now() {
    let stored = stored(&[
        ("2026-06-11T11:59:59Z", 1.0),
        ("2026-06-11T12:00:00Z", 2.0),
        ("2026-06-18T11:59:59Z", 4.0),
        ("2026-06-18T12:00:00Z", 8.0),
    ]);
    let widget = widget(
        7 * 86400,
        "Sum",
        json!({"start": "-P7D", "setPeriodToTimeRange": true, "view": "singleValue"}),
    );
    let now = "2026-06-18T12:00:00Z".parse().unwrap();
    assert_eq!(evaluate(&widget, "-P90D", &stored, now).unwrap().lines[0].values, [Some(6.0)]);
}

#[test]
fn what_is_not_known_here_is_refused_by_name() {
    fn check(view: &str, more: &str, metrics: serde_json::Value, expected: &str) {
        let mut widget = json!({"title": "Rate", "region": "eu-west-1", "period": 86400, "view": view, "metrics": metrics});
        widget[more] = true.into();
        let widget: Result<Metrics, _> = serde_json::from_value(widget);
        let error = match widget {
            Ok(widget) => {
                evaluate(&widget, "-P90D", &Stored::default(), Timestamp::UNIX_EPOCH).unwrap_err().to_string()
            }
            Err(error) => error.to_string(),
        };
        assert!(error.contains(expected), "{error}");
    }
    let metric = |stat: &str| json!([["DORA", "Deployments", {"id": "m1", "stat": stat}]]);
    check("pie", "stacked", metric("Sum"), "unknown variant `pie`");
    check("table", "stacked", metric("tm90"), "tm90");
    check("table", "liveData", metric("Sum"), "unknown field `liveData`");
    check("table", "stacked", json!([["DORA"]]), "DORA");
}
