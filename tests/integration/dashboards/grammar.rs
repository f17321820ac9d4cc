//! The grammar of `CloudWatch`'s dashboards, as published in "Dashboard Body Structure and Syntax" and "Metric math", and
//! what the console takes beyond it (CDK writes it): an answer that does not come from the code that makes documents.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What `CloudWatch` would refuse in a dashboard, or what would show the wrong thing.
pub(crate) fn problems(name: &str, document: &Value) -> Vec<String> {
    let mut checker = Checker { place: "document".to_owned(), problems: Vec::new(), metrics: 0 };
    let characters = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    checker.expect(characters && (1..=255).contains(&name.len()), "its name is not allowed");
    checker.document(document);
    checker.problems
}

struct Checker {
    /// What is being looked at.
    place: String,
    problems: Vec<String>,
    metrics: usize,
}

fn number(value: &Value, range: std::ops::RangeInclusive<u64>) -> bool {
    value.as_u64().is_some_and(|number| range.contains(&number))
}

/// `-P90D`, `-PT3H`: days back at least, if it is a relative time.
fn days_back(value: &Value) -> Option<u64> {
    let text = value.as_str()?.strip_prefix("-P")?;
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let days = match unit {
        "D" => 1,
        "W" => 7,
        "M" => 30,
        _ => return None,
    };
    Some(number.parse::<u64>().ok()? * days)
}

fn is_region(value: &Value) -> bool {
    value.as_str().is_some_and(|region| region.split('-').count() >= 3 && region.is_ascii())
}

fn is_statistic(value: &Value) -> bool {
    let Some(text) = value.as_str() else { return false };
    let percentile = |rest: &str| rest.parse::<f64>().is_ok_and(|number| (0.0..=100.0).contains(&number));
    let bounds = |rest: &str| {
        let bound = |text: &str| text.is_empty() || text.parse::<f64>().is_ok();
        let bounds = rest.strip_suffix(')').and_then(|rest| rest.split_once(':'));
        bounds.is_some_and(|(from, to)| bound(from) && bound(to) && !(from.is_empty() && to.is_empty()))
    };
    ["SampleCount", "Sum", "Average", "Minimum", "Maximum", "IQM"].contains(&text)
        || text.strip_prefix('p').is_some_and(percentile)
        || text.strip_prefix("PR(").is_some_and(bounds)
}

fn is_color(value: &Value) -> bool {
    let hex = value.as_str().and_then(|text| text.strip_prefix('#'));
    hex.is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

impl Checker {
    fn expect(&mut self, holds: bool, problem: &str) {
        if !holds {
            self.problems.push(format!("{}: {problem}", self.place));
        }
    }

    /// An object, without keys that mean nothing.
    fn object<'a>(&mut self, value: &'a Value, keys: &[&str]) -> Option<&'a Map<String, Value>> {
        let object = value.as_object();
        self.expect(object.is_some(), "an object is expected");
        for key in object?.keys().filter(|key| !keys.contains(&key.as_str())) {
            self.expect(false, &format!("{key} means nothing here"));
        }
        object
    }

    fn document(&mut self, document: &Value) {
        let keys = ["start", "end", "periodOverride", "variables", "widgets"];
        if self.object(document, &keys).is_none() {
            return;
        }
        let reach = days_back(&document["start"]);
        self.expect(reach.is_some(), "start is no relative time");
        self.expect(document["periodOverride"] == "inherit", "the console would choose the periods");
        for variable in document["variables"].as_array().into_iter().flatten() {
            self.variable(variable, &document["widgets"]);
        }
        let widgets = document["widgets"].as_array().cloned().unwrap_or_default();
        self.expect((1..=500).contains(&widgets.len()), "it has none or more than 500 widgets");
        for (index, widget) in widgets.iter().enumerate() {
            self.place = format!("widget {index}");
            self.widget(widget, reach.unwrap_or_default());
        }
        self.place = "document".to_owned();
        let metrics = self.metrics;
        self.expect(metrics <= 2500, "it has more than 2,500 metrics");
        let end = |widget: &Value, from: &str, length: &str| {
            (
                widget[from].as_u64().unwrap_or(0),
                widget[from].as_u64().unwrap_or(0) + widget[length].as_u64().unwrap_or(0),
            )
        };
        let meet = |a: (u64, u64), b: (u64, u64)| a.0 < b.1 && b.0 < a.1;
        for (index, one) in widgets.iter().enumerate() {
            for other in &widgets[index + 1..] {
                let overlap = meet(end(one, "x", "width"), end(other, "x", "width"))
                    && meet(end(one, "y", "height"), end(other, "y", "height"));
                self.expect(!overlap, "widgets overlap");
            }
        }
    }

    /// A variable that changes a dimension of the metrics.
    fn variable(&mut self, variable: &Value, widgets: &Value) {
        self.place = "variable".to_owned();
        let keys =
            ["type", "property", "inputType", "id", "label", "defaultValue", "visible", "values", "search"];
        self.object(variable, &keys);
        self.expect(variable["type"] == "property", "it is of another type");
        self.expect(variable["id"].as_str().is_some_and(|id| !id.is_empty()), "it has no id");
        self.expect(variable["visible"].is_boolean(), "whether it is visible is not said");
        let (default, values) = (&variable["defaultValue"], variable["values"].as_array());
        match variable["inputType"].as_str() {
            Some("select" | "radio") => {
                let named = |value: &Value| value["value"].is_string() && value["label"].is_string();
                let all = values.is_some_and(|values| !values.is_empty() && values.iter().all(named));
                self.expect(all, "a choice needs values with labels");
                let known =
                    values.is_some_and(|values| values.iter().any(|value| value["value"] == *default));
                self.expect(known, "what is shown at first can't be chosen");
            }
            Some("input") => self.expect(values.is_none(), "what is typed in is not chosen"),
            _ => self.expect(false, "its input is none"),
        }
        // Every metric changes with it, so that nothing of another one is beside what is chosen.
        let widgets = widgets.as_array().into_iter().flatten();
        let rows =
            widgets.flat_map(|widget| widget["properties"]["metrics"].as_array().into_iter().flatten());
        for row in rows.filter(|row| row[0].is_string()) {
            let changes = row[2] == variable["property"] && row[3] == *default;
            self.expect(changes, "a metric does not change with it");
        }
        self.place = "document".to_owned();
    }

    fn widget(&mut self, widget: &Value, reach: u64) {
        self.object(widget, &["type", "x", "y", "width", "height", "properties"]);
        self.expect(number(&widget["x"], 0..=23), "x is not 0 to 23");
        self.expect(number(&widget["y"], 0..=u64::MAX), "y is no number");
        self.expect(number(&widget["width"], 1..=24), "width is not 1 to 24");
        self.expect(number(&widget["height"], 1..=1000), "height is not 1 to 1,000");
        let right = widget["x"].as_u64().unwrap_or(0) + widget["width"].as_u64().unwrap_or(0);
        self.expect(right <= 24, "it reaches beyond the grid");
        let properties = &widget["properties"];
        match widget["type"].as_str() {
            Some("text") => {
                self.object(properties, &["markdown", "background"]);
                let text = properties["markdown"].as_str();
                self.expect(text.is_some_and(|text| !text.is_empty()), "markdown is no text");
            }
            Some("metric") => self.metric_widget(properties, reach),
            Some("custom") => self.custom_widget(properties),
            _ => self.expect(false, "its type is neither text nor metric nor custom"),
        }
    }

    /// A widget that a function answers for.
    fn custom_widget(&mut self, properties: &Value) {
        self.object(properties, &["title", "endpoint", "params", "updateOn"]);
        let endpoint = properties["endpoint"].as_str().unwrap_or_default();
        let is_function =
            endpoint.starts_with("arn:") && endpoint.contains(":lambda:") && endpoint.contains(":function:");
        self.expect(is_function, "endpoint is no function's ARN");
        self.expect(properties["params"].is_object(), "params are no object");
        self.object(&properties["updateOn"], &["refresh", "resize", "timeRange"]);
        let all = ["refresh", "resize", "timeRange"].map(|name| properties["updateOn"][name].is_boolean());
        self.expect(all == [true; 3], "updateOn does not say when");
    }

    fn metric_widget(&mut self, properties: &Value, reach: u64) {
        let published = [
            "accountId",
            "annotations",
            "legend",
            "liveData",
            "metrics",
            "period",
            "region",
            "sparkline",
            "stacked",
            "stat",
            "timezone",
            "title",
            "view",
            "yAxis",
        ];
        let taken = ["start", "end", "setPeriodToTimeRange", "singleValueFullPrecision", "table"];
        let Some(object) = self.object(properties, &[&published[..], &taken[..]].concat()) else { return };
        self.expect(is_region(&properties["region"]), "region is missing or none");
        let view = properties["view"].as_str().unwrap_or_default();
        let views = ["timeSeries", "singleValue", "gauge", "bar", "pie", "table"];
        self.expect(views.contains(&view), "view is none");
        let period = properties["period"].as_u64().unwrap_or_default();
        self.expect(period >= 60 && period.is_multiple_of(60), "period is no multiple of 60");
        let reach = match object.get("start") {
            Some(start) => {
                self.expect(days_back(start).is_some(), "start is no relative time");
                days_back(start).unwrap_or_default()
            }
            None => reach,
        };
        let resolution = if reach > 63 {
            3600
        } else if reach > 15 {
            300
        } else {
            60
        };
        self.expect(period.is_multiple_of(resolution), "data so old have no such period");
        self.expect(
            !object.contains_key("sparkline") || view == "singleValue",
            "only singleValue has a sparkline",
        );
        // CDK refuses them together: one value of the whole time has no course.
        let both = object.contains_key("sparkline") && object.contains_key("setPeriodToTimeRange");
        self.expect(!both, "a sparkline has periods");
        self.expect(!object.contains_key("table") || view == "table", "only table has a table");
        if object.contains_key("setPeriodToTimeRange") {
            let one = ["singleValue", "gauge", "bar", "pie"].contains(&view);
            self.expect(one, "only views of one value have the time range as period");
        }
        let left = &properties["yAxis"]["left"];
        if view == "gauge" {
            let ends = left["min"].as_f64().zip(left["max"].as_f64());
            self.expect(ends.is_some_and(|(min, max)| min < max), "a gauge needs the range of the left axis");
        }
        if let Some(axes) = object.get("yAxis") {
            self.object(axes, &["left", "right"]);
            for axis in axes.as_object().into_iter().flat_map(Map::values) {
                self.object(axis, &["label", "min", "max", "showUnits"]);
            }
        }
        if let Some(annotations) = object.get("annotations") {
            self.annotations(annotations);
        }
        let rows = properties["metrics"].as_array().cloned().unwrap_or_default();
        self.expect((1..=500).contains(&rows.len()), "it has none or more than 500 metrics");
        self.metrics += rows.len();
        let mut ids = BTreeSet::new();
        for row in &rows {
            self.row(row, &mut ids);
        }
        for row in &rows {
            self.expression(row, &ids);
        }
        let shown = |row: &&Value| {
            row.as_array().and_then(|row| row.last()).is_some_and(|last| last["visible"] != false)
        };
        self.expect(rows.iter().any(|row| shown(&row)), "nothing is visible");
        let insights = rows.iter().filter(|row| row.to_string().contains("SELECT "));
        self.expect(insights.count() <= 1, "a widget has one Metrics Insights query at most");
    }

    fn annotations(&mut self, annotations: &Value) {
        let Some(object) = self.object(annotations, &["alarms", "horizontal", "vertical"]) else { return };
        let lines = object.contains_key("horizontal") || object.contains_key("vertical");
        self.expect(
            !(lines && object.contains_key("alarms")),
            "an alarm and lines can't be annotated together",
        );
        for line in annotations["horizontal"].as_array().into_iter().flatten() {
            let ends = line.as_array().map_or(std::slice::from_ref(line), Vec::as_slice);
            let band = line.is_array();
            self.expect(!band || ends.len() == 2, "a band has two ends");
            for end in ends {
                self.object(end, &["value", "label", "color", "fill", "visible", "yAxis"]);
                self.expect(end["value"].is_number(), "an annotation has no value");
                self.expect(end["color"].is_null() || is_color(&end["color"]), "a colour is none");
                let fill = &end["fill"];
                self.expect(fill.is_null() || !band && (fill == "above" || fill == "below"), "fill is none");
            }
            if band {
                let ascends = ends[0]["value"].as_f64() < ends[ends.len() - 1]["value"].as_f64();
                self.expect(ascends, "a band has no extent");
            }
        }
    }

    fn row(&mut self, row: &Value, ids: &mut BTreeSet<String>) {
        let row = row.as_array().cloned().unwrap_or_default();
        let (Some(rendering), names) = (row.last(), &row[..row.len().saturating_sub(1)]) else {
            return self.expect(false, "a metric is no list");
        };
        let keys = [
            "accountId",
            "color",
            "expression",
            "id",
            "label",
            "period",
            "region",
            "stat",
            "visible",
            "yAxis",
        ];
        self.object(rendering, &keys);
        let id = rendering["id"].as_str().unwrap_or_default();
        let characters = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        self.expect(characters && id.starts_with(|first: char| first.is_ascii_lowercase()), "an id is none");
        self.expect(ids.insert(id.to_owned()), "two have the same id");
        let axis = &rendering["yAxis"];
        self.expect(axis.is_null() || axis == "left" || axis == "right", "an axis is neither left nor right");
        self.expect(rendering["color"].is_null() || is_color(&rendering["color"]), "a colour is none");
        let label = rendering["label"].as_str().is_some_and(|label| !label.is_empty());
        self.expect(label || rendering["visible"] == false, "what is visible has no label");
        if rendering["expression"].is_string() {
            self.expect(names.is_empty() && rendering["stat"].is_null(), "it is a metric and an expression");
            return;
        }
        self.expect(
            names.len() >= 2 && names.len().is_multiple_of(2),
            "a metric has a namespace, a name and pairs",
        );
        self.expect(names.len() <= 2 + 2 * 30, "a metric has more than 30 dimensions");
        self.expect(is_statistic(&rendering["stat"]), "a statistic is none");
        for (index, name) in names.iter().enumerate() {
            let name = name.as_str().unwrap_or_default();
            let longest = if index >= 2 && index % 2 == 1 { 1024 } else { 255 };
            self.expect(
                (1..=longest).contains(&name.len()) && name.is_ascii(),
                "a name is empty, too long or not ASCII",
            );
        }
    }

    /// Balanced, of known functions, of ids of this widget, and neither a search nor a query.
    fn expression(&mut self, row: &Value, ids: &BTreeSet<String>) {
        let Some(text) = row.get(0).and_then(|rendering| rendering["expression"].as_str()) else { return };
        self.expect(text.chars().count() <= 2048, "an expression has more than 2,048 characters");
        let mut depth = 0_i32;
        for character in text.chars() {
            depth += i32::from(character == '(') - i32::from(character == ')');
            self.expect(depth >= 0, "an expression is not balanced");
        }
        self.expect(depth == 0, "an expression is not balanced");
        let words = text.split(|character: char| !(character.is_ascii_alphanumeric() || character == '_'));
        for word in words.filter(|word| word.starts_with(|first: char| first.is_ascii_alphabetic())) {
            match word {
                "SEARCH" | "SELECT" => self.expect(false, "it sees the last two weeks only"),
                "ABS" | "AVG" | "DIFF" | "EPOCH" | "FILL" | "IF" | "MAX" | "MIN" | "SUM" | "AND" | "OR"
                | "REPEAT" => {}
                id => self.expect(ids.contains(id), &format!("{id} is neither an id nor a function")),
            }
        }
    }
}

fn good() -> Value {
    json!({
        "start": "-P90D",
        "periodOverride": "inherit",
        "widgets": [
            {"type": "text", "x": 0, "y": 0, "width": 24, "height": 1, "properties": {"markdown": "# Title"}},
            {
                "type": "metric", "x": 0, "y": 1, "width": 12, "height": 6,
                "properties": {
                    "title": "Rate",
                    "region": "eu-west-1",
                    "view": "timeSeries",
                    "period": 86400,
                    "yAxis": {"left": {"min": 0, "max": 100}},
                    "annotations": {"horizontal": [
                        [{"value": 0, "label": "elite", "color": "#009e73"}, {"value": 5}],
                        {"value": 5, "label": "low", "fill": "above"},
                    ]},
                    "metrics": [
                        ["DORA", "FailedDeployments", "Repository", "acme/shop", {"id": "m1", "stat": "Sum", "visible": false}],
                        ["DORA", "Deployments", {"id": "m2", "stat": "p99.9", "label": "n", "yAxis": "right"}],
                        [{"id": "e1", "expression": "100 * FILL(m1, 0) / m2", "label": "rate"}],
                    ],
                },
            },
        ],
    })
}

#[test]
fn a_good_document() {
    assert_eq!(problems("dora-team_1", &good()), Vec::<String>::new());
}

#[test]
fn bad_documents_are_refused() {
    fn check(pointer: &str, value: Value, expected: &str) {
        let mut document = good();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = document.pointer_mut(parent).unwrap();
        match parent {
            Value::Object(object) => drop(object.insert(key.to_owned(), value)),
            Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
            _ => panic!("{pointer}"),
        }
        let problems = problems("dora", &document);
        assert!(problems.iter().any(|problem| problem.ends_with(expected)), "{pointer}: {problems:?}");
    }
    check("/start", json!("90 days"), "start is no relative time");
    check("/periodOverride", json!("auto"), "the console would choose the periods");
    check("/colour", json!("blue"), "colour means nothing here");
    check("/widgets", json!([]), "it has none or more than 500 widgets");
    let text = |y: usize| json!({"type": "text", "x": 0, "y": y, "width": 1, "height": 1, "properties": {"markdown": "x"}});
    check("/widgets", (0..501).map(text).collect(), "it has none or more than 500 widgets");
    check("/widgets/0/type", json!("number"), "its type is neither text nor metric");
    check("/widgets/0/properties/markdown", json!(""), "markdown is no text");
    check("/widgets/0/height", json!(2), "widgets overlap");
    check("/widgets/0/height", json!(0), "height is not 1 to 1,000");
    check("/widgets/0/width", json!(25), "width is not 1 to 24");
    check("/widgets/1/x", json!(24), "x is not 0 to 23");
    check("/widgets/1/x", json!(13), "it reaches beyond the grid");
    let graph = |key: &str, value: Value, expected: &str| {
        check(&format!("/widgets/1/properties/{key}"), value, expected);
    };
    graph("region", Value::Null, "region is missing or none");
    graph("view", json!("donut"), "view is none");
    graph("yAxis", json!({"left": {"min": 0}, "top": {}}), "top means nothing here");
    graph("period", json!(90), "period is no multiple of 60");
    graph("period", json!(300), "data so old have no such period");
    graph("sparkline", json!(true), "only singleValue has a sparkline");
    let mut both = good();
    let properties = &mut both["widgets"][1]["properties"];
    (properties["view"], properties["sparkline"]) = (json!("singleValue"), json!(true));
    assert_eq!(problems("dora", &both), Vec::<String>::new());
    both["widgets"][1]["properties"]["setPeriodToTimeRange"] = true.into();
    assert_eq!(problems("dora", &both), ["widget 1: a sparkline has periods"]);
    graph("table", json!({}), "only table has a table");
    graph("setPeriodToTimeRange", json!(true), "only views of one value have the time range as period");
    graph("annotations/alarms", json!(["arn"]), "an alarm and lines can't be annotated together");
    graph("annotations/horizontal/0/1/value", json!(0), "a band has no extent");
    graph("annotations/horizontal/0/0/fill", json!("above"), "fill is none");
    graph("annotations/horizontal/1/fill", json!("right"), "fill is none");
    graph("annotations/horizontal/1/color", json!("green"), "a colour is none");
    graph("annotations/horizontal/1/value", json!("5"), "an annotation has no value");
    graph("metrics", json!([]), "it has none or more than 500 metrics");
    let metric =
        |id: usize| json!(["DORA", "Deployments", {"id": format!("m{id}"), "stat": "Sum", "label": "n"}]);
    graph("metrics", (0..501).map(metric).collect(), "it has none or more than 500 metrics");
    graph("metrics/0/4/id", json!("M1"), "an id is none");
    graph("metrics/0/4/id", json!("m2"), "two have the same id");
    graph("metrics/0/4/stat", json!("Median"), "a statistic is none");
    graph("metrics/0/4/stat", json!("p101"), "a statistic is none");
    graph("metrics/0/4/unit", json!("Count"), "unit means nothing here");
    graph("metrics/0/3", json!("acme/shöp"), "a name is empty, too long or not ASCII");
    graph("metrics/0/3", json!("x".repeat(1025)), "a name is empty, too long or not ASCII");
    graph(
        "metrics/1",
        json!(["DORA", {"id": "m2", "stat": "Sum", "label": "n"}]),
        "a metric has a namespace, a name and pairs",
    );
    graph("metrics/1/2/label", json!(""), "what is visible has no label");
    graph("metrics/1/2/yAxis", json!("top"), "an axis is neither left nor right");
    graph("metrics/2/0/stat", json!("Sum"), "it is a metric and an expression");
    let expression = |text: &str, expected: &str| graph("metrics/2/0/expression", json!(text), expected);
    expression("m1 / m3", "m3 is neither an id nor a function");
    expression("(m1 / m2", "an expression is not balanced");
    expression("m1) / (m2", "an expression is not balanced");
    expression("SEARCH(m1)", "it sees the last two weeks only");
    expression("LOOK(m1)", "LOOK is neither an id nor a function");
    expression(&format!("m1{}", " + m2".repeat(500)), "an expression has more than 2,048 characters");
    let query =
        |id: &str| json!([{"id": id, "expression": "SELECT SUM(Deployments) FROM DORA", "label": "q"}]);
    graph("metrics", json!([query("q1"), query("q2")]), "a widget has one Metrics Insights query at most");
    let hidden = json!([["DORA", "Deployments", {"id": "m1", "stat": "Sum", "visible": false}]]);
    graph("metrics", hidden, "nothing is visible");
    assert!(problems("dora team", &good())[0].ends_with("its name is not allowed"));
    let widget = |y: usize| {
        let metrics: Vec<_> = (0..251).map(metric).collect();
        let properties = json!({"region": "eu-west-1", "view": "table", "period": 86400, "metrics": metrics});
        json!({"type": "metric", "x": 0, "y": y, "width": 1, "height": 1, "properties": properties})
    };
    check("/widgets", (0..10).map(widget).collect(), "it has more than 2,500 metrics");
}

#[test]
fn variables() {
    fn check(key: &str, value: Value, expected: &[&str]) {
        let mut document = good();
        document["widgets"][1]["properties"]["metrics"][1] = json!(["DORA", "Deployments", "Repository", "acme/shop", {"id": "m2", "stat": "Sum", "label": "n"}]);
        let mut variable = json!({
            "type": "property", "property": "Repository", "inputType": "select", "id": "repository",
            "label": "Repository", "defaultValue": "acme/shop", "visible": true,
            "values": [{"value": "acme/shop", "label": "acme/shop"}],
        });
        variable[key] = value;
        document["variables"] = json!([variable]);
        let expected: Vec<_> = expected.iter().map(|problem| format!("variable: {problem}")).collect();
        assert_eq!(problems("dora", &document), expected, "{key}");
    }
    check("id", json!("repository"), &[]);
    check("id", json!(""), &["it has no id"]);
    check("type", json!("pattern"), &["it is of another type"]);
    check("inputType", json!("list"), &["its input is none"]);
    check("inputType", json!("input"), &["what is typed in is not chosen"]);
    check(
        "values",
        json!([]),
        &["a choice needs values with labels", "what is shown at first can't be chosen"],
    );
    check(
        "values",
        json!(["acme/shop"]),
        &["a choice needs values with labels", "what is shown at first can't be chosen"],
    );
    check("visible", json!("yes"), &["whether it is visible is not said"]);
    let unchanged = "a metric does not change with it";
    check("property", json!("Team"), &[unchanged; 2]);
    check(
        "defaultValue",
        json!("acme/till"),
        &["what is shown at first can't be chosen", unchanged, unchanged],
    );
    check("colour", json!("red"), &["colour means nothing here"]);
}

#[test]
fn a_gauge_needs_its_range() {
    let mut document = good();
    document["widgets"][1]["properties"]["view"] = "gauge".into();
    assert_eq!(problems("dora", &document), Vec::<String>::new());
    document["widgets"][1]["properties"]["yAxis"]["left"] = json!({"min": 0});
    assert_eq!(problems("dora", &document), ["widget 1: a gauge needs the range of the left axis"]);
}
