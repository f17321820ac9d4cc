//! `dora redrive`: dead letters are put back, and become facts.

use super::dora;
use crate::scene::{Scene, execution, ops_item};
use fake_aws::{AwsError, Fault};

#[tokio::test]
async fn dead_letters_become_facts() {
    let mut scene = Scene::new().await;
    let denied = Fault::Refused(AwsError::new("AccessDeniedException", "no"));
    scene.fails("codepipeline:GetPipelineExecution", denied, 1000);
    scene.runs(&execution("e1", "09:00")).await;
    assert_eq!(scene.finish().await.dead_letters.len(), 1);
    insta::assert_snapshot!("redrive_dry_run", dora(&mut scene, &["redrive", "--dry-run"]).await.report());
    scene.services().faults.clear();
    let some = ["redrive", "--function", "deployments", "--json"];
    insta::assert_snapshot!("redrive_some_as_json", dora(&mut scene, &some).await.report());
    insta::assert_snapshot!("redrive", dora(&mut scene, &["redrive"]).await.report());
    scene
        .check(
            "Deployments acme/shop 09:00 = 1
            deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee",
        )
        .await;
}

/// What can't be finished yet is a dead letter again; nothing is lost.
#[tokio::test]
async fn cause_that_is_still_there() {
    let mut scene = Scene::new().await;
    let denied = Fault::Refused(AwsError::new("AccessDeniedException", "no"));
    scene.fails("codepipeline:GetPipelineExecution", denied, 1000);
    scene.runs(&execution("e1", "09:00")).await;
    scene.finish().await;
    assert_eq!(dora(&mut scene, &["redrive"]).await.code, 0);
    assert_eq!(scene.finish().await.dead_letters.len(), 1);
}

/// A dead letter whose event had been decided, and could not be published, is no duplicate when it is put back: the message
/// is another one, the event is not.
#[tokio::test]
async fn event_in_another_message() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    scene.until("12:10").await;
    scene.fails("cloudwatch:PutMetricData", Fault::access_denied(), 1000);
    scene.raises(&ops_item(1, "12:30")).await;
    scene.finish().await;
    scene.services().faults.clear();
    assert_eq!(dora(&mut scene, &["redrive"]).await.code, 0);
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
