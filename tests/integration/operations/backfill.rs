//! `dora backfill`: the history of CodePipeline and of `OpsCenter` becomes facts.

use super::dora;
use crate::scene::{Scene, Source, execution, ops_item, report, rollback};
use fake_aws::{AwsError, Fault};

/// Before anything was installed, 15 days ago and 5 days ago, there were deployments, an incident, its restore and a
/// rollback.
async fn history() -> Scene {
    let mut scene = Scene::new().await;
    for execution in [
        execution("e1", "01 10:00"),
        execution("e2", "01 13:00").message("Mend oi-000000000001"),
        execution("e3", "20 10:00"),
        rollback("e4", "e2", "20 11:00"),
        execution("e5", "20 12:00").source(Source::CodeStar, "acme/shop", "develop"),
    ] {
        scene.cloud.record_execution(execution.recorded()).unwrap();
    }
    scene.cloud.record_ops_item(ops_item(1, "01 11:00").recorded()).unwrap();
    scene.cloud.record_ops_item(ops_item(2, "20 13:00").recorded()).unwrap();
    scene.until("25 12:00").await;
    scene
}

const BACKFILL: [&str; 5] = ["backfill", "--since", "2026-05-30", "--rate", "0"];

#[tokio::test]
async fn history_becomes_facts() {
    let mut scene = history().await;
    let dry = dora(&mut scene, &[&BACKFILL[..], &["--dry-run"]].concat()).await;
    insta::assert_snapshot!("backfill_dry_run", dry.report());
    assert_eq!(report(&scene.finish().await), "", "a dry run writes nothing");
    insta::assert_snapshot!("backfill", dora(&mut scene, &BACKFILL).await.report());
    let filled = report(&scene.finish().await);
    insta::assert_snapshot!("backfill_facts", filled);
    // Once more, nothing is counted again.
    let again = dora(&mut scene, &[&BACKFILL[..], &["--json"]].concat()).await;
    insta::assert_snapshot!("backfill_again_as_json", again.report());
    assert_eq!(report(&scene.finish().await), filled);
}

/// What fails does not keep the rest from being done; the same command goes on with it.
#[tokio::test]
async fn part_that_fails() {
    let mut scene = history().await;
    let denied = Fault::Refused(AwsError::new("AccessDeniedException", "no"));
    scene.fails("codepipeline:GetPipelineExecution", denied.clone(), 1);
    scene.fails("ssm:DescribeOpsItems", denied, 1);
    insta::assert_snapshot!("backfill_part_that_fails", dora(&mut scene, &BACKFILL).await.report());
    let again = dora(&mut scene, &BACKFILL).await;
    assert_eq!(again.code, 0, "{}", again.report());
    let filled = report(&scene.finish().await);
    let mut whole = history().await;
    dora(&mut whole, &BACKFILL).await;
    assert_eq!(filled, report(&whole.finish().await));
}

/// More than a pass does at once.
#[tokio::test]
async fn long_history() {
    let mut scene = Scene::new().await;
    for number in 0..450 {
        let ended = format!("{:02} {:02}:{:02}", 1 + number / 150, number / 60 % 24, number % 60);
        scene.cloud.record_execution(execution(&format!("e{number:03}"), &ended).recorded()).unwrap();
    }
    scene.until("16 12:00").await;
    let said = dora(&mut scene, &BACKFILL).await;
    assert!(said.out.starts_with("executions of 111111111111 eu-west-1: 450 done\n"), "{}", said.report());
    let outcome = scene.finish().await;
    assert_eq!((outcome.facts.len(), said.code), (450, 0));
}
