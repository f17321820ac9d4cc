//! What repositories are called, and which host they lie on.

use super::check;
use crate::scene::{
    Scene, Source, at, commit, commit_id, execution, execution_of, ops_item, push, with_webhook,
};
use fake_aws::Fault;
use serde_json::json;
use simulator::payload_builders::{self, with_id};

async fn pushes(scene: &mut Scene, time: &str, name: &str, id: u64, before: u32, number: u32) {
    let before = (before > 0).then(|| commit_id(before));
    let pushed = push(name, "main", before.as_deref(), &[commit(number, time, "Add")], at(time));
    assert_eq!(scene.delivers(time, &with_id(pushed, id)).await, 200);
}

/// One repository, whatever the case of its name in pipelines, configuration, deliveries and incidents.
#[tokio::test]
async fn case() {
    let mut config = with_webhook();
    config["teams"] = json!({"payments": ["Acme/Shop"]});
    config["trunkBasedRepositories"] = json!(["ACME/shop"]);
    let mut scene = Scene::with(config).await;
    scene.pushes("11:00", "main", 0, &[commit(1, "11:00", "Begin")]).await;
    scene
        .runs(
            &execution("e1", "12:00").source(Source::CodeStar, "acme/SHOP", "topic").revision(&commit_id(1)),
        )
        .await;
    scene.runs(&execution("e2", "13:00").revision(&commit_id(1))).await;
    scene.raises(&ops_item(1, "14:00").title("aCme/shop is down")).await;
    let found = [
        "Deployments Acme/Shop 12:00 = 1",
        "Deployments Acme/Shop 13:00 = 1",
        "FailedDeployments Acme/Shop 13:00 = 1",
        "LeadTimeForChanges Acme/Shop 12:00 = 3600",
    ];
    check(scene, &["Deployments", "FailedDeployments", "LeadTimeForChanges"], &found).await;
}

/// Without a spelling in the configuration, the one first seen is shown.
#[tokio::test]
async fn case_that_nobody_configured() {
    let mut scene = Scene::new().await;
    let run = |id: &str, ended: &str, name: &str| execution(id, ended).source(Source::CodeStar, name, "main");
    scene.runs(&run("e1", "12:00", "acme/Other")).await;
    scene.runs(&run("e2", "13:00", "Acme/other")).await;
    let found = ["Deployments acme/Other 12:00 = 1", "Deployments acme/Other 13:00 = 1"];
    check(scene, &["Deployments"], &found).await;
}

/// Objects and images are called exactly so.
#[tokio::test]
async fn case_of_objects() {
    let mut scene = Scene::new().await;
    scene.runs(&execution_of("a", "e1", "12:00").source(Source::S3, "bucket/app.zip", "")).await;
    scene.runs(&execution_of("b", "e2", "13:00").source(Source::S3, "bucket/App.zip", "")).await;
    let found = ["Deployments bucket/App.zip 13:00 = 1", "Deployments bucket/app.zip 12:00 = 1"];
    check(scene, &["Deployments"], &found).await;
}

/// Renamed: the pipeline keeps the old name, which GitHub redirects, or gets the new one.
#[tokio::test]
async fn renamed() {
    for in_pipeline in ["acme/shop", "acme/store"] {
        let mut scene = Scene::with(with_webhook()).await;
        pushes(&mut scene, "11:00", "acme/shop", 7, 0, 1).await;
        scene.runs(&execution("e1", "12:00").revision(&commit_id(1))).await;
        pushes(&mut scene, "13:00", "acme/shop", 7, 1, 2).await;
        pushes(&mut scene, "14:00", "acme/store", 7, 2, 3).await;
        let e2 = execution("e2", "15:00").source(Source::CodeStar, in_pipeline, "main");
        scene.runs(&e2.revision(&commit_id(3))).await;
        scene.raises(&ops_item(1, "16:00").title("acme/store is down")).await;
        let found = [
            "FailedDeployments acme/shop 15:00 = 1",
            "LeadTimeForChanges acme/shop 12:00 = 3600",
            "LeadTimeForChanges acme/shop 15:00 = 7200",
        ];
        check(scene, &["FailedDeployments", "LeadTimeForChanges"], &found).await;
    }
}

/// Only one delivery tells the former name: one that can't be kept is not accepted, so that it can be delivered again.
#[tokio::test]
async fn renaming_that_could_not_be_kept() {
    let mut scene = Scene::with(with_webhook()).await;
    scene.pushes("11:00", "main", 0, &[commit(1, "11:00", "Begin")]).await;
    scene.runs(&execution("e1", "12:00").revision(&commit_id(1))).await;
    let renamed = with_id(payload_builders::renamed("acme/shop", "acme/store"), 7);
    scene.until("13:00").await;
    scene.fails("dynamodb:PutItem", Fault::internal_error(), 1);
    assert_eq!(scene.delivers("13:00", &renamed).await, 503);
    assert_eq!(scene.delivers("13:10", &renamed).await, 202);
    pushes(&mut scene, "14:00", "acme/store", 7, 1, 2).await;
    let e2 = execution("e2", "15:00").source(Source::CodeStar, "acme/store", "main");
    scene.runs(&e2.revision(&commit_id(2))).await;
    let found = ["LeadTimeForChanges acme/shop 12:00 = 3600", "LeadTimeForChanges acme/shop 15:00 = 3600"];
    check(scene, &["LeadTimeForChanges"], &found).await;
}

/// A repository that is renamed has no later delivery under its former name: one whose name can't be kept is not accepted.
#[tokio::test]
async fn push_whose_name_could_not_be_kept() {
    let mut scene = Scene::with(with_webhook()).await;
    scene.fails("dynamodb:PutItem", Fault::throttled(), 1);
    let first = push("acme/shop", "main", None, &[commit(1, "11:00", "Begin")], at("11:00"));
    let first = with_id(first, 7);
    assert_eq!(scene.delivers("11:00", &first).await, 503);
    assert_eq!(scene.delivers("11:10", &first).await, 200);
    pushes(&mut scene, "13:00", "acme/store", 7, 1, 2).await;
    let e1 = execution("e1", "14:00").source(Source::CodeStar, "acme/store", "main");
    scene.runs(&e1.revision(&commit_id(2))).await;
    check(scene, &["LeadTimeForChanges"], &["LeadTimeForChanges acme/shop 14:00 = 10800"]).await;
}

/// An incident names what the repository was called before.
#[tokio::test]
async fn incident_that_names_a_former_name() {
    let mut scene = Scene::with(with_webhook()).await;
    pushes(&mut scene, "10:00", "acme/old", 7, 0, 1).await;
    pushes(&mut scene, "11:00", "acme/shop", 7, 1, 2).await;
    scene.runs(&execution("e1", "12:00").revision(&commit_id(2))).await;
    scene.raises(&ops_item(1, "13:00").title("https://github.com/acme/old/issues/7")).await;
    check(scene, &["FailedDeployments"], &["FailedDeployments acme/shop 12:00 = 1"]).await;
}

/// What no delivery told, the configuration does.
#[tokio::test]
async fn aliases() {
    let mut config = with_webhook();
    config["aliases"] = json!({"acme/store": ["acme/shop"]});
    config["teams"] = json!({});
    let mut scene = Scene::with(config).await;
    scene.pushes("11:00", "main", 0, &[commit(1, "11:00", "Begin")]).await;
    scene.runs(&execution("e1", "12:00").revision(&commit_id(1))).await;
    let store = push("acme/store", "main", Some(&commit_id(1)), &[commit(2, "13:00", "Add")], at("13:00"));
    scene.delivers("13:00", &store).await;
    scene.runs(&execution("e2", "14:00").revision(&commit_id(2))).await;
    let found = ["LeadTimeForChanges acme/store 12:00 = 3600", "LeadTimeForChanges acme/store 14:00 = 3600"];
    check(scene, &["LeadTimeForChanges"], &found).await;
}

/// Another repository takes the name that one gave up.
#[tokio::test]
async fn name_that_was_taken_over() {
    let mut scene = Scene::with(with_webhook()).await;
    pushes(&mut scene, "10:00", "acme/shop", 7, 0, 1).await;
    scene.runs(&execution("e1", "11:00").revision(&commit_id(1))).await;
    pushes(&mut scene, "12:00", "acme/store", 7, 1, 2).await;
    pushes(&mut scene, "16 10:00", "acme/shop", 8, 0, 11).await;
    let other = execution_of("new", "e2", "16 11:00").revision(&commit_id(11));
    scene.runs(&other).await;
    let store = execution("e3", "16 12:00").source(Source::CodeStar, "acme/store", "main");
    scene.runs(&store.revision(&commit_id(2))).await;
    let mut found =
        vec!["LeadTimeForChanges acme/shop 11:00 = 3600", "LeadTimeForChanges acme/shop 16 11:00 = 3600"];
    // The name that it was shown by is another one's now.
    found.push("LeadTimeForChanges acme/store 16 12:00 = 86400");
    check(scene, &["LeadTimeForChanges"], &found).await;
}

/// What no event told of both of them is found in one run: each is its own, though they had one name.
#[tokio::test]
async fn name_that_was_taken_over_before_anything_was_told() {
    let mut scene = Scene::with(with_webhook()).await;
    scene.runs(&execution_of("other", "e0", "09:00").source(Source::CodeStar, "acme/other", "main")).await;
    pushes(&mut scene, "10:00", "acme/shop", 7, 0, 1).await;
    scene.knows(&execution("e1", "11:00").revision(&commit_id(1))).await;
    pushes(&mut scene, "12:00", "acme/store", 7, 1, 2).await;
    pushes(&mut scene, "13:00", "acme/shop", 8, 0, 11).await;
    scene.knows(&execution_of("new", "e2", "14:00").revision(&commit_id(11))).await;
    scene.until("15:00").await;
    scene.reconciles("15:00").await;
    let found = [
        "Deployments acme/other 09:00 = 1",
        "Deployments acme/shop 14:00 = 1",
        "Deployments acme/store 11:00 = 1",
    ];
    check(scene, &["Deployments"], &found).await;
}

/// Repositories may be bound to accounts, and a custom action is not believed.
#[tokio::test]
async fn who_may_deploy_a_repository() {
    let mut config = crate::scene::config();
    config["repositoryAccounts"] = json!({"acme/shop": ["333333333333"]});
    let mut scene = Scene::with(config).await;
    scene.runs(&execution("e1", "12:00")).await;
    let mut custom = execution("e2", "13:00").source(Source::CodeStar, "acme/other", "main");
    custom.actions[0]["input"]["actionTypeId"]["owner"] = json!("Custom");
    scene.runs(&custom).await;
    check(scene, &["Deployments"], &[]).await;
}

/// A host whose pushes the lake does not hold: no lead time, at once.
#[tokio::test]
async fn other_hosts() {
    for provider in ["Bitbucket", "GitLab", "GitLabSelfManaged"] {
        let mut scene = Scene::with(with_webhook()).await;
        let mut run = execution("e1", "12:00").revision(&commit_id(1));
        let summary = json!({"ProviderType": provider, "CommitMessage": "Add"}).to_string();
        run.detail["artifactRevisions"][0]["revisionSummary"] = json!(summary);
        scene.runs(&run).await;
        let words =
            ["DeploymentsWithoutCommits", "PendingLeadTimes", "IncompleteLeadTimes", "LeadTimeForChanges"];
        check(scene, &words, &["DeploymentsWithoutCommits acme/shop 12:00 = 1"]).await;
    }
}

/// No event told of what was deployed first, so nobody knows what it is called until an incident is attributed: its text names
/// it all the same, and another one's later deployment is not blamed.
#[tokio::test]
async fn names_that_no_event_told() {
    async fn named(text: &str) {
        let mut scene = Scene::new().await;
        scene.knows(&execution_of("till", "e1", "10:00").source(Source::CodeStar, "acme/shop", "main")).await;
        scene.knows(&execution_of("files", "e2", "11:00").source(Source::S3, "bucket/app.zip", "")).await;
        scene.knows(&execution_of("web", "e3", "12:00").source(Source::CodeStar, "acme/web", "main")).await;
        scene.raises(&ops_item(1, "12:30").title(text)).await;
        scene.until("13:00").await;
        scene.reconciles("13:00").await;
        let blamed = match text {
            "acme/shop is down" | "till is down" => "acme/shop 10:00",
            "bucket/app.zip is down" => "bucket/app.zip 11:00",
            _ => "acme/web 12:00",
        };
        check(scene, &["FailedDeployments"], &[&format!("FailedDeployments {blamed} = 1")]).await;
    }
    named("acme/shop is down").await;
    named("bucket/app.zip is down").await;
    named("till is down").await;
    named("It is down").await;
}
