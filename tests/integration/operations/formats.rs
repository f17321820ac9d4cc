//! Stored formats, see docs/design/formats.md: golden files of every version are read, and what is written is of the newest.
//!
//! `tests/fixtures/formats/FORMAT-VERSION.jsonl` is what the functions wrote in [`world`]. `INSTA_UPDATE=always` writes the files
//! of the newest versions anew; those of earlier ones never change.

use super::{DAY, FIGURES, backlog::unreadable, dora, probe};
use crate::scene::{
    Scene, Source, TOOLING, at, commit, commit_id, execution, execution_of, ops_item, report, rollback,
    with_webhook,
};
use fake_aws::Fault;
use functions::{
    ledger::{Ledger, Left, Subject, Walked},
    sources::{
        events::{Event, Received, Told},
        registry::Sources,
    },
};
use metrics_lib::{
    contract::ledger,
    lake::{COLUMNS, Change, ROW_VERSION, Row},
    place::Place,
    sources::{codepipeline::PipelineKey, opscenter::OpsItemKey},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::PathBuf,
};
use tokio::select;

/// The attributes of an object, each with its type.
type Attributes = BTreeSet<String>;
/// Every kind of object, with the attributes that those of it have.
type Shape = BTreeMap<String, Attributes>;

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/formats"))
}

/// The lines of a golden file.
fn lines(format: &str, version: u32) -> Vec<Value> {
    let text = fs::read_to_string(folder().join(format!("{format}-{version}.jsonl"))).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A world that has an item of every kind.
async fn world() -> Scene {
    let mut scene = Scene::with(with_webhook()).await;
    scene.event(&heartbeat());
    scene.pushes("08:30", "main", 0, &[commit(1, "08:00", "Begin")]).await;
    scene.runs(&execution("e1", "09:00").revision(&commit_id(1))).await;
    scene.pushes("10:30", "main", 1, &[commit(2, "10:00", "Add"), commit(3, "10:15", "Mend")]).await;
    let opened = simulator::payload_builders::pull_request("acme/shop", 7, "opened", false, at("10:16"));
    scene.delivers("10:16", &opened).await;
    let approved = simulator::payload_builders::review("acme/shop", 7, "approved", at("10:20"));
    scene.delivers("10:20", &approved).await;
    let merged = simulator::payload_builders::merged_pull_request(
        "acme/shop",
        "hotfix/x",
        &commit_id(3),
        &commit_id(3),
        2,
        at("10:31"),
    );
    scene.delivers("10:31", &merged).await;
    scene.runs(&execution("e2", "11:00").revision(&commit_id(3))).await;
    let item = ops_item(1, "11:30").title("acme/shop is slow").resolved(at("12:40"));
    scene.raises(&item).await;
    scene.pushes("12:20", "main", 3, &[commit(4, "12:10", "Mend oi-000000000001")]).await;
    // The event of this one was lost.
    scene.knows(&execution("e3", "12:30").revision(&commit_id(4))).await;
    scene.resolves(&item, "12:45").await;
    scene.runs(&rollback("e4", "e2", "13:00")).await;
    let develop = execution("e5", "14:00").source(Source::CodeStar, "acme/shop", "develop");
    scene.runs(&develop.revision(&commit_id(5))).await;
    scene.runs(&execution_of("images", "e6", "14:10").source(Source::Ecr, "images", "")).await;
    scene.raises(&ops_item(2, "15:00").data("dora/repository", "acme/cart")).await;
    unreadable(&scene, "poison");
    scene.knows(&execution_of("web", "poison", "15:30")).await;
    scene.finish().await;
    let said = probe::send(&mut scene).await;
    assert!(said.out.contains("  probe "), "{}", said.report());
    scene.reconciles("19:00").await;
    let said = dora(&mut scene, &["backfill", "--since", "2026-06-10", "--rate", "0"]).await;
    // One execution can't be read.
    assert_eq!(said.code, 3, "{}", said.report());
    scene.reconciles("19:15").await;
    scene.fails("cloudwatch:PutMetricData", Fault::CrashAfterEffect, 1);
    scene.runs(&execution("e7", "19:30")).await;
    scene.until("20:00").await;
    scene.reconciles("20:00").await;
    notes(&mut scene).await;
    scene
}

/// What is written rarely, by the ledger's own client.
async fn notes(scene: &mut Scene) {
    let (ledger, now) =
        (Ledger::new(scene.ledger_client(), scene.cloud.plan().ledger.name.clone()), at("20:00"));
    let place = Place::new(TOOLING, "us-east-1");
    let pipeline = PipelineKey { place: place.clone(), pipeline: "web".into() };
    let item = "oi-000000000009".parse().unwrap();
    let item = OpsItemKey { place: place.clone(), ops_item_id: item };
    let write = async {
        ledger.note_untold(now).await.unwrap();
        ledger.remember_place(&place).await.unwrap();
        ledger.remember_repository(&"acme/shop".into(), Some(186_853_002), now).await.unwrap();
        let walked = Walked { since: at("09:00"), until: at("10:00"), at: now };
        ledger.note_walked(&pipeline, "settings", walked).await.unwrap();
        let subjects = [
            Subject::Pipelines(place.clone()),
            Subject::Pipeline(pipeline.clone()),
            Subject::OpsItems(place.clone()),
            Subject::Incident(item.into()),
        ];
        for subject in subjects {
            let error = "AccessDeniedException".to_owned();
            let left = Left { subject, since: at("19:00"), tries: 1, tried: now, error, done: Some(now) };
            ledger.leave(&left).await.unwrap();
        }
    };
    select! {
        () = write => {}
        served = scene.cloud.serve() => panic!("{served:?}"),
    }
}

fn heartbeat() -> Value {
    let place = json!({"account": TOOLING, "region": "eu-west-1", "time": "2026-06-15T00:00:00Z"});
    let mut event = json!({"source": "dora.dora", "detail-type": "DORA Probe", "detail": {"heartbeat": {}}});
    event.as_object_mut().unwrap().extend(place.as_object().unwrap().clone());
    event
}

/// The items of the ledger, in order.
fn items(scene: &Scene) -> Vec<Value> {
    let services = scene.services();
    let items = services.dynamodb.items(&scene.cloud.plan().ledger.name);
    items.map(|item| Value::Object(item.unwrap())).collect()
}

/// The kind of an item: the first parts of its keys, without what they are about.
fn kind(item: &Value) -> String {
    let part = |key: &str| item[key]["S"].as_str().unwrap().split('#').next().unwrap().to_owned();
    match part(ledger::PARTITION_KEY).as_str() {
        single @ ("slot" | "doubtful" | "walked" | "probe") => single.to_owned(),
        partition => format!("{partition} {}", part(ledger::SORT_KEY)),
    }
}

fn shape<'a>(objects: impl IntoIterator<Item = &'a Value>, kind: fn(&Value) -> String) -> Shape {
    let mut shape = Shape::new();
    for object in objects {
        let attributes = object.as_object().unwrap().iter().map(|(name, value)| {
            let kind = match value {
                Value::Object(typed) if typed.len() == 1 => typed.keys().next().unwrap().as_str(),
                Value::Object(_) => "object",
                Value::String(_) => "text",
                Value::Number(_) => "number",
                Value::Bool(_) => "flag",
                Value::Null | Value::Array(_) => "other",
            };
            format!("{name}: {kind}")
        });
        shape.entry(kind(object)).or_default().extend(attributes);
    }
    shape
}

/// That what is written has the shape of the newest golden file.
fn check_written(format: &str, version: u32, objects: &[Value], kind: fn(&Value) -> String) {
    let written = shape(objects, kind);
    // Ids differ from run to run, the shape does not.
    let is_same = || shape(&lines(format, version), kind) == written;
    if env::var("INSTA_UPDATE").as_deref() == Ok("always") && !is_same() {
        let text: String = objects.iter().map(|object| format!("{object}\n")).collect();
        fs::write(folder().join(format!("{format}-{version}.jsonl")), text).unwrap();
    }
    let golden = shape(&lines(format, version), kind);
    assert_eq!(
        written, golden,
        "what is written is no longer version {version} of the {format}: see docs/design/formats.md"
    );
}

/// The message that a deployment is handed on with: it stays in the dead-letter queue while the lake can't be read.
async fn handed_on() -> Value {
    let mut scene = Scene::with(with_webhook()).await;
    let bucket = metrics_lib::lake::bucket(&"acme/shop".into());
    scene.services().bucket.put(format!("changes/bucket={bucket}/day=2026-06-15/garbage"), b"{").unwrap();
    scene.runs(&execution("e1", "12:00").revision(&commit_id(1)).message("Mend it")).await;
    let outcome = scene.finish().await;
    let letter = outcome.dead_letters.iter().find(|letter| letter.queue.contains("lead-time")).unwrap();
    serde_json::from_str(letter.event.get()).unwrap()
}

#[tokio::test]
async fn what_is_written_is_of_the_newest_version() {
    let scene = world().await;
    check_written("ledger", ledger::CURRENT_VERSION, &items(&scene), kind);
    let mut rows = Vec::new();
    for object in scene.services().bucket.objects("changes/") {
        let text = String::from_utf8(object.unwrap().1).unwrap();
        rows.extend(text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()));
    }
    check_written("lake", ROW_VERSION, &rows, |row| row["kind"].as_str().unwrap().to_owned());
    let message = handed_on().await;
    check_written("handed-on", 1, &[message], |message| message["detail-type"].to_string());
}

/// An installation whose ledger holds what another one wrote.
async fn loaded(items: &[Value]) -> Scene {
    let scene = Scene::begun("20:15", with_webhook(), |_| ()).await;
    scene.holds(items);
    scene
}

/// Everything that reads the ledger reads it: `explain`, `doctor`, and the reconciler.
#[tokio::test]
async fn every_version_of_the_ledger_is_read() {
    for version in 1..=ledger::CURRENT_VERSION {
        let mut scene = loaded(&lines("ledger", version)).await;
        let mut said = String::new();
        for figure in FIGURES {
            said += &dora(&mut scene, &[&["explain", figure], &DAY[..]].concat()).await.report();
        }
        said += &dora(&mut scene, &["doctor"]).await.report();
        insta::assert_snapshot!(format!("ledger_of_version_{version}"), said);
        let before = scene.finish().await.facts.len();
        scene.reconciles("20:30").await;
        assert_eq!(scene.finish().await.facts.len(), before, "nothing is counted again");
        let logs: String = scene.cloud.logs().unwrap().into_values().collect();
        assert!(!logs.contains("can't be read: attribute"), "{logs}");
    }
}

/// What a later release wrote is refused, by name, whatever reads it.
#[tokio::test]
async fn a_later_version_of_the_ledger_is_refused() {
    let mut items = lines("ledger", ledger::CURRENT_VERSION);
    for item in &mut items {
        item[ledger::VERSION]["N"] = json!("1000");
    }
    let mut scene = loaded(&items).await;
    let expected = "has version 1000, and this release reads versions up to";
    let said = dora(&mut scene, &[&["explain", "deployment-frequency"], &DAY[..]].concat()).await;
    assert!(said.code != 0 && said.err.contains(expected), "{}", said.report());
    let said = dora(&mut scene, &["doctor"]).await;
    assert!(said.code != 0 && said.report().contains(expected), "{}", said.report());
    let before = self::items(&scene);
    scene.runs(&execution("e1", "20:20").revision(&commit_id(1))).await;
    scene.until("20:25").await;
    let logs = scene.cloud.logs().unwrap().remove("deployments").unwrap();
    assert!(logs.contains("\"error.code\":\"LedgerVersion\"") && logs.contains(expected), "{logs}");
    let after = self::items(&scene);
    assert!(before.iter().all(|item| after.contains(item)), "an item of a later version has changed");
}

/// A row that a later release wrote is not left out: the lead time waits for a release that reads it.
#[tokio::test]
async fn a_later_version_of_the_lake_is_refused() {
    let mut scene = Scene::with(with_webhook()).await;
    scene.pushes("11:00", "main", 0, &[commit(1, "10:00", "Begin")]).await;
    let mut row = lines("lake", ROW_VERSION).remove(0);
    row["version"] = json!(1000);
    let bucket = metrics_lib::lake::bucket(&"acme/shop".into());
    let later = format!("changes/bucket={bucket}/day=2026-06-15/later");
    scene.services().bucket.put(later.clone(), row.to_string().as_bytes()).unwrap();
    scene.runs(&execution("e1", "12:00").revision(&commit_id(1))).await;
    scene.until("12:45").await;
    assert!(!scene.cloud.reconcile().await.unwrap(), "the run is a failed one, which raises an alarm");
    for function in ["lead-time-for-changes", "reconciler"] {
        let logs = scene.cloud.logs().unwrap().remove(function).unwrap();
        let expected = "it has version 1000, and this release reads versions up to";
        assert!(logs.contains(expected), "{function}: {logs}");
        assert!(logs.contains("row 2 of Athena query "), "{function}: {logs}");
    }
    scene.services().bucket.delete(&later);
    let report = report(&scene.finish().await);
    assert!(report.contains("LeadTimeForChanges acme/shop 12:00 = 7200\n"), "{report}");
}

#[test]
fn every_version_of_the_lake_is_read() {
    for version in 1..=ROW_VERSION {
        let rows = lines("lake", version);
        assert!(rows.len() >= 2);
        for json in rows {
            let row: Row = serde_json::from_value(json.clone()).unwrap();
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let columns = COLUMNS.map(|(name, _)| json.get(name).map(text));
            assert_eq!(Row::from_columns(columns.to_vec()).unwrap(), row, "{json}");
            Change::try_from(row).unwrap();
        }
    }
}

#[test]
fn every_version_of_what_is_handed_on_is_read() {
    for message in lines("handed-on", 1) {
        let received = Received::parse(&message.to_string(), &Sources::default()).unwrap();
        assert!(matches!(received.told, Told::Event(Event::Deployed(_))), "{message}");
    }
}

/// docs/design/formats.md lists each kind of item that is written, and no other.
#[test]
fn page_lists_every_kind() {
    let page = include_str!("../../../docs/design/formats.md");
    let (_, section) = page.split_once("## Items of the ledger").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let listed: BTreeSet<String> = rows.map(|(kind, _)| kind.to_owned()).collect();
    let written: BTreeSet<String> =
        shape(&lines("ledger", ledger::CURRENT_VERSION), kind).into_keys().collect();
    assert_eq!(listed, written);
}
