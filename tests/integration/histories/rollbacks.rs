//! What rollbacks take back, and what runs after them.

use super::check;
use crate::scene::{Scene, commit, commit_id, execution, ops_item, rollback, with_webhook};
use serde_json::json;

const COUNTED: &[&str] =
    &["Deployments", "FailedDeployments", "Rollbacks", "TimeToRestore", "IgnoredExecutions"];

/// A rollback of another stage than production.
#[tokio::test]
async fn rollback_of_staging() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    scene.runs(&execution("e2", "13:00")).await;
    let mut staging = rollback("r1", "e1", "14:00");
    staging.actions[0]["stageName"] = json!("Staging");
    scene.runs(&staging).await;
    let found = [
        "Deployments acme/shop 12:00 = 1",
        "Deployments acme/shop 13:00 = 1",
        "IgnoredExecutions acme/shop 14:00 = 1",
    ];
    check(scene, &["Deployments", "FailedDeployments", "Rollbacks"], &found[..2]).await;
}

/// In a pipeline without a production stage, a stage with a Deploy action counts.
#[tokio::test]
async fn pipeline_without_production_stage() {
    let mut scene = Scene::new().await;
    let renamed = |mut execution: crate::scene::Execution, category: &str| {
        for action in &mut execution.actions {
            if action["stageName"] == "Production" {
                action["stageName"] = json!("Live");
                action["input"]["actionTypeId"]["category"] = json!(category);
            }
        }
        execution
    };
    scene.runs(&renamed(execution("e1", "12:00"), "Deploy")).await;
    scene.runs(&renamed(execution("e2", "13:00"), "Deploy")).await;
    scene.runs(&renamed(rollback("r1", "e1", "14:00"), "Test")).await;
    scene.runs(&renamed(rollback("r2", "e1", "15:00"), "Deploy")).await;
    let found = [
        "Deployments acme/shop 12:00 = 1",
        "Deployments acme/shop 13:00 = 1",
        "FailedDeployments acme/shop 13:00 = 1",
        "Rollbacks acme/shop 15:00 = 1",
    ];
    check(scene, &["Deployments", "FailedDeployments", "Rollbacks"], &found).await;
}

/// Each takes back what ran before it.
#[tokio::test]
async fn second_rollback() {
    let mut scene = Scene::new().await;
    for (id, ended) in [("e1", "10:00"), ("e2", "11:00"), ("e3", "12:00")] {
        scene.runs(&execution(id, ended)).await;
        if id == "e2" {
            scene.raises(&ops_item(2, "11:30").data("dora/execution", "e2")).await;
        }
    }
    scene.runs(&rollback("r1", "e2", "13:00")).await;
    scene.runs(&rollback("r2", "e1", "14:00")).await;
    let found = [
        "Deployments acme/shop 10:00 = 1",
        "Deployments acme/shop 11:00 = 1",
        "Deployments acme/shop 12:00 = 1",
        "FailedDeployments acme/shop 11:00 = 1",
        "FailedDeployments acme/shop 12:00 = 1",
        "Rollbacks acme/shop 13:00 = 1",
        "Rollbacks acme/shop 14:00 = 1",
        "TimeToRestore acme/shop 14:00 = 9000",
    ];
    check(scene, COUNTED, &found).await;
}

/// To what runs already: nothing is taken back.
#[tokio::test]
async fn rollback_to_what_runs() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    scene.runs(&execution("e2", "13:00")).await;
    scene.runs(&rollback("r1", "e1", "14:00")).await;
    scene.runs(&rollback("r2", "e1", "15:00")).await;
    let found = ["FailedDeployments acme/shop 13:00 = 1", "Rollbacks acme/shop 14:00 = 1"];
    check(scene, &["FailedDeployments", "Rollbacks"], &found).await;
}

/// To an execution that CodePipeline has forgotten: nothing known runs then.
#[tokio::test]
async fn rollback_to_what_is_not_known() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    scene.runs(&rollback("r1", "e0", "13:00")).await;
    scene.raises(&ops_item(1, "14:00")).await;
    scene.runs(&rollback("r2", "e1", "15:00")).await;
    scene.raises(&ops_item(2, "16:00").data("dora/repository", "acme/shop")).await;
    let found = [
        "FailedDeployments acme/shop 12:00 = 1",
        "Rollbacks acme/shop 13:00 = 1",
        "UnattributedIncidents - 14:00 = 1",
    ];
    check(scene, &["FailedDeployments", "Rollbacks", "UnattributedIncidents"], &found).await;
}

/// What was rolled back before the incident ran no longer.
#[tokio::test]
async fn incident_after_a_rollback() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    scene.runs(&execution("e2", "13:00")).await;
    scene.runs(&execution("e3", "13:30")).await;
    scene.runs(&rollback("r1", "e1", "14:00")).await;
    scene.raises(&ops_item(1, "15:00")).await;
    let found = ["FailedDeployments acme/shop 12:00 = 1", "FailedDeployments acme/shop 13:30 = 1"];
    check(scene, &["FailedDeployments"], &found).await;
}

/// While the rollback runs, what it takes back is still to blame, and is restored by it.
#[tokio::test]
async fn incident_during_a_rollback() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    scene.runs(&execution("e2", "13:00")).await;
    scene.raises(&ops_item(1, "13:59")).await;
    scene.runs(&rollback("r1", "e1", "14:00")).await;
    let found = ["FailedDeployments acme/shop 13:00 = 1", "TimeToRestore acme/shop 14:00 = 60"];
    check(scene, &["FailedDeployments", "TimeToRestore"], &found).await;
}

/// What a rollback took back counts again in lead time, as if the older revision had been deployed again.
#[tokio::test]
async fn lead_time_after_a_rollback() {
    for by_rollback in [true, false] {
        let mut scene = Scene::with(with_webhook()).await;
        scene.pushes("07:00", "main", 0, &[commit(1, "07:00", "Begin")]).await;
        scene.runs(&execution("e1", "08:00").revision(&commit_id(1))).await;
        scene.pushes("09:00", "main", 1, &[commit(2, "09:00", "Add")]).await;
        scene.runs(&execution("e2", "10:00").revision(&commit_id(2))).await;
        match by_rollback {
            true => scene.runs(&rollback("e3", "e1", "11:00")).await,
            false => scene.runs(&execution("e3", "11:00").revision(&commit_id(1))).await,
        }
        scene.pushes("12:00", "main", 2, &[commit(3, "12:00", "Go on")]).await;
        scene.runs(&execution("e4", "13:00").revision(&commit_id(3))).await;
        let found = [
            "LeadTimeForChanges acme/shop 08:00 = 3600",
            "LeadTimeForChanges acme/shop 10:00 = 3600",
            "LeadTimeForChanges acme/shop 13:00 = 14400",
        ];
        check(scene, &["LeadTimeForChanges"], &found).await;
    }
}
