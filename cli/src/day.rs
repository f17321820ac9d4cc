//! Days, as people write them.

use jiff::civil::Date;

/// A day of the calendar.
///
/// # Errors
/// Says how a day is written, and what is wrong with this one.
pub(crate) fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|error| format!("a day is written YYYY-MM-DD, such as 2026-06-01 ({error})"))
}
