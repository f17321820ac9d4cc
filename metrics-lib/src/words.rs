//! How figures are written for people: the same wherever they are read.

use crate::{
    comparison::{FigureChange, Verdict},
    contract::Metric,
    dora_metric::{DoraMetric, MadeOf},
    parts::{HEADINGS, Part, by_metric},
    report::Figures,
    statistics::{Interval, Share},
};
use jiff::SignedDuration;

/// What is written where there is no value: no data is not zero.
pub const NO_DATA: &str = "no data";

/// A length of time, to the second: `1h 2m 3s`.
pub fn length(seconds: f64) -> String {
    let length = SignedDuration::try_from_secs_f64(seconds.round()).unwrap_or(SignedDuration::MAX);
    format!("{length:#}")
}

/// A share in percent, to a tenth: `12.5 %`.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// Where the true share lies in 95 of 100 cases, in plain words.
pub fn interval(share: Share) -> String {
    let Interval { low, high } = share.interval();
    format!("the true rate is likely between {} and {}", percent(low), percent(high))
}

/// What most of a lead time went into, in plain words: `approval wait 2d, review 3h 5m, queue 30m`.
pub fn longest_parts(parts: &[Part]) -> String {
    let mut all = by_metric(parts);
    all.sort_by(|(one, a), (other, b)| b.cmp(a).then(one.cmp(other)));
    let titles = |of: Metric| HEADINGS.into_iter().find(|heading| heading.metric == of);
    let texts = all.into_iter().take(3).filter_map(|(metric, value)| {
        Some(format!("{} {}", titles(metric)?.title.to_lowercase(), length(value.get())))
    });
    Vec::from_iter(texts).join(", ")
}

/// The parts of a lead time, a line each: when each began, what it was, and how long it took.
pub fn timeline(parts: &[Part]) -> Vec<String> {
    let names: Vec<String> = parts.iter().map(|part| part.kind.to_string()).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    let line = |(part, name): (&Part, &String)| {
        format!("{:.0}  {name:width$}  {}", part.start, length(part.duration().as_secs_f64()))
    };
    parts.iter().zip(&names).map(line).collect()
}

/// A metric of DORA in a period of some days: its value alone.
pub fn value(of: DoraMetric, figures: &Figures, days: f64) -> String {
    let Some(value) = figures.value(of) else { return NO_DATA.to_owned() };
    match of.descriptor().made_of {
        MadeOf::Count(_) if days > 0.0 => format!("{value} ({:.2} a day)", value / days),
        MadeOf::Count(_) => value.to_string(),
        MadeOf::Share { .. } => percent(value),
        MadeOf::Lengths { .. } => length(value),
    }
}

/// A change: by how much, and what that says. A difference of few values says nothing.
pub fn change(of: DoraMetric, change: FigureChange) -> String {
    let FigureChange { difference, verdict } = change;
    if verdict == Verdict::TooFew {
        return verdict.words().to_owned();
    }
    let sign = if difference < 0.0 { "-" } else { "+" };
    let by = difference.abs();
    let by = match of.descriptor().made_of {
        MadeOf::Count(_) => format!("{by:.2} a day"),
        MadeOf::Share { .. } => format!("{:.1} points", by * 100.0),
        MadeOf::Lengths { .. } => length(by),
    };
    format!("{sign}{by}: {}", verdict.words())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parts::PartKind;
    use jiff::Timestamp;

    #[test]
    fn parts_of_a_lead_time() {
        let at = |hour: i64| Timestamp::from_second(hour * 3600).unwrap();
        let part = |kind, start, end| Part { kind, start: at(start), end: at(end) };
        let parts = [
            part(PartKind::Coding, 0, 2),
            part(PartKind::Stage("Build".into()), 2, 3),
            part(PartKind::Approval, 3, 51),
            part(PartKind::Wait, 51, 53),
            part(PartKind::Deploy, 53, 54),
        ];
        assert_eq!(longest_parts(&parts), "approval wait 48h, pipeline 3h, coding 2h");
        let lines = [
            "1970-01-01T00:00:00Z  coding       2h",
            "1970-01-01T02:00:00Z  stage Build  1h",
            "1970-01-01T03:00:00Z  approval     48h",
            "1970-01-03T03:00:00Z  wait         2h",
            "1970-01-03T05:00:00Z  deploy       1h",
        ];
        assert_eq!(timeline(&parts), lines);
    }
    use crate::contract::Metric;

    #[test]
    fn values() {
        let figures = Figures::from_iter([
            (Metric::Deployments, vec![1.0; 8]),
            (Metric::FailedDeployments, vec![1.0]),
            (Metric::LeadTimeForChanges, vec![3600.0, 7323.0]),
        ]);
        let found = DoraMetric::ALL.map(|of| value(of, &figures, 7.0));
        assert_eq!(found, ["8 (1.14 a day)", "1h 31m 2s", "12.5 %", NO_DATA, "0.0 %"]);
        let share = figures.share(&[Metric::FailedDeployments], &[Metric::Deployments]).unwrap();
        assert_eq!(interval(share), "the true rate is likely between 2.2 % and 47.1 %");
    }

    #[test]
    fn changes() {
        fn check(of: DoraMetric, difference: f64, verdict: Verdict, expected: &str) {
            assert_eq!(change(of, FigureChange { difference, verdict }), expected);
        }
        check(DoraMetric::DeploymentFrequency, 0.5, Verdict::Better, "+0.50 a day: better");
        check(
            DoraMetric::ChangeFailureRate,
            -0.125,
            Verdict::NotDistinguishable,
            "-12.5 points: no distinguishable change",
        );
        check(DoraMetric::TimeToRestore, 90.0, Verdict::Worse, "+1m 30s: worse");
        check(DoraMetric::LeadTimeForChanges, 0.0, Verdict::TooFew, "too few to tell");
    }
}
