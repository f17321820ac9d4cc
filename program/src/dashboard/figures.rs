//! The figures of DORA as metric math, each with the statistic that is right for it.

use super::{
    graph::{Axis, Color, Series},
    math::{Math, MetricSource, Stat, Statistic},
};
use metrics_lib::{contract::Metric, datum::Dimension, dora_metric::TimeUnit};

/// The figures of everything, or of what a dimension has.
#[derive(Clone, Debug)]
pub(super) struct Figures(pub(super) Option<Dimension>);

impl Figures {
    /// The share that some metrics' values are of others', in percent.
    pub(super) fn share_of(&self, parts: &[Metric], whole: &[Metric]) -> Math {
        100 * (self.sum_of(parts) / self.sum_of(whole))
    }

    /// How many there are of some metrics that count; none is zero.
    pub(super) fn counted_in_all(&self, metrics: &[Metric]) -> Math {
        self.sum_of(metrics).or_zero()
    }

    /// A statistic of lengths of time, in the unit that they are shown in.
    pub(super) fn length(&self, metric: Metric, shown_in: TimeUnit, statistic: Statistic) -> Math {
        self.stat(metric, statistic) / shown_in.seconds()
    }

    /// How many values there are of a metric that measures.
    pub(super) fn number(&self, metric: Metric) -> Math {
        self.stat(metric, Statistic::SampleCount).or_zero()
    }

    /// The share of lengths of time that don't exceed a bound, in percent.
    pub(super) fn share_up_to(&self, metric: Metric, seconds: f64) -> Math {
        self.stat(metric, Statistic::ShareUpTo(seconds as u32))
    }

    /// How many there are of a metric that counts; none is zero.
    pub(super) fn counted(&self, metric: Metric) -> Math {
        self.sum(metric).or_zero()
    }

    /// The mean of a part of lead times over all of them, in the unit that these are shown in.
    pub(super) fn mean_part(&self, part: Metric, shown_in: TimeUnit) -> Math {
        let all = self.stat(Metric::LeadTimeForChanges, Statistic::SampleCount);
        self.sum(part) / all / shown_in.seconds()
    }

    fn sum(&self, metric: Metric) -> Math {
        self.stat(metric, Statistic::Sum)
    }

    fn sum_of(&self, metrics: &[Metric]) -> Math {
        let sums = metrics.iter().map(|metric| self.sum(*metric));
        sums.reduce(|all, sum| all + sum).unwrap_or(Math::Number(0))
    }

    fn stat(&self, metric: Metric, statistic: Statistic) -> Math {
        Math::Stat(Stat { source: MetricSource::Product(metric, self.0.clone()), statistic })
    }
}

/// The median first, then what lies beyond and the mean.
pub(super) fn lengths(figures: &Figures, metric: Metric, shown_in: TimeUnit) -> Vec<Series> {
    let unit = shown_in.name();
    let line = |name: &str, statistic, color| {
        series(format!("{name}, {unit}"), figures.length(metric, shown_in, statistic), color)
    };
    vec![
        line("median", Statistic::P50, Color::Blue),
        line("p75", Statistic::P75, Color::Green),
        line("p90", Statistic::P90, Color::Orange),
        line("mean", Statistic::Average, Color::Purple),
    ]
}

/// A series on the left axis.
pub(super) fn series(label: impl Into<String>, math: Math, color: Color) -> Series {
    Series { label: label.into(), math, color, axis: Axis::Left }
}

/// How many values are behind a figure.
pub(super) fn n(math: Math) -> Series {
    Series { label: "n".to_owned(), math, color: Color::Grey, axis: Axis::Right }
}
