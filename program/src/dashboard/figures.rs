//! The figures of DORA as metric math, each with the statistic that is right for it.

use super::{
    graph::{Axis, Color, Series},
    math::{Math, Source, Stat, Statistic},
};
use metrics_lib::{contract::Metric, datum::Dimension};

const HOUR: u32 = 3600;
const DAY: u32 = 24 * HOUR;

/// The figures of everything, or of what a dimension has.
#[derive(Clone, Debug)]
pub(super) struct Figures(pub(super) Option<Dimension>);

/// A length of time that is measured: its metric, and the unit that it is shown in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Length {
    /// The lead time for changes, in days.
    LeadTime,
    /// The time to restore, in hours.
    Restore,
}

impl Length {
    fn metric(self) -> Metric {
        match self {
            Self::LeadTime => Metric::LeadTimeForChanges,
            Self::Restore => Metric::TimeToRestore,
        }
    }

    /// The unit that it is shown in.
    pub(super) fn unit(self) -> &'static str {
        match self {
            Self::LeadTime => "days",
            Self::Restore => "hours",
        }
    }

    /// The seconds of the unit.
    pub(super) fn seconds(self) -> u32 {
        match self {
            Self::LeadTime => DAY,
            Self::Restore => HOUR,
        }
    }
}

impl Figures {
    /// Deployments; none is zero of them.
    pub(super) fn deployments(&self) -> Math {
        self.stat(Metric::Deployments, Statistic::Sum).or_zero()
    }

    /// The change failure rate, in percent.
    pub(super) fn failure_rate(&self) -> Math {
        100 * (self.sum(Metric::FailedDeployments) / self.sum(Metric::Deployments))
    }

    /// The rework rate, in percent.
    pub(super) fn rework_rate(&self) -> Math {
        let rework = self.sum(Metric::ReworkDeployments) + self.sum(Metric::Rollbacks);
        100 * (rework / (self.sum(Metric::Deployments) + self.sum(Metric::Rollbacks)))
    }

    /// What the rework rate is a share of.
    pub(super) fn deployments_and_rollbacks(&self) -> Math {
        (self.sum(Metric::Deployments) + self.sum(Metric::Rollbacks)).or_zero()
    }

    /// A statistic of a length of time, in the unit that it is shown in.
    pub(super) fn length(&self, length: Length, statistic: Statistic) -> Math {
        self.stat(length.metric(), statistic) / length.seconds()
    }

    /// How many lengths of time there are.
    pub(super) fn count(&self, length: Length) -> Math {
        self.stat(length.metric(), Statistic::SampleCount).or_zero()
    }

    /// The share of lengths of time that don't exceed a bound, in percent.
    pub(super) fn share(&self, length: Length, seconds: f64) -> Math {
        self.stat(length.metric(), Statistic::ShareUpTo(seconds as u32))
    }

    /// How many there are of a metric that counts; none is zero.
    pub(super) fn counted(&self, metric: Metric) -> Math {
        self.sum(metric).or_zero()
    }

    fn sum(&self, metric: Metric) -> Math {
        self.stat(metric, Statistic::Sum)
    }

    fn stat(&self, metric: Metric, statistic: Statistic) -> Math {
        Math::Stat(Stat { source: Source::Product(metric, self.0.clone()), statistic })
    }
}

/// The median first, then what lies beyond and the mean.
pub(super) fn lengths(figures: &Figures, length: Length) -> Vec<Series> {
    let unit = length.unit();
    let line = |name: &str, statistic, color| {
        series(format!("{name}, {unit}"), figures.length(length, statistic), color)
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
