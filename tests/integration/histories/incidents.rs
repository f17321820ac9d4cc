//! Incidents: raised while something is deployed, opened again, of accounts that may blame little.

use super::check;
use crate::scene::{
    Execution, OPS, OpsItem, Scene, Source, TOOLING, action, at, execution, execution_in, ops_item,
    ops_item_in, report,
};
use serde_json::json;

/// A run whose production stage began at one time and ended at another.
fn slow(id: &str, began: &str, ended: &str) -> Execution {
    let mut execution = execution(id, ended).without("Production");
    let mut deploy = action("Production", "Deploy", "Deploy", "CloudFormation", at(ended));
    deploy["startTime"] = json!(at(began));
    execution.actions.push(deploy);
    for action in &mut execution.actions {
        if action["stageName"] != "Production" {
            action["startTime"] = json!(at(began));
            action["lastUpdateTime"] = json!(at(began));
        }
    }
    execution
}

/// The same while its production stage runs.
fn running(id: &str, began: &str) -> Execution {
    let mut execution = slow(id, began, began);
    execution.detail["status"] = json!("InProgress");
    if let Some(deploy) = execution.actions.last_mut() {
        deploy["status"] = json!("InProgress");
    }
    execution
}

#[tokio::test]
async fn raised_while_the_production_stage_runs() {
    for (raised, failed) in
        [("12:59", "12:00"), ("13:00:00.5", "14:00"), ("13:30", "14:00"), ("14:30", "14:00")]
    {
        let mut scene = Scene::new().await;
        scene.runs(&execution("e1", "12:00")).await;
        let item = ops_item(1, raised).title("acme/shop is down");
        if raised == "12:59" {
            scene.raises(&item).await;
        }
        scene.knows(&running("e2", "13:00")).await;
        if raised.starts_with("13") {
            scene.raises(&item).await;
        }
        scene.runs(&slow("e2", "13:00", "14:00")).await;
        if raised == "14:30" {
            scene.raises(&item).await;
        }
        let found = format!("FailedDeployments acme/shop {failed} = 1");
        check(scene, &["FailedDeployments"], &[&found]).await;
    }
}

/// It is decided when the stage has ended, also where only the API knows that it runs.
#[tokio::test]
async fn raised_during_a_long_deployment() {
    for reached in [true, false] {
        let mut scene = Scene::new().await;
        scene.runs(&execution("e1", "12:00")).await;
        scene.knows(&running("e2", "13:00")).await;
        scene.raises(&ops_item(1, "13:30").title("acme/shop is down")).await;
        scene.until("18:00").await;
        scene.reconciles("18:30").await;
        let mut ended = slow("e2", "13:00", "19:00");
        if !reached {
            ended = ended.ended_as("Failed");
        }
        scene.knows(&ended).await;
        scene.event(&ended.event(if reached { "SUCCEEDED" } else { "FAILED" }));
        let failed = if reached { "19:00" } else { "12:00" };
        let found = format!("FailedDeployments acme/shop {failed} = 1");
        check(scene, &["FailedDeployments"], &[&found]).await;
    }
}

/// It ends within the attribution window, or what is known then is blamed.
#[tokio::test]
async fn raised_during_a_deployment_without_end() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    scene.knows(&running("e2", "13:00")).await;
    scene.raises(&ops_item(1, "13:30")).await;
    check(scene, &["FailedDeployments"], &["FailedDeployments acme/shop 12:00 = 1"]).await;
}

/// A deployment, and an incident of 12:30 that was resolved at 13:00.
async fn resolved() -> (Scene, OpsItem) {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    let item = ops_item(1, "12:30");
    scene.raises(&item).await;
    scene.resolves(&item, "13:00").await;
    (scene, item)
}

/// Resolved, opened again, resolved: the last resolution counts.
#[tokio::test]
async fn opened_again() {
    let (mut scene, item) = resolved().await;
    scene.until("14:00").await;
    scene.event(&item.update_event("Open", at("14:00")));
    scene.until("16:00").await;
    scene.cloud.record_ops_item(item.clone().resolved(at("16:00")).recorded()).unwrap();
    scene.event(&item.update_event("Resolved", at("16:00")));
    check(scene, &["TimeToRestore"], &["TimeToRestore acme/shop 16:00 = 12600"]).await;
}

/// Opened again and still open: it is not restored.
#[tokio::test]
async fn opened_again_for_good() {
    let (mut scene, item) = resolved().await;
    scene.until("14:00").await;
    scene.event(&item.update_event("InProgress", at("14:00")));
    check(scene, &["TimeToRestore", "restore"], &[]).await;
}

/// No event tells that it was opened again: the present status is asked for before it is settled.
#[tokio::test]
async fn opened_again_without_an_event() {
    let (mut scene, item) = resolved().await;
    let mut open = item.recorded();
    open.item["LastModifiedTime"] = json!(at("14:00"));
    scene.until("14:00").await;
    scene.cloud.record_ops_item(open).unwrap();
    check(scene, &["TimeToRestore", "restore"], &[]).await;
}

/// A deployment restored it, then it was opened again: it did not.
#[tokio::test]
async fn opened_again_after_the_fix() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    let item = ops_item(1, "12:30");
    scene.raises(&item).await;
    scene.runs(&execution("e2", "13:00").message("Fix oi-000000000001")).await;
    scene.event(&item.update_event("Resolved", at("13:01")));
    scene.until("13:05").await;
    scene.event(&item.update_event("Open", at("13:05")));
    scene.runs(&execution("e3", "14:00").message("Fix oi-000000000001 again")).await;
    check(scene, &["TimeToRestore"], &["TimeToRestore acme/shop 14:00 = 5400"]).await;
}

const OTHER: &str = "222222222222";

fn config() -> serde_json::Value {
    let mut config = crate::scene::config();
    config["toolingAccounts"] = json!([
        {"account": TOOLING, "regions": ["eu-west-1", "us-east-1"]},
        {"account": OTHER, "regions": ["eu-west-1"]},
    ]);
    config
}

/// Deployments of acme/shop at 12:00 in one account and of acme/pay at 12:10 in another, then an incident.
async fn blames(config: serde_json::Value, item: OpsItem, expected: &[&str]) {
    let mut scene = Scene::with(config).await;
    scene.runs(&execution("e1", "12:00")).await;
    let other = execution_in(OTHER, "eu-west-1", "pay", "e2", "12:10");
    scene.runs(&other.source(Source::CodeStar, "acme/pay", "main")).await;
    scene.raises(&item).await;
    check(scene, &["FailedDeployments", "UnattributedIncidents"], expected).await;
}

/// A tooling account speaks for itself; the operations account for all.
#[tokio::test]
async fn accounts_that_may_be_blamed() {
    let shop = ["FailedDeployments acme/shop 12:00 = 1"];
    let pay = ["FailedDeployments acme/pay 12:10 = 1"];
    let none = ["UnattributedIncidents - 13:00 = 1"];
    blames(config(), ops_item(1, "13:00"), &shop).await;
    blames(config(), ops_item_in(OPS, 1, "13:00"), &pay).await;
    blames(config(), ops_item(1, "13:00").title("acme/pay is down"), &none).await;
    blames(config(), ops_item(1, "13:00").data("dora/execution", "e2"), &none).await;
    blames(config(), ops_item_in(OPS, 1, "13:00").data("dora/execution", "e1"), &shop).await;
    let mut both = config();
    both["incidentAccounts"] = json!({TOOLING: [TOOLING, "acme/pay"]});
    blames(both, ops_item(1, "13:00").title("acme/pay is down"), &pay).await;
    let mut unnamed = config();
    unnamed["unnamedIncidents"] = json!("unattributed");
    blames(unnamed, ops_item(1, "13:00"), &none).await;
}

/// A deployment restores only incidents that it could be blamed for.
#[tokio::test]
async fn reference_to_another_accounts_incident() {
    let mut scene = Scene::with(config()).await;
    scene.runs(&execution("e1", "12:00")).await;
    scene.raises(&ops_item(1, "12:30")).await;
    let other = execution_in(OTHER, "eu-west-1", "pay", "e2", "13:00");
    let other = other.source(Source::CodeStar, "acme/pay", "main").message("Fix oi-000000000001");
    scene.runs(&other).await;
    check(scene, &["TimeToRestore"], &[]).await;
}

/// Which OpsItems are incidents is a setting.
#[tokio::test]
async fn filters() {
    let check = async |key: &str, value: serde_json::Value, counts: bool| {
        let mut config = crate::scene::config();
        config[key] = value;
        let mut scene = Scene::with(config).await;
        scene.runs(&execution("e1", "12:00")).await;
        let mut item = ops_item(1, "13:00");
        item.item["Category"] = json!("Availability");
        scene.raises(&item).await;
        let failed = ["FailedDeployments acme/shop 12:00 = 1"];
        check(scene, &["FailedDeployments"], if counts { &failed } else { &[] }).await;
    };
    check("incidentSeverities", json!(["1", "2"]), true).await;
    check("incidentSeverities", json!(["2"]), false).await;
    check("incidentCategories", json!(["Availability"]), true).await;
    check("incidentCategories", json!(["Cost"]), false).await;
    check("incidentSources", json!(["ec2"]), false).await;
    check("incidentTypes", json!(["/aws/issue", "/acme/outage"]), true).await;
}

/// An installation of two tooling accounts, of which one has no read role.
async fn one_unreadable() -> Scene {
    let mut config = crate::scene::config();
    config["toolingAccounts"] = json!([
        {"account": TOOLING, "regions": ["eu-west-1"]},
        {"account": "222222222222", "regions": ["eu-west-1"]},
    ]);
    let mut scene = Scene::with(config).await;
    scene.runs(&execution("e1", "09:00")).await;
    scene.finish().await;
    scene.services().unreadable.insert("222222222222".to_owned());
    scene
}

/// The report after a run of the reconciler, which an account that can't be read does not fail.
async fn report_at(scene: &mut Scene, time: &str) -> String {
    scene.finish().await;
    scene.reconciles(time).await;
    report(&scene.finish().await)
}

/// An account that can't be read holds up no incident of another account.
#[tokio::test]
async fn raised_while_another_account_is_unreadable() {
    let mut scene = one_unreadable().await;
    scene.raises(&ops_item(1, "12:00")).await;
    let decided = report_at(&mut scene, "12:40").await;
    assert!(decided.contains("FailedDeployments acme/shop 09:00 = 1\n"), "{decided}");
}

/// One of the operations account, which may blame it and names nothing, waits an hour.
#[tokio::test]
async fn raised_in_the_operations_account_while_an_account_is_unreadable() {
    let mut scene = one_unreadable().await;
    scene.raises(&ops_item_in(OPS, 1, "12:00")).await;
    let waiting = report_at(&mut scene, "12:40").await;
    assert!(!waiting.contains("FailedDeployments"), "{waiting}");
    let decided = report_at(&mut scene, "13:40").await;
    assert!(decided.contains("FailedDeployments acme/shop 09:00 = 1\n"), "{decided}");
    assert!(decided.contains("account 222222222222 in eu-west-1 could not be read"), "{decided}");
}

/// What could be read in between is waited for anew: that it could not be read before says nothing of what was there since.
#[tokio::test]
async fn raised_while_an_account_is_unreadable_now_and_then() {
    let mut scene = one_unreadable().await;
    scene.knows(&running("e2", "11:55")).await;
    scene.raises(&ops_item_in(OPS, 1, "12:00")).await;
    report_at(&mut scene, "12:40").await;
    scene.services().unreadable.clear();
    report_at(&mut scene, "13:00").await;
    scene.services().unreadable.insert("222222222222".to_owned());
    scene.runs(&slow("e2", "11:55", "13:30")).await;
    let waiting = report_at(&mut scene, "13:50").await;
    assert!(!waiting.contains("FailedDeployments"), "{waiting}");
    let decided = report_at(&mut scene, "15:00").await;
    assert!(decided.contains("FailedDeployments acme/shop 13:30 = 1\n"), "{decided}");
}

/// One that names a pipeline of another account does not wait at all.
#[tokio::test]
async fn names_a_pipeline_while_an_account_is_unreadable() {
    let mut scene = one_unreadable().await;
    let title = format!("arn:aws:codepipeline:eu-west-1:{TOOLING}:shop fails");
    scene.raises(&ops_item_in(OPS, 1, "12:00").title(&title)).await;
    let decided = report_at(&mut scene, "12:40").await;
    assert!(decided.contains("FailedDeployments acme/shop 09:00 = 1\n"), "{decided}");
}
