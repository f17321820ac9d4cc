//! How many calls of AWS what happens costs: the number is exact, so a budget of it is a test.
//!
//! CodePipeline publishes no rates; a few calls a second for each account and region are usual, which pipelines share with
//! their own tools. Reads and writes of the ledger, values of CloudWatch and queries of Athena are paid for.

mod costs;

use crate::scene::{Scene, at, commit, commit_id, execution, ops_item, push, rollback, with_webhook};
use serde_json::{Value, json};
use simulator::{
    payload_builders::{Execution, delivery},
    replay_result::Metric,
};
use std::collections::BTreeMap;

/// How often each operation was called.
type Calls = BTreeMap<String, u64>;

/// The calls since the last time.
fn calls(scene: &Scene, before: &mut Calls) -> Calls {
    let now: Calls = scene.services().calls.clone().into_iter().collect();
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

/// What happened, and the calls that it led to.
struct Measured {
    what: &'static str,
    calls: Calls,
}

impl Measured {
    /// The calls of a service, or of an operation.
    fn of(&self, prefix: &str) -> u64 {
        self.calls.iter().filter(|(name, _)| name.starts_with(prefix)).map(|(_, calls)| calls).sum()
    }

    /// Those of CodePipeline, the ledger, CloudWatch, and queries of Athena.
    fn totals(&self) -> [u64; 4] {
        ["codepipeline:", "dynamodb:", "cloudwatch:", "athena:StartQueryExecution"]
            .map(|prefix| self.of(prefix))
    }
}

/// What one more of each leads to, in an installation that has worked for a while. Both events of an execution come.
///
/// Beside it, how many metrics a run of the reconciler puts that finds nothing.
async fn measured() -> (Vec<Measured>, usize) {
    let mut scene = Scene::with(with_webhook()).await;
    for (number, hour) in (1..).zip(9..12) {
        let [pushed, ended] = [0, 10].map(|minute| format!("{hour:02}:{minute:02}"));
        pushes(&mut scene, number, &pushed).await;
        scene.runs(&execution(&format!("e{number}"), &ended).revision(&commit_id(number))).await;
    }
    scene.raises(&ops_item(1, "11:30")).await;
    scene.reconciles("12:30").await;
    scene.until("13:00").await;
    let (mut before, mut all) = (Calls::new(), Vec::new());
    calls(&scene, &mut before);
    let mut tell = |what: &'static str, scene: &Scene| {
        all.push(Measured { what, calls: calls(scene, &mut before) });
    };

    pushes(&mut scene, 4, "13:00").await;
    scene.until("13:09").await;
    tell(PUSH, &scene);
    deploys(&mut scene, 4, "13:10").await;
    scene.until("14:00").await;
    tell(DEPLOYMENT, &scene);
    for (number, minute) in (5..).zip((0..50).step_by(5)) {
        let [pushed, ended] = [minute, minute + 4].map(|minute| format!("14:{minute:02}"));
        pushes(&mut scene, number, &pushed).await;
        deploys(&mut scene, number, &ended).await;
    }
    scene.until("15:10").await;
    tell(TEN_DEPLOYMENTS, &scene);
    let mut ignored = execution("i1", "15:11").revision(&commit_id(14));
    ignored.actions.retain(|action| action["stageName"] != "Production");
    scene.runs(&ignored).await;
    scene.until("15:20").await;
    tell(IGNORED, &scene);
    scene.raises(&ops_item(2, "15:20")).await;
    scene.until("16:00").await;
    tell(INCIDENT, &scene);
    scene.runs(&rollback("r1", "e13", "16:10")).await;
    scene.until("17:00").await;
    tell(ROLLBACK, &scene);
    scene.reconciles("17:00").await;
    scene.until("17:10").await;
    tell("what the reconciler finds of all that", &scene);
    scene.reconciles("17:15").await;
    scene.until("17:20").await;
    tell(RECONCILER, &scene);
    let outcome = scene.finish().await;
    let is_put = |metric: &&Metric| metric.points.iter().any(|point| point.timestamp >= at("17:15"));
    (all, outcome.metrics.iter().filter(is_put).count())
}

const PUSH: &str = "a push";
const DEPLOYMENT: &str = "a deployment, an hour after the last";
const TEN_DEPLOYMENTS: &str = "ten deployments, five minutes apart, with a push each";
const IGNORED: &str = "an execution that is ignored";
const INCIDENT: &str = "an incident";
const ROLLBACK: &str = "a rollback that restores service";
const RECONCILER: &str = "a run of the reconciler that finds nothing, with one pipeline";

/// A deployment of a commit: both of its events come.
async fn deploys(scene: &mut Scene, number: u32, ended: &str) {
    let deployment = execution(&format!("e{number}"), ended).revision(&commit_id(number));
    scene.knows(&deployment).await;
    stage(scene, &deployment);
    scene.succeeded(&deployment);
}

#[tokio::test]
async fn budget() {
    let (measured, gauges) = measured().await;
    let mut report = String::new();
    for one in &measured {
        let [pipelines, ledger, metrics, queries] = one.totals();
        let Measured { what, calls } = one;
        report += &format!(
            "{what}: {pipelines} of CodePipeline, {ledger} of the ledger, {metrics} of CloudWatch, {queries} of Athena\n"
        );
        for (name, calls) in calls {
            report += &format!("    {name}: {calls}\n");
        }
    }
    report += &format!("metrics that each such run puts: {gauges}\n");
    insta::assert_snapshot!(report);
    for (what, most) in [(DEPLOYMENT, [4, 12, 2, 1]), (TEN_DEPLOYMENTS, [40, 90, 20, 10])] {
        let found = measured.iter().find(|one| one.what == what).unwrap().totals();
        assert!(found.iter().zip(most).all(|(found, most)| *found <= most), "{what}: {found:?}");
    }
}
