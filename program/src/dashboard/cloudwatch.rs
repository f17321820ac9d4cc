//! Dashboards as `CloudWatch` takes them.

use super::{
    graph::{Axis, Band, Graph, Look, Row, View},
    layout::{Dashboard, Placed},
    math::Stat,
    variable::Variable,
    widget::{Content, Evidence},
};
use serde_json::{Value, json};

/// The body of `PutDashboard`.
pub(super) fn document(dashboard: &Dashboard, region: &str) -> Value {
    let mut document = json!({
        "start": "-P90D",
        // Otherwise the console chooses periods of its own, and a percentile of a week becomes one of an hour.
        "periodOverride": "inherit",
        "widgets": dashboard.widgets().iter().map(|placed| widget(placed, region)).collect::<Vec<_>>(),
    });
    if let Some(variable) = dashboard.variable() {
        document["variables"] = json!([self::variable(variable)]);
    }
    document
}

/// A property variable: the console puts what is chosen into every metric that has the dimension.
fn variable(variable: &Variable) -> Value {
    let mut document = json!({
        "type": "property",
        "property": variable.first().name(),
        "inputType": if variable.choices().is_some() { "select" } else { "input" },
        "id": variable.id(),
        "label": variable.label(),
        "defaultValue": variable.first().value(),
        "visible": true,
    });
    if let Some(choices) = variable.choices() {
        document["values"] = choices.iter().map(|value| json!({"value": value, "label": value})).collect();
    }
    document
}

fn widget(Placed { x, y, widget }: &Placed, region: &str) -> Value {
    let (kind, properties) = match &widget.content {
        Content::Text(markdown) => ("text", json!({ "markdown": markdown })),
        Content::Graph(graph) => ("metric", self::graph(graph, region)),
        Content::Evidence(evidence) => ("custom", self::evidence(evidence)),
    };
    json!({
        "type": kind,
        "x": x,
        "y": y,
        "width": widget.width.columns(),
        "height": widget.height,
        "properties": properties,
    })
}

/// A custom widget, which is asked anew with the dashboard and for another range of time. Source: CloudWatch API reference,
/// "Dashboard body structure and syntax".
fn evidence(Evidence { title, function, parameters }: &Evidence) -> Value {
    json!({
        "title": title,
        "endpoint": function,
        "params": parameters,
        "updateOn": {"refresh": true, "resize": false, "timeRange": true},
    })
}

fn graph(graph: &Graph, region: &str) -> Value {
    let mut properties = json!({
        "title": graph.title(),
        "region": region,
        "period": graph.period().seconds(),
        "metrics": graph.rows().iter().map(|row| self::row(row, graph.view())).collect::<Vec<_>>(),
    });
    match graph.view() {
        View::Numbers => properties["view"] = "singleValue".into(),
        View::Sparkline => {
            properties["view"] = "singleValue".into();
            properties["sparkline"] = true.into();
        }
        View::Percentage { bands } => {
            properties["view"] = "gauge".into();
            properties["yAxis"] = json!({"left": {"min": 0, "max": 100}});
            properties["annotations"] = annotations(bands, Some(100.0));
        }
        View::Chart { unit, bands } => {
            properties["view"] = "timeSeries".into();
            properties["stacked"] = false.into();
            properties["yAxis"] = json!({"left": {"min": 0, "label": unit, "showUnits": false}});
            if graph.rows().iter().any(|row| row.look().is_some_and(|look| look.axis == Axis::Right)) {
                properties["yAxis"]["right"] = json!({"min": 0, "label": "n", "showUnits": false});
            }
            properties["annotations"] = annotations(bands, None);
        }
        View::Stack { unit } => {
            properties["view"] = "timeSeries".into();
            properties["stacked"] = true.into();
            properties["yAxis"] = json!({"left": {"min": 0, "label": unit, "showUnits": false}});
        }
        View::Table | View::List => {
            properties["view"] = "table".into();
            properties["table"] =
                json!({"layout": "horizontal", "showTimeSeriesData": true, "summaryColumns": []});
        }
    }
    if let View::Numbers | View::Percentage { .. } = graph.view() {
        // The value of just this time, instead of the latest one that there happens to be.
        properties["start"] = format!("-P{}D", graph.period().days()).into();
        properties["setPeriodToTimeRange"] = true.into();
    }
    properties
}

fn annotations(bands: &[Band], end: Option<f64>) -> Value {
    json!({"horizontal": bands.iter().map(|band| annotation(band, end)).collect::<Vec<_>>()})
}

/// A band, or, where it has no end, a line that is filled above.
fn annotation(band: &Band, end: Option<f64>) -> Value {
    let Band { label, from, to, color } = band;
    match to.or(end) {
        Some(to) => json!([
            {"label": label, "value": from, "color": color.hex()},
            {"value": to},
        ]),
        None => json!({"label": label, "value": from, "color": color.hex(), "fill": "above"}),
    }
}

/// A line of the list of metrics: names and dimensions, then how it is drawn.
fn row(row: &Row, view: &View) -> Value {
    match row {
        Row::Hidden(id, stat) => metric(stat, json!({"id": id, "visible": false})),
        Row::Metric(id, stat, look) => metric(stat, drawn(id, look, view)),
        Row::Expression(id, expression, look) => {
            let mut rendering = drawn(id, look, view);
            rendering["expression"] = expression.as_str().into();
            json!([rendering])
        }
    }
}

fn metric(stat: &Stat, mut rendering: Value) -> Value {
    rendering["stat"] = stat.statistic.to_string().into();
    let (name, value) = stat.source.dimension().unzip();
    let texts = [Some(stat.source.namespace()), Some(stat.source.name()), name, value];
    texts.into_iter().flatten().map(Value::from).chain([rendering]).collect()
}

fn drawn(id: &str, Look { label, color, axis }: &Look, view: &View) -> Value {
    let mut rendering = json!({"id": id, "label": label, "color": color.hex()});
    if matches!((view, axis), (View::Chart { .. }, Axis::Right)) {
        rendering["yAxis"] = "right".into();
    }
    rendering
}
