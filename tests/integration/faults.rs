//! What happens when AWS fails: nothing is lost, nothing is counted twice. The real functions on the single-machine
//! cloud.

use crate::scene::{Scene, commit, commit_id, execution, ops_item, rollback, with_webhook};
use fake_aws::{AwsError, Fault};
use metrics_lib::contract::Metric;
use std::time::Duration;

/// A story in which every API is called: a deployment, an incident, a fix, another deployment and its rollback.
async fn story(scene: &mut Scene) {
    scene.runs(&execution("e1", "12:00")).await;
    scene.raises(&ops_item(1, "12:30")).await;
    scene.runs(&execution("e2", "13:00").message("Fix oi-000000000001")).await;
    scene.runs(&execution("e3", "14:00")).await;
    scene.runs(&rollback("r1", "e2", "14:30")).await;
}

const TOLD: &str = "Deployments acme/shop 12:00 = 1
     Deployments acme/shop 13:00 = 1
     Deployments acme/shop 14:00 = 1
     FailedDeployments acme/shop 12:00 = 1
     FailedDeployments acme/shop 14:00 = 1
     ReworkDeployments acme/shop 13:00 = 1
     Rollbacks acme/shop 14:30 = 1
     TimeToRestore acme/shop 13:00 = 1800
     deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee
     failure e1 oi-000000000001 published: oi-000000000001: nothing is named; \
     latest deployment of all before the incident
     deployment e2 published: production deployment of acme/shop, branch main, revision c0ffee; \
     rework: references oi-000000000001
     restore e2 oi-000000000001 published: deployment e2 references the OpsItem
     deployment e3 published: production deployment of acme/shop, branch main, revision c0ffee
     failure e3 published: rolled back by execution r1
     rollback r1 published: rolled back execution e3";

/// Every operation that the functions call. None of them fails for good, so the story is told in the end.
const OPERATIONS: [&str; 10] = [
    "codepipeline:GetPipelineExecution",
    "codepipeline:ListActionExecutions",
    "codepipeline:ListPipelineExecutions",
    "ssm:GetOpsItem",
    "sts:AssumeRole",
    "dynamodb:Query",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:TransactWriteItems",
    "cloudwatch:PutMetricData",
];

/// Those whose failure the reconciler makes up for: where nobody knows whether CloudWatch has something, and where an
/// incident waits for what can't be read.
const SETTLED_LATER: [&str; 5] = [
    "cloudwatch:PutMetricData",
    "codepipeline:GetPipelineExecution",
    "codepipeline:ListActionExecutions",
    "codepipeline:ListPipelineExecutions",
    "sts:AssumeRole",
];

/// What the reconciler says of itself.
const OF_RECONCILER: [&str; 3] = ["LedgerDrift", "ReconciledFacts", "EventAge"];

async fn check(fault: Fault, calls: usize) {
    for operation in OPERATIONS {
        let mut scene = Scene::new().await;
        scene.fails(operation, fault.clone(), calls);
        story(&mut scene).await;
        scene.finish().await;
        if SETTLED_LATER.contains(&operation) {
            scene.reconciles("16 00:00").await;
        }
        let report = crate::scene::report(&scene.finish().await);
        let report: String = report
            .lines()
            .filter(|line| !OF_RECONCILER.iter().any(|name| line.starts_with(name)))
            .fold(String::new(), |report, line| report + line + "\n");
        assert!(
            scene.calls(operation) > calls as u64,
            "{operation} is called {} times",
            scene.calls(operation)
        );
        let told: String = TOLD.lines().map(|line| format!("{}\n", line.trim())).collect();
        assert_eq!(report, told, "{operation}");
    }
}

#[tokio::test]
async fn no_fault() {
    let mut scene = Scene::new().await;
    story(&mut scene).await;
    scene.check(TOLD).await;
}

#[tokio::test]
async fn throttling_from_each_api() {
    check(Fault::throttled(), 5).await;
}

#[tokio::test]
async fn access_denied_from_each_api() {
    check(Fault::access_denied(), 3).await;
}

#[tokio::test]
async fn expired_credentials_for_each_api() {
    check(Fault::expired_credentials(), 1).await;
}

#[tokio::test]
async fn internal_error_of_each_api() {
    check(Fault::internal_error(), 2).await;
}

/// Access that is denied for good: the message ends as a dead letter, and nothing is counted.
#[tokio::test]
async fn access_denied_for_good() {
    let mut scene = Scene::new().await;
    scene.fails("codepipeline:GetPipelineExecution", Fault::access_denied(), usize::MAX);
    scene.runs(&execution("e1", "12:00")).await;
    scene.check("dead letter dora-deployments after 23 receives").await;
}

/// A message that fails again and again is told of, at every try from an hour before it is given up; one that comes back once
/// is not, nor one that waits for what is decided later.
#[tokio::test]
async fn messages_at_risk() {
    async fn check(faults: usize, risks: &[&str]) {
        let mut scene = Scene::new().await;
        scene.fails("codepipeline:GetPipelineExecution", Fault::access_denied(), faults);
        scene.runs(&execution("e1", "12:00")).await;
        scene.raises(&ops_item(1, "12:01")).await;
        let outcome = scene.finish().await;
        let metric = outcome.metrics.iter().find(|metric| metric.name == Metric::MessagesAtRisk.name());
        let points = metric.into_iter().flat_map(|metric| &metric.points);
        let times: Vec<String> = points.map(|point| point.timestamp.strftime("%H:%M").to_string()).collect();
        let [first, last] = [times.first(), times.last()].map(|time| time.map(String::as_str));
        assert_eq!(
            [first, last].into_iter().flatten().collect::<Vec<_>>(),
            risks,
            "{faults} faults: {times:?}"
        );
        assert_eq!(outcome.dead_letters.is_empty(), risks.is_empty(), "{faults} faults");
    }
    check(1, &[]).await;
    check(12, &[]).await;
    check(usize::MAX, &["13:12", "14:12"]).await;
}

/// A deployment is handed on once it is counted, whatever fails on the way: its lead time is measured once. Where the message is
/// given up, the reconciler finds what is missing.
#[tokio::test]
async fn handing_on() {
    async fn check(fault: Option<Fault>, calls: usize) {
        let mut scene = Scene::with(with_webhook()).await;
        scene.pushes("11:00", "main", 0, &[commit(1, "10:00", "Begin")]).await;
        if let Some(fault) = fault.clone() {
            scene.fails("sqs:SendMessage", fault, calls);
        }
        scene.runs(&execution("e1", "12:00").revision(&commit_id(1))).await;
        scene.finish().await;
        let is_given_up = calls == usize::MAX;
        scene.services().faults.clear();
        if is_given_up {
            scene.reconciles("16 00:00").await;
        }
        let report = crate::scene::report(&scene.finish().await);
        let of_lead_time: Vec<&str> =
            report.lines().filter(|line| line.starts_with("LeadTimeForChanges")).collect();
        assert_eq!(of_lead_time, ["LeadTimeForChanges acme/shop 12:00 = 7200"], "{fault:?}: {report}");
        assert!(report.contains("Deployments acme/shop 12:00 = 1\n"), "{fault:?}: {report}");
        assert!(!report.contains("DuplicateEvents"), "{fault:?}: {report}");
        assert_eq!(report.contains("dead letter dora-deployments"), is_given_up, "{fault:?}: {report}");
    }
    check(None, 0).await;
    check(Some(Fault::throttled()), 3).await;
    check(Some(Fault::access_denied()), 2).await;
    check(Some(Fault::CrashAfterEffect), 1).await;
    check(Some(Fault::access_denied()), usize::MAX).await;
}

/// After credentials have expired, new ones are asked for.
#[tokio::test]
async fn expired_credentials_are_replaced() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    scene.until("12:30").await;
    let before = scene.calls("sts:AssumeRole");
    scene.fails("codepipeline:GetPipelineExecution", Fault::expired_credentials(), 1);
    scene.runs(&execution("e2", "13:00")).await;
    scene.until("14:00").await;
    assert_eq!(scene.calls("sts:AssumeRole"), before + 1);
    assert_eq!(before, 1, "one a function that reads");
}

/// CloudWatch refuses after the claim: the claim is let go, the next try publishes.
#[tokio::test]
async fn cloudwatch_refuses_after_the_claim() {
    let mut scene = Scene::new().await;
    scene.fails("cloudwatch:PutMetricData", Fault::throttled(), 1);
    scene.runs(&execution("e1", "12:00")).await;
    scene.until("12:05").await;
    assert!(scene.services().cloudwatch.metrics().is_empty());
    scene.check(DEPLOYED).await;
}

/// A deployment that is counted once.
const DEPLOYED: &str = "Deployments acme/shop 12:00 = 1
    deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee";

/// A put whose outcome nobody knows: what CloudWatch shows decides, when it shows it for certain.
async fn unknown_outcome(operation: &str, fault: Fault, calls: usize) {
    let mut scene = Scene::new().await;
    scene.fails(operation, fault.clone(), calls);
    scene.runs(&execution("e1", "12:00")).await;
    scene.finish().await;
    let is_pending = |outcome: &simulator::replay_result::ReplayResult| {
        crate::scene::report(outcome).contains("deployment e1 pending")
    };
    scene.reconciles("14:30").await;
    assert!(
        is_pending(&scene.finish().await),
        "{operation} {fault:?}: it is decided before CloudWatch shows it"
    );
    scene.reconciles("18:00").await;
    let report = crate::scene::report(&scene.finish().await);
    let told: Vec<&str> = report.lines().filter(|line| !line.starts_with("LedgerDrift")).collect();
    let expected: Vec<&str> = DEPLOYED.lines().map(str::trim).collect();
    assert_eq!(told, expected, "{operation} {fault:?}");
}

/// CloudWatch fails without having taken the data.
#[tokio::test]
async fn cloudwatch_fails_after_the_claim() {
    unknown_outcome("cloudwatch:PutMetricData", Fault::internal_error(), 1).await;
}

/// CloudWatch has taken the data, and fails.
#[tokio::test]
async fn cloudwatch_fails_with_the_data() {
    let lost = AwsError::new("InternalFailure", "The answer was lost").with_status(500);
    unknown_outcome("cloudwatch:PutMetricData", Fault::AfterEffect(lost), 1).await;
}

/// The function crashes between PutMetricData and the mark.
#[tokio::test]
async fn crash_between_put_metric_data_and_mark() {
    unknown_outcome("cloudwatch:PutMetricData", Fault::CrashAfterEffect, 1).await;
}

/// The function crashes between the claim and PutMetricData, which nobody can tell from the other crash.
#[tokio::test]
async fn crash_after_the_claim() {
    unknown_outcome("dynamodb:TransactWriteItems", Fault::CrashAfterEffect, 1).await;
}

/// The mark is throttled: it is tried again, as long as the invocation has time.
#[tokio::test]
async fn mark_that_is_throttled() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e0", "11:00")).await;
    scene.finish().await;
    // The claim passes, and then nothing does for a while.
    scene.services().faults.spare("dynamodb:TransactWriteItems", 1);
    scene.fails("dynamodb:TransactWriteItems", Fault::throttled(), 4);
    scene.runs(&execution("e1", "12:00")).await;
    scene.until("12:01").await;
    let report = crate::scene::report(&scene.finish().await);
    assert!(report.contains("Deployments acme/shop 12:00 = 1\n"), "{report}");
    assert!(report.contains("deployment e1 published"), "{report}");
}

/// A crash after the claim and before PutMetricData loses nothing and counts nothing twice.
#[tokio::test]
async fn crash_between_claim_and_put_metric_data() {
    let mut scene = Scene::new().await;
    scene.fails("dynamodb:UpdateItem", Fault::CrashAfterEffect, 1);
    scene.runs(&execution("e1", "12:00")).await;
    scene
        .check(
            "Deployments acme/shop 12:00 = 1
             deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee",
        )
        .await;
}

/// One message of a batch fails, the others are done and don't come back.
#[tokio::test]
async fn one_message_of_a_batch_fails() {
    let mut scene = Scene::new().await;
    let executions = ["e1", "e2", "e3"].map(|id| execution(id, "12:00"));
    for execution in &executions {
        scene.knows(execution).await;
    }
    scene.fails("codepipeline:GetPipelineExecution", Fault::throttled(), 1);
    for execution in &executions {
        scene.succeeded(execution);
    }
    let report = crate::scene::report(&scene.finish().await);
    assert!(report.contains("Deployments acme/shop 12:00 = 1 + 1 + 1\n"), "{report}");
    assert!(!report.contains("DuplicateEvents"), "{report}");
    let (lambda, _) = scene.cloud.functions().find(|(lambda, _)| lambda.name() == "deployments").unwrap();
    assert_eq!((lambda.invocations, lambda.cold_starts), (2, 1));
}

/// An event that can't be read is a dead letter, and keeps nothing else from being counted.
#[tokio::test]
async fn malformed_event() {
    let mut scene = Scene::new().await;
    let mut event = execution("e1", "12:00").event("SUCCEEDED");
    event["detail"]["execution-id"] = 5.into();
    scene.until("12:00").await;
    scene.event(&event);
    scene.runs(&execution("e2", "12:00")).await;
    scene
        .check(
            "Deployments acme/shop 12:00 = 1
             deployment e2 published: production deployment of acme/shop, branch main, revision c0ffee
             dead letter dora-deployments after 23 receives",
        )
        .await;
}

/// Logs tell what failed, and nothing of what people wrote.
#[tokio::test]
async fn logs_hold_no_payloads() {
    let mut scene = Scene::new().await;
    scene.fails("ssm:GetOpsItem", Fault::access_denied(), 1);
    scene.runs(&execution("e1", "12:00").message("Secret message")).await;
    scene.raises(&ops_item(1, "12:30").title("Secret title")).await;
    scene.finish().await;
    let logs: String = scene.cloud.logs().unwrap().into_values().collect();
    assert!(logs.contains("AccessDeniedException"), "{logs}");
    assert!(logs.contains("\"error.type\":\"Retryable\""), "{logs}");
    assert!(!logs.contains("Secret"), "{logs}");
    assert!(logs.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{logs}");
}

/// CloudWatch takes the data and answers so late that the call is given up: nobody puts them again, and the reconciler reads
/// back that they are there.
#[tokio::test]
async fn cloudwatch_answers_after_the_timeout() {
    let mut scene = Scene::new().await;
    scene.fails("cloudwatch:PutMetricData", Fault::Late(Duration::from_secs(12)), 1);
    scene.runs(&execution("e1", "12:00")).await;
    scene.runs(&execution("e2", "12:00:30")).await;
    scene.finish().await;
    scene.reconciles("15:30").await;
    let report = crate::scene::report(&scene.finish().await);
    let told: String = TWICE.lines().map(|line| format!("{}\n", line.trim())).collect();
    assert_eq!(report.replace("LedgerDrift - 15:30 = 0\n", ""), told);
}

/// An answer that comes just in time is one.
#[tokio::test]
async fn cloudwatch_answers_late() {
    let mut scene = Scene::new().await;
    scene.fails("cloudwatch:PutMetricData", Fault::Late(Duration::from_secs(9)), 1);
    scene.runs(&execution("e1", "12:00")).await;
    scene.runs(&execution("e2", "12:00:30")).await;
    scene.check(TWICE).await;
}

/// So many answers come late that the invocation has no time for all its messages: none is put in the dark.
#[tokio::test]
async fn cloudwatch_answers_late_again_and_again() {
    let mut scene = Scene::new().await;
    scene.fails("cloudwatch:PutMetricData", Fault::Late(Duration::from_secs(9)), 7);
    for number in 0..8 {
        scene.knows(&execution(&format!("e{number}"), &format!("12:0{number}"))).await;
    }
    scene.until("12:10").await;
    for number in 0..8 {
        scene.succeeded(&execution(&format!("e{number}"), &format!("12:0{number}")));
    }
    let outcome = scene.finish().await;
    assert_eq!(outcome.total(Metric::Deployments), 8.0);
    assert_eq!(outcome.facts.len(), 8);
    assert!(outcome.dead_letters.is_empty());
    let log = &scene.cloud.logs().unwrap()["deployments"];
    assert!(log.contains("OutOfTime"), "{log}");
}

const TWICE: &str = "Deployments acme/shop 12:00 = 1
     Deployments acme/shop 12:00:30 = 1
     deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee
     deployment e2 published: production deployment of acme/shop, branch main, revision c0ffee";
