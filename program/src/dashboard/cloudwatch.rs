//! Dashboards as `CloudWatch` takes them.

use super::{
    layout::{Dashboard, Placed},
    math::Stat,
    widget::{Axis, Band, Content, Graph, Look, Row, View},
};
use serde_json::{Map, Value, json};

/// The body of `PutDashboard`.
pub(super) fn document(dashboard: &Dashboard, region: &str) -> Value {
    json!({
        "start": "-P90D",
        // Otherwise the console chooses periods of its own, and a percentile of a week becomes one of an hour.
        "periodOverride": "inherit",
        "widgets": dashboard.widgets().iter().map(|placed| widget(placed, region)).collect::<Vec<_>>(),
    })
}

fn widget(Placed { x, y, widget }: &Placed, region: &str) -> Value {
    let (kind, properties) = match &widget.content {
        Content::Text(markdown) => ("text", json!({ "markdown": markdown })),
        Content::Graph(graph) => ("metric", self::graph(graph, region)),
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

fn graph(graph: &Graph, region: &str) -> Value {
    let mut properties = Map::new();
    let mut set = |key: &str, value: Value| drop(properties.insert(key.to_owned(), value));
    set("title", graph.title().into());
    set("region", region.into());
    set("period", graph.period().seconds().into());
    set("metrics", graph.rows().iter().map(row).collect());
    let latest = |set: &mut dyn FnMut(&str, Value)| {
        // The value of just this time, instead of the latest one that there happens to be.
        set("start", format!("-P{}D", graph.period().days()).into());
        set("setPeriodToTimeRange", true.into());
    };
    match graph.view() {
        View::Numbers => {
            set("view", "singleValue".into());
            latest(&mut set);
        }
        View::Percentage { bands } => {
            set("view", "gauge".into());
            set("yAxis", json!({"left": {"min": 0, "max": 100}}));
            set_bands(&mut set, bands, Some(100.0));
            latest(&mut set);
        }
        View::Chart { unit, bands } => {
            set("view", "timeSeries".into());
            set("stacked", false.into());
            set(
                "yAxis",
                json!({
                    "left": {"min": 0, "label": unit, "showUnits": false},
                    "right": {"min": 0, "label": "n", "showUnits": false},
                }),
            );
            set_bands(&mut set, bands, None);
        }
        View::Table => {
            set("view", "table".into());
            set("table", json!({"layout": "horizontal", "showTimeSeriesData": true, "summaryColumns": []}));
        }
    }
    Value::Object(properties)
}

fn set_bands(set: &mut dyn FnMut(&str, Value), bands: &[Band], end: Option<f64>) {
    if !bands.is_empty() {
        let bands: Vec<_> = bands.iter().map(|band| annotation(band, end)).collect();
        set("annotations", json!({ "horizontal": bands }));
    }
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
fn row(row: &Row) -> Value {
    match row {
        Row::Hidden(id, stat) => metric(stat, json!({"id": id, "visible": false})),
        Row::Metric(id, stat, look) => metric(stat, drawn(id, look)),
        Row::Expression(id, expression, look) => {
            let mut rendering = drawn(id, look);
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

fn drawn(id: &str, Look { label, color, axis }: &Look) -> Value {
    let mut rendering = json!({"id": id, "label": label, "color": color.hex()});
    if *axis == Axis::Right {
        rendering["yAxis"] = "right".into();
    }
    rendering
}
