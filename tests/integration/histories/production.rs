//! What reached production, whatever became of it.

use super::check;
use crate::scene::{Execution, Scene, Source, TOOLING, action, at, execution, ops_item};
use fake_aws::PipelineKey;
use serde_json::json;
use simulator::payload_builders::structure;

/// The execution, with another stage after production in which an action ended so.
fn then(mut execution: Execution, stage: &str, ended: &str, status: &str) -> Execution {
    let mut later = action(stage, "Check", "Test", "CodeBuild", at(ended));
    later["status"] = json!(status);
    execution.actions.push(later);
    execution
}

fn with_status(mut execution: Execution, status: &str) -> Execution {
    execution.detail["status"] = json!(status);
    execution
}

/// The event that a stage of an execution succeeded.
fn stage_event(execution: &Execution, stage: &str) -> serde_json::Value {
    let mut event = execution.event("SUCCEEDED");
    event["detail-type"] = json!("CodePipeline Stage Execution State Change");
    event["detail"]["stage"] = json!(stage);
    event
}

const COUNTED: &[&str] = &["Deployments", "FailedDeployments", "IgnoredExecutions", "DuplicateEvents"];

#[tokio::test]
async fn whatever_it_ended_as() {
    for (status, state) in [
        ("Failed", "FAILED"),
        ("Stopped", "STOPPED"),
        ("Superseded", "SUPERSEDED"),
        ("Cancelled", "CANCELED"),
    ] {
        let mut scene = Scene::new().await;
        scene.runs(&execution("e1", "12:00")).await;
        let e2 = then(with_status(execution("e2", "13:00"), status), "Verify", "13:10", "Failed");
        scene.knows(&e2).await;
        scene.until("13:10").await;
        scene.event(&e2.event(state));
        check(scene, COUNTED, &["Deployments acme/shop 12:00 = 1", "Deployments acme/shop 13:00 = 1"]).await;
    }
}

/// A pipeline that was deleted and made anew begins with the versions that it had: what is known of one of them was another's.
#[tokio::test]
async fn pipeline_made_anew() {
    let mut scene = Scene::new().await;
    let mut pipeline = structure("shop");
    let key = PipelineKey { account: TOOLING.into(), region: "eu-west-1".into(), pipeline: "shop".into() };
    scene.cloud.record_pipeline(key.clone(), pipeline.clone());
    let e1 = then(with_status(execution("e1", "12:00"), "Failed"), "Verify", "12:00", "Failed");
    scene.knows(&e1).await;
    scene.event(&e1.event("FAILED"));
    scene.until("12:30").await;
    pipeline["stages"][4]["actions"] = json!([{"name": "Deploy"}, {"name": "Switch"}]);
    scene.cloud.record_pipeline(key, pipeline);
    let e2 = with_status(execution("e2", "13:00"), "Stopped");
    scene.knows(&e2).await;
    scene.event(&e2.event("STOPPED"));
    check(scene, COUNTED, &["Deployments acme/shop 12:00 = 1"]).await;
}

/// What no event tells, the API does.
#[tokio::test]
async fn failed_after_production_without_an_event() {
    let mut scene = Scene::new().await;
    scene.knows(&then(with_status(execution("e1", "12:00"), "Failed"), "Verify", "12:10", "Failed")).await;
    check(scene, COUNTED, &["Deployments acme/shop 12:00 = 1"]).await;
}

/// An approval after production holds the execution's own event for weeks; its production stage has one.
#[tokio::test]
async fn approval_after_production() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    let waiting =
        then(with_status(execution("e2", "13:00"), "InProgress"), "Approval", "13:00", "InProgress");
    scene.knows(&waiting).await;
    scene.event(&stage_event(&waiting, "Production"));
    scene.raises(&ops_item(1, "13:30")).await;
    let found = [
        "Deployments acme/shop 12:00 = 1",
        "Deployments acme/shop 13:00 = 1",
        "FailedDeployments acme/shop 13:00 = 1",
    ];
    check(scene, COUNTED, &found).await;
}

/// The first execution of a pipeline of which nothing else is known.
#[tokio::test]
async fn approval_after_the_first_production() {
    let mut scene = Scene::new().await;
    let waiting =
        then(with_status(execution("e1", "13:00"), "InProgress"), "Approval", "13:00", "InProgress");
    scene.knows(&waiting).await;
    scene.event(&stage_event(&waiting, "Production"));
    check(scene, COUNTED, &["Deployments acme/shop 13:00 = 1"]).await;
}

/// The two events of an execution are no duplicates; the same event twice is.
#[tokio::test]
async fn events_of_an_execution() {
    let mut scene = Scene::new().await;
    let e1 = execution("e1", "12:00");
    scene.knows(&e1).await;
    scene.event(&stage_event(&e1, "Source"));
    scene.event(&stage_event(&e1, "Build"));
    scene.event(&stage_event(&e1, "Production"));
    scene.until("12:01").await;
    scene.event(&e1.event("SUCCEEDED"));
    scene.until("12:30").await;
    scene.event(&e1.event("SUCCEEDED"));
    check(scene, COUNTED, &["Deployments acme/shop 12:00 = 1", "DuplicateEvents acme/shop 12:30 = 1"]).await;
}

/// A run that never reaches production is ignored once, however many stages it has.
#[tokio::test]
async fn run_of_another_branch() {
    let mut scene = Scene::new().await;
    let run = execution("e1", "12:00").source(Source::CodeStar, "acme/shop", "develop");
    scene.knows(&run).await;
    for stage in ["Source", "Build", "Production"] {
        scene.event(&stage_event(&run, stage));
    }
    scene.event(&run.event("SUCCEEDED"));
    check(scene, COUNTED, &["IgnoredExecutions acme/shop 12:00 = 1"]).await;
}

/// One that failed before production may be retried: it is nothing until then.
#[tokio::test]
async fn failed_before_production_and_retried() {
    let mut scene = Scene::new().await;
    let failed = with_status(execution("e1", "12:00").without("Production"), "Failed");
    scene.knows(&failed).await;
    scene.event(&failed.event("FAILED"));
    scene.until("12:30").await;
    let retried = execution("e1", "14:00");
    scene.runs(&retried).await;
    check(scene, COUNTED, &["Deployments acme/shop 14:00 = 1"]).await;
}

/// A failed later stage is retried: its events tell the same deployment.
#[tokio::test]
async fn retried_after_production() {
    let mut scene = Scene::new().await;
    let failed = then(with_status(execution("e1", "12:00"), "Failed"), "Verify", "12:10", "Failed");
    scene.knows(&failed).await;
    scene.event(&stage_event(&failed, "Production"));
    scene.until("12:10").await;
    scene.event(&failed.event("FAILED"));
    scene.until("12:40").await;
    let succeeded = then(execution("e1", "12:00"), "Verify", "12:40", "Succeeded");
    scene.knows(&succeeded).await;
    let mut event = succeeded.event("SUCCEEDED");
    event["detail"]["pipeline-execution-attempt"] = json!(2.0);
    scene.event(&event);
    check(scene, COUNTED, &["Deployments acme/shop 12:00 = 1"]).await;
}

/// Stopped between two actions of the production stage, as the deployment before shows.
#[tokio::test]
async fn stopped_within_the_production_stage() {
    let mut scene = Scene::new().await;
    let second = || action("Production", "Second region", "Deploy", "CloudFormation", at("12:00"));
    let mut e1 = execution("e1", "12:00");
    e1.actions.push(second());
    scene.runs(&e1).await;
    let stopped = with_status(execution("e2", "13:00"), "Stopped");
    scene.knows(&stopped).await;
    scene.event(&stopped.event("STOPPED"));
    check(scene, COUNTED, &["Deployments acme/shop 12:00 = 1"]).await;
}

/// Production is reached when the last wave that the pipeline has succeeded.
#[tokio::test]
async fn waves() {
    let mut config = crate::scene::config();
    config["productionStage"] = json!(["Production", "Wave2"]);
    let mut scene = Scene::with(config).await;
    let wave = |ended: &str, status: &str| {
        let mut wave = action("Wave2", "Deploy", "Deploy", "CloudFormation", at(ended));
        wave["status"] = json!(status);
        wave
    };
    let mut e1 = execution("e1", "12:00");
    e1.actions.push(wave("12:20", "Succeeded"));
    scene.knows(&e1).await;
    scene.until("12:20").await;
    scene.succeeded(&e1);
    let mut e2 = with_status(execution("e2", "13:00"), "Failed");
    e2.actions.push(wave("13:20", "Failed"));
    scene.knows(&e2).await;
    scene.event(&e2.event("FAILED"));
    // It failed before its second wave: the pipeline has one.
    let e3 = with_status(execution("e3", "14:00"), "Stopped");
    scene.knows(&e3).await;
    scene.event(&e3.event("STOPPED"));
    check(scene, COUNTED, &["Deployments acme/shop 12:20 = 1"]).await;
}

/// What is otherwise in a repository or pipeline.
#[tokio::test]
async fn exceptions() {
    let mut config = crate::scene::config();
    config["repositoryOverrides"] = json!({"acme/shop": {"mainBranch": "master"}});
    config["excludedPipelines"] = json!(["*-dev"]);
    let mut scene = Scene::with(config).await;
    scene.runs(&execution("e1", "12:00").source(Source::CodeStar, "acme/shop", "master")).await;
    let dev = crate::scene::execution_of("shop-dev", "e2", "13:00");
    scene.runs(&dev.source(Source::CodeStar, "acme/shop", "master")).await;
    scene.runs(&execution("e3", "14:00")).await;
    let found = [
        "Deployments acme/shop 12:00 = 1",
        "IgnoredExecutions acme/shop 13:00 = 1",
        "IgnoredExecutions acme/shop 14:00 = 1",
    ];
    check(scene, COUNTED, &found).await;
}
