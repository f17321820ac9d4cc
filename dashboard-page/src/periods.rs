//! The periods that `CloudWatch` divides time into.

use jiff::{SignedDuration, Timestamp};
use metrics_lib::window::Window;

const WEEK: i64 = 7 * 24 * 3600;
/// The first Monday after 1970 began.
const FIRST_MONDAY: i64 = 4 * 24 * 3600;

/// The periods that a range of time touches, whole ones, in order.
///
/// Periods begin at the multiples of their length since 1970, so days at midnight, UTC. Weeks are those of the calendar,
/// as AWS says of [wall clock windows](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html),
/// which "match the periods shown on a metric dashboard"; it does not say with which day they begin, here it is Monday.
pub(super) fn periods(seconds: u32, range: Window) -> Vec<Window> {
    let length = i64::from(seconds);
    let offset = if length == WEEK { FIRST_MONDAY } else { 0 };
    let first = (range.start.as_second() - offset).div_euclid(length) * length + offset;
    let starts = (0..).map_while(|index: i64| Timestamp::from_second(first + index * length).ok());
    starts
        .take_while(|start| *start < range.end)
        .map(|start| Window { start, end: start + SignedDuration::from_secs(length) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_of_a_range() {
        fn check(seconds: u32, [start, end]: [&str; 2], expected: &[&str]) {
            let range = Window { start: start.parse().unwrap(), end: end.parse().unwrap() };
            let starts: Vec<_> =
                periods(seconds, range).iter().map(|period| period.start.to_string()).collect();
            let expected: Vec<_> = expected.iter().map(|day| format!("{day}T00:00:00Z")).collect();
            assert_eq!(starts, expected, "{seconds} {start} {end}");
        }
        const DAY: u32 = 86400;
        check(DAY, ["2026-06-15T00:00:00Z", "2026-06-17T00:00:00Z"], &["2026-06-15", "2026-06-16"]);
        check(DAY, ["2026-06-15T12:00:00Z", "2026-06-16T00:00:01Z"], &["2026-06-15", "2026-06-16"]);
        check(DAY, ["2026-06-15T12:00:00Z", "2026-06-15T12:00:00Z"], &["2026-06-15"]);
        check(DAY, ["2026-06-15T00:00:00Z", "2026-06-15T00:00:00Z"], &[]);
        // From Monday to Monday.
        check(7 * DAY, ["2026-06-14T23:59:59Z", "2026-06-15T00:00:01Z"], &["2026-06-08", "2026-06-15"]);
        check(7 * DAY, ["1969-12-31T00:00:00Z", "1970-01-01T00:00:00Z"], &["1969-12-29"]);
        // 30 days are 30 days, whatever the month.
        check(30 * DAY, ["1970-01-01T00:00:00Z", "1970-02-01T00:00:00Z"], &["1970-01-01", "1970-01-31"]);
        check(30 * DAY, ["2026-06-15T00:00:00Z", "2026-06-16T00:00:00Z"], &["2026-06-06"]);
    }
}
