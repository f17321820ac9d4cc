//! `dora doctor`: what is wrong is found, with what to do.

use super::dora;
use crate::scene::{Scene, execution, with_webhook};
use fake_aws::{AwsError, Fault};
use serde_json::{Value, json};
use std::io::Write;
use tempfile::NamedTempFile;

/// The outputs of the scene's operations stack, in a file.
pub(super) fn outputs(scene: &Scene) -> NamedTempFile {
    let outputs = json!({
        "alarmTopic": "arn:aws:sns:eu-west-1:999999999999:dora-alarms",
        "ledgerTable": scene.cloud.plan().ledger.name,
        "webhookUrl": scene.cloud.operator().webhook_url,
    });
    let mut file = NamedTempFile::new().unwrap();
    write!(file, "{outputs}").unwrap();
    file
}

/// What a healthy installation says, without the port of this run.
async fn examine(scene: &mut Scene, outputs: &NamedTempFile) -> String {
    let report = dora(scene, &["doctor", "--outputs", outputs.path().to_str().unwrap()]).await.report();
    match scene.cloud.operator().webhook_url {
        Some(url) => report.replace(&url, "http://WEBHOOK/github"),
        None => report,
    }
}

#[tokio::test]
async fn healthy_installation() {
    let mut scene = Scene::with(with_webhook()).await;
    scene.runs(&execution("e1", "09:00")).await;
    scene.reconciles("12:00").await;
    let outputs = outputs(&scene);
    insta::assert_snapshot!(examine(&mut scene, &outputs).await);
}

/// What CloudWatch can't tell of an alarm is not well.
#[tokio::test]
async fn states_of_alarms() {
    let mut scene = Scene::new().await;
    scene.reconciles("12:00").await;
    let mut alarms = async |states: &[(&str, &'static str)]| {
        for (names, state) in states {
            scene.services().cloudwatch.set_alarms(names, state);
        }
        let said = dora(&mut scene, &["doctor"]).await;
        let of = |line: &&str| line.contains("  alarm ");
        let lines: Vec<String> = said.out.lines().filter(of).map(str::to_owned).collect();
        (said.code, lines)
    };
    let (code, lines) = alarms(&[]).await;
    assert_eq!(
        (code, lines),
        (0, vec!["skipped  alarm all: CloudWatch has not enough data to tell".to_owned()])
    );
    let states = [("", "OK"), ("dora-silence", "ALARM"), ("dora-ledger-drift", "INSUFFICIENT_DATA")];
    let (code, lines) = alarms(&states).await;
    let is_well = |line: &String| line.starts_with("ok  ");
    let (well, other): (Vec<String>, Vec<String>) = lines.into_iter().partition(is_well);
    assert_eq!((code, well.is_empty(), other.len()), (3, false, 2));
    assert!(other[0].starts_with("FAILED   alarm dora-silence: is raised: "), "{other:?}");
    assert_eq!(other[1], "skipped  alarm dora-ledger-drift: CloudWatch has not enough data to tell");
}

/// The read role was taken away before the first run: nothing can be read, and messages became dead letters.
#[tokio::test]
async fn permission_that_is_missing() {
    let mut scene = Scene::new().await;
    let denied = Fault::Refused(AwsError::new("AccessDenied", "no"));
    scene.fails("sts:AssumeRole", denied, 10_000);
    scene.runs(&execution("e1", "09:00")).await;
    scene.finish().await;
    let said = dora(&mut scene, &["doctor"]).await;
    insta::assert_snapshot!(said.failures());
}

/// The rules of a tooling account were deleted, and later the reconciler stood still.
#[tokio::test]
async fn events_that_do_not_come() {
    let mut scene = Scene::with(with_webhook()).await;
    scene.knows(&execution("e1", "09:00")).await;
    scene.reconciles("12:00").await;
    scene.until("16 12:00").await;
    let said = dora(&mut scene, &["doctor"]).await;
    insta::assert_snapshot!(said.failures());
}

/// What the stack says, and what it has, are told apart.
#[tokio::test]
async fn outputs_of_another_installation() {
    let mut scene = Scene::with(with_webhook()).await;
    scene.reconciles("12:00").await;
    let mut file = NamedTempFile::new().unwrap();
    let outputs = json!({"ledgerTable": "other-ledger", "webhookUrl": "http://127.0.0.1:1/github"});
    write!(file, "{outputs}").unwrap();
    let said = dora(&mut scene, &["doctor", "--outputs", file.path().to_str().unwrap(), "--json"]).await;
    let report: Value = serde_json::from_str(&said.out).unwrap();
    let failed = |finding: &&Value| finding["verdict"] == "failed";
    let findings = report["findings"].as_array().unwrap().iter().filter(failed);
    let checks: Vec<_> = findings.map(|finding| finding["check"].as_str().unwrap()).collect();
    assert_eq!((said.code, checks), (3, vec!["outputs", "webhook"]));
    let said = dora(&mut scene, &["doctor", "--outputs", "/no/such/file"]).await;
    assert_eq!((said.code, said.err.starts_with("error: /no/such/file can't be read")), (1, true));
}
