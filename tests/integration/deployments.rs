//! Which executions are production deployments, and how often each counts: the real functions on the single-machine
//! cloud.

use crate::scene::{Execution, Scene, Source, action, at, execution};
use serde_json::json;

/// Plays one execution and compares the report.
async fn check(execution: Execution, expected: &str) {
    let mut scene = Scene::new().await;
    scene.runs(&execution).await;
    scene.check(expected).await;
}

#[tokio::test]
async fn ordinary_deployment() {
    check(
        execution("e1", "12:00"),
        "Deployments acme/shop 12:00 = 1
         deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee",
    )
    .await;
}

#[tokio::test]
async fn duplicate_event() {
    let mut scene = Scene::new().await;
    let execution = execution("e1", "12:00");
    scene.runs(&execution).await;
    scene.until("13:00").await;
    scene.succeeded(&execution);
    scene
        .check(
            "Deployments acme/shop 12:00 = 1
             DuplicateEvents acme/shop 13:00 = 1
             deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee",
        )
        .await;
}

/// The sample that this product replaces asked for the pipeline's latest state, so a quick second run lost the first.
#[tokio::test]
async fn two_executions_finishing_in_the_wrong_order() {
    let mut scene = Scene::new().await;
    let (first, second) = (execution("e1", "12:00"), execution("e2", "12:01"));
    scene.knows(&first).await;
    scene.knows(&second).await;
    scene.succeeded(&second);
    scene.until("12:05").await;
    scene.succeeded(&first);
    scene
        .check(
            "Deployments acme/shop 12:00 = 1
             Deployments acme/shop 12:01 = 1
             deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee
             deployment e2 published: production deployment of acme/shop, branch main, revision c0ffee",
        )
        .await;
}

/// A retry keeps the execution's id: FAILED, RESUMED, SUCCEEDED. The first attempt of the stage failed.
#[tokio::test]
async fn retried_execution() {
    let mut scene = Scene::new().await;
    let execution = execution("e1", "12:00").retried(at("11:30"));
    scene.until("11:30").await;
    scene.event(&execution.event("FAILED"));
    scene.event(&execution.event("RESUMED"));
    scene.runs(&execution).await;
    scene
        .check(
            "Deployments acme/shop 12:00 = 1
             deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee
             refused CodePipeline Pipeline Execution State Change: no rule of the account's default bus matches",
        )
        .await;
}

/// A SUCCEEDED event and the API without any trigger, as after a manual start or a squash merge.
#[tokio::test]
async fn execution_without_trigger() {
    let mut execution = execution("e1", "12:00");
    execution.detail.as_object_mut().unwrap().remove("trigger");
    check(
        execution,
        "Deployments acme/shop 12:00 = 1
         deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee",
    )
    .await;
}

#[tokio::test]
async fn tag_trigger() {
    let mut execution = execution("e1", "12:00").source(Source::CodeStar, "acme/shop", "refs/tags/v1.2.3");
    execution.detail["trigger"]["triggerDetail"] = json!(r#"{"tag-name": "v1.2.3"}"#);
    check(
        execution,
        "Deployments acme/shop 12:00 = 1
         deployment e1 published: production deployment of acme/shop, tag v1.2.3, revision c0ffee",
    )
    .await;
}

#[tokio::test]
async fn tag_trigger_that_did_not_reach_production() {
    check(
        execution("e1", "12:00")
            .source(Source::CodeStar, "acme/shop", "refs/tags/v1.2.3")
            .without("Production"),
        "IgnoredExecutions acme/shop 11:58 = 1
         ignored e1: it did not run a stage Production",
    )
    .await;
}

#[tokio::test]
async fn develop_branch() {
    check(
        execution("e1", "12:00").source(Source::CodeStar, "acme/shop", "develop"),
        "IgnoredExecutions acme/shop 12:00 = 1
         ignored e1: branch develop is not the main branch main",
    )
    .await;
}

#[tokio::test]
async fn trunk_based_repository_on_any_branch() {
    check(
        execution("e1", "12:00").source(Source::CodeStar, "acme/trunk", "feature/x"),
        "Deployments acme/trunk 12:00 = 1
         deployment e1 published: production deployment of acme/trunk, branch feature/x, revision c0ffee",
    )
    .await;
}

#[tokio::test]
async fn trunk_based_repository_without_production_stage() {
    check(
        execution("e1", "12:00").source(Source::CodeStar, "acme/trunk", "main").without("Production"),
        "IgnoredExecutions acme/trunk 11:58 = 1
         ignored e1: it did not run a stage Production",
    )
    .await;
}

/// GitFlow: where there is no production stage, the main branch alone makes a production deployment.
#[tokio::test]
async fn missing_production_stage() {
    check(
        execution("e1", "12:00").without("Production"),
        "Deployments acme/shop 11:58 = 1
         deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee",
    )
    .await;
}

/// The sample looked for a stage called Source and an action at a fixed place.
#[tokio::test]
async fn renamed_source_stage() {
    let mut execution = execution("e1", "12:00");
    execution.actions[0]["stageName"] = json!("Fetch");
    execution.actions[0]["actionName"] = json!("Checkout");
    check(
        execution,
        "Deployments acme/shop 12:00 = 1
         deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee",
    )
    .await;
}

/// The first by kind (Git, ECR, S3), then by name, whatever order the API lists them in.
#[tokio::test]
async fn two_source_actions() {
    let execution = execution("e1", "12:00")
        .source(Source::Ecr, "base-image", "")
        .another_source("Zebra", Source::CodeStar, "acme/zebra", "main")
        .another_source("App", Source::CodeStar, "acme/shop", "main")
        .another_source("Artifacts", Source::S3, "bucket/app.zip", "");
    check(
        execution,
        "Deployments acme/shop 12:00 = 1
         deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee",
    )
    .await;
}

#[tokio::test]
async fn every_source() {
    let mut scene = Scene::new().await;
    let run = |id: &str, time: &str, source, repository: &str, branch: &str| {
        execution(id, time).source(source, repository, branch)
    };
    scene.runs(&run("e1", "12:01", Source::GitHub, "acme/legacy", "main")).await;
    scene.runs(&run("e2", "12:02", Source::CodeCommit, "billing", "main")).await;
    scene.runs(&run("e3", "12:03", Source::Ecr, "billing-image", "")).await;
    scene.runs(&run("e4", "12:04", Source::S3, "bucket/path/app.zip", "")).await;
    scene.runs(&run("e5", "12:05", Source::S3, "bucket/path/app.zip", "").without("Production")).await;
    scene
        .check(
            "Deployments acme/legacy 12:01 = 1
             Deployments billing 12:02 = 1
             Deployments billing-image 12:03 = 1
             Deployments bucket/path/app.zip 12:04 = 1
             IgnoredExecutions bucket/path/app.zip 12:03 = 1
             deployment e1 published: production deployment of acme/legacy, branch main, revision c0ffee
             deployment e2 published: production deployment of billing, branch main, revision c0ffee
             deployment e3 published: production deployment of billing-image, no branch, revision sha256:1
             deployment e4 published: production deployment of bucket/path/app.zip, no branch, revision v1
             ignored e5: it did not run a stage Production",
        )
        .await;
}

/// More actions than a page of `ListActionExecutions` holds: the source action is on the last page.
#[tokio::test]
async fn more_actions_than_a_page() {
    let mut execution = execution("e1", "12:00");
    for number in 0..150 {
        let tested = action("Test", &format!("Test{number}"), "Test", "CodeBuild", at("11:57"));
        execution.actions.push(tested);
    }
    let mut scene = Scene::new().await;
    scene.runs(&execution).await;
    scene.finish().await;
    assert_eq!(scene.calls("codepipeline:ListActionExecutions"), 2);
    scene
        .check(
            "Deployments acme/shop 12:00 = 1
             deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee",
        )
        .await;
}

/// The event comes before the API shows that the execution has ended.
#[tokio::test]
async fn event_before_the_api_shows_the_end() {
    let mut scene = Scene::new().await;
    let ended = execution("e1", "12:00");
    let mut running = ended.clone();
    running.detail["status"] = json!("InProgress");
    running.actions.last_mut().unwrap()["status"] = json!("InProgress");
    scene.runs(&running).await;
    scene.until("12:03").await;
    scene.cloud.record_execution(ended.recorded()).unwrap();
    scene
        .check(
            "Deployments acme/shop 12:00 = 1
             deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee",
        )
        .await;
}

/// CloudWatch takes data of the last two weeks.
#[tokio::test]
async fn deployment_as_old_as_cloudwatch_takes() {
    let mut scene = Scene::new().await;
    let execution = execution("e1", "12:00");
    scene.knows(&execution).await;
    scene.until("29 12:00").await;
    scene.succeeded(&execution);
    scene
        .check(
            "Deployments acme/shop 12:00 = 1
             deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee",
        )
        .await;
}

/// Beyond that, the deployment is in the ledger only.
#[tokio::test]
async fn deployment_older_than_cloudwatch_takes() {
    let mut scene = Scene::new().await;
    let execution = execution("e1", "12:00");
    scene.knows(&execution).await;
    scene.until("29 12:01").await;
    scene.succeeded(&execution);
    scene
        .check(
            "deployment e1 unpublishable: production deployment of acme/shop, branch main, revision c0ffee",
        )
        .await;
}

/// Each datum is written without dimensions, by repository, and by team where a team owns the repository.
#[tokio::test]
async fn dimensions() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    scene.runs(&execution("e2", "12:01").source(Source::CodeStar, "acme/other", "main")).await;
    let outcome = scene.finish().await;
    let found: Vec<_> = outcome
        .metrics
        .iter()
        .map(|metric| {
            let values: f64 = metric.points.iter().flat_map(|point| &point.values).sum();
            format!("{} {} {:?} {} {values}", metric.namespace, metric.name, metric.dimensions, metric.unit)
        })
        .collect();
    assert_eq!(
        found,
        [
            "DORA Deployments {} Count 2",
            r#"DORA Deployments {"Repository": "acme/other"} Count 1"#,
            r#"DORA Deployments {"Repository": "acme/shop"} Count 1"#,
            r#"DORA Deployments {"Team": "payments"} Count 1"#,
        ]
    );
}

/// An organisation's lists are longer than a function's environment; it is a team's deployment all the same.
#[tokio::test]
async fn teams_of_300_repositories() {
    let mut config = crate::scene::config();
    for team in 0..20 {
        let owned: Vec<String> = (0..15).map(|number| format!("acme/service-{team}-{number}")).collect();
        config["teams"][format!("team-{team}")] = json!(owned);
    }
    let mut scene = Scene::with(config).await;
    let execution = execution("e1", "12:00").source(Source::CodeStar, "acme/service-19-14", "main");
    scene.runs(&execution).await;
    let outcome = scene.finish().await;
    let of_team = |metric: &&simulator::replay_result::Metric| {
        metric.name == "Deployments" && metric.dimensions.get("Team").is_some_and(|team| team == "team-19")
    };
    assert_eq!(outcome.metrics.iter().filter(of_team).count(), 1);
}
