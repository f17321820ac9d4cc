//! The limits of AWS's services, and names that come up to them.

use crate::scene::{Scene, Source, execution, ops_item, report};

/// Finishes and compares the report, in which a long name is written `LONG`, with what is expected.
async fn check(mut scene: Scene, long: &str, expected: &str) {
    let outcome = scene.finish().await;
    let report = report(&outcome).replace(long, "LONG");
    let expected: String = expected.trim().lines().map(|line| format!("{}\n", line.trim())).collect();
    assert!(report == expected, "{report}");
}

/// S3's keys have up to 1,024 bytes; with the bucket before them they are longer than DynamoDB's sort keys.
#[tokio::test]
async fn object_whose_name_is_longer_than_a_key() {
    let long = "x".repeat(1017);
    let object = format!("bucket/{long}");
    let mut scene = Scene::new().await;
    for (id, time) in [("e1", "12:00"), ("e2", "13:00")] {
        scene.runs(&execution(id, time).source(Source::S3, &object, "")).await;
    }
    // An object's name is one of those that incidents may name.
    let item = ops_item(1, "14:00").description(&format!("no {object} is there"));
    scene.raises(&item).await;
    let expected = "
        Deployments LONG 12:00 = 1
        Deployments LONG 13:00 = 1
        FailedDeployments LONG 13:00 = 1
        deployment e1 published: production deployment of LONG, no branch, revision v1
        deployment e2 published: production deployment of LONG, no branch, revision v1
        failure e2 oi-000000000001 published: oi-000000000001: title or description names LONG; latest deployment of it \
        before the incident";
    check(scene, &object, expected).await;
}

/// What an `OpsItem` says of an execution is any text.
#[tokio::test]
async fn execution_whose_id_is_longer_than_a_key() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    let id = "e1".repeat(1500);
    scene.raises(&ops_item(1, "13:00").data("dora/execution", &id)).await;
    let expected = "
        Deployments acme/shop 12:00 = 1
        UnattributedIncidents - 13:00 = 1
        deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee
        failure oi-000000000001 pending: operational data dora/execution names execution LONG, and no known deployment \
        matches";
    check(scene, &id, expected).await;
}
