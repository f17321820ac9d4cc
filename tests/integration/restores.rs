//! How long incidents lasted, and which deployments were made because of one; the real functions on the single-machine
//! cloud.

use crate::scene::{Execution, OPS, Scene, Source, execution, ops_item, ops_item_in, report, rollback};

const DEPLOYED: &str = "production deployment of acme/shop";

/// An incident at 12:00, then an execution; only what is about rework and restores is compared.
async fn check(fix: Execution, expected: &[&str]) {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "11:00")).await;
    scene.raises(&ops_item(1, "12:00")).await;
    scene.runs(&fix).await;
    let outcome = scene.finish().await;
    let report = report(&outcome);
    let found: Vec<&str> = report
        .lines()
        .filter(|line| {
            line.starts_with("Rework") || line.starts_with("TimeTo") || line.starts_with("restore")
        })
        .collect();
    assert_eq!(found, expected, "{report}");
}

const RESTORED: [&str; 3] = [
    "ReworkDeployments acme/shop 13:00 = 1",
    "TimeToRestore acme/shop 13:00 = 3600",
    "restore e2 oi-000000000001 published: deployment e2 references the OpsItem",
];

#[tokio::test]
async fn hotfix_by_branch_name() {
    let fix = execution("e2", "13:00").source(Source::CodeStar, "acme/trunk", "hotfix/oi-000000000001-login");
    check(
        fix,
        &[
            "ReworkDeployments acme/trunk 13:00 = 1",
            "TimeToRestore acme/trunk 13:00 = 3600",
            "restore e2 oi-000000000001 published: deployment e2 references the OpsItem",
        ],
    )
    .await;
}

#[tokio::test]
async fn hotfix_by_merge_commit_message() {
    let fix = execution("e2", "13:00")
        .message("Merge pull request #7 from acme/hotfix/OI-000000000001\n\nFix login");
    check(fix, &RESTORED).await;
}

#[tokio::test]
async fn hotfix_by_squash_commit_message() {
    check(execution("e2", "13:00").message("Fix login (oi-000000000001) (#7)"), &RESTORED).await;
}

/// Rework that names no incident restores none.
#[tokio::test]
async fn rework_without_ops_item() {
    let rework = ["ReworkDeployments acme/shop 13:00 = 1"];
    check(execution("e2", "13:00").message("Revert \"Add a thing\"\n\nThis reverts c0ffee."), &rework).await;
    check(execution("e2", "13:00").message("Merge branch 'hotfix/login' into main"), &rework).await;
    check(execution("e2", "13:00").message("Merge pull request #8 from acme/revert-7-login"), &rework).await;
}

#[tokio::test]
async fn ordinary_deployments_restore_nothing() {
    check(execution("e2", "13:00").message("Prefer hotfix/x over y, say foi-000000000001"), &[]).await;
}

/// An execution that did not reach production restores nothing.
#[tokio::test]
async fn hotfix_that_did_not_reach_production() {
    let fix = execution("e2", "13:00").source(Source::CodeStar, "acme/trunk", "hotfix/oi-000000000001");
    check(fix.without("Production"), &[]).await;
}

/// What ended before the incident was raised restores nothing.
#[tokio::test]
async fn reference_to_an_incident_that_came_later() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00").message("Prepare for oi-000000000001")).await;
    scene.raises(&ops_item(1, "13:00")).await;
    scene
        .check(&format!(
            "Deployments acme/shop 12:00 = 1
             FailedDeployments acme/shop 12:00 = 1
             ReworkDeployments acme/shop 12:00 = 1
             deployment e1 published: {DEPLOYED}, branch main, revision c0ffee; rework: references oi-000000000001
             failure e1 oi-000000000001 published: oi-000000000001: nothing is named; \
             latest deployment of all before the incident"
        ))
        .await;
}

/// One value an incident, for the earliest restore, although the later deployment's event comes first.
#[tokio::test]
async fn two_deployments_that_reference_one_incident() {
    let mut scene = Scene::new().await;
    scene.raises(&ops_item(1, "12:00")).await;
    let (first, second) = (
        execution("e1", "13:00").message("Fix oi-000000000001"),
        execution("e2", "13:05").message("Fix oi-000000000001 for good"),
    );
    scene.knows(&first).await;
    scene.runs(&second).await;
    scene.until("13:10").await;
    scene.succeeded(&first);
    let outcome = scene.finish().await;
    let restores: Vec<_> = outcome.metrics.iter().filter(|metric| metric.name == "TimeToRestore").collect();
    let values: Vec<_> = restores[0].points.iter().map(|point| point.values.clone()).collect();
    assert_eq!(values, [[3600.0]]);
}

/// The incident's event is lost, the deployment that references it is not: a rollback may have been earlier, so the
/// restore waits for the attribution.
#[tokio::test]
async fn restore_of_an_incident_whose_event_was_lost() {
    let mut scene = Scene::new().await;
    let item = ops_item_in(OPS, 1, "12:00");
    scene.until("12:00").await;
    scene.cloud.record_ops_item(item.recorded()).unwrap();
    scene.runs(&execution("e1", "13:00").message("Fix oi-000000000001")).await;
    let before = report(&scene.finish().await);
    assert!(
        !before.contains("TimeToRestore") && before.contains("failure oi-000000000001 pending"),
        "{before}"
    );
    assert!(!before.contains("dead letter"), "{before}");
    scene.reconciles("14:00").await;
    let after = report(&scene.finish().await);
    assert!(after.contains("TimeToRestore acme/shop 13:00 = 3600\n"), "{after}");
    let told = "restore e1 oi-000000000001 published: deployment e1 references the OpsItem";
    assert!(after.contains(told), "{after}");
}

#[tokio::test]
async fn resolved_without_a_deployment() {
    let mut scene = Scene::new().await;
    let item = ops_item(1, "12:00");
    scene.raises(&item).await;
    scene.resolves(&item, "12:30").await;
    scene
        .check(
            "UnattributedIncidents - 12:00 = 1
             failure oi-000000000001 pending: nothing is named, and no known deployment matches
             restore oi-000000000001 pending: resolved without a deployment that references it; \
             the time is the modified-time of the event",
        )
        .await;
}

/// Resolved first, fixed afterwards: the deployment restores, its fact takes the pending one's place.
#[tokio::test]
async fn resolved_before_the_deployment() {
    let mut scene = Scene::new().await;
    let item = ops_item(1, "12:00");
    scene.raises(&item).await;
    scene.resolves(&item, "12:30").await;
    scene.runs(&execution("e1", "13:00").message("Fix oi-000000000001")).await;
    scene
        .check(&format!(
            "Deployments acme/shop 13:00 = 1
             ReworkDeployments acme/shop 13:00 = 1
             TimeToRestore acme/shop 13:00 = 3600
             UnattributedIncidents - 12:00 = 1
             failure oi-000000000001 pending: nothing is named, and no known deployment matches
             deployment e1 published: {DEPLOYED}, branch main, revision c0ffee; rework: references oi-000000000001
             restore e1 oi-000000000001 published: deployment e1 references the OpsItem"
        ))
        .await;
}

/// A rollback ends before the attribution of the incident is decided; deciding it settles the restore too.
#[tokio::test]
async fn rollback_before_the_attribution() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "11:00")).await;
    scene.runs(&execution("e2", "12:00")).await;
    scene.raises(&ops_item(1, "12:30")).await;
    scene.runs(&rollback("r1", "e1", "12:35")).await;
    scene
        .check(&format!(
            "Deployments acme/shop 11:00 = 1
             Deployments acme/shop 12:00 = 1
             FailedDeployments acme/shop 12:00 = 1
             Rollbacks acme/shop 12:35 = 1
             TimeToRestore acme/shop 12:35 = 300
             deployment e1 published: {DEPLOYED}, branch main, revision c0ffee
             deployment e2 published: {DEPLOYED}, branch main, revision c0ffee
             failure e2 published: rolled back by execution r1
             restore r1 oi-000000000001 published: rollback r1 undid the deployment that it is attributed to
             rollback r1 published: rolled back execution e2"
        ))
        .await;
}

/// An incident that somebody had resolved was no longer open when the deployment was rolled back.
#[tokio::test]
async fn rollback_after_the_incident_was_resolved() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "11:00")).await;
    scene.runs(&execution("e2", "12:00")).await;
    let item = ops_item(1, "12:30");
    scene.raises(&item).await;
    scene.resolves(&item, "13:00").await;
    scene.runs(&rollback("r1", "e1", "14:00")).await;
    let outcome = scene.finish().await;
    let report = report(&outcome);
    assert!(!report.contains("TimeToRestore"), "{report}");
    assert!(report.contains("restore oi-000000000001 pending: resolved without"), "{report}");
}

/// A resolution's time is the event's. Before the incident it is none, and one to come is not kept before it has come: the
/// earliest stays.
#[tokio::test]
async fn resolved_at_no_possible_time() {
    for time in ["0001-01-01T00:00:00", "2026-06-15T11:59:59", "9999-12-30T22:00:00Z"] {
        let mut scene = Scene::new().await;
        scene.runs(&execution("e1", "11:00")).await;
        let item = ops_item(1, "12:00").data("dora/execution", "e1");
        scene.raises(&item).await;
        scene.until("12:30").await;
        let mut event = item.update_event("Resolved", crate::scene::at("12:30"));
        event["detail"]["modified-time"] = serde_json::json!(time);
        scene.event(&event);
        scene.runs(&rollback("r1", "e0", "13:00")).await;
        let report = report(&scene.finish().await);
        assert!(report.contains("TimeToRestore acme/shop 13:00 = 3600\n"), "{time}: {report}");
        assert_eq!(report.matches("dead letter").count(), 1, "{time}: {report}");
    }
}
