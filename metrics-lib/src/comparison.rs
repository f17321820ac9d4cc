//! Whether a metric of DORA is better or worse than in the period before, as far as its values can tell.
//!
//! Better or worse is said only where the 95 % interval of the difference leaves out 0: Newcombe's of shares, that of two
//! Poisson rates of frequencies, the bootstrap's of medians ([`crate::statistics`]).

use crate::{
    dora_metric::{DoraMetric, MadeOf},
    report::Figures,
    statistics::{Frequency, Interval, difference_of_medians},
    window::Window,
};
use serde::{Deserialize, Serialize};

/// Of fewer values than these, nothing is said.
pub const FEWEST: u64 = 5;

/// The figures of a period.
#[derive(Clone, Copy, Debug)]
pub struct Measured<'a> {
    /// The period.
    pub window: Window,
    /// Its figures.
    pub figures: &'a Figures,
}

/// How a metric of DORA changed from one period to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FigureChange {
    /// By how much the later value exceeds the earlier: deployments a day, a share from -1 to 1, or seconds.
    pub difference: f64,
    /// What that says.
    pub verdict: Verdict,
}

/// What a change says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It is better.
    Better,
    /// It is worse.
    Worse,
    /// Chance alone may have made the difference.
    NotDistinguishable,
    /// There are fewer than [`FEWEST`] values.
    TooFew,
}

impl Verdict {
    /// The verdict in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::NotDistinguishable => "no distinguishable change",
            Self::TooFew => "too few to tell",
        }
    }
}

impl FigureChange {
    /// How a metric changed since another period; none where one of them has no value.
    ///
    /// Shares and medians need [`FEWEST`] values in both periods. Of deployments one period must have as many: none after
    /// many says enough.
    pub fn of(metric: DoraMetric, now: Measured<'_>, before: Measured<'_>) -> Option<Self> {
        let ns = [now, before].map(|period| period.figures.n(metric));
        let (difference, interval): (f64, Option<Interval>) = match metric.descriptor().made_of {
            MadeOf::Count(metric) => {
                let [after, before] = [now, before]
                    .map(|period| Frequency::new(period.figures.count(metric), period.window.days()));
                let (after, before) = (after?, before?);
                let is_told = ns.iter().any(|n| *n >= FEWEST);
                (after.a_day() - before.a_day(), is_told.then(|| after.difference(before)))
            }
            MadeOf::Share { parts, whole, .. } => {
                let [after, before] = [now, before].map(|period| period.figures.share(parts, whole));
                let (after, before) = (after?, before?);
                (after.value() - before.value(), are_enough(ns).then(|| after.difference(before)))
            }
            MadeOf::Lengths { metric: of, .. } => {
                let [after, earlier] = [now, before].map(|period| period.figures.value(metric));
                let lengths = [now, before].map(|period| period.figures.values(of));
                let told = are_enough(ns).then(|| difference_of_medians(lengths[0], lengths[1])).flatten();
                (after? - earlier?, told)
            }
        };
        Some(Self { difference, verdict: verdict(metric, interval) })
    }
}

fn are_enough(ns: [u64; 2]) -> bool {
    ns.iter().all(|n| *n >= FEWEST)
}

/// What an interval of a difference says; none is told of too few values.
fn verdict(metric: DoraMetric, interval: Option<Interval>) -> Verdict {
    match interval {
        None => Verdict::TooFew,
        Some(interval) if !interval.leaves_out_zero() => Verdict::NotDistinguishable,
        Some(interval) if (interval.low > 0.0) == metric.more_is_better() => Verdict::Better,
        Some(_) => Verdict::Worse,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{contract::Metric, window::Period};

    /// The values of a period.
    type Values<'a> = &'a [(Metric, &'a [f64])];

    /// A week, and the month before.
    fn check(metric: DoraMetric, now: Values<'_>, before: Values<'_>, expected: Option<Verdict>) {
        let window = |period: Period, time: &str| period.containing(time.parse().unwrap()).unwrap();
        let figures = |values: Values<'_>| -> Figures {
            values.iter().map(|(metric, values)| (*metric, values.to_vec())).collect()
        };
        let (after, earlier) = (figures(now), figures(before));
        let after = Measured { window: window(Period::Week, "2026-06-01T00:00:00Z"), figures: &after };
        let earlier = Measured { window: window(Period::Month, "2026-05-01T00:00:00Z"), figures: &earlier };
        let found = FigureChange::of(metric, after, earlier).map(|change| change.verdict);
        assert_eq!(found, expected, "{metric:?}: {now:?} after {before:?}");
    }

    #[test]
    fn frequencies() {
        use Verdict::{Better, NotDistinguishable, TooFew, Worse};
        let check = |now: usize, before: usize, expected: Verdict| {
            let ones = [1.0; 200];
            check(
                DoraMetric::DeploymentFrequency,
                &[(Metric::Deployments, &ones[..now])],
                &[(Metric::Deployments, &ones[..before])],
                Some(expected),
            );
        };
        // A week has 7 days, May has 31: the same number is more often.
        check(31, 31, Better);
        check(7, 31, NotDistinguishable);
        check(0, 100, Worse);
        check(4, 4, TooFew);
        check(0, 0, TooFew);
    }

    #[test]
    fn shares() {
        use Verdict::{Better, NotDistinguishable, TooFew, Worse};
        let check = |now: [usize; 2], before: [usize; 2], expected: Option<Verdict>| {
            let ones = [1.0; 200];
            let [now, before] = [now, before].map(|[failed, all]| {
                [(Metric::FailedDeployments, &ones[..failed]), (Metric::Deployments, &ones[..all])]
            });
            check(DoraMetric::ChangeFailureRate, &now, &before, expected);
        };
        check([0, 40], [20, 40], Some(Better));
        check([20, 40], [0, 40], Some(Worse));
        check([1, 10], [2, 10], Some(NotDistinguishable));
        check([4, 4], [0, 100], Some(TooFew));
        check([0, 100], [4, 4], Some(TooFew));
        check([0, 0], [1, 100], None);
        check([1, 100], [0, 0], None);
    }

    #[test]
    fn lengths() {
        use Verdict::{Better, NotDistinguishable, TooFew, Worse};
        let check = |now: &[f64], before: &[f64], expected: Option<Verdict>| {
            let [now, before] = [now, before].map(|values| [(Metric::TimeToRestore, values)]);
            check(DoraMetric::TimeToRestore, &now, &before, expected);
        };
        let (short, long) = ([10.0, 11.0, 12.0, 13.0, 14.0], [100.0, 110.0, 120.0, 130.0, 140.0]);
        check(&short, &long, Some(Better));
        check(&long, &short, Some(Worse));
        check(&short, &short, Some(NotDistinguishable));
        check(&short[..4], &long, Some(TooFew));
        check(&[], &long, None);
    }
}
