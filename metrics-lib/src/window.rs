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
