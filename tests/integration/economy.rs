//! How many calls of AWS what happens costs: the number is exact, so a budget of it is a test.
//!
//! CodePipeline publishes no rates; a few calls a second for each account and region are usual, which pipelines share with
//! their own tools. Reads and writes of the ledger, values of CloudWatch and queries of Athena are paid for.

mod costs;

use crate::scene::binaries;
use scenarios::economy::{DEPLOYMENT, Economy, TEN_DEPLOYMENTS};

async fn economy() -> Economy {
    Economy::measure(binaries()).await.unwrap()
}

#[tokio::test]
async fn budget() {
    let economy = economy().await;
    insta::assert_snapshot!(economy);
    for (what, most) in [(DEPLOYMENT, [4, 12, 2, 1]), (TEN_DEPLOYMENTS, [40, 90, 20, 10])] {
        let found = economy.measured.iter().find(|one| one.what == what).unwrap().totals();
        assert!(found.iter().zip(most).all(|(found, most)| *found <= most), "{what}: {found:?}");
    }
}
