//! Dashboards as Grafana takes them, with its own `CloudWatch` data source.
//!
//! Grafana has no "value of just this time": what shows one value asks for a data point that is longer than its time range, and
//! gets one that has all of it. Data points begin where the time range begins, which is rounded down to minutes: of the very
//! length of the range there would be a second one, of the last minutes, and that would be shown.
//!
//! Sources: API reference of `GetMetricData`, `StartTime`; boto3's issue 3457, where AWS says that data points are aligned to
//! `StartTime`.

use super::{
    graph::{Axis, Band, Color, Graph, Look, Period, Row, View},
    layout::{Dashboard, Placed},
    math::Stat,
    variable::Variable,
    widget::Content,
};
use metrics_lib::fnv::fnv_1a;
use serde_json::{Value, json};

/// The model of a dashboard.
pub(super) fn document(name: &str, dashboard: &Dashboard, region: &str) -> Value {
    let source =
        json!({"name": "datasource", "label": "CloudWatch", "type": "datasource", "query": "cloudwatch"});
    let variables: Vec<_> = [source].into_iter().chain(dashboard.variable().map(variable)).collect();
    let asked = Asked { region, variable: dashboard.variable() };
    let panels = dashboard.widgets().iter().filter_map(|placed| panel(placed, asked));
    let panels = (1..).zip(panels).map(|(id, mut panel): (u32, Value)| {
        panel["id"] = id.into();
        panel
    });
    json!({
        "uid": uid(name),
        "title": dashboard.title(),
        "tags": ["dora"],
        "timezone": "utc",
        "schemaVersion": 39,
        "time": {"from": "now-90d", "to": "now"},
        "templating": {"list": variables},
        "annotations": {"list": []},
        "panels": panels.collect::<Vec<_>>(),
    })
}

/// How the data source is asked.
#[derive(Clone, Copy)]
struct Asked<'a> {
    region: &'a str,
    variable: Option<&'a Variable>,
}

/// What is chosen from a list, or typed in.
fn variable(variable: &Variable) -> Value {
    let choice =
        |value: &str| json!({"text": value, "value": value, "selected": value == variable.first().value()});
    let first = variable.first().value();
    let mut document = json!({
        "name": variable.id(),
        "label": variable.label(),
        "type": "textbox",
        "hide": 0,
        "query": first,
        "current": choice(first),
        "options": [choice(first)],
    });
    // A list is a text with commas; a colon between spaces would part a value from its name, and can't be escaped.
    if let Some(choices) = variable.choices().filter(|all| !all.iter().any(|value| value.contains(" : "))) {
        let escaped: Vec<_> = choices.iter().map(|value| value.replace(',', "\\,")).collect();
        document["type"] = "custom".into();
        document["query"] = escaped.join(",").into();
        document["options"] = choices.iter().map(|value| choice(value)).collect();
        (document["multi"], document["includeAll"]) = (false.into(), false.into());
    }
    document
}

/// Links to dashboards of CloudWatch's console, as Grafana has them.
fn linked(markdown: &str) -> String {
    let mut parts = markdown.split("(#dashboards/dashboard/");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for (name, rest) in parts.filter_map(|part| part.split_once(')')) {
        text += &format!("(/d/{}){rest}", uid(name));
    }
    text
}

/// An id of at most 40 characters: longer names are cut off and end in their FNV-1a hash.
fn uid(name: &str) -> String {
    if name.len() <= 40 {
        return name.to_owned();
    }
    let hash = fnv_1a(name.as_bytes());
    format!("{}{hash:016x}", &name[..24])
}

/// A panel; none for what Grafana can't show. It moves panels up into the room of those.
fn panel(Placed { x, y, widget }: &Placed, asked: Asked) -> Option<Value> {
    let mut panel = match &widget.content {
        Content::Text(markdown) => {
            json!({"type": "text", "options": {"mode": "markdown", "content": linked(markdown)}})
        }
        Content::Graph(graph) => self::graph(graph, asked),
        Content::Evidence(_) => return None,
    };
    panel["gridPos"] = json!({"x": x, "y": y, "w": widget.width.columns(), "h": widget.height});
    Some(panel)
}

fn graph(graph: &Graph, asked: Asked) -> Value {
    let (kind, options) = kind_and_options(graph.view());
    let bands = match graph.view() {
        View::Percentage { bands } | View::Chart { bands, .. } => bands.as_slice(),
        _ => &[],
    };
    let mut defaults = json!({"noValue": "no data"});
    if let View::Percentage { .. } = graph.view() {
        (defaults["min"], defaults["max"]) = (0.into(), 100.into());
    }
    if let View::Chart { unit, .. } = graph.view() {
        defaults["custom"] = json!({
            "axisLabel": unit,
            "axisSoftMin": 0,
            "spanNulls": false,
            "showPoints": "always",
            "thresholdsStyle": {"mode": if bands.is_empty() { "off" } else { "area" }},
        });
    }
    if let View::Stack { unit } = graph.view() {
        defaults["custom"] = json!({
            "axisLabel": unit,
            "axisSoftMin": 0,
            "fillOpacity": 60,
            "showPoints": "always",
            "stacking": {"mode": "normal", "group": "A"},
        });
    }
    if !bands.is_empty() {
        defaults["thresholds"] = json!({"mode": "absolute", "steps": steps(bands)});
    }
    let mut panel = json!({
        "type": kind,
        "title": graph.title(),
        "datasource": datasource(),
        "targets": graph.rows().iter().map(|row| target(row, graph, asked)).collect::<Vec<_>>(),
        "fieldConfig": {"defaults": defaults, "overrides": overrides(graph)},
        "options": options,
    });
    if is_of_one_value(graph) {
        panel["timeFrom"] = format!("{}d", graph.period().days()).into();
    }
    match graph.view() {
        // A row a period and a column a series: older Grafanas can't turn tables round.
        View::Table => {
            panel["transformations"] =
                json!([{"id": "joinByField", "options": {"byField": "Time", "mode": "outer"}}]);
        }
        // A row a series.
        View::List => {
            panel["transformations"] = json!([{"id": "reduce", "options": {"reducers": ["lastNotNull"]}}]);
        }
        _ => {}
    }
    panel
}

/// The kind of panel, and all options that its schema has.
fn kind_and_options(view: &View) -> (&'static str, Value) {
    let last = json!({"calcs": ["lastNotNull"], "fields": "", "values": false});
    let stat = |graph: &str| {
        json!({
            "reduceOptions": last,
            "graphMode": graph,
            "colorMode": "value",
            "justifyMode": "auto",
            "orientation": "auto",
            "textMode": "auto",
            "wideLayout": true,
            "showPercentChange": false,
            "percentChangeColorMode": "standard",
        })
    };
    match view {
        View::Numbers => ("stat", stat("none")),
        View::Sparkline => ("stat", stat("area")),
        View::Percentage { .. } => (
            "gauge",
            json!({
                "reduceOptions": last,
                "orientation": "auto",
                "sizing": "auto",
                "minVizWidth": 75,
                "minVizHeight": 75,
                "showThresholdLabels": false,
                "showThresholdMarkers": true,
            }),
        ),
        View::Chart { .. } | View::Stack { .. } => (
            "timeseries",
            json!({
                "legend": {"displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": []},
                "tooltip": {"mode": "multi", "sort": "none"},
            }),
        ),
        View::Table | View::List => ("table", json!({"showHeader": true, "frameIndex": 0})),
    }
}

/// Whether each of its figures is one value, of the last period up to now.
fn is_of_one_value(graph: &Graph) -> bool {
    matches!(graph.view(), View::Numbers | View::Percentage { .. } | View::List)
}

/// The seconds of a data point.
fn period(graph: &Graph) -> u32 {
    let longer = if is_of_one_value(graph) { Period::Day.seconds() } else { 0 };
    graph.period().seconds() + longer
}

fn datasource() -> Value {
    json!({"type": "cloudwatch", "uid": "${datasource}"})
}

fn target(row: &Row, graph: &Graph, asked: Asked) -> Value {
    let mut target = json!({
        "datasource": datasource(),
        "queryMode": "Metrics",
        "metricQueryType": 0,
        "region": asked.region,
        "period": period(graph).to_string(),
        "matchExact": true,
    });
    let mut set = |id: &str, look: Option<&Look>| {
        target["id"] = id.into();
        target["refId"] = id.into();
        target["hide"] = look.is_none().into();
        target["label"] = look.map_or("", |look| look.label.as_str()).into();
    };
    match row {
        Row::Hidden(id, stat) => {
            set(id, None);
            metric(&mut target, stat, asked.variable);
        }
        Row::Metric(id, stat, look) => {
            set(id, Some(look));
            metric(&mut target, stat, asked.variable);
        }
        Row::Expression(id, expression, look) => {
            set(id, Some(look));
            target["metricEditorMode"] = 1.into();
            target["namespace"] = "".into();
            target["expression"] = expression.as_str().into();
        }
    }
    target
}

fn metric(target: &mut Value, stat: &Stat, variable: Option<&Variable>) {
    target["metricEditorMode"] = 0.into();
    target["namespace"] = stat.source.namespace().into();
    target["metricName"] = stat.source.name().into();
    target["statistic"] = stat.statistic.to_string().into();
    target["dimensions"] = json!({});
    if let Some((name, value)) = stat.source.dimension() {
        target["dimensions"][name] = match variable.filter(|variable| variable.first().name() == name) {
            Some(variable) => json!([format!("${}", variable.id())]),
            None => json!([value]),
        };
    }
}

/// The steps of a scale: each colour holds from its value on.
fn steps(bands: &[Band]) -> Vec<Value> {
    let mut ascending: Vec<(f64, Color)> = bands.iter().map(|band| (band.from, band.color)).collect();
    ascending.sort_by(|a, b| a.0.total_cmp(&b.0));
    let step = |(index, (from, color)): (usize, (f64, Color))| {
        // The first step has no value: it holds below all others.
        json!({"value": if index == 0 { Value::Null } else { from.into() }, "color": color.hex()})
    };
    ascending.into_iter().enumerate().map(step).collect()
}

/// The colours of the series, and the right axis.
fn overrides(graph: &Graph) -> Vec<Value> {
    let looks = graph.rows().iter().filter_map(Row::look);
    let of = |look: &Look| {
        let mut properties =
            vec![json!({"id": "color", "value": {"mode": "fixed", "fixedColor": look.color.hex()}})];
        if look.axis == Axis::Right {
            properties.push(json!({"id": "custom.axisPlacement", "value": "right"}));
        }
        json!({"matcher": {"id": "byName", "options": look.label}, "properties": properties})
    };
    match graph.view() {
        View::Chart { .. } | View::Stack { .. } => looks.map(of).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_links() {
        fn check(name: &str, expected: &str) {
            assert_eq!(uid(name), expected);
            let link = linked(&format!("a [b](#dashboards/dashboard/{name}) c"));
            assert_eq!(link, format!("a [b](/d/{expected}) c"));
        }
        check("dora", "dora");
        check(&"x".repeat(40), &"x".repeat(40));
        check(&"x".repeat(41), "xxxxxxxxxxxxxxxxxxxxxxxx58410f4ba453b627");
    }
}
