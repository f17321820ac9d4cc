//! Dashboards as Grafana takes them, with its own `CloudWatch` data source.
//!
//! Grafana has no "value of just this time": its panels of numbers ask for the time of one period, and show the latest
//! value in it.

use super::{
    graph::{Axis, Band, Color, Graph, Look, Row, View},
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
    let panels = (1..).zip(dashboard.widgets()).map(|(id, placed)| panel(id, placed, asked));
    json!({
        "uid": uid(name),
        "title": dashboard.title(),
        "tags": ["dora"],
        "timezone": "utc",
        "schemaVersion": 39,
        "time": {"from": "now-90d", "to": "now"},
        "templating": {"list": variables},
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

fn panel(id: u32, Placed { x, y, widget }: &Placed, asked: Asked) -> Value {
    let mut panel = match &widget.content {
        Content::Text(markdown) => {
            json!({"type": "text", "options": {"mode": "markdown", "content": linked(markdown)}})
        }
        Content::Graph(graph) => self::graph(graph, asked),
    };
    panel["id"] = id.into();
    panel["gridPos"] = json!({"x": x, "y": y, "w": widget.width.columns(), "h": widget.height});
    panel
}

fn graph(graph: &Graph, asked: Asked) -> Value {
    let days = graph.period().days();
    let last = json!({"reduceOptions": {"calcs": ["lastNotNull"], "fields": ""}});
    let (kind, options, bands, time_from) = match graph.view() {
        View::Numbers => ("stat", last, &[][..], Some(format!("{days}d"))),
        View::Percentage { bands } => ("gauge", last, bands.as_slice(), Some(format!("{days}d"))),
        View::Chart { bands, .. } => ("timeseries", json!({}), bands.as_slice(), None),
        View::Sparkline => ("stat", last, &[][..], None),
        View::Table | View::List => ("table", json!({}), &[][..], None),
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
    if let Some(time_from) = time_from {
        panel["timeFrom"] = time_from.into();
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
        View::Sparkline => panel["options"]["graphMode"] = "area".into(),
        _ => {}
    }
    panel
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
        "period": graph.period().seconds().to_string(),
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
        View::Chart { .. } => looks.map(of).collect(),
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
