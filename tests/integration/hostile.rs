//! Hostile input: made-up events, deliveries, records and invocations, by a seed, through the real functions. Each gets a
//! clear answer; no process ends, no log repeats anything of it, and no figure changes.

mod account;
mod deliveries;
mod documents;
mod events;
mod invocations;
mod mutation;
mod records;
mod tally;

use crate::scene::{Scene, commit, execution, ops_item, rollback, with_webhook};
use deliveries::Deliveries;
use events::Events;
use invocations::Invocations;
use metrics_lib::contract::{Metric, Namespace};
use mutation::CANARY;
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use records::Records;
use serde_json::Value;
use simulator::replay_result::ReplayResult;
use std::collections::BTreeMap;
use tally::Tally;

/// How many inputs there are of each kind: 10,000.
const EVENTS: usize = 4_900;
const DELIVERIES: usize = 3_500;
const RECORDS: usize = 1_200;
const INVOCATIONS: usize = 400;

/// A small world: deployments, an incident, a rollback, a fix, pushes.
async fn world() -> Scene {
    let mut scene = Scene::with(with_webhook()).await;
    scene.pushes("09:00", "main", 0, &[commit(1, "08:00", "Begin the story of hostile text")]).await;
    let commit_1 = crate::scene::commit_id(1);
    let commit_2 = crate::scene::commit_id(2);
    scene.runs(&execution("e1", "10:00").revision(&commit_1)).await;
    scene.pushes("11:00", "main", 1, &[commit(2, "10:30", "Go on")]).await;
    scene.runs(&execution("e2", "12:00").revision(&commit_2)).await;
    let item = ops_item(1, "12:30").title("hostile text");
    scene.raises(&item).await;
    scene.runs(&rollback("r1", "e1", "13:00")).await;
    scene.resolves(&item, "13:30").await;
    scene.runs(&execution("e3", "14:00").revision(&commit_2).message("Fix oi-000000000001")).await;
    scene.reconciles("17 12:00").await;
    scene.finish().await;
    // Somebody looks at a dashboard.
    scene.cloud.look("{}").await.unwrap().unwrap();
    scene
}

/// What must not change: the figures, the ledger, and the processes.
#[derive(Debug, PartialEq)]
struct State {
    figures: Vec<(String, BTreeMap<String, String>, Vec<String>)>,
    ledger: Vec<Value>,
    processes: Vec<(String, Option<u32>, u64)>,
}

impl State {
    fn of(scene: &Scene) -> Self {
        let outcome = ReplayResult::of(&scene.cloud).unwrap();
        let dora = outcome.metrics.iter().filter(|metric| metric.namespace == Namespace::Dora.name());
        let figures = dora.map(|metric| {
            let points = metric.points.iter().map(|point| format!("{} {:?}", point.timestamp, point.values));
            (metric.name.clone(), metric.dimensions.clone(), points.collect())
        });
        let table = &scene.cloud.plan().ledger.name;
        let services = scene.services();
        let ledger = services.dynamodb.items(table).map(|item| Value::Object(item.unwrap()));
        // How far a backfill has come is no figure.
        let ledger = ledger.filter(|item| item["kind"]["S"] != "reconciler").collect();
        let processes = scene
            .cloud
            .lambdas()
            .map(|lambda| (lambda.name().to_owned(), lambda.process_id(), lambda.cold_starts));
        Self { figures: figures.collect(), ledger, processes: processes.collect() }
    }
}

#[tokio::test]
async fn ten_thousand_inputs() {
    let mut scene = world().await;
    let before = State::of(&scene);
    assert!(before.processes.iter().all(|(_, process, _)| process.is_some()), "{:?}", before.processes);
    let mut rng = ChaCha12Rng::seed_from_u64(7);
    let mut tally = Tally::default();
    Events::new().play(&mut scene, &mut rng, EVENTS, &mut tally).await;
    Deliveries::new().play(&mut scene, &mut rng, DELIVERIES, &mut tally).await;
    Records::of(&scene).play(&mut scene, &mut rng, RECORDS, &mut tally).await;
    let outcome = ReplayResult::of(&scene.cloud).unwrap();
    assert_eq!(outcome.total(Metric::WebhookRejected), tally.refused_requests(), "each is counted");
    Invocations::new().play(&mut scene, &mut rng, INVOCATIONS, &mut tally).await;
    let logs = scene.cloud.logs().unwrap();
    tally.explain(&logs);
    for (function, log) in &logs {
        let told = log.lines().find(|line| line.contains(CANARY) || line.contains("person@example.com"));
        assert_eq!(told, None, "the log of {function} repeats what it got");
        let longest = log.lines().map(str::len).max().unwrap_or_default();
        assert!(longest < 4_000, "a line of the log of {function} has {longest} bytes");
        assert!(!log.contains("panicked"), "{function} panicked");
    }
    let after = State::of(&scene);
    assert_eq!(after.processes, before.processes);
    assert_eq!(after.figures, before.figures);
    assert_eq!(after.ledger, before.ledger);
    insta::assert_snapshot!(tally.report());
}

/// What reaches a queue and can't be read ends as a dead letter, and nothing else comes of it.
#[tokio::test]
async fn events_on_the_bus() {
    let mut scene = world().await;
    let before = State::of(&scene);
    events::send_events(&mut scene, &mut ChaCha12Rng::seed_from_u64(8), 100);
    let outcome = scene.finish().await;
    assert!(!outcome.refused.is_empty() && !outcome.dead_letters.is_empty());
    for (_, queue) in scene.cloud.functions() {
        let receives = queue.plan().max_receive_count;
        assert!(queue.dead_letters().iter().all(|letter| letter.receives == receives));
    }
    let after = State::of(&scene);
    assert_eq!((after.figures, after.ledger), (before.figures, before.ledger));
}

#[test]
fn worlds() {
    insta::assert_snapshot!(documents::worlds());
}

#[test]
fn configurations() {
    insta::assert_snapshot!(documents::configurations());
}
