//! What a widget shows: its statistics and its metric math over stored values.
//!
//! The rules are those of AWS's page on [metric math](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html):
//! where only one operand has a value, the other counts as 0; a division by zero gives no value; a result must be a time
//! series.

use super::{
    document::{Metrics, Row, RowSource},
    expression::{Expression, Operator, SyntaxError},
    periods::periods,
    statistic::{Statistic, UnknownStatistic},
    stored::{MetricName, Stored},
};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::window::Window;
use std::{collections::BTreeMap, iter::zip};

/// What can't be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// An expression is malformed.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// A statistic is not known.
    #[error(transparent)]
    Statistic(#[from] UnknownStatistic),
    /// A function is not known, or has other arguments.
    #[error("{0} is not known here, or not with such arguments")]
    Function(String),
    /// An id that nothing has, or that stands for itself.
    #[error("nothing before it has the id {0}")]
    Id(String),
    /// A result that is no time series.
    #[error("the result of {0} is no time series")]
    Result(String),
    /// How far a widget reaches back is not understood.
    #[error("{0:?} is no time to reach back, such as \"-P90D\"")]
    Start(String),
}

/// What a widget shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluated {
    /// The periods.
    pub periods: Vec<Window>,
    /// The rows that are drawn, in order.
    pub lines: Vec<Line>,
}

/// A row that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What it is called.
    pub label: String,
    /// A value a period; none where there is none.
    pub values: Vec<Option<f64>>,
}

/// A value a period; none where there is none.
type Series = Vec<Option<f64>>;

/// The value of an expression.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Scalar(f64),
    Series(Series),
    Array(Vec<Series>),
}

/// What a widget shows at an instant. `reach` is how far back its dashboard reaches.
///
/// # Errors
/// [`EvaluationError`].
pub fn evaluate(
    widget: &Metrics,
    reach: &str,
    stored: &Stored,
    now: Timestamp,
) -> Result<Evaluated, EvaluationError> {
    let range = Window { start: now - reached(widget.start.as_deref().unwrap_or(reach))?, end: now };
    let periods = if widget.set_period_to_time_range { vec![range] } else { periods(widget.period, range) };
    let mut known = BTreeMap::new();
    let mut lines = Vec::new();
    for Row { source, rendering } in &widget.metrics {
        let values = match source {
            RowSource::Metric(names) => {
                let statistic: Statistic = rendering.stat.as_deref().unwrap_or("Average").parse()?;
                let metric = metric_name(names);
                periods.iter().map(|period| statistic.of(stored.values(&metric, *period))).collect()
            }
            RowSource::Expression(text) => {
                let scope = Scope { known: &known, periods: &periods };
                match scope.value(&Expression::parse(text)?)? {
                    Value::Series(series) => series,
                    Value::Scalar(_) | Value::Array(_) => return Err(EvaluationError::Result(text.clone())),
                }
            }
        };
        if rendering.visible {
            let label = rendering.label.clone().unwrap_or_else(|| rendering.id.clone());
            lines.push(Line { label, values: values.clone() });
        }
        known.insert(rendering.id.as_str(), values);
    }
    Ok(Evaluated { periods, lines })
}

/// The length of time of `-P90D`.
fn reached(start: &str) -> Result<SignedDuration, EvaluationError> {
    let days =
        start.strip_prefix("-P").and_then(|days| days.strip_suffix('D')).and_then(|days| days.parse().ok());
    let days: i64 = days.ok_or_else(|| EvaluationError::Start(start.to_owned()))?;
    Ok(SignedDuration::from_hours(24 * days))
}

fn metric_name(names: &[String]) -> MetricName {
    let dimensions = names[2..].chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
    MetricName { namespace: names[0].clone(), name: names[1].clone(), dimensions }
}

/// What an expression may refer to.
struct Scope<'a> {
    known: &'a BTreeMap<&'a str, Series>,
    periods: &'a [Window],
}

impl Scope<'_> {
    fn value(&self, expression: &Expression) -> Result<Value, EvaluationError> {
        match expression {
            Expression::Number(number) => Ok(Value::Scalar(*number)),
            Expression::Id(id) => {
                let series = self.known.get(id.as_str()).ok_or_else(|| EvaluationError::Id(id.clone()))?;
                Ok(Value::Series(series.clone()))
            }
            Expression::Word(word) => Err(EvaluationError::Function(word.clone())),
            Expression::Negative(operand) => {
                self.binary(&Value::Scalar(0.0), Operator::Subtract, &self.value(operand)?)
            }
            Expression::Binary(left, operator, right) => {
                self.binary(&self.value(left)?, *operator, &self.value(right)?)
            }
            Expression::Array(items) => {
                let series = items.iter().map(|item| match self.value(item)? {
                    Value::Series(series) => Ok(series),
                    _ => Err(EvaluationError::Function("an array of anything but time series".to_owned())),
                });
                Ok(Value::Array(series.collect::<Result<_, _>>()?))
            }
            Expression::Call(name, arguments) => self.call(name, arguments),
        }
    }

    fn binary(&self, left: &Value, operator: Operator, right: &Value) -> Result<Value, EvaluationError> {
        match (left, right) {
            (Value::Scalar(left), Value::Scalar(right)) => {
                let value = operator.of(*left, *right);
                value
                    .map(Value::Scalar)
                    .ok_or_else(|| EvaluationError::Function("a division by 0".to_owned()))
            }
            (Value::Series(left), Value::Scalar(right)) => {
                Ok(Value::Series(each(left, |left| operator.of(left, *right))))
            }
            (Value::Scalar(left), Value::Series(right)) => {
                Ok(Value::Series(each(right, |right| operator.of(*left, right))))
            }
            (Value::Series(left), Value::Series(right)) => {
                let both = zip(left, right).map(|pair| match pair {
                    (None, None) => None,
                    (left, right) => operator.of(left.unwrap_or(0.0), right.unwrap_or(0.0)),
                });
                Ok(Value::Series(both.collect()))
            }
            (Value::Array(_), _) | (_, Value::Array(_)) => {
                Err(EvaluationError::Function("an operator on an array".to_owned()))
            }
        }
    }

    fn call(&self, name: &str, arguments: &[Expression]) -> Result<Value, EvaluationError> {
        let refused = || EvaluationError::Function(name.to_owned());
        match (name, arguments) {
            ("SUM" | "AVG" | "MIN" | "MAX", [argument]) => match self.value(argument)? {
                Value::Series(series) => {
                    let values: Vec<f64> = series.into_iter().flatten().collect();
                    aggregate(name, &values).map(Value::Scalar).ok_or_else(refused)
                }
                Value::Array(all) => Ok(Value::Series(self.across(name, &all))),
                Value::Scalar(_) => Err(refused()),
            },
            ("EPOCH", [argument]) => {
                let series = self.series(name, argument)?;
                let time = |(value, period): (Option<f64>, &Window)| {
                    value.and(Some(period.start.as_second() as f64))
                };
                Ok(Value::Series(zip(series, self.periods).map(time).collect()))
            }
            ("DIFF", [argument]) => Ok(Value::Series(difference(&self.series(name, argument)?))),
            ("FILL", [argument, filler]) => {
                let series = self.series(name, argument)?;
                match filler {
                    Expression::Word(word) if word == "REPEAT" => Ok(Value::Series(repeated(&series))),
                    filler => match self.value(filler)? {
                        Value::Scalar(number) => Ok(Value::Series(
                            series.into_iter().map(|value| value.or(Some(number))).collect(),
                        )),
                        _ => Err(refused()),
                    },
                }
            }
            ("IF", [condition, then]) => self.condition(condition, then, None),
            ("IF", [condition, then, otherwise]) => self.condition(condition, then, Some(otherwise)),
            _ => Err(refused()),
        }
    }

    fn series(&self, function: &str, argument: &Expression) -> Result<Series, EvaluationError> {
        match self.value(argument)? {
            Value::Series(series) => Ok(series),
            _ => Err(EvaluationError::Function(function.to_owned())),
        }
    }

    /// Period by period over all series of an array; a missing value counts as 0 where another series has one.
    fn across(&self, name: &str, all: &[Series]) -> Series {
        let of = |index: usize| {
            let values: Vec<_> = all.iter().map(|series| series[index]).collect();
            let any = values.iter().any(Option::is_some);
            let values: Vec<_> = values.into_iter().map(|value| value.unwrap_or(0.0)).collect();
            if any { aggregate(name, &values) } else { None }
        };
        (0..self.periods.len()).map(of).collect()
    }

    /// `IF`: no value where the condition has none, or where it is false and there is nothing else; 0 where it is true
    /// and there is no value.
    fn condition(
        &self,
        condition: &Expression,
        then: &Expression,
        otherwise: Option<&Expression>,
    ) -> Result<Value, EvaluationError> {
        let condition = self.value(condition)?;
        let then = self.value(then)?;
        let otherwise = otherwise.map(|otherwise| self.value(otherwise)).transpose()?;
        let at = |value: &Value, index: usize| match value {
            Value::Scalar(number) => Ok(Some(*number)),
            Value::Series(series) => Ok(series[index]),
            Value::Array(_) => Err(EvaluationError::Function("IF".to_owned())),
        };
        let of = |index: usize| {
            Ok(match (at(&condition, index)?, &otherwise) {
                (None, _) => None,
                (Some(0.0), None) => None,
                (Some(0.0), Some(otherwise)) => at(otherwise, index)?,
                (Some(_), _) => at(&then, index)?.or(Some(0.0)),
            })
        };
        Ok(Value::Series((0..self.periods.len()).map(of).collect::<Result<_, EvaluationError>>()?))
    }
}

impl Operator {
    /// The result; none if it would divide by zero.
    fn of(self, left: f64, right: f64) -> Option<f64> {
        let truth = |holds: bool| Some(f64::from(u8::from(holds)));
        match self {
            Self::Add => Some(left + right),
            Self::Subtract => Some(left - right),
            Self::Multiply => Some(left * right),
            Self::Divide => (right != 0.0).then(|| left / right),
            Self::Equal => truth(left == right),
            Self::NotEqual => truth(left != right),
            Self::LessOrEqual => truth(left <= right),
            Self::GreaterOrEqual => truth(left >= right),
            Self::Less => truth(left < right),
            Self::Greater => truth(left > right),
            Self::And => truth(left != 0.0 && right != 0.0),
            Self::Or => truth(left != 0.0 || right != 0.0),
        }
    }
}

fn each(series: &Series, of: impl Fn(f64) -> Option<f64>) -> Series {
    series.iter().map(|value| value.and_then(&of)).collect()
}

/// One number of many; none of none.
fn aggregate(function: &str, values: &[f64]) -> Option<f64> {
    let sum = || values.iter().sum::<f64>();
    match function {
        _ if values.is_empty() => None,
        "SUM" => Some(sum()),
        "AVG" => Some(sum() / values.len() as f64),
        "MIN" => values.iter().copied().reduce(f64::min),
        "MAX" => values.iter().copied().reduce(f64::max),
        _ => None,
    }
}

/// The change against the value before, however long ago it is.
fn difference(series: &Series) -> Series {
    let mut before = None;
    let change = |value: &Option<f64>| {
        let change = value.zip(before).map(|(value, before)| value - before);
        before = value.or(before);
        change
    };
    series.iter().map(change).collect()
}

/// The last value again where there is none.
fn repeated(series: &Series) -> Series {
    let mut last = None;
    let value = |value: &Option<f64>| {
        last = value.or(last);
        last
    };
    series.iter().map(value).collect()
}

#[cfg(test)]
mod tests;
