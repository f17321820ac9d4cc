//! In whatever happens, the parts of lead times add up to them.

use metrics_lib::{
    contract::{Metric, dimension},
    parts::HEADINGS,
};
use simulator::replay_result::ReplayResult;
use std::collections::BTreeMap;

/// Where the parts that CloudWatch has of an instant, in total or of a repository, are not the lead times, one sentence each.
pub fn that_do_not_add_up(outcome: &ReplayResult) -> Vec<String> {
    let sums = |of: &[Metric]| {
        let mut sums: BTreeMap<_, f64> = BTreeMap::new();
        let metrics = outcome.metrics.iter().filter(|metric| {
            of.iter().any(|of| metric.name == of.name()) && !metric.dimensions.contains_key(dimension::TEAM)
        });
        for metric in metrics {
            for point in &metric.points {
                let by = metric.dimensions.get(dimension::REPOSITORY).map(String::as_str);
                *sums.entry((by, point.timestamp)).or_default() += point.values.iter().sum::<f64>();
            }
        }
        sums
    };
    let parts = sums(&HEADINGS.map(|heading| heading.metric));
    let differing = sums(&[Metric::LeadTimeForChanges]).into_iter().filter_map(|(place, whole)| {
        let sum = parts.get(&place).copied().unwrap_or_default();
        let (by, time) = place;
        ((sum - whole).abs() >= 1e-3).then(|| {
            format!("parts of lead times, {} at {time}: {sum} s of {whole} s", by.unwrap_or("in total"))
        })
    });
    differing.collect()
}
