//! Every permission of the functions is of use: some scenario needs it. That none is missing, every test shows, for the
//! single-machine cloud refuses what the plan's policies don't allow.

use crate::{
    lead_times::short_on_time,
    scene::{OPS, Scene, binaries, commit, commit_id, execution, ops_item, ops_item_in, with_webhook},
};
use fake_aws::{AwsError, Fault, Grant};
use scenarios::sample::sample;
use serde_json::json;
use simulator::{cloud::Cloud, payload_builders::delivery, replay::replay, world::World};
use std::collections::BTreeSet;

/// All grants of a cloud's functions, and those that were used.
fn add(cloud: &Cloud, all: &mut BTreeSet<Grant>, used: &mut BTreeSet<Grant>) {
    let services = cloud.server().services();
    all.extend(services.permissions.of_roles().cloned());
    used.extend(services.permissions.used().iter().cloned());
}

#[tokio::test]
async fn every_permission_is_used() {
    let (mut all, mut used) = (BTreeSet::new(), BTreeSet::new());

    let world = World::Lines("sample".into(), sample(1, 14).lines);
    let header = world.check().unwrap();
    let cloud = replay(&world, &header, binaries(), || ()).await.unwrap();
    add(&cloud, &mut all, &mut used);

    let mut scene = Scene::with(with_webhook()).await;
    // A delivery that is not signed is stopped by the firewall, one of another type is counted by the webhook.
    let unsigned = ([("content-type".to_owned(), "application/json".to_owned())].into(), "{}".to_owned());
    assert_eq!(scene.delivers("10:00", &unsigned).await, 403);
    let (mut wrong, body) = delivery("ping", &json!({}));
    wrong.insert("Content-Type".to_owned(), "text/plain".to_owned());
    assert_eq!(scene.delivers("10:00", &(wrong, body)).await, 415);
    // Incidents of both accounts; one is referenced by a commit within a change.
    scene.pushes("10:30", "main", 0, &[commit(1, "10:00", "Begin")]).await;
    // The webhook keeps the name of a repository whose id it gets to know.
    let named = json!({"repository": {"id": 7, "full_name": "acme/shop"}});
    assert_eq!(scene.delivers("10:30", &delivery("repository", &named)).await, 202);
    scene.runs(&execution("e1", "11:00").revision(&commit_id(1))).await;
    scene.raises(&ops_item_in(OPS, 1, "11:30")).await;
    scene.raises(&ops_item(2, "11:40")).await;
    // One names what was never deployed.
    scene.raises(&ops_item(4, "11:50").title("acme/idle is down")).await;
    let message = "Mend oi-000000000001 and oi-000000000003, whose event was lost";
    scene.cloud.record_ops_item(ops_item_in(OPS, 3, "11:35").recorded()).unwrap();
    scene.pushes("12:30", "main", 1, &[commit(2, "12:00", message), commit(3, "12:10", "Polish")]).await;
    scene.runs(&execution("e2", "13:00").revision(&commit_id(3))).await;
    // Nothing known leads to this one: the query is asked again and again.
    scene.runs(&execution("e3", "14:00").revision(&commit_id(99))).await;
    scene.finish().await;
    // The reconciler asks the lake about a deployment that no event tells.
    scene.knows(&execution("e4", "18:00").revision(&commit_id(3))).await;
    scene.reconciles("19:00").await;
    // Somebody looks at a dashboard.
    scene.cloud.look("{}").await.unwrap().unwrap();
    add(&scene.cloud, &mut all, &mut used);

    // A query that takes too long is stopped.
    let mut scene = Scene::planned(with_webhook(), short_on_time).await;
    scene.services().athena.stuck = true;
    scene.pushes("10:30", "main", 0, &[commit(1, "10:00", "Begin")]).await;
    scene.runs(&execution("e1", "11:00").revision(&commit_id(1))).await;
    scene.until("11:17").await;
    scene.services().athena.stuck = false;
    scene.until("12:00").await;
    scene.knows(&execution("e2", "12:00").revision(&commit_id(1))).await;
    scene.until("13:00").await;
    scene.services().athena.stuck = true;
    scene.cloud.reconcile().await.unwrap();
    add(&scene.cloud, &mut all, &mut used);

    // Messages that fail again and again are told of.
    let mut scene = Scene::with(with_webhook()).await;
    scene.pushes("10:30", "main", 0, &[commit(1, "10:00", "Mend oi-000000000001")]).await;
    scene.raises(&ops_item(1, "10:45")).await;
    for operation in ["codepipeline:GetPipelineExecution", "ssm:GetOpsItem"] {
        let refused = Fault::Refused(AwsError::new("AccessDeniedException", "no"));
        scene.services().faults.add(operation, refused, 1000);
    }
    scene.runs(&execution("e1", "11:00").revision(&commit_id(1))).await;
    scene.finish().await;
    add(&scene.cloud, &mut all, &mut used);

    let unused: Vec<String> = all.difference(&used).map(ToString::to_string).collect();
    assert!(unused.is_empty(), "permissions that nothing needs:\n{}", unused.join("\n"));
    assert!(all.len() > 60, "{}", all.len());
}
