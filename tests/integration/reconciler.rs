//! What the reconciler finds and settles, and how it and events get along; the real functions on the single-machine
//! cloud.

use crate::scene::{
    OPS, Scene, at, commit, commit_id, config, execution, execution_in, execution_of, ops_item, ops_item_in,
    push, report, rollback, with_webhook,
};
use fake_aws::Fault;
use metrics_lib::contract::Metric;
use simulator::{payload_builders::merged_pull_request, replay_result::ReplayResult, stand_ins::metric_key};

const DEPLOYED: &str = "Deployments acme/shop 12:00 = 1
     deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee";

/// The lines of the report that are not about what the reconciler counts of itself.
async fn check(mut scene: Scene, expected: &str) {
    let report = report(&scene.finish().await);
    let own = ["ReconciledFacts", "EventAge", "LedgerDrift"];
    let found: Vec<&str> =
        report.lines().filter(|line| !own.iter().any(|name| line.starts_with(name))).collect();
    let expected: Vec<&str> = expected.trim().lines().map(str::trim).collect();
    assert_eq!(found, expected, "\nreport:\n{report}\nlog:\n{}", scene.cloud.logs().unwrap()["reconciler"]);
}

#[tokio::test]
async fn event_before_the_reconciler() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    scene.reconciles("13:00").await;
    scene.reconciles("13:01").await;
    scene
        .check(
            "Deployments acme/shop 12:00 = 1
             LedgerDrift - 13:00 = 0
             deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee",
        )
        .await;
}

/// The first event of a fact that the reconciler has published is late; the second is a duplicate.
#[tokio::test]
async fn reconciler_before_the_event() {
    let mut scene = Scene::new().await;
    let run = execution("e1", "12:00");
    scene.knows(&run).await;
    scene.reconciles("12:10").await;
    let early = scene.services().cloudwatch.metrics().keys().any(|key| key.name == "Deployments");
    assert!(!early, "the event may still be on its way");
    scene.reconciles("12:30").await;
    scene.until("14:00").await;
    scene.succeeded(&run);
    scene.until("15:00").await;
    scene.succeeded(&run);
    scene
        .check(
            "Deployments acme/shop 12:00 = 1
             DuplicateEvents acme/shop 15:00 = 1
             EventAge acme/shop 12:30 = 1800
             LedgerDrift - 12:10 = 0
             ReconciledFacts acme/shop 12:30 = 1
             deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee",
        )
        .await;
}

/// A function has died with a claim when the reconciler comes: it leaves the fact to whoever holds the claim.
#[tokio::test]
async fn reconciler_while_a_claim_holds() {
    let mut scene = Scene::new().await;
    let run = execution("e1", "12:00");
    scene.knows(&run).await;
    scene.until("12:30").await;
    scene.fails("dynamodb:UpdateItem", Fault::CrashAfterEffect, 1);
    scene.succeeded(&run);
    scene.reconciles("12:31").await;
    check(scene, DEPLOYED).await;
}

/// A function has died, and its claim has expired when the reconciler comes, before the message comes back.
#[tokio::test]
async fn reconciler_after_a_claim_has_expired() {
    let mut scene = Scene::new().await;
    let run = execution("e1", "12:00");
    scene.knows(&run).await;
    scene.until("12:30").await;
    scene.fails("dynamodb:UpdateItem", Fault::CrashAfterEffect, 1);
    scene.succeeded(&run);
    scene.reconciles("12:33").await;
    check(scene, DEPLOYED).await;
}

/// The reconciler dies with a claim, and the event comes.
#[tokio::test]
async fn event_while_the_reconciler_holds_a_claim() {
    let mut scene = Scene::new().await;
    let run = execution("e1", "12:00");
    scene.knows(&run).await;
    scene.until("12:30").await;
    scene.fails("dynamodb:UpdateItem", Fault::CrashAfterEffect, 1);
    assert!(!scene.cloud.reconcile().await.unwrap());
    scene.succeeded(&run);
    check(scene, DEPLOYED).await;
}

/// Nothing was told but the deployment: incident, its attribution and the restore are found.
#[tokio::test]
async fn incident_whose_event_was_lost() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    scene.cloud.record_ops_item(ops_item(1, "12:30").recorded()).unwrap();
    scene.runs(&execution("e2", "13:00").message("Fix oi-000000000001")).await;
    scene.reconciles("13:30").await;
    check(
        scene,
        "Deployments acme/shop 12:00 = 1
         Deployments acme/shop 13:00 = 1
         FailedDeployments acme/shop 12:00 = 1
         ReworkDeployments acme/shop 13:00 = 1
         TimeToRestore acme/shop 13:00 = 1800
         deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee
         failure e1 oi-000000000001 published: oi-000000000001: nothing is named; \
         latest deployment of all before the incident
         deployment e2 published: production deployment of acme/shop, branch main, revision c0ffee; \
         rework: references oi-000000000001
         restore e2 oi-000000000001 published: deployment e2 references the OpsItem",
    )
    .await;
}

/// An incident is too young to be decided when it is found; the next run does it, once.
#[tokio::test]
async fn incident_that_is_too_young() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    scene.until("12:30").await;
    scene.cloud.record_ops_item(ops_item(1, "12:30").recorded()).unwrap();
    scene.reconciles("12:40").await;
    scene.reconciles("12:46").await;
    scene.reconciles("12:50").await;
    check(
        scene,
        "Deployments acme/shop 12:00 = 1
         FailedDeployments acme/shop 12:00 = 1
         deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee
         failure e1 oi-000000000001 published: oi-000000000001: nothing is named; \
         latest deployment of all before the incident",
    )
    .await;
}

#[tokio::test]
async fn rollback_whose_event_was_lost() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "11:00")).await;
    scene.runs(&execution("e2", "12:00")).await;
    scene.raises(&ops_item(1, "12:30")).await;
    scene.knows(&rollback("r1", "e1", "13:00")).await;
    scene.reconciles("13:30").await;
    check(
        scene,
        "Deployments acme/shop 11:00 = 1
         Deployments acme/shop 12:00 = 1
         FailedDeployments acme/shop 12:00 = 1
         Rollbacks acme/shop 13:00 = 1
         TimeToRestore acme/shop 13:00 = 1800
         deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee
         deployment e2 published: production deployment of acme/shop, branch main, revision c0ffee
         failure e2 oi-000000000001 published: oi-000000000001: nothing is named; \
         latest deployment of all before the incident
         restore r1 oi-000000000001 published: rollback r1 undid the deployment that it is attributed to
         rollback r1 published: rolled back execution e2",
    )
    .await;
}

/// The event of the deployment to blame was lost: the attribution, which is for good, asks the API.
#[tokio::test]
async fn incident_of_a_deployment_whose_event_was_lost() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "11:00")).await;
    scene.knows(&execution("e2", "12:00")).await;
    scene.raises(&ops_item(1, "12:30")).await;
    scene.until("13:00").await;
    let blamed = report(&scene.finish().await);
    assert!(blamed.contains("FailedDeployments acme/shop 12:00 = 1\n"), "{blamed}");
    assert!(!blamed.contains("Deployments acme/shop 12:00 = 1\nDeployments"), "not published yet: {blamed}");
    scene.reconciles("14:30").await;
    let found = report(&scene.finish().await);
    assert!(
        found.starts_with("Deployments acme/shop 11:00 = 1\nDeployments acme/shop 12:00 = 1\n"),
        "{found}"
    );
    assert!(!found.contains("FailedDeployments acme/shop 11:00"), "{found}");
}

/// The event of the earlier of two restores was lost.
#[tokio::test]
async fn restore_whose_event_was_lost() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "11:00")).await;
    scene.raises(&ops_item(1, "12:00")).await;
    scene.knows(&execution("e2", "13:00").message("Fix oi-000000000001")).await;
    scene.runs(&execution("e3", "14:00").message("Fix oi-000000000001 for good")).await;
    let report = report(&scene.finish().await);
    assert!(report.contains("TimeToRestore acme/shop 13:00 = 3600\n"), "{report}");
    assert!(!report.contains("TimeToRestore acme/shop 14:00"), "{report}");
}

/// A rollback restores earlier than a deployment that references the incident, and is known to only once it is decided
/// what is to blame, for which the event was lost.
#[tokio::test]
async fn rollback_before_a_reference_while_the_attribution_is_pending() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "11:00")).await;
    scene.runs(&execution("e2", "12:00")).await;
    scene.until("12:30").await;
    scene.cloud.record_ops_item(ops_item(1, "12:30").recorded()).unwrap();
    scene.runs(&rollback("r1", "e1", "12:35")).await;
    scene.runs(&execution("e3", "13:00").message("Fix oi-000000000001")).await;
    scene.reconciles("14:00").await;
    let report = report(&scene.finish().await);
    assert!(report.contains("TimeToRestore acme/shop 12:35 = 300\n"), "{report}");
    assert!(!report.contains("TimeToRestore acme/shop 13:00"), "{report}");
}

/// The event that an incident was resolved was lost, and then a rollback came: it was no longer open.
#[tokio::test]
async fn rollback_after_a_resolution_whose_event_was_lost() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "11:00")).await;
    scene.runs(&execution("e2", "12:00")).await;
    let item = ops_item(1, "12:30");
    scene.raises(&item).await;
    scene.until("13:00").await;
    scene.cloud.record_ops_item(item.resolved(crate::scene::at("13:00")).recorded()).unwrap();
    scene.runs(&rollback("r1", "e1", "14:00")).await;
    scene.until("15:00").await;
    scene.reconciles("16 14:00").await;
    let report = report(&scene.finish().await);
    assert!(report.contains("TimeToRestore acme/shop 13:00 = 1800\n"), "{report}");
    assert!(!report.contains("TimeToRestore acme/shop 14:00"), "{report}");
}

/// Commits arrive when the queue has given up: the reconciler settles the lead time.
#[tokio::test]
async fn lead_time_whose_commits_arrive_late() {
    let mut scene = Scene::with(with_webhook()).await;
    scene.runs(&execution("e1", "12:00").revision(&commit_id(1))).await;
    scene.until("16:00").await;
    scene.reconciles("16:00").await;
    scene.pushes("17:00", "main", 0, &[commit(1, "11:00", "Begin")]).await;
    scene.reconciles("18:00").await;
    scene.reconciles("19:00").await;
    let report = report(&scene.finish().await);
    assert!(report.contains("LeadTimeForChanges acme/shop 12:00 = 3600\n"), "{report}");
    assert!(report.contains("PendingLeadTimes acme/shop 12:15 = 1\n"), "{report}");
    assert!(!report.contains("leadTime e1 pending"), "{report}");
}

/// Deploys commit 1, and at 16:00 what GitHub made of a pull request. Each delivery about the pull request arrives at its
/// time, or never, and the reconciler runs at some times: the lead time is known then.
async fn check_pull_request(arrive: [Option<&str>; 2], runs: [&str; 2], expected: [Option<&str>; 2]) {
    let mut scene = Scene::with(with_webhook()).await;
    scene.pushes("11:00", "main", 0, &[commit(1, "10:00", "Begin")]).await;
    scene.runs(&execution("e1", "12:00").revision(&commit_id(1))).await;
    scene.pushes("15:00", "main", 1, &[commit(3, "15:00", "Feature (#7)")]).await;
    let branch = push("acme/shop", "feature", None, &[commit(2, "13:00", "Do")], at("14:00"));
    let request = merged_pull_request("acme/shop", "feature", &commit_id(2), &commit_id(3), 1, at("15:00"));
    let run = execution("e2", "16:00").revision(&commit_id(3));
    let mut script: Vec<_> =
        runs.iter().zip(expected).map(|(time, expected)| (at(time), Err(expected))).collect();
    let arrives = arrive.into_iter().zip([&branch, &request]);
    script.extend(arrives.filter_map(|(time, delivery)| Some((at(time?), Ok(delivery)))));
    script.sort_by_key(|(time, _)| *time);
    let mut runs = Some(&run);
    for (time, happens) in script {
        if let Some(run) = runs.take_if(|run| run.end <= time) {
            scene.runs(run).await;
        }
        scene.cloud.advance_to(time).await.unwrap();
        let expected = match happens {
            Ok((headers, body)) => {
                assert_eq!(scene.cloud.deliver(headers, body).await.unwrap(), 200);
                continue;
            }
            Err(expected) => expected,
        };
        assert!(scene.cloud.reconcile().await.unwrap());
        let report = report(&ReplayResult::of(&scene.cloud).unwrap());
        let found =
            report.lines().find_map(|line| line.strip_prefix("LeadTimeForChanges acme/shop 16:00 = "));
        assert_eq!(found, expected, "{time}: {report}");
        assert!(report.contains("PendingLeadTimes acme/shop 16:15 = 1\n"), "{report}");
        assert!(!report.contains("dead letter"), "nobody has to do anything: {report}");
    }
}

/// GitHub delivers again what failed: a pull request that was squashed is awaited, and so is its branch. Without them, the
/// lead time is incomplete.
#[tokio::test]
async fn pull_request_that_arrives_late() {
    let whole = "10800";
    let runs = ["18 15:00", "19 14:45"];
    check_pull_request([Some("14:00"), Some("18 16:00")], runs, [None, Some(whole)]).await;
    check_pull_request([Some("18 16:00"), Some("15:00")], runs, [None, Some(whole)]).await;
    let runs = ["19 14:00", "20 22:00"];
    check_pull_request([Some("14:00"), None], runs, [None, None]).await;
    check_pull_request([None, Some("15:00")], runs, [None, None]).await;
}

/// A pipeline deploys for the first time, and an earlier push is late.
#[tokio::test]
async fn first_deployment_whose_earlier_pushes_arrive_late() {
    let mut scene = Scene::with(with_webhook()).await;
    scene.pushes("11:00", "main", 1, &[commit(2, "11:00", "Go on")]).await;
    scene.runs(&execution("e1", "12:00").revision(&commit_id(2))).await;
    scene.reconciles("16 10:00").await;
    let before = report(&ReplayResult::of(&scene.cloud).unwrap());
    assert!(
        before.contains("leadTime e1 pending: commits were pushed before the webhook existed"),
        "{before}"
    );
    scene.pushes("16 11:00", "main", 0, &[commit(1, "10:00", "Begin")]).await;
    scene.reconciles("16 18:00").await;
    let report = report(&scene.finish().await);
    assert!(report.contains("CommitLeadTime acme/shop 12:00 = 3600 + 7200\n"), "{report}");
}

/// Whichever call of a run that settles a lead time fails, all that the change shows is found in the end: it is rework,
/// and restores service.
#[tokio::test]
async fn lead_time_whose_run_fails_at_any_call() {
    const OPERATION: &str = "cloudwatch:PutMetricData";
    for spared in 0.. {
        let mut scene = Scene::with(with_webhook()).await;
        scene.pushes("11:00", "main", 0, &[commit(1, "10:00", "Begin")]).await;
        scene.runs(&execution("e1", "12:00").revision(&commit_id(1))).await;
        scene.raises(&ops_item(1, "12:30")).await;
        scene.runs(&execution("e2", "13:00").revision(&commit_id(3))).await;
        scene.reconciles("18:00").await;
        let fixed = [commit(2, "12:40", "Mend it (oi-000000000001)"), commit(3, "12:50", "Polish")];
        scene.pushes("19:00", "main", 1, &fixed).await;
        scene.until("20:00").await;
        let before = scene.calls(OPERATION);
        scene.services().faults.spare(OPERATION, spared);
        scene.fails(OPERATION, Fault::throttled(), 1);
        scene.cloud.reconcile().await.unwrap();
        let calls = scene.calls(OPERATION) - before;
        scene.services().faults.clear();
        scene.reconciles("21:00").await;
        scene.reconciles("23:00").await;
        let report = report(&scene.finish().await);
        for line in [
            "LeadTimeForChanges acme/shop 13:00 = 1200\n",
            "ReworkDeployments acme/shop 13:00 = 1\n",
            "TimeToRestore acme/shop 13:00 = 1800\n",
        ] {
            assert!(report.contains(line), "after {spared} calls: {line}{report}");
        }
        if calls <= spared as u64 {
            assert!(spared >= 3, "it is called for each fact");
            break;
        }
    }
}

/// An incident that was resolved by hand is settled when no deployment that restores it can be expected any more.
#[tokio::test]
async fn resolved_without_a_deployment() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "11:00")).await;
    let item = ops_item(1, "12:00");
    scene.raises(&item).await;
    scene.resolves(&item, "12:30").await;
    scene.reconciles("16 12:30").await;
    let waits = report(&scene.finish().await);
    assert!(waits.contains("restore oi-000000000001 pending: resolved without a deployment"), "{waits}");
    for time in ["16 12:46", "16 13:00"] {
        scene.reconciles(time).await;
    }
    // Whatever comes now comes too late.
    scene.runs(&execution("e2", "16 14:00").message("Fix oi-000000000001")).await;
    let settled = report(&scene.finish().await);
    assert!(settled.contains("TimeToRestore acme/shop 12:30 = 1800\n"), "{settled}");
    let evidence = "restore oi-000000000001 published: resolved without a deployment that references it";
    assert!(settled.contains(evidence), "{settled}");
    assert_eq!(settled.matches("TimeToRestore").count(), 1, "{settled}");
    assert!(!settled.contains("ReconciledFacts"), "no event was lost: {settled}");
}

/// Neither of an incident's events came; it is in the operations account, which has no pipelines.
#[tokio::test]
async fn resolved_incident_whose_events_were_lost() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "11:00")).await;
    scene.until("12:30").await;
    let item = ops_item_in(OPS, 1, "12:00").resolved(crate::scene::at("12:30"));
    scene.cloud.record_ops_item(item.recorded()).unwrap();
    scene.reconciles("13:00").await;
    scene.reconciles("16 13:00").await;
    check(
        scene,
        "Deployments acme/shop 11:00 = 1
         FailedDeployments acme/shop 11:00 = 1
         TimeToRestore acme/shop 12:30 = 1800
         deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee
         failure e1 oi-000000000001 published: oi-000000000001: nothing is named; \
         latest deployment of all before the incident
         restore oi-000000000001 published: resolved without a deployment that references it; \
         the time is the LastModifiedTime of the OpsItem",
    )
    .await;
}

/// A name that leads nowhere stays unattributed, however often it is tried, and counts once.
#[tokio::test]
async fn unattributed_incident_is_tried_again() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    scene.raises(&ops_item(1, "13:00").data("dora/execution", "e2")).await;
    for time in ["13:30", "14:00", "15:00", "16:00"] {
        scene.reconciles(time).await;
    }
    let before = report(&scene.finish().await);
    assert!(before.contains("UnattributedIncidents - 13:00 = 1\n"), "{before}");
    // The execution that it names exists after all: CodePipeline had not shown its end.
    scene.cloud.record_execution(execution("e2", "12:30").recorded()).unwrap();
    scene.succeeded(&execution("e2", "12:30"));
    scene.reconciles("20:00").await;
    let after = report(&scene.finish().await);
    assert!(after.contains("FailedDeployments acme/shop 12:30 = 1\n"), "{after}");
    assert!(after.contains("UnattributedIncidents - 13:00 = 1\n"), "{after}");
    assert!(!after.contains("DuplicateEvents"), "{after}");
}

/// A fact that is found when CloudWatch no longer takes it is kept in the ledger.
#[tokio::test]
async fn fact_that_is_too_old() {
    let mut scene = Scene::new().await;
    scene.reconciles("12:00").await;
    scene.knows(&execution("e1", "16 12:00")).await;
    scene.reconciles("30 12:01").await;
    check(
        scene,
        "deployment e1 unpublishable: production deployment of acme/shop, branch main, revision c0ffee",
    )
    .await;
}

/// An account that can't be read does not keep the others from being done, and is gone on with where it was left.
#[tokio::test]
async fn account_that_cannot_be_read() {
    let mut scene = Scene::new().await;
    scene.knows(&execution_in(crate::scene::TOOLING, "us-east-1", "other", "e2", "12:00")).await;
    scene.knows(&execution("e1", "12:00")).await;
    scene.fails("codepipeline:ListPipelineExecutions", Fault::access_denied(), 1);
    scene.reconciles("13:00").await;
    let once = report(&scene.finish().await);
    assert!(once.contains("Deployments acme/shop 12:00 = 1\n"), "{once}");
    scene.reconciles("13:30").await;
    let twice = report(&scene.finish().await);
    assert!(twice.contains("Deployments acme/shop 12:00 = 1 + 1\n"), "{twice}");
}

/// One execution can't be resolved: the others are done, and the next run begins with it.
#[tokio::test]
async fn execution_that_fails() {
    let mut scene = Scene::new().await;
    for (number, pipeline) in ["a", "b", "c"].iter().enumerate() {
        scene.knows(&execution_of(pipeline, &format!("e{number}"), "12:00")).await;
    }
    scene.fails("codepipeline:GetPipelineExecution", Fault::access_denied(), 1);
    scene.reconciles("13:00").await;
    scene.reconciles("13:15").await;
    scene.reconciles("13:30").await;
    let report = report(&scene.finish().await);
    assert!(report.contains("Deployments acme/shop 12:00 = 1 + 1 + 1\n"), "{report}");
    assert!(report.contains("ReconciledFacts acme/shop 13:00 = 1 + 1\n"), "{report}");
    assert!(report.contains("ReconciledFacts acme/shop 13:15 = 1\n"), "{report}");
}

/// More than a page of executions and of `OpsItem`s.
#[tokio::test]
async fn pages() {
    let mut scene = Scene::new().await;
    for number in 0..120 {
        scene.knows(&execution(&format!("e{number}"), "12:00")).await;
    }
    scene.until("12:30").await;
    for number in 0..60 {
        let item = ops_item(number, "12:30").data("dora/execution", &format!("e{number}"));
        scene.cloud.record_ops_item(item.recorded()).unwrap();
    }
    scene.reconciles("13:00").await;
    let outcome = scene.finish().await;
    assert_eq!(outcome.total(Metric::Deployments), 120.0);
    assert_eq!(outcome.total(Metric::FailedDeployments), 60.0);
    assert_eq!(outcome.total(Metric::ReconciledFacts), 180.0);
}

/// A value that somebody else put is found, when CloudWatch has had the time to show it.
#[tokio::test]
async fn value_of_somebody_else_is_found() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    scene.runs(&execution("e2", "13:00")).await;
    scene.services().cloudwatch.add(metric_key(Metric::Deployments, None), at("13:00"), 1.0);
    for time in ["16 12:00", "17 12:00", "18 11:59", "18 12:01", "19 12:00"] {
        scene.reconciles(time).await;
    }
    let report = report(&scene.finish().await);
    let drift: Vec<&str> = report.lines().filter(|line| line.starts_with("LedgerDrift")).collect();
    let expected = ["16 12:00 = 0", "17 12:00 = 0", "18 11:59 = 1", "19 12:00 = 1"];
    let expected = expected.map(|line| format!("LedgerDrift - {line}"));
    assert_eq!(drift, expected, "{report}");
    let log = &scene.cloud.logs().unwrap()["reconciler"];
    let told = r#""day":"2026-06-15T00:00:00Z","metric":"Deployments","ledger":2,"cloudwatch":3"#;
    assert!(log.contains(told), "{log}");
}

/// Rework that only the change shows is part of the comparison.
#[tokio::test]
async fn rework_by_a_change_is_compared() {
    let mut scene = Scene::with(with_webhook()).await;
    scene.pushes("11:00", "main", 0, &[commit(1, "10:00", "Begin")]).await;
    scene.runs(&execution("e1", "12:00").revision(&commit_id(1))).await;
    scene.raises(&ops_item(1, "12:30")).await;
    let fixed = [commit(2, "12:40", "Mend it (oi-000000000001)"), commit(3, "12:50", "Polish")];
    scene.pushes("12:50", "main", 1, &fixed).await;
    scene.runs(&execution("e2", "13:00").revision(&commit_id(3))).await;
    scene.reconciles("19 12:00").await;
    let report = report(&scene.finish().await);
    assert!(report.contains("ReworkDeployments acme/shop 13:00 = 1\n"), "{report}");
    assert!(report.contains("LedgerDrift - 19 12:00 = 0\n"), "{report}");
}

/// Without lead time there is no lake to be asked.
#[tokio::test]
async fn without_lead_time() {
    let mut scene = Scene::with(config()).await;
    scene.knows(&execution("e1", "12:00")).await;
    scene.reconciles("13:00").await;
    assert_eq!(scene.calls("athena:StartQueryExecution"), 0);
    check(scene, DEPLOYED).await;
}

/// Two hundred deployments end in one minute, every service throttles, and half of the events never come.
#[tokio::test]
async fn many_deployments_in_one_minute() {
    let mut scene = Scene::planned(config(), |plan| {
        plan.consumers.iter_mut().for_each(|consumer| consumer.queue.maximum_concurrency = 1);
    })
    .await;
    for number in 0..200 {
        let run = execution_of(["a", "b", "c", "d"][number % 4], &format!("e{number}"), "12:00");
        scene.knows(&run).await;
        if number % 2 == 0 {
            scene.succeeded(&run);
        }
    }
    for operation in ["codepipeline:GetPipelineExecution", "dynamodb:UpdateItem", "cloudwatch:PutMetricData"]
    {
        scene.fails(operation, Fault::throttled(), 100);
    }
    scene.until("15:00").await;
    // Each run that is throttled gets some way.
    let mut runs = 1;
    while !scene.cloud.reconcile().await.unwrap() {
        runs += 1;
        assert!(runs < 20, "{}", scene.cloud.logs().unwrap()["reconciler"]);
    }
    let outcome = scene.finish().await;
    assert_eq!(outcome.total(Metric::Deployments), 200.0);
    assert_eq!(outcome.facts.len(), 200);
    assert!(outcome.dead_letters.is_empty());
}
