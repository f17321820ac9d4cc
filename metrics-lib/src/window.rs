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

    /// Whether all of it is past.
    pub fn is_finished(&self, now: Timestamp) -> bool {
        self.end <= now
    }

    /// How many days it has.
    pub fn days(&self) -> f64 {
        self.end.duration_since(self.start).as_secs_f64() / 86_400.0
    }
}

impl Period {
    /// Every period, from the shortest.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// How many of them tables show: two weeks of days, a quarter of weeks, a year of months and the same month of the year
    /// before.
    pub const fn shown(self) -> usize {
        match self {
            Self::Day => 14,
            Self::Week | Self::Month => 13,
        }
    }

    /// The last windows up to the one that an instant lies in, in order of time.
    ///
    /// # Errors
    /// Those of [`Period::containing`].
    pub fn last(self, count: usize, time: Timestamp) -> Result<Vec<Window>, jiff::Error> {
        let mut windows = Vec::with_capacity(count);
        let mut time = time;
        for _ in 0..count {
            let window = self.containing(time)?;
            time = window.start.checked_sub(1.nanosecond())?;
            windows.push(window);
        }
        windows.reverse();
        Ok(windows)
    }

    /// The name of its window that begins at an instant: `2026-06-15`, `2026-W25` or `2026-06`. A week is of the year that its
    /// Thursday lies in (ISO 8601).
    pub fn label(self, window: Window) -> String {
        let date = window.start.to_zoned_datetime(TimeZone::UTC).date();
        match self {
            Self::Day => date.to_string(),
            Self::Week => {
                let week = date.iso_week_date();
                format!("{:04}-W{:02}", week.year(), week.week())
            }
            Self::Month => format!("{:04}-{:02}", date.year(), date.month()),
        }
    }

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
    fn the_last_windows() {
        fn check(period: Period, count: usize, time: &str, expected: &[&str]) {
            let windows = period.last(count, time.parse().unwrap()).unwrap();
            let labels: Vec<_> = windows.iter().map(|window| period.label(*window)).collect();
            assert_eq!(labels, expected, "{period:?} up to {time}");
            assert!(windows.windows(2).all(|pair| pair[0].end == pair[1].start), "{windows:?}");
        }
        use Period::{Day, Month, Week};
        check(Day, 3, "2028-03-01T12:00:00Z", &["2028-02-28", "2028-02-29", "2028-03-01"]);
        check(Day, 1, "2026-06-15T00:00:00Z", &["2026-06-15"]);
        // 2026 has 53 weeks: the last has three days of 2027.
        check(Week, 4, "2027-01-04T00:00:00Z", &["2026-W51", "2026-W52", "2026-W53", "2027-W01"]);
        check(Week, 2, "2027-01-03T23:59:59Z", &["2026-W52", "2026-W53"]);
        // The first week of 2026 begins in 2025.
        check(Week, 2, "2025-12-29T00:00:00Z", &["2025-W52", "2026-W01"]);
        check(Month, 3, "2027-01-31T23:59:59Z", &["2026-11", "2026-12", "2027-01"]);
        check(Month, 0, "2027-01-31T23:59:59Z", &[]);
    }

    #[test]
    fn lengths_in_days() {
        for (period, time, days) in [
            (Period::Day, "2026-03-29", 1.0),
            (Period::Week, "2026-03-29", 7.0),
            (Period::Month, "2028-02-01", 29.0),
        ] {
            let window = period.containing(format!("{time}T00:00:00Z").parse().unwrap()).unwrap();
            assert!((window.days() - days).abs() < f64::EPSILON, "{time}: {window:?}");
            assert!(window.is_finished(window.end) && !window.is_finished(window.start));
        }
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
