//! Graphs: what a widget draws of metrics, and how.

use super::{
    InvalidDashboard,
    math::{Math, Stat},
};

/// The most metrics and expressions of a widget.
pub const MAX_ROWS: usize = 500;
/// The longest expression, in characters.
const MAX_EXPRESSION: usize = 2048;

/// The length of time that a value is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Period {
    /// A day.
    Day,
    /// A week.
    Week,
    /// Thirty days: `CloudWatch` has no months.
    ThirtyDays,
}

impl Period {
    /// Its length in seconds.
    pub const fn seconds(self) -> u32 {
        self.days() * 24 * 60 * 60
    }

    /// Its length in days.
    pub const fn days(self) -> u32 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::ThirtyDays => 30,
        }
    }
}

/// The colours of Okabe and Ito, which people with colour vision deficiencies tell apart; and one of Tol's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// The main line.
    Blue,
    /// The second.
    Orange,
    /// The third.
    Purple,
    /// The fourth.
    Green,
    /// The fifth.
    Sky,
    /// The sixth.
    Amber,
    /// The seventh.
    Yellow,
    /// The eighth.
    Indigo,
    /// What stands back: how many values there are.
    Grey,
}

impl Color {
    /// The colour as `CloudWatch` and Grafana write it.
    pub const fn hex(self) -> &'static str {
        match self {
            Self::Blue => "#0072b2",
            Self::Orange => "#d55e00",
            Self::Purple => "#cc79a7",
            Self::Green => "#009e73",
            Self::Sky => "#56b4e9",
            Self::Amber => "#e69f00",
            Self::Yellow => "#f0e442",
            Self::Indigo => "#332288",
            Self::Grey => "#999999",
        }
    }
}

/// The axis that a series is drawn against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// The left one, of the figure.
    Left,
    /// The right one, of n.
    Right,
}

/// A line of a chart, a number of a tile, a row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// What it is called, with its unit.
    pub label: String,
    /// What it draws.
    pub math: Math,
    /// Its colour.
    pub color: Color,
    /// Its axis, in a chart.
    pub axis: Axis,
}

/// A part of a widget's scale that has a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// Its name.
    pub label: String,
    /// Where it begins.
    pub from: f64,
    /// Where it ends; none if it doesn't.
    pub to: Option<f64>,
    /// Its colour.
    pub color: Color,
}

/// How a widget draws.
#[derive(Clone, Debug, PartialEq)]
pub enum View {
    /// Lines over time.
    Chart {
        /// The left axis' unit.
        unit: &'static str,
        /// Parts of the left axis.
        bands: Vec<Band>,
    },
    /// Areas over time, each on top of the one before.
    Stack {
        /// The axis' unit.
        unit: &'static str,
    },
    /// The numbers of the latest period, up to now.
    Numbers,
    /// The last value of a series, above the whole series.
    Sparkline,
    /// A row a series, a column a period.
    Table,
    /// The same, of one figure of many.
    List,
    /// The latest percentage on a scale from 0 to 100.
    Percentage {
        /// Parts of the scale.
        bands: Vec<Band>,
    },
}

/// A widget that draws metrics.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    title: String,
    period: Period,
    view: View,
    rows: Vec<Row>,
}

/// A line of a widget's list of metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// A metric that only expressions use.
    Hidden(String, Stat),
    /// A metric that is drawn as it is.
    Metric(String, Stat, Look),
    /// An expression that is drawn.
    Expression(String, String, Look),
}

impl Row {
    /// How it is drawn; none if it is not.
    pub fn look(&self) -> Option<&Look> {
        match self {
            Self::Hidden(..) => None,
            Self::Metric(_, _, look) | Self::Expression(_, _, look) => Some(look),
        }
    }
}

/// What a row that is drawn looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Its label.
    pub label: String,
    /// Its colour.
    pub color: Color,
    /// Its axis.
    pub axis: Axis,
}

impl Graph {
    /// A widget that draws these series, each with a value a period.
    ///
    /// # Errors
    /// [`InvalidDashboard::TooManyMetrics`] and [`InvalidDashboard::TooLong`].
    pub fn new(
        title: impl Into<String>,
        period: Period,
        view: View,
        series: Vec<Series>,
    ) -> Result<Self, InvalidDashboard> {
        let title = title.into();
        let rows = rows(series);
        if rows.len() > MAX_ROWS {
            return Err(InvalidDashboard::TooManyMetrics { title, metrics: rows.len() });
        }
        let expressions = rows.iter().filter_map(|row| match row {
            Row::Expression(_, expression, _) => Some(expression.len()),
            _ => None,
        });
        match expressions.max() {
            Some(length) if length > MAX_EXPRESSION => Err(InvalidDashboard::TooLong { title, length }),
            _ => Ok(Self { title, period, view, rows }),
        }
    }

    /// Its title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The length of time that each value is of.
    pub fn period(&self) -> Period {
        self.period
    }

    /// How it draws.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// Its metrics and expressions.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }
}

/// The hidden metrics first, once each, then what is drawn.
fn rows(series: Vec<Series>) -> Vec<Row> {
    let mut hidden: Vec<Stat> = Vec::new();
    let calculated = series.iter().filter(|series| !matches!(series.math, Math::Stat(_)));
    for stat in calculated.flat_map(|series| series.math.stats()) {
        if !hidden.contains(stat) {
            hidden.push(stat.clone());
        }
    }
    let id = |stat: &Stat| match hidden.iter().position(|known| known == stat) {
        Some(index) => format!("m{}", index + 1),
        // Every statistic of an expression is in the list.
        None => String::new(),
    };
    let drawn = (1..).zip(series).map(|(number, Series { label, math, color, axis })| {
        let look = Look { label, color, axis };
        match math {
            Math::Stat(stat) => Row::Metric(format!("s{number}"), stat, look),
            math => Row::Expression(format!("e{number}"), math.expression(&id), look),
        }
    });
    let drawn: Vec<_> = drawn.collect();
    hidden.iter().map(|stat| Row::Hidden(id(stat), stat.clone())).chain(drawn).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::math::{MetricSource, Statistic};
    use metrics_lib::contract::Metric;

    fn deployments() -> Math {
        Math::Stat(Stat {
            source: MetricSource::Product(Metric::Deployments, None),
            statistic: Statistic::Sum,
        })
    }

    fn graph(series: impl IntoIterator<Item = Math>) -> Result<Graph, InvalidDashboard> {
        let series = series.into_iter().map(|math| Series {
            label: "n".into(),
            math,
            color: Color::Blue,
            axis: Axis::Left,
        });
        Graph::new("title", Period::Day, View::Numbers, series.collect())
    }

    #[test]
    fn a_metric_that_several_expressions_use_is_listed_once() {
        let graph = graph([deployments(), deployments().or_zero(), deployments() / 7]).unwrap();
        let ids: Vec<_> = graph
            .rows()
            .iter()
            .map(|row| match row {
                Row::Hidden(id, _) | Row::Metric(id, ..) | Row::Expression(id, ..) => id.as_str(),
            })
            .collect();
        assert_eq!(ids, ["m1", "s1", "e2", "e3"]);
    }

    #[test]
    fn limits() {
        let metrics = |count| graph(std::iter::repeat_with(deployments).take(count));
        assert!(metrics(500).is_ok());
        let too_many = InvalidDashboard::TooManyMetrics { title: "title".into(), metrics: 501 };
        assert_eq!(metrics(501), Err(too_many));
        let long = (0..500).fold(deployments(), |sum, _| sum + deployments());
        assert!(matches!(graph([long]), Err(InvalidDashboard::TooLong { .. })));
    }
}
