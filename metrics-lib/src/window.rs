//! Windows of time: half-open, in UTC. Days, ISO weeks and months follow each other without gap or overlap.

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Weekday},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};

/// The instants from `start` up to, but without, `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Window {
    /// The first instant.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
}

/// The length of a calendar window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Period {
    /// From midnight to midnight.
    Day,
    /// From Monday to Monday.
    Week,
    /// From the first of a month to the first of the next.
    Month,
}

impl Window {
    /// Whether the instant lies in the window.
    pub fn contains(&self, time: Timestamp) -> bool {
        (self.start..self.end).contains(&time)
    }
}

impl Period {
    /// The period's window that an instant lies in.
    ///
    /// # Errors
    /// At the ends of the calendar, where the window would lie outside of the years that can be represented.
    pub fn containing(self, time: Timestamp) -> Result<Window, jiff::Error> {
        let date = time.to_zoned_datetime(TimeZone::UTC).date();
        let start = match self {
            Self::Day => date,
            Self::Week => date.checked_sub((date.weekday().since(Weekday::Monday)).days())?,
            Self::Month => date.first_of_month(),
        };
        let end = match self {
            Self::Day => start.checked_add(1.day())?,
            Self::Week => start.checked_add(1.week())?,
            Self::Month => start.checked_add(1.month())?,
        };
        Ok(Window { start: midnight(start)?, end: midnight(end)? })
    }
}

fn midnight(date: Date) -> Result<Timestamp, jiff::Error> {
    Ok(date.to_zoned_datetime(TimeZone::UTC)?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_of_the_calendar() {
        fn check(period: Period, time: &str, expected: [&str; 2]) {
            let window = period.containing(time.parse().unwrap()).unwrap();
            assert_eq!([window.start.to_string(), window.end.to_string()], expected, "{period:?} of {time}");
        }
        use Period::{Day, Month, Week};
        check(Day, "2026-06-15T00:00:00Z", ["2026-06-15T00:00:00Z", "2026-06-16T00:00:00Z"]);
        check(Day, "2026-06-15T23:59:59.999Z", ["2026-06-15T00:00:00Z", "2026-06-16T00:00:00Z"]);
        // Whatever the offset that it is written in, the day is UTC's.
        check(Day, "2026-06-15T01:00:00+02:00", ["2026-06-14T00:00:00Z", "2026-06-15T00:00:00Z"]);
        check(Week, "2026-06-15T00:00:00Z", ["2026-06-15T00:00:00Z", "2026-06-22T00:00:00Z"]);
        check(Week, "2026-06-14T23:59:59Z", ["2026-06-08T00:00:00Z", "2026-06-15T00:00:00Z"]);
        check(Week, "2027-01-01T12:00:00Z", ["2026-12-28T00:00:00Z", "2027-01-04T00:00:00Z"]);
        check(Month, "2028-02-29T12:00:00Z", ["2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"]);
        check(Month, "2026-12-31T23:59:59Z", ["2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"]);
    }

    #[test]
    fn the_end_lies_outside() {
        let [start, inside, end] = [0, 59, 60].map(|second| Timestamp::from_second(second).unwrap());
        let window = Window { start, end };
        assert_eq!([start, inside, end].map(|time| window.contains(time)), [true, true, false]);
        assert!(!Window { start, end: start }.contains(start));
    }

    #[test]
    fn the_calendar_ends() {
        assert!(Period::Month.containing(Timestamp::MAX).is_err());
    }
}
