//! `CloudWatch`'s alarms: what state each is in, by the values that a `CloudWatch` holds.
//!
//! Sources: Amazon CloudWatch user guide, "Alarm evaluation" and "Configuring how CloudWatch alarms treat missing data". An
//! alarm looks at the periods that end with each minute; one that looks at more than a day, with each hour. It retrieves more
//! periods than it evaluates, "the evaluation range", so that real data count before missing ones; how many more is not
//! documented, but that in an example with three periods it retrieves five. That values take a while to be shown is left out.

use dashboard_page::{MetricName, Stored, statistic::Statistic};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::window::Window;
use program::plan::{Alarm, Missing, Raised, Series, Share, Watched};
use std::{fmt, ops::Range};

/// How many more periods are retrieved than are evaluated.
const RETRIEVED_MORE: usize = 2;
const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// The longest that is evaluated with each minute.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The state of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// There are no data to decide by; so it begins.
    InsufficientData,
    /// All is well.
    Ok,
    /// It is raised.
    Alarm,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InsufficientData => "insufficient data",
            Self::Ok => "ok",
            Self::Alarm => "alarm",
        })
    }
}

/// Another state of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// Since when it is in this state.
    pub at: Timestamp,
    /// The state.
    pub state: State,
}

/// Whether people get to know that an alarm has come into a state, as something bad.
pub fn is_told(alarm: &Alarm, state: State) -> bool {
    match state {
        State::Alarm => true,
        State::InsufficientData => alarm.missing == Missing::Told,
        State::Ok => false,
    }
}

/// The states that an alarm which is made at the beginning of a range of time comes into.
pub fn changes(alarm: &Alarm, stored: &Stored, range: Range<Timestamp>) -> Vec<Transition> {
    let (period, watched) = match &alarm.watched {
        Watched::Metric(series) => (series.period, Evaluated::of(stored, series)),
        Watched::Share(Share { part, whole, least }) => {
            let whole = whole.iter().map(|series| Evaluated::of(stored, series)).collect();
            (part.period, Evaluated::Share(Box::new(Evaluated::of(stored, part)), whole, f64::from(*least)))
        }
    };
    let period = SignedDuration::from_secs(period.into());
    let periods = alarm.periods as usize;
    let step = if period * i32::try_from(periods).unwrap_or(i32::MAX) > DAY { HOUR } else { MINUTE };
    let breaches = |value: f64| match alarm.raised {
        Raised::Above(threshold) => value > threshold,
        Raised::Below(threshold) => value < threshold,
    };
    let (mut state, mut found) = (State::InsufficientData, Vec::new());
    let mut at = range.start;
    while at < range.end {
        at += step;
        let of = |number: usize| {
            let before = |number: usize| at - period * i32::try_from(number).unwrap_or(i32::MAX);
            watched.value(Window { start: before(number + 1), end: before(number) }).map(breaches)
        };
        // The latest first.
        let points: Vec<Option<bool>> = (0..periods + RETRIEVED_MORE).map(of).collect();
        let next = evaluate(&points, periods, alarm.missing, state);
        if next != state {
            found.push(Transition { at, state: next });
        }
        state = next;
    }
    found
}

/// The state by the points of the evaluation range, the latest first, of which each breaches or not, if there is one.
fn evaluate(points: &[Option<bool>], periods: usize, missing: Missing, state: State) -> State {
    let decided = |breaches: bool| if breaches { State::Alarm } else { State::Ok };
    let real: Vec<bool> = points.iter().copied().flatten().take(periods).collect();
    let all_breach = real.iter().all(|breaches| *breaches);
    if real.len() == periods {
        return decided(all_breach);
    }
    match missing {
        // What is missing fills the rest, and does not breach.
        Missing::Fine => State::Ok,
        _ if !all_breach => State::Ok,
        Missing::ProvesNothing => state,
        Missing::Told if real.is_empty() => State::InsufficientData,
        // "Alarms are designed to always go into ALARM state when the oldest available breaching data point is at least as old
        // as the value of Datapoints to Alarm, and all other more recent data points are breaching or missing."
        Missing::Told => match points.iter().rposition(|point| *point == Some(true)) {
            Some(oldest) if oldest + 1 >= periods => State::Alarm,
            _ => state,
        },
    }
}

/// What is evaluated of a period.
enum Evaluated<'a> {
    Metric(&'a Stored, MetricName, Option<Statistic>),
    /// A hundred times a part, if it is so large, over the sum of others.
    Share(Box<Self>, Vec<Self>, f64),
}

impl<'a> Evaluated<'a> {
    fn of(stored: &'a Stored, series: &Series) -> Self {
        let Series { namespace, metric, dimensions, statistic, .. } = series;
        let dimensions = dimensions.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let name = MetricName {
            namespace: (*namespace).to_owned(),
            name: (*metric).to_owned(),
            dimensions: dimensions.collect(),
        };
        // The plan names none that is not known.
        Self::Metric(stored, name, statistic.parse().ok())
    }

    fn value(&self, window: Window) -> Option<f64> {
        match self {
            Self::Metric(stored, name, statistic) => (*statistic)?.of(stored.values(name, window)),
            Self::Share(part, whole, least) => {
                // Where only one operand has a value, the other counts as 0; a division by zero gives none.
                let part = part.value(window);
                let values: Vec<f64> = whole.iter().filter_map(|series| series.value(window)).collect();
                let sum: f64 = values.iter().sum();
                match part {
                    None if *least > 1.0 || sum == 0.0 => None,
                    Some(part) if *least > 1.0 && part < *least => Some(0.0),
                    part => (sum != 0.0).then(|| 100.0 * part.unwrap_or_default() / sum),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// AWS's own table, of alarms with three periods: five points, the oldest first, `X` breaches, `0` does not, `-` is
    /// missing. What follows where missing data are told, prove nothing, and are fine; of an alarm that was raised.
    #[test]
    fn missing_data() {
        fn check(points: &str, expected: [State; 3]) {
            let points = points.bytes().rev().map(|byte| match byte {
                b'X' => Some(true),
                b'0' => Some(false),
                _ => None,
            });
            let points: Vec<_> = points.collect();
            let missing = [Missing::Told, Missing::ProvesNothing, Missing::Fine];
            let found = missing.map(|missing| evaluate(&points, 3, missing, State::Alarm));
            assert_eq!(found, expected, "{points:?}");
        }
        use State::{Alarm, InsufficientData, Ok};
        check("0-X-X", [Ok, Ok, Ok]);
        check("----0", [Ok, Ok, Ok]);
        check("-----", [InsufficientData, Alarm, Ok]);
        check("0XX-X", [Alarm, Alarm, Alarm]);
        check("--X--", [Alarm, Alarm, Ok]);
    }

    fn at(minute: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute)
    }

    fn series(metric: &'static str, statistic: &'static str, minutes: u32) -> Series {
        Series { namespace: "N", metric, dimensions: BTreeMap::new(), statistic, period: minutes * 60 }
    }

    fn alarm(watched: Watched, raised: Raised, periods: u32, missing: Missing) -> Alarm {
        Alarm { name: "a".into(), kind: "a", description: String::new(), watched, raised, periods, missing }
    }

    /// Of values by metric and minute, the states within two hours.
    fn check(alarm: &Alarm, values: &[(&str, i64, f64)], expected: &str) {
        let mut stored = Stored::default();
        for (name, minute, value) in values {
            let (namespace, name) = ("N".to_owned(), (*name).to_owned());
            stored.add(MetricName { namespace, name, dimensions: BTreeMap::new() }, at(*minute), [*value]);
        }
        let found = changes(alarm, &stored, at(0)..at(120)).into_iter().map(|Transition { at, state }| {
            format!("{} {state}", at.duration_since(Timestamp::UNIX_EPOCH).as_mins())
        });
        assert_eq!(found.collect::<Vec<_>>().join(", "), expected, "{values:?}");
    }

    #[test]
    fn one_period() {
        let watched = || Watched::Metric(series("m", "Sum", 5));
        let fine = alarm(watched(), Raised::Above(2.0), 1, Missing::Fine);
        check(&fine, &[], "1 ok");
        // Two values within five minutes, or not; the latest real point counts until it leaves the evaluation range.
        let often = "1 ok, 15 alarm, 16 ok, 20 alarm, 21 ok, 25 alarm, 26 ok";
        check(&fine, &[("m", 10, 2.0), ("m", 14, 1.0)], often);
        check(&fine, &[("m", 10, 2.0), ("m", 15, 1.0)], "1 ok");
        check(&fine, &[("m", 10, 3.0)], "1 ok, 11 alarm, 26 ok");
        let ignored = alarm(watched(), Raised::Above(2.0), 1, Missing::ProvesNothing);
        check(&ignored, &[("m", 10, 3.0)], "11 alarm");
        check(&ignored, &[("m", 10, 3.0), ("m", 60, 0.0)], "11 alarm, 61 ok");
    }

    #[test]
    fn several_periods() {
        let watched = || Watched::Metric(series("m", "Maximum", 5));
        let three = alarm(watched(), Raised::Above(0.0), 3, Missing::Fine);
        check(&three, &[("m", 10, 1.0), ("m", 15, 1.0)], "1 ok");
        check(&three, &[("m", 10, 1.0), ("m", 15, 1.0), ("m", 20, 1.0)], "1 ok, 21 alarm, 36 ok");
        check(&three, &[("m", 10, 1.0), ("m", 15, 0.0), ("m", 20, 1.0)], "1 ok");
    }

    /// Something that should happen every quarter of an hour: nobody is told before it has happened, and everybody when it
    /// has stopped.
    #[test]
    fn what_should_happen() {
        let watched = Watched::Metric(series("m", "Sum", 15));
        let idle = alarm(watched, Raised::Below(1.0), 2, Missing::Told);
        check(&idle, &[], "");
        let stopped: Vec<_> = [15, 30].map(|minute| ("m", minute, 1.0)).into();
        check(&idle, &stopped, "16 ok, 91 insufficient data");
        check(&idle, &[&stopped[..], &[("m", 105, 1.0)]].concat(), "16 ok, 91 insufficient data, 106 ok");
    }

    #[test]
    fn shares() {
        let share = |least| {
            let whole = vec![series("a", "Sum", 60), series("b", "Sum", 60)].try_into().unwrap();
            Watched::Share(Share { part: series("m", "Sum", 60), whole, least })
        };
        let of = |least| alarm(share(least), Raised::Above(50.0), 1, Missing::Fine);
        check(&of(1), &[("m", 1, 1.0)], "1 ok");
        check(&of(1), &[("m", 1, 1.0), ("a", 1, 1.0)], "1 ok, 2 alarm");
        check(&of(1), &[("m", 1, 1.0), ("a", 1, 1.0), ("b", 1, 1.0)], "1 ok");
        check(&of(2), &[("m", 1, 1.0), ("a", 1, 1.0)], "1 ok");
        check(&of(2), &[("m", 1, 2.0), ("a", 1, 1.0), ("b", 1, 1.0)], "1 ok, 2 alarm");
    }
}
