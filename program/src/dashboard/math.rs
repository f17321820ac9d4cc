//! Metric math as a tree, whose leaves are statistics of metrics: it can't name a metric that is not there.

use metrics_lib::{contract::Metric, datum::Dimension};
use std::{
    fmt,
    ops::{Add, Div, Mul},
};

/// Where values come from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MetricSource {
    /// A metric of the product, of all repositories or broken down.
    Product(Metric, Option<Dimension>),
    /// The messages that wait in an SQS queue.
    QueueDepth(String),
    /// The age of the oldest message of an SQS queue.
    QueueAge(String),
    /// How old the oldest record is that a Firehose stream has not delivered yet.
    StreamFreshness(String),
}

impl MetricSource {
    /// The namespace.
    pub fn namespace(&self) -> &'static str {
        match self {
            Self::Product(metric, _) => metric.namespace().name(),
            Self::QueueDepth(_) | Self::QueueAge(_) => "AWS/SQS",
            Self::StreamFreshness(_) => "AWS/Firehose",
        }
    }

    /// The metric's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Product(metric, _) => metric.name(),
            Self::QueueDepth(_) => "ApproximateNumberOfMessagesVisible",
            Self::QueueAge(_) => "ApproximateAgeOfOldestMessage",
            Self::StreamFreshness(_) => "DeliveryToS3.DataFreshness",
        }
    }

    /// The dimension, name and value; none for the whole organisation.
    pub fn dimension(&self) -> Option<(&str, &str)> {
        match self {
            Self::Product(_, by) => by.as_ref().map(|by| (by.name(), by.value())),
            Self::QueueDepth(queue) | Self::QueueAge(queue) => Some(("QueueName", queue)),
            Self::StreamFreshness(stream) => Some(("DeliveryStreamName", stream)),
        }
    }
}

/// What is made of the values of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Statistic {
    /// Their sum.
    Sum,
    /// How many there are.
    SampleCount,
    /// Their mean.
    Average,
    /// The highest.
    Maximum,
    /// The value that half of them don't exceed.
    P50,
    /// The value that three quarters of them don't exceed.
    P75,
    /// The value that nine tenths of them don't exceed.
    P90,
    /// The share of them that don't exceed so many seconds, in percent.
    ShareUpTo(u32),
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sum => f.write_str("Sum"),
            Self::SampleCount => f.write_str("SampleCount"),
            Self::Average => f.write_str("Average"),
            Self::Maximum => f.write_str("Maximum"),
            Self::P50 => f.write_str("p50"),
            Self::P75 => f.write_str("p75"),
            Self::P90 => f.write_str("p90"),
            Self::ShareUpTo(seconds) => write!(f, "PR(:{seconds})"),
        }
    }
}

/// A statistic of a metric, in each period of the widget that draws it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stat {
    /// Where the values come from.
    pub source: MetricSource,
    /// What is made of them.
    pub statistic: Statistic,
}

/// What a widget draws: a statistic, or what is calculated of some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Math {
    /// A statistic.
    Stat(Stat),
    /// A number, the same in every period.
    Number(u32),
    /// Two operands; in each period where only one has a value, the other counts as 0, and where the divisor is 0, there
    /// is no value.
    Binary(Box<Self>, Operator, Box<Self>),
    /// A number where there is no value.
    Fill(Box<Self>, u32),
    /// The change against the period before.
    Difference(Box<Self>),
    /// The values before the last period in which another one has a value.
    BeforeLastOf(Box<Self>, Box<Self>),
}

/// An operator of metric math.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operator {
    /// `+`
    Add,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

impl Operator {
    fn symbol(self) -> char {
        match self {
            Self::Add => '+',
            Self::Multiply => '*',
            Self::Divide => '/',
        }
    }
}

impl Math {
    /// No value counts as 0.
    #[must_use]
    pub fn or_zero(self) -> Self {
        Self::Fill(Box::new(self), 0)
    }

    /// The change against the period before.
    #[must_use]
    pub fn difference(self) -> Self {
        Self::Difference(Box::new(self))
    }

    /// Its values, but for the last period in which `clock` has one.
    #[must_use]
    pub fn before_last_of(self, clock: Self) -> Self {
        Self::BeforeLastOf(Box::new(self), Box::new(clock))
    }

    /// Its statistics, in the order of their appearance.
    pub fn stats(&self) -> Vec<&Stat> {
        match self {
            Self::Stat(stat) => vec![stat],
            Self::Number(_) => Vec::new(),
            Self::Binary(left, _, right) | Self::BeforeLastOf(left, right) => {
                [left.stats(), right.stats()].concat()
            }
            Self::Fill(inner, _) | Self::Difference(inner) => inner.stats(),
        }
    }

    /// The expression, with an id for each statistic.
    pub fn expression(&self, id: &impl Fn(&Stat) -> String) -> String {
        match self {
            Self::Stat(stat) => id(stat),
            Self::Number(number) => number.to_string(),
            Self::Fill(inner, number) => format!("FILL({}, {number})", inner.expression(id)),
            Self::Difference(inner) => format!("DIFF({})", inner.expression(id)),
            Self::BeforeLastOf(inner, clock) => {
                let (inner, clock) = (inner.expression(id), clock.expression(id));
                // What has no value has no time either, so nothing becomes 0 here.
                format!("IF(EPOCH({inner}) < MAX(EPOCH({clock})), {inner})")
            }
            Self::Binary(left, operator, right) => {
                format!("{} {} {}", left.operand(id), operator.symbol(), right.operand(id))
            }
        }
    }

    fn operand(&self, id: &impl Fn(&Stat) -> String) -> String {
        match self {
            Self::Binary(..) => format!("({})", self.expression(id)),
            _ => self.expression(id),
        }
    }

    fn binary(self, operator: Operator, right: Self) -> Self {
        Self::Binary(Box::new(self), operator, Box::new(right))
    }
}

impl Add for Math {
    type Output = Self;

    fn add(self, right: Self) -> Self {
        self.binary(Operator::Add, right)
    }
}

impl Mul<Math> for u32 {
    type Output = Math;

    fn mul(self, right: Math) -> Math {
        Math::Number(self).binary(Operator::Multiply, right)
    }
}

impl Div for Math {
    type Output = Self;

    fn div(self, right: Self) -> Self {
        self.binary(Operator::Divide, right)
    }
}

impl Div<u32> for Math {
    type Output = Self;

    fn div(self, right: u32) -> Self {
        self / Self::Number(right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(metric: Metric) -> Math {
        Math::Stat(Stat { source: MetricSource::Product(metric, None), statistic: Statistic::Sum })
    }

    #[test]
    fn expressions() {
        fn check(math: &Math, expected: &str) {
            let id = |stat: &Stat| stat.source.name().to_lowercase();
            assert_eq!(math.expression(&id), expected);
        }
        let (deployments, rollbacks) = (|| sum(Metric::Deployments), || sum(Metric::Rollbacks));
        check(&deployments(), "deployments");
        check(&deployments().or_zero(), "FILL(deployments, 0)");
        check(&(deployments() / 3600), "deployments / 3600");
        check(&(deployments() + rollbacks()), "deployments + rollbacks");
        check(
            &(100 * (rollbacks() / (deployments() + rollbacks()))),
            "100 * (rollbacks / (deployments + rollbacks))",
        );
        check(&(rollbacks() / deployments()).difference(), "DIFF(rollbacks / deployments)");
        check(
            &rollbacks().before_last_of(deployments().or_zero()),
            "IF(EPOCH(rollbacks) < MAX(EPOCH(FILL(deployments, 0))), rollbacks)",
        );
    }

    #[test]
    fn statistics() {
        fn check(statistic: Statistic, expected: &str) {
            assert_eq!(statistic.to_string(), expected);
        }
        check(Statistic::Sum, "Sum");
        check(Statistic::P50, "p50");
        check(Statistic::ShareUpTo(86400), "PR(:86400)");
    }
}
