//! What the functions' logs hold: identities, types and codes, and nothing that people wrote.

use crate::scene::{Scene, Source, at, commit, commit_id, execution, ops_item, push, with_webhook};
use serde_json::json;

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
