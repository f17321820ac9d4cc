//! The statistics of figures: of lengths of time, shares and numbers, and of the differences between two periods.
//!
//! Every reader of the ledger takes them from here, so a figure is the same wherever it is shown. Sources: E. B. Wilson,
//! *Probable inference* (1927), for the interval of a share; R. G. Newcombe, *Interval estimation for the difference
//! between independent proportions* (1998), method 10; Byar's approximation for numbers (Breslow and Day, *Statistical
//! methods in cancer research* II, 1987).

/// The 97.5th percentile of the normal distribution: what lies between it and its negative is 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// How often two samples are drawn anew to tell the interval of a difference of medians.
const RESAMPLES: usize = 2_000;

/// The statistics of some lengths of time, in their unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distribution {
    /// How many values there are.
    pub n: u64,
    /// The value that half of them don't exceed; of an even number, the mean of the two in the middle.
    pub median: f64,
    /// The value that 75 % of them don't exceed.
    pub p75: f64,
    /// The value that 90 % of them don't exceed.
    pub p90: f64,
    /// Their mean.
    pub mean: f64,
}

impl Distribution {
    /// The statistics of values in ascending order; none of no values.
    pub fn of(ascending: &[f64]) -> Option<Self> {
        Some(Self {
            n: ascending.len() as u64,
            median: percentile(ascending, 50.0)?,
            p75: percentile(ascending, 75.0)?,
            p90: percentile(ascending, 90.0)?,
            mean: ascending.iter().sum::<f64>() / ascending.len() as f64,
        })
    }
}

/// The value that so many percent, from 0 to 100, of some values in ascending order don't exceed; none of no values.
///
/// Between the two values that the percentage lies between, in proportion. AWS does not say how CloudWatch interpolates;
/// so p50 is the median as docs/METRICS.md has it.
pub fn percentile(ascending: &[f64], percent: f64) -> Option<f64> {
    let last = ascending.len().checked_sub(1)?;
    let position = percent.clamp(0.0, 100.0) / 100.0 * last as f64;
    let (below, above) = (ascending[position.floor() as usize], ascending[position.ceil() as usize]);
    Some(below + (above - below) * position.fract())
}

/// Where a true value lies, in 95 of 100 cases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Whether all of it lies above 0, or all below.
    pub fn leaves_out_zero(self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }
}

/// So many of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    part: u64,
    whole: u64,
}

impl Share {
    /// A share, which is never more than the whole; none of nothing: no data is not zero.
    pub fn new(part: u64, whole: u64) -> Option<Self> {
        (whole > 0).then_some(Self { part: part.min(whole), whole })
    }

    /// The share, from 0 to 1.
    pub fn value(self) -> f64 {
        self.part as f64 / self.whole as f64
    }

    /// Where the true share lies: Wilson's interval.
    pub fn interval(self) -> Interval {
        let (n, share, square) = (self.whole as f64, self.value(), Z * Z);
        let middle = share + square / (2.0 * n);
        let spread = Z * (share * (1.0 - share) / n + square / (4.0 * n * n)).sqrt();
        let scale = 1.0 + square / n;
        // Of none and of all, the end is 0 or 1, whatever is left of rounding.
        let low = if self.part == 0 { 0.0 } else { (middle - spread) / scale };
        let high = if self.part == self.whole { 1.0 } else { (middle + spread) / scale };
        Interval { low, high }
    }

    /// By how much this share exceeds another: Newcombe's interval.
    pub fn difference(self, before: Self) -> Interval {
        difference((self.value(), self.interval()), (before.value(), before.interval()))
    }
}

/// So many in so many days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frequency {
    count: u64,
    days: f64,
}

impl Frequency {
    /// A number in some days; none in no time.
    pub fn new(count: u64, days: f64) -> Option<Self> {
        (days > 0.0).then_some(Self { count, days })
    }

    /// How many a day.
    pub fn a_day(self) -> f64 {
        self.count as f64 / self.days
    }

    /// Where the true number a day lies, if each comes independently of the others (Poisson): Byar's approximation.
    pub fn interval(self) -> Interval {
        let limit = |count: f64, z: f64| {
            count * (1.0 - 1.0 / (9.0 * count) + z / (3.0 * count.sqrt())).powi(3) / self.days
        };
        let count = self.count as f64;
        let low = if self.count == 0 { 0.0 } else { limit(count, -Z).max(0.0) };
        Interval { low, high: limit(count + 1.0, Z) }
    }

    /// By how much a day this frequency exceeds another.
    pub fn difference(self, before: Self) -> Interval {
        difference((self.a_day(), self.interval()), (before.a_day(), before.interval()))
    }
}

/// The interval of a difference of two values, from that of each: how Newcombe's method 10 joins them.
fn difference((after, of_after): (f64, Interval), (before, of_before): (f64, Interval)) -> Interval {
    let join = |one: f64, other: f64| one.hypot(other);
    Interval {
        low: after - before - join(after - of_after.low, of_before.high - before),
        high: after - before + join(of_after.high - after, before - of_before.low),
    }
}

/// By how much the median of some values exceeds that of others, each in ascending order; none without values of both.
///
/// The interval of the bootstrap: both are drawn anew many times, by numbers that are the same each time, so
/// the same values always have the same interval.
pub fn difference_of_medians(after: &[f64], before: &[f64]) -> Option<Interval> {
    if after.is_empty() || before.is_empty() {
        return None;
    }
    let mut numbers = SplitMix64(0);
    let mut differences: Vec<f64> =
        (0..RESAMPLES).map(|_| numbers.median_of_a_draw(after) - numbers.median_of_a_draw(before)).collect();
    differences.sort_by(f64::total_cmp);
    Some(Interval { low: percentile(&differences, 2.5)?, high: percentile(&differences, 97.5)? })
}

/// Numbers that look random and are the same in every version of every library: S. Vigna's `SplitMix64`.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The median of as many of the values as there are, each drawn from all of them.
    fn median_of_a_draw(&mut self, ascending: &[f64]) -> f64 {
        let count = ascending.len();
        // As the values are in order, so are their places: these are cheaper to sort.
        let mut places: Vec<usize> = (0..count).map(|_| (self.next() % count as u64) as usize).collect();
        let middle = count / 2;
        let (below, upper, _) = places.select_nth_unstable(middle);
        let upper = ascending[*upper];
        match below.iter().max() {
            Some(lower) if count.is_multiple_of(2) => f64::midpoint(ascending[*lower], upper),
            _ => upper,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// To as many digits as the sources print.
    fn near(found: Interval, [low, high]: [f64; 2], digits: i32) -> bool {
        let close = |one: f64, other: f64| (one - other).abs() < 0.51 * 10_f64.powi(-digits);
        close(found.low, low) && close(found.high, high)
    }

    #[test]
    fn distributions() {
        let all = |n, median, p75, p90, mean| Some(Distribution { n, median, p75, p90, mean });
        assert_eq!(Distribution::of(&[]), None);
        assert_eq!(Distribution::of(&[7.0]), all(1, 7.0, 7.0, 7.0, 7.0));
        assert_eq!(Distribution::of(&[10.0, 20.0, 30.0, 40.0]), all(4, 25.0, 32.5, 37.0, 25.0));
        assert_eq!(Distribution::of(&[10.0, 20.0, 90.0]), all(3, 20.0, 55.0, 76.0, 40.0));
    }

    /// Wilson's interval, beside the values of R's `prop.test(x, n, correct = FALSE)`.
    #[test]
    fn intervals_of_shares() {
        fn check(part: u64, whole: u64, expected: [f64; 2]) {
            let found = Share::new(part, whole).unwrap().interval();
            assert!(near(found, expected, 4), "{part} of {whole}: {found:?}");
        }
        check(0, 10, [0.0, 0.2775]);
        check(1, 10, [0.0179, 0.4042]);
        check(5, 10, [0.2366, 0.7634]);
        check(10, 10, [0.7225, 1.0]);
        check(81, 263, [0.2553, 0.3662]);
        assert_eq!(Share::new(0, 0), None);
    }

    /// The examples of table II in Newcombe's article, method 10.
    #[test]
    fn differences_of_shares() {
        fn check(after: (u64, u64), before: (u64, u64), expected: [f64; 2]) {
            let [found, reverse] = [(after, before), (before, after)].map(|(one, other)| {
                Share::new(one.0, one.1).unwrap().difference(Share::new(other.0, other.1).unwrap())
            });
            assert!(near(found, expected, 4), "{after:?} - {before:?}: {found:?}");
            assert!(near(reverse, [-expected[1], -expected[0]], 4), "{before:?} - {after:?}: {reverse:?}");
        }
        check((56, 70), (48, 80), [0.0524, 0.3339]);
        check((9, 10), (3, 10), [0.1705, 0.8090]);
        check((6, 7), (2, 7), [0.0582, 0.8062]);
        check((5, 56), (0, 29), [-0.0381, 0.1926]);
        check((0, 10), (0, 20), [-0.1611, 0.2775]);
        check((10, 10), (0, 10), [0.6075, 1.0]);
    }

    /// Byar's limits lie near those of the exact interval of Garwood.
    #[test]
    fn intervals_of_frequencies() {
        fn check(count: u64, exact: [f64; 2]) {
            let found = Frequency::new(count, 1.0).unwrap().interval();
            assert!(near(found, exact, 1), "{count}: {found:?}");
        }
        check(0, [0.0, 3.689]);
        check(1, [0.025, 5.572]);
        check(10, [4.795, 18.390]);
        check(100, [81.364, 121.627]);
        let month = Frequency::new(31, 31.0).unwrap();
        assert!((month.a_day() - 1.0).abs() < 1e-12);
        assert!(month.interval().high < Frequency::new(1, 1.0).unwrap().interval().high, "more is surer");
        assert_eq!(Frequency::new(3, 0.0), None);
    }

    #[test]
    fn differences_of_frequencies() {
        fn check(after: (u64, f64), before: (u64, f64), expected: bool) {
            let [after_a_day, before_a_day] =
                [after, before].map(|(count, days)| Frequency::new(count, days).unwrap());
            let found = after_a_day.difference(before_a_day);
            assert_eq!(found.leaves_out_zero(), expected, "{after:?} - {before:?}: {found:?}");
        }
        check((10, 7.0), (12, 7.0), false);
        check((5, 7.0), (30, 7.0), true);
        // As often in a longer month.
        check((310, 31.0), (280, 28.0), false);
        check((0, 7.0), (3, 7.0), false);
        check((0, 7.0), (8, 7.0), true);
    }

    #[test]
    fn differences_of_medians() {
        let from = |start: i32, count: i32| (start..start + count).map(f64::from).collect::<Vec<_>>();
        assert_eq!(difference_of_medians(&[], &[1.0]), None);
        assert_eq!(difference_of_medians(&[1.0], &[]), None);
        assert_eq!(difference_of_medians(&[3.0], &[1.0]), Some(Interval { low: 2.0, high: 2.0 }));
        let [near, far] = [from(100, 30), from(200, 30)];
        let found = difference_of_medians(&far, &near).unwrap();
        assert!(found.leaves_out_zero() && found.low < 100.0 && 100.0 < found.high, "{found:?}");
        assert!(!difference_of_medians(&near, &near).unwrap().leaves_out_zero());
        assert_eq!(difference_of_medians(&far, &near), Some(found), "the same each time");
    }
}
