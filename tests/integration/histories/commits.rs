//! What is told of commits, and what is not: lead times are exact, or said to be incomplete.

use super::check;
use crate::scene::{
    PushedCommit, Scene, Source, TOOLING, at, commit, commit_id, execution, execution_of, push, report,
    rollback, with_webhook,
};
use fake_aws::{AwsError, Fault};
use serde_json::{Value, json};
use simulator::payload_builders::{delivery, merged_pull_request};

const TOLD: &[&str] = &["LeadTimeForChanges", "IncompleteLeadTimes", "DeploymentsWithoutCommits", "leadTime"];

/// The lead times that are published or incomplete, without their evidence.
async fn lead_times(scene: Scene, expected: &[&str]) {
    check(scene, &["LeadTimeForChanges", "IncompleteLeadTimes", "DeploymentsWithoutCommits"], expected).await;
}

/// A push that lists nothing.
async fn lists_nothing(scene: &mut Scene, time: &str, branch: &str, before: Option<u32>, after: u32) {
    let body = json!({
        "ref": format!("refs/heads/{branch}"),
        "before": before.map_or_else(|| "0".repeat(40), commit_id),
        "after": commit_id(after),
        "created": before.is_none(),
        "commits": [],
        "repository": {"full_name": "acme/shop", "created_at": 1_500_000_000, "pushed_at": at(time).as_second()},
    });
    assert_eq!(scene.delivers(time, &delivery("push", &body)).await, 200);
}

/// Deploys commit 1 at 12:00, of which the webhook knows.
async fn begun() -> Scene {
    let mut scene = Scene::with(with_webhook()).await;
    scene.pushes("11:00", "main", 0, &[commit(1, "11:00", "Begin")]).await;
    scene.runs(&execution("e1", "12:00").revision(&commit_id(1))).await;
    scene
}

async fn deploys(scene: &mut Scene, id: &str, ended: &str, number: u32) {
    scene.runs(&execution(id, ended).revision(&commit_id(number))).await;
}

#[tokio::test]
async fn push_that_never_arrives() {
    let mut scene = begun().await;
    scene.pushes("15:00", "main", 2, &[commit(3, "15:00", "Go on")]).await;
    deploys(&mut scene, "e2", "16:00", 3).await;
    let found = ["LeadTimeForChanges acme/shop 12:00 = 3600", "IncompleteLeadTimes acme/shop 16:00 = 1"];
    lead_times(scene, &found).await;
}

/// Commits of before the webhook are not "nothing new".
#[tokio::test]
async fn first_deployment_of_old_commits() {
    let mut scene = Scene::with(with_webhook()).await;
    deploys(&mut scene, "e1", "12:00", 1).await;
    let reason = "leadTime e1 incomplete: no push that brought revision \
                  0000000000000000000000000000000000000001 has arrived";
    check(scene, TOLD, &["IncompleteLeadTimes acme/shop 12:00 = 1", reason]).await;
}

/// Whatever branch was pushed to, if all commits are there.
#[tokio::test]
async fn branch_that_was_renamed() {
    let mut scene = Scene::with(with_webhook()).await;
    scene.pushes("11:00", "master", 0, &[commit(1, "11:00", "Begin")]).await;
    scene.pushes("11:30", "master", 1, &[commit(2, "11:30", "Add")]).await;
    deploys(&mut scene, "e1", "12:00", 2).await;
    lead_times(scene, &["LeadTimeForChanges acme/shop 12:00 = 3600"]).await;
}

/// The branch is fast-forwarded to what was pushed to another one.
#[tokio::test]
async fn fast_forward_that_lists_nothing() {
    let mut scene = begun().await;
    scene.pushes("13:00", "develop", 0, &[commit(2, "13:00", "Add")]).await;
    scene.pushes("14:00", "develop", 2, &[commit(3, "14:00", "Go on")]).await;
    lists_nothing(&mut scene, "15:00", "main", Some(1), 3).await;
    deploys(&mut scene, "e2", "16:00", 3).await;
    let found = ["LeadTimeForChanges acme/shop 12:00 = 3600", "LeadTimeForChanges acme/shop 16:00 = 10800"];
    lead_times(scene, &found).await;
}

/// A new pipeline goes on from what runs for the repository, in whatever pipeline.
#[tokio::test]
async fn pipeline_made_anew() {
    let mut scene = begun().await;
    scene.pushes("13:00", "main", 1, &[commit(2, "13:00", "Add")]).await;
    scene.runs(&execution_of("shop-2", "e2", "14:00").revision(&commit_id(2))).await;
    scene.pushes("15:00", "main", 2, &[commit(3, "15:00", "Go on")]).await;
    scene.runs(&execution_of("shop-2", "e3", "16:00").revision(&commit_id(3))).await;
    let found = [
        "LeadTimeForChanges acme/shop 12:00 = 3600",
        "LeadTimeForChanges acme/shop 14:00 = 3600",
        "LeadTimeForChanges acme/shop 16:00 = 3600",
    ];
    lead_times(scene, &found).await;
}

/// The event of the deployment before, in another pipeline, is late: the API knows it.
#[tokio::test]
async fn pipeline_made_anew_while_an_event_is_late() {
    let mut scene = Scene::with(with_webhook()).await;
    scene.pushes("11:00", "main", 0, &[commit(1, "11:00", "Begin")]).await;
    let before = execution("e1", "12:00").revision(&commit_id(1));
    scene.knows(&before).await;
    scene.pushes("13:00", "main", 1, &[commit(2, "13:00", "Add")]).await;
    scene.runs(&execution_of("shop-2", "e2", "14:00").revision(&commit_id(2))).await;
    scene.until("16:00").await;
    scene.succeeded(&before);
    let found = ["LeadTimeForChanges acme/shop 12:00 = 3600", "LeadTimeForChanges acme/shop 14:00 = 3600"];
    lead_times(scene, &found).await;
}

/// An account where the repository may have been deployed before can't be read: the lead time waits, and is told when it can.
#[tokio::test]
async fn pipeline_made_anew_while_an_account_is_unreadable() {
    let mut scene = Scene::with(with_webhook()).await;
    scene.pushes("11:00", "main", 0, &[commit(1, "11:00", "Begin")]).await;
    scene.knows(&execution("e1", "12:00").revision(&commit_id(1))).await;
    scene.pushes("13:00", "main", 1, &[commit(2, "13:00", "Add")]).await;
    scene.fails("codepipeline:ListPipelines", Fault::Refused(AwsError::new("AccessDenied", "no")), 50);
    scene.runs(&execution_of("shop-2", "e2", "14:00").revision(&commit_id(2))).await;
    scene.until("15:00").await;
    let pending = report(&scene.finish().await);
    assert!(
        pending.contains("leadTime e2 pending: account 111111111111 in eu-west-1 can't be read"),
        "{pending}"
    );
    scene.services().faults.clear();
    scene.reconciles("18:00").await;
    let found = ["LeadTimeForChanges acme/shop 12:00 = 3600", "LeadTimeForChanges acme/shop 14:00 = 3600"];
    lead_times(scene, &found).await;
}

/// The pipeline before was rolled back, which its history alone tells: whichever request is throttled, it is asked again.
#[tokio::test]
async fn pipeline_made_anew_after_a_rollback_while_an_api_throttles() {
    for spared in 0..5 {
        let mut scene = Scene::with(with_webhook()).await;
        scene.pushes("11:00", "main", 0, &[commit(1, "11:00", "Begin")]).await;
        scene.runs(&execution("e1", "12:00").revision(&commit_id(1))).await;
        scene.pushes("12:30", "main", 1, &[commit(2, "12:30", "Add")]).await;
        scene.runs(&execution("e2", "13:00").revision(&commit_id(2))).await;
        scene.runs(&rollback("r1", "e1", "13:10")).await;
        scene.pushes("13:20", "main", 2, &[commit(3, "13:20", "Mend")]).await;
        scene.finish().await;
        scene.runs(&execution_of("shop-2", "e3", "14:00").revision(&commit_id(3))).await;
        scene.services().faults.spare("codepipeline:ListPipelineExecutions", spared);
        scene.fails("codepipeline:ListPipelineExecutions", Fault::throttled(), 1);
        scene.finish().await;
        scene.services().faults.clear();
        scene.reconciles("18:00").await;
        let told = report(&scene.finish().await);
        assert!(told.contains("LeadTimeForChanges acme/shop 14:00 = 5400\n"), "{spared} spared: {told}");
    }
}

/// An account that stays unreadable is waited for as long as a delivery is: what another account deploys is told then.
#[tokio::test]
async fn pipeline_made_anew_while_an_account_stays_unreadable() {
    let mut config = with_webhook();
    config["toolingAccounts"] = json!([
        {"account": TOOLING, "regions": ["eu-west-1"]},
        {"account": "222222222222", "regions": ["eu-west-1"]},
    ]);
    let mut scene = Scene::with(config).await;
    scene.services().unreadable.insert("222222222222".to_owned());
    scene.pushes("13:00", "main", 0, &[commit(1, "13:00", "Begin")]).await;
    scene.runs(&execution("e1", "14:00").revision(&commit_id(1))).await;
    scene.finish().await;
    scene.reconciles("19 13:00").await;
    let waiting = report(&scene.finish().await);
    assert!(
        waiting.contains("leadTime e1 pending: account 222222222222 in eu-west-1 can't be read"),
        "{waiting}"
    );
    scene.reconciles("20 14:00").await;
    let told = report(&scene.finish().await);
    assert!(told.contains("LeadTimeForChanges acme/shop 14:00 = 3600\n"), "{told}");
    assert!(told.contains("; account 222222222222 in eu-west-1 could not be read\n"), "{told}");
}

/// A world in which acme/shop is deployed from any branch.
async fn trunk_based() -> Scene {
    let mut config = with_webhook();
    config["trunkBasedRepositories"] = json!(["acme/shop"]);
    Scene::with(config).await
}

/// One pipeline deploys a release branch and main in turn: what was live counts once.
#[tokio::test]
async fn branches_in_turn() {
    let mut scene = trunk_based().await;
    scene.pushes("11:00", "main", 0, &[commit(1, "11:00", "Begin")]).await;
    deploys(&mut scene, "e1", "12:00", 1).await;
    lists_nothing(&mut scene, "12:10", "release", None, 1).await;
    scene.pushes("12:30", "release", 1, &[commit(2, "12:30", "Mend")]).await;
    let release = |id: &str, ended: &str, number: u32| {
        let run = execution(id, ended).source(Source::CodeStar, "acme/shop", "release");
        run.revision(&commit_id(number))
    };
    scene.runs(&release("e2", "13:00", 2)).await;
    scene.pushes("13:30", "main", 1, &[commit(3, "13:30", "Add")]).await;
    deploys(&mut scene, "e3", "14:00", 3).await;
    scene.pushes("14:30", "release", 2, &[commit(4, "14:30", "Mend more")]).await;
    scene.runs(&release("e4", "15:00", 4)).await;
    let merge = commit(5, "15:30", "Merge branch 'release'");
    let merged: [PushedCommit; 3] = [commit(2, "12:30", "Mend"), commit(4, "14:30", "Mend more"), merge];
    scene.pushes("15:30", "main", 3, &merged).await;
    scene.pushes("15:40", "main", 5, &[commit(6, "15:40", "Go on")]).await;
    deploys(&mut scene, "e5", "16:00", 6).await;
    let found = [
        "LeadTimeForChanges acme/shop 12:00 = 3600",
        "LeadTimeForChanges acme/shop 13:00 = 1800",
        "LeadTimeForChanges acme/shop 14:00 = 1800",
        "LeadTimeForChanges acme/shop 15:00 = 1800",
        "LeadTimeForChanges acme/shop 16:00 = 1200",
    ];
    lead_times(scene, &found).await;
}

/// A hotfix branch was deployed, then merged: older deployments than the latest matter.
#[tokio::test]
async fn hotfix_that_is_merged_later() {
    let mut scene = trunk_based().await;
    scene.pushes("10:00", "main", 0, &[commit(1, "10:00", "Begin")]).await;
    deploys(&mut scene, "e1", "11:00", 1).await;
    lists_nothing(&mut scene, "11:10", "hotfix/x", None, 1).await;
    scene.pushes("11:30", "hotfix/x", 1, &[commit(2, "11:30", "Mend")]).await;
    let hotfix = execution("e2", "12:00").source(Source::CodeStar, "acme/shop", "hotfix/x");
    scene.runs(&hotfix.revision(&commit_id(2))).await;
    scene.pushes("12:30", "main", 1, &[commit(3, "12:30", "Add")]).await;
    deploys(&mut scene, "e3", "13:00", 3).await;
    let merge = commit(4, "13:40", "Merge branch 'hotfix/x'");
    scene.pushes("13:40", "main", 3, &[commit(2, "11:30", "Mend"), merge]).await;
    scene.pushes("13:45", "main", 4, &[commit(5, "13:45", "Go on")]).await;
    deploys(&mut scene, "e4", "14:00", 5).await;
    let found = [
        "LeadTimeForChanges acme/shop 11:00 = 3600",
        "LeadTimeForChanges acme/shop 12:00 = 1800",
        "LeadTimeForChanges acme/shop 13:00 = 1800",
        "LeadTimeForChanges acme/shop 14:00 = 900",
    ];
    lead_times(scene, &found).await;
}

/// GitHub lists 2,048 commits at the most: where the list is cut, the lead time is incomplete, at either end.
#[tokio::test]
async fn list_that_is_cut() {
    for latest in [true, false] {
        let mut scene = begun().await;
        let all: Vec<PushedCommit> = (2..2102).map(|number| commit(number, "13:00", "Add")).collect();
        let listed = if latest { &all[52..] } else { &all[..2048] };
        let (headers, body) = push("acme/shop", "main", Some(&commit_id(1)), listed, at("13:10"));
        let mut body: Value = serde_json::from_str(&body).unwrap();
        body["after"] = json!(commit_id(2101));
        let pushed = delivery("push", &body);
        assert!(headers.contains_key("X-GitHub-Event"));
        assert_eq!(scene.delivers("13:10", &pushed).await, 200);
        deploys(&mut scene, "e2", "16:00", 2101).await;
        let found = ["LeadTimeForChanges acme/shop 12:00 = 3600", "IncompleteLeadTimes acme/shop 16:00 = 1"];
        lead_times(scene, &found).await;
    }
}

/// A squashed branch that began long before what is read at first.
#[tokio::test]
async fn squashed_branch_of_long_ago() {
    let mut config = with_webhook();
    config["leadTimeLookback"] = json!("1d");
    let mut scene = Scene::with(config).await;
    scene.pushes("10:00", "main", 0, &[commit(1, "10:00", "Begin")]).await;
    lists_nothing(&mut scene, "10:10", "topic", None, 1).await;
    scene.pushes("11:00", "topic", 1, &[commit(2, "11:00", "Try")]).await;
    scene.pushes("19 11:00", "main", 1, &[commit(3, "19 11:00", "Add")]).await;
    deploys(&mut scene, "e1", "19 12:00", 3).await;
    scene.pushes("20 10:00", "topic", 2, &[commit(4, "20 10:00", "Do")]).await;
    scene.pushes("20 11:00", "main", 3, &[commit(5, "20 11:00", "Feature (#7)")]).await;
    let request = merged_pull_request("acme/shop", "topic", &commit_id(4), &commit_id(5), 2, at("20 11:00"));
    assert_eq!(scene.delivers("20 11:00", &request).await, 200);
    deploys(&mut scene, "e2", "20 12:00", 5).await;
    let found =
        ["LeadTimeForChanges acme/shop 19 12:00 = 3600", "LeadTimeForChanges acme/shop 20 12:00 = 435600"];
    lead_times(scene, &found).await;
}

/// An ordinary commit, and a squash, whose messages begin like a merge's.
#[tokio::test]
async fn words_of_merges() {
    for message in ["Merge branch handling rewritten", "Merge pull request templates", "Merged in time"] {
        let mut scene = begun().await;
        scene.pushes("15:00", "main", 1, &[commit(2, "15:00", message)]).await;
        deploys(&mut scene, "e2", "16:00", 2).await;
        let found =
            ["LeadTimeForChanges acme/shop 12:00 = 3600", "LeadTimeForChanges acme/shop 16:00 = 3600"];
        lead_times(scene, &found).await;
    }
}

/// What reverts, or merges a hotfix, below the head of the change is rework.
#[tokio::test]
async fn rework_below_the_head() {
    let messages =
        ["Revert \"Add\"", "Reapply \"Add\"", "revert \"Revert \"Add\"\"", "Merge branch 'Hotfix/login'"];
    for message in messages {
        let mut scene = begun().await;
        let below = commit(2, "15:00", message);
        scene.pushes("15:10", "main", 1, &[below, commit(3, "15:05", "Polish")]).await;
        deploys(&mut scene, "e2", "16:00", 3).await;
        check(scene, &["ReworkDeployments"], &["ReworkDeployments acme/shop 16:00 = 1"]).await;
    }
}

/// A revert within a squashed branch.
#[tokio::test]
async fn rework_in_a_squashed_branch() {
    let mut scene = begun().await;
    lists_nothing(&mut scene, "12:10", "topic", None, 1).await;
    scene
        .pushes("13:00", "topic", 1, &[commit(2, "13:00", "Revert \"Add\""), commit(3, "13:00", "Do")])
        .await;
    scene.pushes("15:00", "main", 1, &[commit(4, "15:00", "Feature (#7)")]).await;
    let request = merged_pull_request("acme/shop", "topic", &commit_id(3), &commit_id(4), 2, at("15:00"));
    assert_eq!(scene.delivers("15:00", &request).await, 200);
    deploys(&mut scene, "e2", "16:00", 4).await;
    check(scene, &["ReworkDeployments"], &["ReworkDeployments acme/shop 16:00 = 1"]).await;
}
