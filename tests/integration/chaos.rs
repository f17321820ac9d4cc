//! Chaos: whatever events and services do, metrics and ledger are what is true once the reconciler has run. More seeds
//! with `cargo xtask chaos`.

use crate::scene::binaries;
use scenarios::chaos::chaos;

async fn check(seed: u64) {
    let verdict = chaos(seed, binaries()).await.unwrap();
    assert!(verdict.is_exact(), "seed {seed}:\n{}", verdict.differences.join("\n"));
    assert!(verdict.faults > 0 && verdict.reconciled > 0, "{verdict:?}");
}

#[tokio::test]
async fn seed_1() {
    check(1).await;
}

#[tokio::test]
async fn seed_2() {
    check(2).await;
}

#[tokio::test]
async fn seed_3() {
    check(3).await;
}

#[tokio::test]
async fn seed_4() {
    check(4).await;
}
