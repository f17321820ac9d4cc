//! OPERATIONS.md, "Commands for operators" and what leads there: an installation that runs, on the stand-in. What its stack
//! says of it comes from the engine.

use super::{
    play::{Filling, Play, printed},
    table::Part,
};
use crate::{
    engine::{Engine, Program},
    outside::{self, Moto},
    scene::{OPS, Scene, Source, TOOLING, at, commit, commit_id, execution, with_webhook},
};
use fake_aws::Fault;
use metrics_lib::{contract::env, place::Place, sources::opscenter::OpsItemKey};
use serde_json::{Value, json};
use simulator::{cloud::Access, payload_builders::OpsItem};
use std::process::Command;
use tokio::select;

/// Runs a command with the operator's access, while the cloud is served, and returns what it prints.
async fn served(scene: &mut Scene, play: &Play, mut command: Command) -> String {
    let Access { endpoint, access_key, secret, clock_file, .. } = scene.cloud.operator();
    command
        .env("AWS_ACCESS_KEY_ID", access_key)
        .env("AWS_SECRET_ACCESS_KEY", secret)
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("AWS_REGION", "eu-west-1")
        .env(env::CLOCK_FILE, clock_file);
    play.equip(&mut command);
    let line = format!("{command:?}");
    let mut command = tokio::process::Command::from(command);
    let output = select! {
        output = command.kill_on_drop(true).output() => output.unwrap(),
        served = scene.cloud.serve() => panic!("{served:?}"),
    };
    printed(&line, &output).0
}

/// The incident of the documents.
fn incident() -> OpsItem {
    let ops_item_id = "oi-0123456789ab".parse().unwrap();
    let key = OpsItemKey { place: Place::new(TOOLING, "eu-west-1"), ops_item_id };
    OpsItem::new(key, at("10:00"))
}

#[tokio::test]
async fn commands_of_operators() {
    let test = "commands_of_operators";
    let Some(engine) = Engine::or_skip(test) else { return };
    let Some(play) = outside::or_skip(test, Play::new(Part::Operators)) else { return };
    let Some(moto) = outside::or_skip(test, Moto::start(OPS)) else { return };
    let mut scene = Scene::with(with_webhook()).await;
    scene.pushes("08:30", "main", 0, &[commit(1, "08:00", "Begin")]).await;
    scene.runs(&execution("e1", "09:00").revision(&commit_id(1))).await;
    let other = execution("e0", "09:30").source(Source::CodeStar, "acme/shop", "develop");
    scene.runs(&other).await;
    scene.raises(&incident()).await;
    scene.reconciles("12:00").await;
    let outputs = json!({
        "alarmTopic": "arn:aws:sns:eu-west-1:999999999999:dora-alarms",
        "ledgerTable": scene.cloud.plan().ledger.name,
        "webhookUrl": scene.cloud.operator().webhook_url,
    });
    let project = engine.project(Program::Document(json!({"outputs": outputs})));
    project.stack("ops").up().unwrap();
    let run = async |scene: &mut Scene, said: &str, filling: Filling<'_>, parts: &[&str]| {
        let told = served(scene, &play, project.shell(&play.line(said, filling))).await;
        for part in parts {
            assert!(told.contains(part), "{said}: {part}\n{told}");
        }
    };

    run(
        &mut scene,
        "cargo dora doctor",
        &[],
        &["checks are fine, 0 failed", "heartbeat", "reconciler", "events"],
    )
    .await;
    run(&mut scene, "cargo dora doctor --probe", &[], &["ok       probe"]).await;
    let outputs = "pulumi stack output --json --stack ops";
    let ping = "answers a signed ping";
    run(&mut scene, &format!("{outputs} | cargo dora doctor --outputs -"), &[], &["ok       outputs", ping])
        .await;
    let lake = "ok       probe to the lake";
    run(&mut scene, &format!("{outputs} | cargo dora doctor --probe --outputs -"), &[], &[ping, lake]).await;
    run(&mut scene, "cargo dora explain ignored-executions", &[], &["e0", "develop"]).await;
    run(&mut scene, "cargo dora explain deployments", &[], &["acme/shop", "e1"]).await;
    run(&mut scene, "cargo dora explain lead-time-for-changes", &[], &["acme/shop", "e1"]).await;
    run(&mut scene, "cargo dora explain change-failure-rate", &[], &["acme/shop", "oi-0123456789ab"]).await;
    run(&mut scene, "cargo dora explain incident oi-0123456789ab", &[], &["oi-0123456789ab", "e1"]).await;
    run(&mut scene, "cargo dora backfill --since 2026-01-01", &[], &[]).await;

    // Dead letters, whose cause is gone.
    scene.fails("athena:StartQueryExecution", Fault::access_denied(), 1000);
    scene.runs(&execution("e2", "13:00").revision(&commit_id(2))).await;
    scene.until("13:05").await;
    scene.fails("codepipeline:GetPipelineExecution", Fault::access_denied(), 1000);
    scene.runs(&execution("e3", "13:05")).await;
    assert_eq!(scene.finish().await.dead_letters.len(), 2);
    scene.services().faults.clear();
    let back = |function: &str| format!("dora-{function}-dead-letters: 1 of 1 messages put back");
    let one = back("lead-time-for-changes");
    run(&mut scene, "cargo dora redrive --function lead-time-for-changes", &[], &[&one]).await;
    run(&mut scene, "cargo dora redrive", &[], &[&back("deployments")]).await;
    let facts = scene.finish().await;
    assert!(facts.dead_letters.is_empty());

    // What can't be put back.
    let aws = |line: &str| {
        let environment = [
            ("AWS_ENDPOINT_URL", moto.url.as_str()),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
        ];
        printed(line, &play.shell(line, &project.folder(), &environment).output().unwrap()).0
    };
    aws("aws sqs create-queue --queue-name dora-undelivered");
    let told =
        aws(&play.line("aws sqs get-queue-url --queue-name PREFIX-undelivered", &[("PREFIX", "dora")]));
    let told: Value = serde_json::from_str(&told).unwrap();
    let url = told["QueueUrl"].as_str().unwrap();
    aws(&format!("aws sqs send-message --queue-url {url} --message-body event"));
    let number = || {
        let number = "Attributes.ApproximateNumberOfMessages --output text";
        aws(&format!("aws sqs get-queue-attributes --queue-url {url} --attribute-names All --query {number}"))
    };
    assert_eq!(number(), "1\n");
    aws(&play.line("aws sqs purge-queue --queue-url URL", &[("URL", url)]));
    assert_eq!(number(), "0\n");
    play.finish();
}
