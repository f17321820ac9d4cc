//! The statistics of the values of a period.

use metrics_lib::statistics::percentile;
use std::str::FromStr;

/// A statistic, as `CloudWatch` names it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// All values together.
    Sum,
    /// How many values there are.
    SampleCount,
    /// The mean.
    Average,
    /// The smallest value.
    Minimum,
    /// The largest value.
    Maximum,
    /// `pNN`: the value that so many percent don't exceed.
    Percentile(f64),
    /// `PR(a:b)`: how many percent lie above the one and don't exceed the other.
    PercentileRank(f64, f64),
}

/// A statistic that is not known here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no statistic that is known here: use Sum, SampleCount, Average, Minimum, Maximum, pNN or PR(a:b)"
)]
pub struct UnknownStatistic(String);

impl FromStr for Statistic {
    type Err = UnknownStatistic;

    fn from_str(text: &str) -> Result<Self, UnknownStatistic> {
        let percentile = |text: &str| {
            let number = text.strip_prefix('p')?.parse().ok()?;
            (0.0..=100.0).contains(&number).then_some(Self::Percentile(number))
        };
        let rank = |text: &str| {
            let (from, to) = text.strip_prefix("PR(")?.strip_suffix(')')?.split_once(':')?;
            let bound = |text: &str, open: f64| if text.is_empty() { Some(open) } else { text.parse().ok() };
            Some(Self::PercentileRank(bound(from, f64::NEG_INFINITY)?, bound(to, f64::INFINITY)?))
        };
        match text {
            "Sum" => Ok(Self::Sum),
            "SampleCount" => Ok(Self::SampleCount),
            "Average" => Ok(Self::Average),
            "Minimum" => Ok(Self::Minimum),
            "Maximum" => Ok(Self::Maximum),
            _ => percentile(text).or_else(|| rank(text)).ok_or_else(|| UnknownStatistic(text.to_owned())),
        }
    }
}

impl Statistic {
    /// The statistic of values in any order; none of no values.
    #[must_use]
    pub fn of(self, mut values: Vec<f64>) -> Option<f64> {
        if values.is_empty() {
            return None;
        }
        values.sort_by(f64::total_cmp);
        let count = values.len() as f64;
        let sum = || values.iter().sum::<f64>();
        Some(match self {
            Self::Sum => sum(),
            Self::SampleCount => count,
            Self::Average => sum() / count,
            Self::Minimum => values[0],
            Self::Maximum => values[values.len() - 1],
            Self::Percentile(percent) => percentile(&values, percent)?,
            Self::PercentileRank(from, to) => {
                let inside = values.iter().filter(|value| from < **value && **value <= to).count();
                100.0 * inside as f64 / count
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_of_values() {
        fn check(statistic: &str, values: &[f64], expected: Option<f64>) {
            let parsed: Statistic = statistic.parse().unwrap();
            assert_eq!(parsed.of(values.to_vec()), expected, "{statistic} of {values:?}");
        }
        for statistic in ["Sum", "SampleCount", "Average", "Minimum", "Maximum", "p50", "PR(:1)"] {
            check(statistic, &[], None);
        }
        // In whatever order they come.
        let values = [30.0, 10.0, 20.0, 40.0];
        check("Sum", &values, Some(100.0));
        check("SampleCount", &values, Some(4.0));
        check("Average", &values, Some(25.0));
        check("Minimum", &values, Some(10.0));
        check("Maximum", &values, Some(40.0));
        check("p50", &values, Some(25.0));
        check("p0", &values, Some(10.0));
        check("p100", &values, Some(40.0));
        check("p75", &values, Some(32.5));
        check("p90", &values, Some(37.0));
        check("p99.9", &[7.0], Some(7.0));
        check("p50", &[10.0, 20.0, 90.0], Some(20.0));
        // The lower bound lies outside, the upper inside.
        check("PR(:20)", &values, Some(50.0));
        check("PR(20:)", &values, Some(50.0));
        check("PR(10:30)", &values, Some(50.0));
        check("PR(:9.5)", &values, Some(0.0));
        check("PR(:86400)", &[86400.0, 86401.0], Some(50.0));
    }

    #[test]
    fn unknown_statistics_are_refused() {
        for text in ["sum", "p", "p101", "p-1", "tm90", "PR(10)", "PR(a:b)", "IQM", ""] {
            assert_eq!(text.parse::<Statistic>(), Err(UnknownStatistic(text.to_owned())));
        }
    }
}
