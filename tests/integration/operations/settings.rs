//! Settings that are corrected: what was ignored is looked at again, and what was counted is listed.

use super::dora;
use crate::scene::{Scene, config, execution, report};
use serde_json::json;

const BACKFILL: [&str; 5] = ["backfill", "--since", "2026-06-10", "--rate", "0"];

/// An installation whose settings have a wrong value.
async fn wrong(setting: &str, value: &str) -> Scene {
    let mut wrong = config();
    wrong[setting] = json!(value);
    Scene::with(wrong).await
}

/// Backfill does again what it had done under the wrong setting.
#[tokio::test]
async fn ignored_execution_is_looked_at_again() {
    let mut scene = wrong("mainBranch", "master").await;
    scene.runs(&execution("e1", "09:00")).await;
    scene.reconciles("12:00").await;
    let before = dora(&mut scene, &BACKFILL).await;
    assert_eq!(before.code, 0, "{}", before.report());
    let ignored = report(&scene.finish().await);
    assert!(!ignored.contains("Deployments") && ignored.contains("ignored e1"), "{ignored}");
    scene.configured(&config());
    let dry = dora(&mut scene, &[&BACKFILL[..], &["--dry-run"]].concat()).await;
    assert!(dry.out.contains("1 found, 1 not in the ledger"), "{}", dry.report());
    let again = dora(&mut scene, &BACKFILL).await;
    assert_eq!(again.code, 0, "{}", again.report());
    let counted = report(&scene.finish().await);
    assert!(counted.contains("Deployments acme/shop 09:00 = 1"), "{counted}");
    // Once is enough.
    dora(&mut scene, &BACKFILL).await;
    assert_eq!(report(&scene.finish().await), counted);
}

/// What is ignored by the corrected settings, too, is decided by them from then on.
#[tokio::test]
async fn ignored_for_another_reason() {
    let mut scene = wrong("mainBranch", "master").await;
    scene.runs(&execution("e1", "09:00")).await;
    let mut excluded = config();
    excluded["excludedPipelines"] = json!(["shop"]);
    scene.configured(&excluded);
    dora(&mut scene, &BACKFILL).await;
    let ignored = report(&scene.finish().await);
    assert!(!ignored.contains("Deployments"), "{ignored}");
    let calls = scene.calls("codepipeline:GetPipelineExecution");
    scene.reconciles("12:00").await;
    assert_eq!(scene.calls("codepipeline:GetPipelineExecution"), calls, "it is not looked at for ever");
    assert!(ignored.contains("ignored e1"), "{ignored}");
}

/// A deployment that was counted under a wrong setting stays counted, and doctor lists it.
#[tokio::test]
async fn deployment_counted_under_other_settings_is_listed() {
    let mut scene = wrong("productionStage", "Build").await;
    scene.runs(&execution("e1", "09:00")).await;
    scene.reconciles("12:00").await;
    let of_settings = |report: String| -> Vec<String> {
        report.lines().filter(|line| line.contains("settings")).map(str::to_owned).collect()
    };
    let fine = of_settings(dora(&mut scene, &["doctor"]).await.report());
    assert_eq!(
        fine,
        ["ok       settings of 14 days: 1 deployments were counted under the settings as they are"]
    );
    scene.configured(&config());
    let said = dora(&mut scene, &["doctor"]).await;
    let listed = of_settings(said.report());
    assert!(listed[0].starts_with("note     settings 111111111111/eu-west-1/shop/e1: "), "{listed:?}");
    assert_eq!(said.code, 0, "nothing can be done about it: {}", said.report());
    let counted = report(&scene.finish().await);
    assert!(counted.contains("Deployments acme/shop"), "{counted}");
}
