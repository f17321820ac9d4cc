//! Which events get through rules and bus policies: the plan's, on the single-machine cloud.

use crate::scene::{OPS, Scene, TOOLING, execution, execution_in};
use serde_json::json;

/// An account that the policy of the bus does not name, even if somebody there has rules like ours.
#[tokio::test]
async fn event_of_an_unknown_account() {
    let mut scene = Scene::new().await;
    scene.runs(&execution_in("333333333333", "eu-west-1", "shop", "e1", "12:00")).await;
    scene
        .check(
            "refused CodePipeline Pipeline Execution State Change: \
             the policy of bus dora-events does not allow it from account 333333333333",
        )
        .await;
}

#[tokio::test]
async fn event_of_an_unknown_region() {
    let mut scene = Scene::new().await;
    scene.runs(&execution_in(TOOLING, "ap-southeast-2", "shop", "e1", "12:00")).await;
    scene
        .check(
            "refused CodePipeline Pipeline Execution State Change: \
             region ap-southeast-2 of account 111111111111 is not configured",
        )
        .await;
}

#[tokio::test]
async fn event_of_another_configured_region() {
    let mut scene = Scene::new().await;
    scene.runs(&execution_in(TOOLING, "us-east-1", "shop", "e1", "12:00")).await;
    scene
        .check(
            "Deployments acme/shop 12:00 = 1
             deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee",
        )
        .await;
}

/// The operations account runs no pipelines that count.
#[tokio::test]
async fn execution_in_the_operations_account() {
    let mut scene = Scene::new().await;
    scene.runs(&execution_in(OPS, "eu-west-1", "shop", "e1", "12:00")).await;
    scene
        .check(
            "refused CodePipeline Pipeline Execution State Change: no rule of the account's default bus matches",
        )
        .await;
}

#[tokio::test]
async fn other_events() {
    let mut scene = Scene::new().await;
    scene.until("12:00").await;
    let execution = execution("e1", "12:00");
    for state in ["STARTED", "RESUMED", "STOPPING"] {
        scene.event(&execution.event(state));
    }
    for state in ["STARTED", "FAILED"] {
        let mut stage = execution.event(state);
        stage["detail-type"] = json!("CodePipeline Stage Execution State Change");
        stage["detail"]["stage"] = json!("Production");
        scene.event(&stage);
    }
    let mut action = execution.event("SUCCEEDED");
    action["detail-type"] = json!("CodePipeline Action Execution State Change");
    scene.event(&action);
    let outcome = scene.finish().await;
    assert_eq!(outcome.refused.len(), 6);
    assert!(outcome.metrics.is_empty() && outcome.facts.is_empty());
}
