//! Laws of the statistics, for values of any kind.

use metrics_lib::statistics::{Distribution, Frequency, Interval, Share, difference_of_medians};
use proptest::prelude::*;

fn ascending() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(0.0..1e7, 1..40).prop_map(|mut values| {
        values.sort_by(f64::total_cmp);
        values
    })
}

fn contains(Interval { low, high }: Interval, value: f64) -> bool {
    (low - 1e-9..=high + 1e-9).contains(&value)
}

proptest! {
    #[test]
    fn percentiles_are_in_order_and_within_the_values(values in ascending()) {
        let Distribution { n, median, p75, p90, mean } = Distribution::of(&values).unwrap();
        let (first, last) = (values[0], values[values.len() - 1]);
        prop_assert_eq!(n, values.len() as u64);
        prop_assert!(first <= median && median <= p75 && p75 <= p90 && p90 <= last);
        prop_assert!(first <= mean + 1e-3 && mean <= last + 1e-3);
    }

    #[test]
    fn an_interval_holds_its_value(part in 0_u64..500, rest in 0_u64..500, days in 1_u32..400) {
        if let Some(share) = Share::new(part, part + rest) {
            let interval = share.interval();
            prop_assert!(contains(interval, share.value()));
            prop_assert!(0.0 <= interval.low && interval.high <= 1.0);
        }
        let frequency = Frequency::new(part, f64::from(days)).unwrap();
        prop_assert!(contains(frequency.interval(), frequency.a_day()));
    }

    #[test]
    fn a_difference_the_other_way_round_is_its_negative(
        one in (0_u64..200, 1_u64..200),
        other in (0_u64..200, 1_u64..200),
    ) {
        let [one, other] = [one, other].map(|(part, rest)| Share::new(part, part + rest).unwrap());
        let [there, back] = [one.difference(other), other.difference(one)];
        prop_assert!((there.low + back.high).abs() < 1e-9 && (there.high + back.low).abs() < 1e-9);
        prop_assert!(contains(there, one.value() - other.value()));
    }

    #[test]
    fn medians_of_equal_values_do_not_differ(values in ascending()) {
        let interval = difference_of_medians(&values, &values).unwrap();
        prop_assert!(contains(interval, 0.0));
    }
}
