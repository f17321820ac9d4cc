//! Which deployments have failed: incidents, their attribution, and rollbacks; the real functions on the single-machine
//! cloud.

use crate::scene::{OPS, OpsItem, Scene, Source, execution, execution_of, ops_item, ops_item_in, rollback};

/// Deployments of acme/shop at 12:00 (e1), of acme/other at 12:10 (e2) by a pipeline `other`, then an incident.
async fn check(item: OpsItem, expected: &str) {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    let other = execution_of("other-main", "e2", "12:10");
    scene.runs(&other.source(Source::CodeStar, "acme/other", "main")).await;
    scene.raises(&item).await;
    let expected = format!(
        "{expected}
         deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee
         deployment e2 published: production deployment of acme/other, branch main, revision c0ffee"
    );
    let outcome = scene.finish().await;
    let mut report: Vec<String> = crate::scene::report(&outcome)
        .lines()
        .filter(|line| !line.starts_with("Deployments"))
        .map(Into::into)
        .collect();
    let mut expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    report.sort();
    expected.sort_unstable();
    assert_eq!(report, expected);
}

#[tokio::test]
async fn incident_that_names_the_execution() {
    check(
        ops_item(1, "13:00").data("dora/execution", "e1").title("acme/other is down"),
        "FailedDeployments acme/shop 12:00 = 1
         failure e1 oi-000000000001 published: oi-000000000001: operational data dora/execution names execution e1",
    )
    .await;
}

#[tokio::test]
async fn incident_that_names_the_repository() {
    check(
        ops_item(1, "13:00").data("dora/repository", "acme/shop"),
        "FailedDeployments acme/shop 12:00 = 1
         failure e1 oi-000000000001 published: oi-000000000001: operational data dora/repository names acme/shop; \
         latest deployment of it before the incident",
    )
    .await;
}

/// OpsItem with operational data naming the pipeline.
#[tokio::test]
async fn incident_that_names_the_pipeline() {
    check(
        ops_item(1, "13:00")
            .data("/aws/resources", r#"[{"arn":"arn:aws:codepipeline:eu-west-1:111111111111:shop"}]"#),
        "FailedDeployments acme/shop 12:00 = 1
         failure e1 oi-000000000001 published: oi-000000000001: operational data /aws/resources names pipeline shop; \
         latest deployment of it before the incident",
    )
    .await;
}

#[tokio::test]
async fn incident_whose_title_names_the_repository() {
    check(
        ops_item(1, "13:00").title("500s from acme/shop, again"),
        "FailedDeployments acme/shop 12:00 = 1
         failure e1 oi-000000000001 published: oi-000000000001: title or description names acme/shop; \
         latest deployment of it before the incident",
    )
    .await;
}

#[tokio::test]
async fn incident_whose_title_names_the_pipeline() {
    check(
        ops_item(1, "13:00").title("Since other-main ran: 500s"),
        "FailedDeployments acme/other 12:10 = 1
         failure e2 oi-000000000001 published: oi-000000000001: title or description names other-main; \
         latest deployment of it before the incident",
    )
    .await;
}

#[tokio::test]
async fn incident_that_names_nothing() {
    check(
        ops_item(1, "13:00"),
        "FailedDeployments acme/other 12:10 = 1
         failure e2 oi-000000000001 published: oi-000000000001: nothing is named; \
         latest deployment of all before the incident",
    )
    .await;
}

#[tokio::test]
async fn incident_in_the_operations_account() {
    check(
        ops_item_in(OPS, 1, "13:00").data("dora/repository", "acme/shop"),
        "FailedDeployments acme/shop 12:00 = 1
         failure e1 oi-000000000001 published: oi-000000000001: operational data dora/repository names acme/shop; \
         latest deployment of it before the incident",
    )
    .await;
}

/// Unattributed: whoever names one repository never blames another.
#[tokio::test]
async fn incident_that_names_a_repository_without_deployment() {
    check(
        ops_item(1, "13:00").data("dora/repository", "acme/unknown"),
        "UnattributedIncidents - 13:00 = 1
         failure oi-000000000001 pending: operational data dora/repository names acme/unknown, \
         and no known deployment matches",
    )
    .await;
}

#[tokio::test]
async fn incident_after_the_window() {
    check(
        ops_item(1, "16 12:11"),
        "UnattributedIncidents - 16 12:11 = 1
         failure oi-000000000001 pending: nothing is named, and no known deployment matches",
    )
    .await;
}

/// An execution that is named is blamed whatever its age.
#[tokio::test]
async fn incident_after_the_window_that_names_the_execution() {
    check(
        ops_item(1, "18 12:00").data("dora/execution", "e1"),
        "FailedDeployments acme/shop 12:00 = 1
         failure e1 oi-000000000001 published: oi-000000000001: operational data dora/execution names execution e1",
    )
    .await;
}

#[tokio::test]
async fn incident_before_every_deployment() {
    let mut scene = Scene::new().await;
    scene.raises(&ops_item(1, "11:59")).await;
    scene.runs(&execution("e1", "12:00")).await;
    scene
        .check(
            "Deployments acme/shop 12:00 = 1
             UnattributedIncidents - 11:59 = 1
             failure oi-000000000001 pending: nothing is named, and no known deployment matches
             deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee",
        )
        .await;
}

/// Insights, change requests and the like are no incidents.
#[tokio::test]
async fn ops_item_of_type_insight() {
    check(
        ops_item(1, "13:00").of_type("/aws/insight"),
        "refused OpsItem Create: no rule of the account's default bus matches",
    )
    .await;
}

/// An event may come without its type: then the API tells it.
#[tokio::test]
async fn ops_item_of_type_insight_whose_event_does_not_say_so() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    let item = ops_item(1, "13:00").of_type("/aws/insight");
    scene.until("13:00").await;
    scene.cloud.record_ops_item(item.recorded()).unwrap();
    let mut event = item.create_event();
    event["detail"].as_object_mut().unwrap().remove("ops-item-type");
    scene.event(&event);
    scene
        .check(
            "Deployments acme/shop 12:00 = 1
             deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee",
        )
        .await;
}

#[tokio::test]
async fn two_ops_items_on_one_deployment() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    scene.raises(&ops_item(1, "13:00")).await;
    scene.raises(&ops_item(2, "13:30")).await;
    scene
        .check(
            "Deployments acme/shop 12:00 = 1
             FailedDeployments acme/shop 12:00 = 1
             deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee
             failure e1 oi-000000000001 published: oi-000000000001: nothing is named; \
             latest deployment of all before the incident",
        )
        .await;
}

#[tokio::test]
async fn duplicate_event_of_an_incident() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    let item = ops_item(1, "13:00");
    scene.raises(&item).await;
    scene.until("14:00").await;
    scene.event(&item.create_event());
    scene
        .check(
            "Deployments acme/shop 12:00 = 1
             FailedDeployments acme/shop 12:00 = 1
             DuplicateEvents - 14:00 = 1
             deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee
             failure e1 oi-000000000001 published: oi-000000000001: nothing is named; \
             latest deployment of all before the incident",
        )
        .await;
}

/// The deployment's event comes ten minutes late, after that of the incident.
#[tokio::test]
async fn late_deployment_before_an_incident() {
    let mut scene = Scene::new().await;
    let (early, late) = (execution("e1", "12:00"), execution("e2", "12:55"));
    scene.runs(&early).await;
    scene.knows(&late).await;
    scene.raises(&ops_item(1, "13:00")).await;
    scene.until("13:10").await;
    scene.succeeded(&late);
    scene
        .check(
            "Deployments acme/shop 12:00 = 1
             Deployments acme/shop 12:55 = 1
             FailedDeployments acme/shop 12:55 = 1
             deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee
             deployment e2 published: production deployment of acme/shop, branch main, revision c0ffee
             failure e2 oi-000000000001 published: oi-000000000001: nothing is named; \
             latest deployment of all before the incident",
        )
        .await;
}

/// Until the attribution delay is over, the failure is pending; it is tried again every six minutes.
#[tokio::test]
async fn incident_within_the_attribution_delay() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    scene.raises(&ops_item(1, "13:00")).await;
    scene.until("13:14").await;
    assert_eq!(
        scene.services().cloudwatch.metrics().keys().filter(|key| key.name != "Deployments").count(),
        0
    );
    scene.until("13:20").await;
    assert_ne!(
        scene.services().cloudwatch.metrics().keys().filter(|key| key.name == "FailedDeployments").count(),
        0
    );
}

/// An attribution delay of more than SQS can delay a message.
#[tokio::test]
async fn attribution_delay_of_two_hours() {
    let mut config = crate::scene::config();
    config["attributionDelay"] = "2h".into();
    let mut scene = Scene::with(config).await;
    scene.runs(&execution("e1", "12:00")).await;
    scene.raises(&ops_item(1, "13:00")).await;
    scene
        .check(
            "Deployments acme/shop 12:00 = 1
             FailedDeployments acme/shop 12:00 = 1
             deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee
             failure e1 oi-000000000001 published: oi-000000000001: nothing is named; \
             latest deployment of all before the incident",
        )
        .await;
}

/// A failure is stamped at the deployment's time: where CloudWatch no longer takes that, the ledger alone has it.
#[tokio::test]
async fn incident_long_after_its_deployment() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    scene.raises(&ops_item(1, "30 12:00").data("dora/execution", "e1")).await;
    scene
        .check(
            "Deployments acme/shop 12:00 = 1
             deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee
             failure e1 oi-000000000001 unpublishable: oi-000000000001: operational data dora/execution names execution e1",
        )
        .await;
}

/// A rollback is no deployment, and makes a failure of what it rolled back.
#[tokio::test]
async fn rolled_back_deployment() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    scene.runs(&execution("e2", "13:00")).await;
    scene.runs(&rollback("r1", "e1", "13:30")).await;
    scene
        .check(
            "Deployments acme/shop 12:00 = 1
             Deployments acme/shop 13:00 = 1
             FailedDeployments acme/shop 13:00 = 1
             Rollbacks acme/shop 13:30 = 1
             deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee
             deployment e2 published: production deployment of acme/shop, branch main, revision c0ffee
             failure e2 published: rolled back by execution r1
             rollback r1 published: rolled back execution e2",
        )
        .await;
}

/// The rollback's own target is what is deployed: nothing was rolled back.
#[tokio::test]
async fn rollback_to_what_is_deployed() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    scene.runs(&rollback("r1", "e1", "13:30")).await;
    scene
        .check(
            "Deployments acme/shop 12:00 = 1
             IgnoredExecutions acme/shop 13:30 = 1
             deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee
             ignored r1: it took nothing back: its target was live",
        )
        .await;
}

#[tokio::test]
async fn ops_item_and_rollback_on_one_deployment() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    scene.runs(&execution("e2", "13:00")).await;
    scene.raises(&ops_item(1, "13:10")).await;
    scene.runs(&rollback("r1", "e1", "13:30")).await;
    scene
        .check(
            "Deployments acme/shop 12:00 = 1
             Deployments acme/shop 13:00 = 1
             FailedDeployments acme/shop 13:00 = 1
             Rollbacks acme/shop 13:30 = 1
             TimeToRestore acme/shop 13:30 = 1200
             deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee
             deployment e2 published: production deployment of acme/shop, branch main, revision c0ffee
             failure e2 oi-000000000001 published: oi-000000000001: nothing is named; \
             latest deployment of all before the incident
             restore r1 oi-000000000001 published: rollback r1 undid the deployment that it is attributed to
             rollback r1 published: rolled back execution e2",
        )
        .await;
}

/// CodePipeline has forgotten what a rollback went back to, and nothing was deployed since: the rollback's own source says
/// whose it is.
#[tokio::test]
async fn rollback_to_a_forgotten_execution() {
    let mut scene = Scene::new().await;
    scene.runs(&rollback("r1", "forgotten", "13:30")).await;
    scene.runs(&rollback("r2", "forgotten", "14:30").source(Source::CodeStar, "acme/shop", "main")).await;
    scene
        .check(
            "IgnoredExecutions - 13:30 = 1
             IgnoredExecutions - 14:30 = 1
             IgnoredExecutions acme/shop 14:30 = 1
             ignored r1: it took nothing back: nothing that is known was live
             ignored r2: it took nothing back: nothing that is known was live",
        )
        .await;
}
