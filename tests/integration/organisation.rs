//! An organisation in the place of a list of accounts: who its members are is learnt from their events.

use crate::scene::{OPS, Scene, execution_in, ops_item_in};
use metrics_lib::{contract::Metric, fact::FactKind};
use serde_json::{Value, json};

const MEMBER: &str = "222222222222";

/// No account is listed.
fn config() -> Value {
    json!({
        "organization": {"id": "o-a1b2c3d4e5", "regions": ["eu-west-1", "us-east-1"]},
        "opsAccount": OPS,
        "region": "eu-west-1",
    })
}

/// Events of any member count. From the first one on, the reconciler finds by itself what no event tells of its account
/// and region; in those that were never heard of, it does not look.
#[tokio::test]
async fn members_are_learnt_from_their_events() {
    let mut scene = Scene::with(config()).await;
    scene.runs(&execution_in(MEMBER, "us-east-1", "shop", "e1", "12:00")).await;
    scene.knows(&execution_in(MEMBER, "us-east-1", "shop", "e2", "13:00")).await;
    scene.knows(&execution_in("333333333333", "us-east-1", "shop", "e3", "13:00")).await;
    scene.reconciles("14:00").await;
    let outcome = scene.finish().await;
    let mut deployed: Vec<_> = outcome.facts.iter().filter_map(|fact| fact.execution_id.as_deref()).collect();
    deployed.sort_unstable();
    assert_eq!(deployed, ["e1", "e2"]);
    assert_eq!(outcome.total(Metric::ReconciledFacts), 1.0);
}

/// A member is known by its incidents, too: the operations account looks for what a commit names in all of them.
#[tokio::test]
async fn incidents_of_members() {
    let mut scene = Scene::with(config()).await;
    let mut item = ops_item_in(MEMBER, 1, "11:00");
    scene.raises(&item).await;
    item = ops_item_in(MEMBER, 2, "12:30");
    scene.cloud.record_ops_item(item.recorded()).unwrap();
    let fix = execution_in(MEMBER, "eu-west-1", "shop", "e2", "13:00").message("Fix oi-000000000002");
    scene.runs(&execution_in(MEMBER, "eu-west-1", "shop", "e1", "12:00")).await;
    scene.runs(&fix).await;
    scene.reconciles("14:00").await;
    let outcome = scene.finish().await;
    let restored = outcome.facts.iter().filter(|fact| fact.kind == FactKind::Restore).count();
    assert_eq!(restored, 1, "{:#?}", outcome.facts);
    assert!(outcome.dead_letters.is_empty());
}

/// Regions that are not the organisation's don't count, whoever is there.
#[tokio::test]
async fn regions_that_do_not_count() {
    let mut scene = Scene::with(config()).await;
    scene.runs(&execution_in(MEMBER, "eu-north-1", "shop", "e1", "12:00")).await;
    let outcome = scene.finish().await;
    assert!(outcome.facts.is_empty() && !outcome.dead_letters.is_empty());
}
