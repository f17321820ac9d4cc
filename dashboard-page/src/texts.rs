//! How numbers and days are written.

use jiff::{Timestamp, tz::TimeZone};

/// A number with three digits that say something; all digits of a whole number.
pub(crate) fn number(value: f64) -> String {
    let digits = match value.abs() {
        _ if value.fract() == 0.0 => 0,
        large if large >= 100.0 => 0,
        large if large >= 10.0 => 1,
        _ => 2,
    };
    format!("{value:.digits$}")
}

/// A day of this year, where there is little room.
pub(crate) fn short_day(time: Timestamp) -> String {
    time.to_zoned_datetime(TimeZone::UTC).strftime("%-d %b").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        fn check(value: f64, expected: &str) {
            assert_eq!(number(value), expected);
        }
        check(0.0, "0");
        check(12.0, "12");
        check(1234.0, "1234");
        check(0.123_456, "0.12");
        check(9.876, "9.88");
        check(24.545, "24.5");
        check(123.45, "123");
        check(-1.5, "-1.50");
    }
}
