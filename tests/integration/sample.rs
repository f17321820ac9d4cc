//! Made-up quarters whose true figures are known: what the real functions make of them is true, value for value, and what the ledger says of it stays as it was.

use crate::{golden, scene::binaries};
use jiff::SignedDuration;
use metrics_lib::{contract::Metric, dora_metric::DoraMetric};
use scenarios::sample::{QUARTER, Sample, sample};
use simulator::{replay::replay, replay_result::ReplayResult, world::World};

async fn check(seed: u64) -> ReplayResult {
    let Sample { lines, truth } = sample(seed, QUARTER);
    let world = World::Lines(format!("seed {seed}"), lines);
    let header = world.check().unwrap();
    let cloud = replay(&world, &header, binaries(), || ()).await.unwrap();
    let differences = truth.differences(&ReplayResult::of(&cloud).unwrap());
    assert!(differences.is_empty(), "seed {seed}:\n{}", differences.join("\n"));
    insta::assert_snapshot!(format!("quarter_of_seed_{seed}"), golden::digests(&cloud));
    ReplayResult::of(&cloud).unwrap()
}

/// What README.md shows of the end of this demo, between words.
fn shown(outcome: &ReplayResult) -> [String; 3] {
    let shop = &outcome.figures()["acme/shop"];
    let median = |of: DoraMetric| {
        let seconds = shop.value(of).unwrap().round();
        format!("{:#} (n={})", SignedDuration::try_from_secs_f64(seconds).unwrap(), shop.n(of))
    };
    let row = format!(
        "{} {} {:.1} % (n={}) … {} {}",
        shop.count(Metric::Deployments),
        shop.count(Metric::FailedDeployments),
        shop.value(DoraMetric::ChangeFailureRate).unwrap() * 100.0,
        shop.n(DoraMetric::ChangeFailureRate),
        median(DoraMetric::TimeToRestore),
        median(DoraMetric::LeadTimeForChanges),
    );
    let points = outcome.metrics.iter().flat_map(|metric| &metric.points);
    let values: usize = points.map(|point| point.values.len()).sum();
    [
        format!("acme/shop measured {row}"),
        format!("acme/shop true {row}"),
        format!(
            "Every figure is true: {values} values in CloudWatch, each at its instant, none missing, none twice."
        ),
    ]
}

#[tokio::test]
async fn quarter_of_seed_1() {
    let outcome = check(1).await;
    let page = include_str!("../../README.md").split_whitespace().collect::<Vec<_>>().join(" ");
    for line in shown(&outcome) {
        assert!(page.contains(&line), "README.md does not show: {line}");
    }
}

#[tokio::test]
async fn quarter_of_seed_2() {
    check(2).await;
}

#[tokio::test]
async fn quarter_of_seed_3() {
    check(3).await;
}

#[tokio::test]
async fn quarter_of_seed_4() {
    check(4).await;
}

#[tokio::test]
async fn quarter_of_seed_5() {
    check(5).await;
}
