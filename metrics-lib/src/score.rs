//! DORA's Quick Check: how a service compares with those of DORA's survey, from 0 to 10.
//!
//! Source: [DORA's Quick Check](https://dora.dev/quickcheck/), its scores and its benchmarks of 2025; content of dora.dev, used
//! under CC BY 4.0. DORA asks about one application or service, so a score of a whole organisation says little.

use crate::{
    comparison::FEWEST,
    dora_metric::{AskedFor, DoraMetric},
    report::Figures,
};

const HOUR: f64 = 3_600.0;
const DAY: f64 = 24.0 * HOUR;
const WEEK: f64 = 7.0 * DAY;
/// A twelfth of a year.
const MONTH: f64 = 365.25 / 12.0 * DAY;

/// The score of a metric of DORA, from 0 to 10, of its figures in some days; none of fewer than [`FEWEST`] values, nor where Quick
/// Check does not ask for it.
///
/// Quick Check asks for the category of a length of time or of a frequency; categories are scored 0, 2, 4, 6, 8 and 10. A
/// frequency is scored without [`FEWEST`] values: few deployments are an answer.
pub fn score(of: DoraMetric, figures: &Figures, days: f64) -> Option<f64> {
    let (value, check) = (figures.value(of)?, of.descriptor().quick_check?);
    match check.asks_for {
        AskedFor::Frequency => (days > 0.0).then(|| of_frequency(value / days / DAY)),
        _ if figures.n(of) < FEWEST => None,
        AskedFor::Length => Some(of_length(value)),
        AskedFor::Rate => Some(10.0 - 10.0 * value),
    }
}

/// More than six months, up to six months, a month, a week, a day, an hour.
fn of_length(seconds: f64) -> f64 {
    category([6.0 * MONTH, MONTH, WEEK, DAY, HOUR].map(|bound| seconds < bound))
}

/// Less often than every six months, than monthly, weekly, daily, hourly; more often is on demand.
fn of_frequency(a_second: f64) -> f64 {
    category([6.0 * MONTH, MONTH, WEEK, DAY, HOUR].map(|every| a_second * every >= 1.0))
}

/// The score of how many bounds of six categories are passed.
fn category(passed: [bool; 5]) -> f64 {
    2.0 * passed.into_iter().filter(|passed| *passed).count() as f64
}

/// A score in a word, beside its benchmark: within half a point it is like it.
pub fn word(score: f64, benchmark: f64) -> &'static str {
    match score - benchmark {
        above if above > 0.5 => "above the benchmark",
        below if below < -0.5 => "below the benchmark",
        _ => "like the benchmark",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Metric;

    fn check(of: DoraMetric, values: &[(Metric, &[f64])], days: f64, expected: Option<f64>) {
        let figures: Figures = values.iter().map(|(metric, values)| (*metric, values.to_vec())).collect();
        assert_eq!(score(of, &figures, days), expected, "{of:?} of {values:?} in {days} days");
    }

    #[test]
    fn lengths() {
        for (seconds, expected) in
            [(59.0 * 60.0, 10.0), (HOUR, 8.0), (DAY, 6.0), (WEEK, 4.0), (31.0 * DAY, 2.0), (183.0 * DAY, 0.0)]
        {
            let lengths: &[f64] = &[seconds; 5];
            check(
                DoraMetric::LeadTimeForChanges,
                &[(Metric::LeadTimeForChanges, lengths)],
                90.0,
                Some(expected),
            );
            check(DoraMetric::TimeToRestore, &[(Metric::TimeToRestore, lengths)], 90.0, Some(expected));
        }
        check(DoraMetric::TimeToRestore, &[(Metric::TimeToRestore, &[1.0; 4])], 90.0, None);
    }

    #[test]
    fn frequencies() {
        let ones = [1.0; 3000];
        for (count, days, expected) in [
            (0, 90.0, 0.0),
            (1, 200.0, 0.0),
            (1, 180.0, 2.0),
            (3, 90.0, 4.0),
            (13, 90.0, 6.0),
            (90, 90.0, 8.0),
            (2160, 90.0, 10.0),
        ] {
            let values: &[(Metric, &[f64])] = &[(Metric::Deployments, &ones[..count])];
            check(DoraMetric::DeploymentFrequency, values, days, Some(expected));
        }
        check(DoraMetric::DeploymentFrequency, &[], 0.0, None);
    }

    #[test]
    fn rates() {
        let of = |failed: usize, all: usize, expected: Option<f64>| {
            let ones = [1.0; 20];
            let values: &[(Metric, &[f64])] =
                &[(Metric::FailedDeployments, &ones[..failed]), (Metric::Deployments, &ones[..all])];
            check(DoraMetric::ChangeFailureRate, values, 90.0, expected);
        };
        of(0, 20, Some(10.0));
        of(5, 20, Some(7.5));
        of(20, 20, Some(0.0));
        of(0, 4, None);
        of(0, 0, None);
    }

    #[test]
    fn words() {
        let words = [3.0, 4.8, 5.5].map(|score| word(score, 4.8));
        assert_eq!(words, ["below the benchmark", "like the benchmark", "above the benchmark"]);
    }
}
