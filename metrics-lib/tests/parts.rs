//! Laws of the parts of a lead time, for instants in any order.

use jiff::{SignedDuration, Timestamp};
use metrics_lib::{
    datum::DatumValue,
    event::{ActionCategory, ActionTime},
    parts::{MOST_PARTS, PartKind, PullRequestTimes, by_metric, parts},
};
use proptest::prelude::*;

fn instant() -> impl Strategy<Value = Timestamp> {
    (0_i64..1_000).prop_map(|second| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second))
}

fn action() -> impl Strategy<Value = ActionTime> {
    let category =
        prop::sample::select(vec![ActionCategory::Approval, ActionCategory::Deploy, ActionCategory::Other]);
    ("[AB]", category, instant(), prop::option::of(instant()))
        .prop_map(|(stage, category, start, end)| ActionTime { stage, category, start, end })
}

fn pull_request() -> impl Strategy<Value = PullRequestTimes> {
    let time = || prop::option::of(instant());
    (time(), time(), time(), time()).prop_map(|(ready, reviewed, approved, merged)| PullRequestTimes {
        ready,
        reviewed,
        approved,
        merged,
    })
}

proptest! {
    #[test]
    fn parts_add_up_to_the_lead_time(
        first in instant(),
        pull_request in pull_request(),
        began in instant(),
        actions in prop::collection::vec(action(), 0..40),
        deployed in instant(),
    ) {
        let parts = parts(first, pull_request, &actions, began, deployed);
        if deployed <= first {
            prop_assert!(parts.is_empty());
            return Ok(());
        }
        prop_assert_eq!((parts[0].start, parts[parts.len() - 1].end), (first, deployed));
        prop_assert!(parts.windows(2).all(|pair| pair[0].end == pair[1].start && pair[0].kind != pair[1].kind));
        prop_assert!(parts.iter().all(|part| part.start < part.end));
        prop_assert!(parts.len() <= MOST_PARTS);
        let sum: f64 = by_metric(&parts).into_iter().map(|(_, value)| value.get()).sum();
        let whole = DatumValue::seconds(deployed.duration_since(first)).unwrap().get();
        prop_assert!((sum - whole).abs() < 1e-6, "{} of {}", sum, whole);
        // Approval is time in which only approvals run, and nothing runs while it waits.
        for part in &parts {
            if let PartKind::Stage(_) | PartKind::Approval | PartKind::Deploy | PartKind::Wait = part.kind {
                prop_assert_eq!(part.kind.to_string().parse::<PartKind>().unwrap(), part.kind.clone());
            }
            let runs = |action: &&ActionTime| action.start < part.end && action.end.is_none_or(|end| part.start < end && action.start < end);
            let mut running = actions.iter().filter(runs);
            match part.kind {
                PartKind::Approval => prop_assert!(running.all(|action| action.category == ActionCategory::Approval)),
                PartKind::Wait => prop_assert!(running.next().is_none()),
                _ => {}
            }
        }
    }
}
