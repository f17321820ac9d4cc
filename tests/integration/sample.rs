//! Made-up quarters whose true figures are known: what the real functions make of them is true, value for value, and what the ledger says of it stays as it was.

use crate::{golden, scene::binaries};
use scenarios::sample::{QUARTER, Sample, sample};
use simulator::{replay::replay, replay_result::ReplayResult, world::World};

async fn check(seed: u64) {
    let Sample { lines, truth } = sample(seed, QUARTER);
    let world = World::Lines(format!("seed {seed}"), lines);
    let header = world.check().unwrap();
    let cloud = replay(&world, &header, binaries(), || ()).await.unwrap();
    let differences = truth.differences(&ReplayResult::of(&cloud).unwrap());
    assert!(differences.is_empty(), "seed {seed}:\n{}", differences.join("\n"));
    insta::assert_snapshot!(format!("quarter_of_seed_{seed}"), golden::digests(&cloud));
}

#[tokio::test]
async fn quarter_of_seed_1() {
    check(1).await;
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
