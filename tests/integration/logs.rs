//! What the functions' logs hold: identities, types and codes, and nothing that people wrote.

use crate::scene::{Scene, Source, at, commit, commit_id, execution, ops_item, push, with_webhook};
use serde_json::json;
use std::{collections::BTreeSet, fs, path::Path};

/// What people write: branches, tags, messages, titles, descriptions, names of stages, actions, repositories and objects.
const WRITTEN: &str = "canary";

#[tokio::test]
async fn nothing_that_people_wrote_is_logged() {
    let mut config = with_webhook();
    config["attributionWindow"] = json!("1h");
    let mut scene = Scene::with(config).await;
    let branch = format!("feature/{WRITTEN}");
    let repository = format!("acme/{WRITTEN}");

    // Runs that are no deployments, for each reason that names something.
    scene.runs(&execution("e1", "10:00").source(Source::CodeStar, &repository, &branch)).await;
    scene
        .runs(&execution("e2", "10:01").source(Source::CodeStar, &repository, "main").in_stage(WRITTEN))
        .await;
    scene.runs(&execution("e3", "10:02").source(Source::S3, &format!("bucket/ä-{WRITTEN}"), "")).await;
    scene.runs(&execution("e4", "10:03").source(Source::Ecr, WRITTEN, WRITTEN)).await;
    let unfinished = execution("e5", "10:04").source(Source::CodeStar, &repository, "main");
    scene.knows(&unfinished.while_deploying()).await;
    scene.succeeded(&unfinished);

    // Commits that have not arrived, that have, and that make no sense.
    let commits = [commit(1, "10:00", WRITTEN), commit(2, "10:10", &format!("Merge branch '{WRITTEN}'"))];
    let (headers, body) = push(&repository, &branch, None, &commits, at("10:30"));
    scene.delivers("10:30", &(headers.clone(), body.clone())).await;
    scene.delivers("10:30", &(headers.clone(), body.replace("refs/heads", WRITTEN))).await;
    scene.delivers("10:30", &(headers, body.replace('{', WRITTEN))).await;
    let deployment = execution("e6", "11:00").source(Source::CodeStar, &repository, "main");
    scene.runs(&deployment.message(WRITTEN).revision(&commit_id(7))).await;
    scene.services().athena.failing = 1;

    // Incidents that name what is known, what is not, and what is still being deployed.
    let texts = [
        (1, format!("{repository} {WRITTEN}")),
        (2, format!("https://github.com/{WRITTEN}/{WRITTEN}")),
        (3, WRITTEN.to_owned()),
    ];
    for (number, text) in texts {
        scene.raises(&ops_item(number, "12:00").title(&text).description(&text)).await;
    }
    scene.raises(&ops_item(4, "12:00").data("dora/execution", WRITTEN)).await;
    scene.raises(&ops_item(5, "12:00").data("dora/repository", &repository)).await;
    scene.until("20 12:00").await;
    scene.cloud.reconcile().await.unwrap();

    let logs: String = scene.cloud.logs().unwrap().into_values().collect();
    for line in ["execution ignored", "delivery refused", "message has to wait", "message failed"] {
        assert!(logs.contains(line), "{line}");
    }
    let told: Vec<&str> = logs.lines().filter(|line| line.contains(WRITTEN)).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

/// An event of the logs: its level, its message, and the names of its fields.
type LogEvent = (String, String, Vec<String>);

/// The events that the functions' sources log.
fn logged(folder: &Path) -> BTreeSet<LogEvent> {
    let mut events = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            events.extend(logged(&path));
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for level in ["trace", "debug", "info", "warn", "error"] {
            for call in text.split(&format!("{level}!(")).skip(1) {
                // No field is a text, so the first text is the message.
                let (fields, message) = call.split_once('"').unwrap();
                let names = fields.split(',').map(|field| field.split('=').next().unwrap().trim());
                let names = names.filter(|name| !name.is_empty()).map(str::to_owned).collect();
                let message = message.split_once('"').unwrap().0.to_owned();
                events.insert((level.to_uppercase(), message, names));
            }
        }
    }
    events
}

/// The events of docs/LOGGING.md.
fn documented(text: &str) -> BTreeSet<LogEvent> {
    let code = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let table = text.split_once("## Events").unwrap().1.split_once("## Queries").unwrap().0;
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(1);
    let event = |row: &str| {
        let cells: Vec<&str> = row.split(" | ").collect();
        let [level, message, fields, _] = cells.as_slice() else { panic!("{row}") };
        (level.trim_start_matches("| ").to_owned(), code(message).concat(), code(fields))
    };
    rows.map(event).collect()
}

#[test]
fn documents_have_every_event() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let documented = documented(&fs::read_to_string(root.join("docs/LOGGING.md")).unwrap());
    let logged = logged(&root.join("functions/src"));
    assert!(logged.len() > 25, "{logged:?}");
    let undocumented: Vec<_> = logged.difference(&documented).collect();
    let gone: Vec<_> = documented.difference(&logged).collect();
    assert!(undocumented.is_empty() && gone.is_empty(), "undocumented: {undocumented:#?}, gone: {gone:#?}");
}
