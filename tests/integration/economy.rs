//! How many calls of AWS what happens costs: the number is exact, so a budget of it is a test.
//!
//! CodePipeline publishes no rates; a few calls a second for each account and region are usual, which pipelines share with
//! their own tools. Reads and writes of the ledger, values of CloudWatch and queries of Athena are paid for.

use crate::scene::{Scene, at, commit, commit_id, execution, ops_item, push, rollback, with_webhook};
use serde_json::{Value, json};
use simulator::payload_builders::{Execution, delivery};
use std::collections::BTreeMap;

/// The calls of each operation since the last time.
fn calls(scene: &Scene, before: &mut BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let now: BTreeMap<String, u64> = scene.services().calls.clone().into_iter().collect();
    let since =
        now.iter().map(|(name, calls)| (name.clone(), calls - before.get(name).copied().unwrap_or(0)));
    let since = since.filter(|(_, calls)| *calls > 0).collect();
    *before = now;
    since
}

/// The event that an execution has succeeded in its production stage.
fn stage(scene: &mut Scene, execution: &Execution) {
    let mut event = execution.event("SUCCEEDED");
    event["detail-type"] = json!("CodePipeline Stage Execution State Change");
    event["detail"]["stage"] = json!("Production");
    scene.event(&event);
}

/// A commit is pushed onto the one before it. As GitHub does, the delivery tells the repository's id.
async fn pushes(scene: &mut Scene, number: u32, time: &str) {
    let before = (number > 1).then(|| commit_id(number - 1));
    let (_, body) = push("acme/shop", "main", before.as_deref(), &[commit(number, time, "Go on")], at(time));
    let mut body: Value = serde_json::from_str(&body).unwrap();
    body["repository"]["id"] = json!(1_296_269);
    assert_eq!(scene.delivers(time, &delivery("push", &body)).await, 200);
}

/// What one more of each costs, in an installation that has worked for a while. Both events of an execution come.
#[tokio::test]
async fn budget() {
    let mut scene = Scene::with(with_webhook()).await;
    for (number, hour) in (1..).zip(9..12) {
        let [pushed, ended] = [0, 10].map(|minute| format!("{hour:02}:{minute:02}"));
        pushes(&mut scene, number, &pushed).await;
        scene.runs(&execution(&format!("e{number}"), &ended).revision(&commit_id(number))).await;
    }
    scene.raises(&ops_item(1, "11:30")).await;
    scene.until("13:00").await;
    let mut before = BTreeMap::new();
    calls(&scene, &mut before);
    let mut report = String::new();
    let mut tell = |what: &str, scene: &Scene| {
        let calls = calls(scene, &mut before);
        let of = |service: &str| -> u64 {
            calls.iter().filter(|(name, _)| name.starts_with(service)).map(|(_, calls)| calls).sum()
        };
        let total = ["codepipeline", "dynamodb", "cloudwatch", "athena:Start"].map(of);
        report += &format!(
            "{what}: {} of CodePipeline, {} of the ledger, {} of CloudWatch, {} of Athena\n",
            total[0], total[1], total[2], total[3]
        );
        for (name, calls) in calls {
            report += &format!("    {name}: {calls}\n");
        }
        total
    };

    pushes(&mut scene, 4, "13:00").await;
    scene.until("13:09").await;
    tell("a push", &scene);
    let deployment = execution("e4", "13:10").revision(&commit_id(4));
    scene.knows(&deployment).await;
    stage(&mut scene, &deployment);
    scene.succeeded(&deployment);
    scene.until("14:00").await;
    let after_an_hour = tell("a deployment, an hour after the last", &scene);
    for (number, minute) in (5..).zip((0..50).step_by(5)) {
        let [pushed, ended] = [minute, minute + 4].map(|minute| format!("14:{minute:02}"));
        pushes(&mut scene, number, &pushed).await;
        let deployment = execution(&format!("e{number}"), &ended).revision(&commit_id(number));
        scene.knows(&deployment).await;
        stage(&mut scene, &deployment);
        scene.succeeded(&deployment);
    }
    scene.until("15:10").await;
    let of_ten = tell("ten deployments, five minutes apart", &scene);
    let mut ignored = execution("i1", "15:11").revision(&commit_id(14));
    ignored.actions.retain(|action| action["stageName"] != "Production");
    scene.runs(&ignored).await;
    scene.until("15:20").await;
    tell("an execution that is ignored", &scene);
    scene.raises(&ops_item(2, "15:20")).await;
    scene.until("16:00").await;
    tell("an incident", &scene);
    scene.runs(&rollback("r1", "e13", "16:10")).await;
    scene.until("17:00").await;
    tell("a rollback that restores service", &scene);
    insta::assert_snapshot!(report);
    let within = |calls: [u64; 4], most: [u64; 4]| calls.iter().zip(most).all(|(calls, most)| *calls <= most);
    assert!(within(after_an_hour, [4, 12, 2, 1]) && within(of_ten, [40, 90, 20, 10]), "{report}");
}
