//! Which numbers can be compared.

/// The number that a JSON number's text stands for, if it can be compared.
///
/// As in event-ruler's `ComparableNumber`, that is when an `f64`, written in its shortest form, is the number as
/// written: `3`, `3.0` and `0.1` can be compared, `1e400` and `12345678901234567890` can't.
pub(super) fn comparable(text: &str) -> Option<f64> {
    let number: f64 = text.parse().ok().filter(|number: &f64| number.is_finite())?;
    // Adding zero makes one zero of the two.
    (Decimal::parse(text)? == Decimal::parse(&format!("{number:e}"))?).then_some(number + 0.0)
}

/// `digits` × 10^`exponent`, in the one form where the digits begin and end with none of zero.
#[derive(Debug, PartialEq)]
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (negative, mantissa) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let significant = all.trim_end_matches('0');
        let digits = significant.trim_start_matches('0').to_owned();
        // A java.math.BigDecimal has a scale of 32 bits.
        let exponent = i64::from(exponent.parse::<i32>().ok()?);
        if digits.is_empty() {
            return Some(Self { negative: false, digits, exponent: 0 });
        }
        let dropped = i64::try_from(all.len() - significant.len()).ok()?;
        let decimals = i64::try_from(fraction.len()).ok()?;
        Some(Self { negative, digits, exponent: exponent - decimals + dropped })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_which_numbers_can_be_compared() {
        #[track_caller]
        fn check(text: &str, expected: Option<f64>) {
            assert_eq!(comparable(text), expected, "{text}");
        }
        check("3", Some(3.0));
        check("3.0", Some(3.0));
        check("0.30e+1", Some(3.0));
        check("300E-2", Some(3.0));
        check("-0.5", Some(-0.5));
        check("0.1", Some(0.1));
        check("100000000000000000000", Some(1e20));
        check("9007199254740992", Some(9_007_199_254_740_992.0));
        check("9007199254740993", None);
        check("0.1000000000000000055511151231257827", None);
        check("1e400", None);
        check("1e-400", None);
        check("1e99999999999", None);
        assert!(comparable("-0.0").is_some_and(f64::is_sign_positive));
    }
}
