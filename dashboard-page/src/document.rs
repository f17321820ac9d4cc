//! The document of a dashboard, as `PutDashboard` takes it: what of its grammar the product's dashboards use.

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A dashboard.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Document {
    /// How far back its widgets reach, such as `-P90D`.
    pub start: String,
    /// Whether periods are those of the widgets (`inherit`).
    pub period_override: String,
    /// What is chosen at its top; its widgets have the values that are shown at first.
    #[serde(default)]
    pub variables: Vec<Value>,
    /// Its widgets.
    pub widgets: Vec<Widget>,
}

/// A widget at its place.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Widget {
    /// `text` or `metric`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its first column, of 24.
    pub x: u32,
    /// Its first row.
    pub y: u32,
    /// How many columns it takes.
    pub width: u32,
    /// How many rows it takes.
    pub height: u32,
    /// What it shows; [`Text`] or [`Metrics`].
    pub properties: Value,
}

/// The properties of a text widget.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Markdown.
    pub markdown: String,
}

/// The properties of a metric widget.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metrics {
    /// Its title.
    pub title: String,
    /// The region of its metrics.
    pub region: String,
    /// The seconds of a period.
    pub period: u32,
    /// How it is drawn.
    pub view: View,
    /// Its metrics and expressions.
    pub metrics: Vec<Row>,
    /// How far back it reaches, if not as far as the dashboard.
    pub start: Option<String>,
    /// Whether it shows one value, of the whole time that it reaches back.
    #[serde(default)]
    pub set_period_to_time_range: bool,
    /// Whether a number has its series below it.
    #[serde(default)]
    pub sparkline: bool,
    /// Whether areas are stacked.
    #[serde(default)]
    pub stacked: bool,
    /// Its axes.
    #[serde(default)]
    pub y_axis: BTreeMap<Side, YAxis>,
    /// What is marked on it.
    #[serde(default)]
    pub annotations: Annotations,
    /// How a table is laid out.
    pub table: Option<Value>,
}

/// How a widget is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum View {
    /// Lines over time.
    TimeSeries,
    /// Numbers.
    SingleValue,
    /// A scale.
    Gauge,
    /// Rows and columns.
    Table,
}

/// A side of a chart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Side {
    /// The left one.
    #[default]
    Left,
    /// The right one.
    Right,
}

/// An axis.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct YAxis {
    /// Where it begins.
    pub min: Option<f64>,
    /// Where it ends.
    pub max: Option<f64>,
    /// What it is called.
    pub label: Option<String>,
    /// Whether the metrics' units are shown.
    pub show_units: Option<bool>,
}

/// What is marked on a widget.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Annotations {
    /// Lines and bands.
    pub horizontal: Vec<Annotation>,
}

/// A line, or a band between two values.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Value")]
pub struct Annotation {
    /// Its name.
    pub label: String,
    /// Where it begins.
    pub from: f64,
    /// Where it ends; none if all above belongs to it.
    pub to: Option<f64>,
    /// Its colour.
    pub color: String,
}

impl TryFrom<Value> for Annotation {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let read = || {
            let (line, to) = match &value {
                Value::Array(ends) => (ends.first()?, Some(ends.get(1)?["value"].as_f64()?)),
                line if line["fill"] == "above" => (line, None),
                _ => return None,
            };
            let text = |key: &str| line[key].as_str().map(str::to_owned);
            Some(Self { label: text("label")?, from: line["value"].as_f64()?, to, color: text("color")? })
        };
        read().ok_or_else(|| format!("{value} is neither a band nor a line that is filled above"))
    }
}

/// A metric or an expression of a widget.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Vec<Value>")]
pub struct Row {
    /// Where its values come from.
    pub source: RowSource,
    /// How it is drawn.
    pub rendering: Rendering,
}

/// Where the values of a row come from.
#[derive(Clone, Debug, PartialEq)]
pub enum RowSource {
    /// A metric: namespace, name, then names and values of its dimensions.
    Metric(Vec<String>),
    /// An expression.
    Expression(String),
}

/// How a row is drawn.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rendering {
    /// What expressions call it by.
    pub id: String,
    /// The expression, if it is one.
    pub expression: Option<String>,
    /// The statistic of the metric.
    pub stat: Option<String>,
    /// What it is called.
    pub label: Option<String>,
    /// Its colour.
    pub color: Option<String>,
    /// Whether it is drawn; if not, only expressions use it.
    #[serde(default = "yes")]
    pub visible: bool,
    /// Its axis.
    #[serde(default)]
    pub y_axis: Side,
}

fn yes() -> bool {
    true
}

impl TryFrom<Vec<Value>> for Row {
    type Error = String;

    fn try_from(mut fields: Vec<Value>) -> Result<Self, String> {
        let rendering = fields.pop().unwrap_or_default();
        let rendering: Rendering = serde_json::from_value(rendering).map_err(|error| error.to_string())?;
        let names =
            fields.into_iter().map(|name| serde_json::from_value(name).map_err(|error| error.to_string()));
        let names: Vec<String> = names.collect::<Result<_, _>>()?;
        let source = match (&rendering.expression, names) {
            (Some(expression), names) if names.is_empty() => RowSource::Expression(expression.clone()),
            (None, names) if names.len() >= 2 && names.len().is_multiple_of(2) => RowSource::Metric(names),
            _ => return Err(format!("{} is neither a metric nor an expression", rendering.id)),
        };
        Ok(Self { source, rendering })
    }
}
