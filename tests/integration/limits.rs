//! The limits of AWS's services, and names that come up to them.

use crate::scene::{
    PushedCommit, Scene, Source, at, commit, commit_id, execution, ops_item, push, report, with_webhook,
};
use fake_aws::{AwsError, Fault};
use jiff::SignedDuration;
use metrics_lib::{
    contract::Metric,
    fact::{FactKind, FactState},
};
use program::plan::Throttle;
use std::collections::BTreeMap;

/// Finishes and compares the report, in which a long name is written `LONG`, with what is expected.
async fn check(mut scene: Scene, long: &str, expected: &str) {
    let outcome = scene.finish().await;
    let report = report(&outcome).replace(long, "LONG");
    let expected: String = expected.trim().lines().map(|line| format!("{}\n", line.trim())).collect();
    assert!(report == expected, "{report}");
}

/// S3's keys have up to 1,024 bytes; with the bucket before them they are longer than DynamoDB's sort keys.
#[tokio::test]
async fn object_whose_name_is_longer_than_a_key() {
    let long = "x".repeat(1017);
    let object = format!("bucket/{long}");
    let mut scene = Scene::new().await;
    for (id, time) in [("e1", "12:00"), ("e2", "13:00")] {
        scene.runs(&execution(id, time).source(Source::S3, &object, "")).await;
    }
    // An object's name is one of those that incidents may name.
    let item = ops_item(1, "14:00").description(&format!("no {object} is there"));
    scene.raises(&item).await;
    let expected = "
        Deployments LONG 12:00 = 1
        Deployments LONG 13:00 = 1
        FailedDeployments LONG 13:00 = 1
        deployment e1 published: production deployment of LONG, no branch, revision v1
        deployment e2 published: production deployment of LONG, no branch, revision v1
        failure e2 oi-000000000001 published: oi-000000000001: title or description names LONG; latest deployment of it \
        before the incident";
    check(scene, &object, expected).await;
}

/// What an `OpsItem` says of an execution is any text.
#[tokio::test]
async fn execution_whose_id_is_longer_than_a_key() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "12:00")).await;
    let id = "e1".repeat(1500);
    scene.raises(&ops_item(1, "13:00").data("dora/execution", &id)).await;
    let expected = "
        Deployments acme/shop 12:00 = 1
        UnattributedIncidents - 13:00 = 1
        deployment e1 published: production deployment of acme/shop, branch main, revision c0ffee
        failure oi-000000000001 pending: operational data dora/execution names execution LONG, and no known deployment \
        matches";
    check(scene, &id, expected).await;
}

/// Who calls the webhook, and what comes through: of five minutes GitHub's deliveries, and of others so many.
#[tokio::test]
async fn strangers_leave_room_for_github() {
    let mut scene = Scene::planned(with_webhook(), |plan| {
        let gate = &mut plan.commit_ingestion.as_mut().unwrap().gate;
        gate.throttle = Throttle { rate: 1, burst: 30 };
        let firewall = gate.firewall.as_mut().unwrap();
        (firewall.from_one, firewall.from_all) = (5, 20);
    })
    .await;
    scene.until("12:00").await;
    let delivery = push("acme/shop", "main", None, &[commit(1, "10:00", "Begin")], at("12:00"));
    let (mut headers, body) = delivery.clone();
    let mut answers = BTreeMap::new();
    let unsigned: BTreeMap<_, _> = headers
        .iter()
        .filter(|(name, _)| !name.contains("Signature"))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    // Deliveries are signed anew where they have a whole signature: one that is well-formed and wrong is another body's.
    headers.insert("Content-Type".into(), "text/plain".into());
    for stranger in 0..50_u8 {
        for _ in 0..10 {
            let from = [203, 0, 113, stranger].into();
            let status = scene.cloud.deliver_from(from, &headers, &body).await.unwrap();
            *answers.entry(("signed", status)).or_insert(0) += 1;
            let status = scene.cloud.deliver_from(from, &unsigned, &body).await.unwrap();
            *answers.entry(("unsigned", status)).or_insert(0) += 1;
        }
    }
    let expected = [(("signed", 403), 490), (("signed", 415), 10), (("unsigned", 403), 500)];
    assert_eq!(answers, BTreeMap::from(expected));
    // There is as much room for GitHub as they could not use up.
    let mut statuses = Vec::new();
    for _ in 0..21 {
        statuses.push(scene.delivers("12:00", &delivery).await);
    }
    assert_eq!(statuses, [[200; 20].as_slice(), &[429]].concat());
    assert_eq!(scene.delivers("12:01", &delivery).await, 200);
    let outcome = scene.finish().await;
    assert_eq!(outcome.total(Metric::WebhookRejected), 1001.0);
}

/// What Lambda does not take is refused, and counted.
#[tokio::test]
async fn delivery_that_is_larger_than_an_invocation() {
    let mut scene = Scene::with(with_webhook()).await;
    let (headers, _) = push("acme/shop", "main", None, &[], at("12:00"));
    let body = "x".repeat(6 * 1024 * 1024);
    assert_eq!(scene.delivers("12:00", &(headers, body)).await, 413);
    let outcome = scene.finish().await;
    assert_eq!(
        [Metric::WebhookRejected, Metric::OversizedDeliveries].map(|metric| outcome.total(metric)),
        [1.0; 2]
    );
}

/// The largest push that Lambda takes, of nearly as many commits as GitHub lists, leaves half of the function's memory free.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn large_body_in_the_functions_memory() {
    let mut scene = Scene::with(with_webhook()).await;
    let message = "Add a thing ".repeat(170);
    let commits: Vec<_> = (1..=2000).map(|number| commit(number, "10:00", &message)).collect();
    let (headers, body) = push("acme/shop", "main", None, &commits, at("12:00"));
    assert!((5_000_000..6_000_000).contains(&body.len()), "{} bytes", body.len());
    assert_eq!(scene.delivers("12:00", &(headers, body)).await, 200);
    let process = scene.cloud.webhook_process().unwrap();
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim();
    let most: u32 = most.trim_end_matches(" kB").parse().unwrap();
    let memory = scene.cloud.plan().commit_ingestion.as_ref().unwrap().webhook.memory;
    assert!(most / 1024 < memory / 2, "{most} KiB of {memory} MiB");
    // All of it is on its way to the lake.
    scene.runs(&execution("e1", "13:00").revision(&commit_id(2000))).await;
    let outcome = scene.finish().await;
    assert_eq!(outcome.total(Metric::CommitLeadTime), 2000.0 * 3.0 * 3600.0);
    assert!(outcome.dead_letters.is_empty());
}

/// One rotation is enough to revoke a secret: GitHub has a day to get the new one.
#[tokio::test]
async fn secret_that_was_replaced() {
    let mut scene = Scene::with(with_webhook()).await;
    let delivery = push("acme/shop", "main", None, &[commit(1, "10:00", "Begin")], at("12:00"));
    assert_eq!(scene.delivers("12:00", &delivery).await, 200);
    // What signs deliveries here still has the old one.
    let now = at("12:01");
    scene.services().secret.as_mut().unwrap().replace("another", now);
    for (time, status) in [
        ("12:02", 200),
        ("12:10", 200),
        ("16 12:00", 200),
        ("16 12:01", 401),
        ("16 12:05", 401),
        ("18 00:00", 401),
    ] {
        assert_eq!(scene.delivers(time, &delivery).await, status, "{time}");
    }
}

#[tokio::test]
async fn secret_that_is_revoked_at_once() {
    let mut config = with_webhook();
    config["webhookSecretOverlap"] = "0".into();
    let mut scene = Scene::with(config).await;
    let delivery = push("acme/shop", "main", None, &[commit(1, "10:00", "Begin")], at("12:00"));
    assert_eq!(scene.delivers("12:00", &delivery).await, 200);
    let now = at("12:01");
    scene.services().secret.as_mut().unwrap().replace("another", now);
    assert_eq!(scene.delivers("12:06", &delivery).await, 401);
}

/// A change of thousands of commits, of a repository that twenty teams own, is more than one call of `PutMetricData` takes: each
/// commit counts once, in every breakdown.
#[tokio::test]
async fn change_of_thousands_of_commits_with_twenty_teams() {
    let mut settings = with_webhook();
    settings["teams"] =
        (0..20).map(|team| (format!("team-{team}"), serde_json::json!(["acme/shop"]))).collect();
    let mut scene = Scene::with(settings).await;
    scene.pushes("08:00", "main", 0, &[commit(1, "07:00", "Begin")]).await;
    scene.runs(&execution("e1", "08:30").revision(&commit_id(1))).await;
    let mut before = 1;
    for push in 0..5 {
        let numbers = before + 1..before + 1 + if push < 4 { 1500 } else { 750 };
        let commits: Vec<_> = numbers.map(|number| commit(number, "09:00", "Add")).collect();
        scene.pushes(&format!("10:0{push}"), "main", before, &commits).await;
        before += u32::try_from(commits.len()).unwrap();
    }
    // The second call is not heard of at first: neither of its values is there twice, nor missing.
    scene.services().faults.spare("cloudwatch:PutMetricData", 1);
    scene.fails("cloudwatch:PutMetricData", Fault::AfterEffect(lost()), 1);
    scene.runs(&execution("e2", "12:00").revision(&commit_id(before))).await;
    scene.finish().await;
    scene.reconciles("15:30").await;
    scene.reconciles("15:45").await;
    let outcome = scene.finish().await;
    let commits = |dimension: &str| {
        let of = outcome.metrics.iter().filter(|metric| metric.name == Metric::CommitLeadTime.name());
        let of = of.filter(|metric| metric.dimensions.contains_key(dimension) || dimension.is_empty());
        let of = of.filter(|metric| !dimension.is_empty() || metric.dimensions.is_empty());
        of.map(|metric| metric.points.iter().map(|point| point.values.len()).sum()).collect::<Vec<usize>>()
    };
    assert_eq!(commits(""), [6751], "{}", report(&outcome));
    assert_eq!(commits("Repository"), [6751]);
    assert_eq!(commits("Team"), [6751; 20]);
}

/// The teams change when CloudWatch has the first of several calls: the next would be of other data, and nobody puts it.
#[tokio::test]
async fn teams_that_change_between_two_calls() {
    let with_teams = |prefix: &str| {
        let mut settings = with_webhook();
        settings["teams"] =
            (0..20).map(|team| (format!("{prefix}-{team}"), serde_json::json!(["acme/shop"]))).collect();
        settings
    };
    let mut scene = Scene::with(with_teams("team")).await;
    scene.pushes("08:00", "main", 0, &[commit(1, "07:00", "Begin")]).await;
    scene.runs(&execution("e1", "08:30").revision(&commit_id(1))).await;
    let second = |number: u32| at("08:00") + SignedDuration::from_secs(i64::from(number));
    let commits =
        (2..6002).map(|number| PushedCommit { time: second(number), ..commit(number, "08:00", "Add") });
    let commits: Vec<_> = commits.collect();
    for (minute, chunk) in commits.chunks(1500).enumerate() {
        let before = u32::try_from(1 + minute * 1500).unwrap();
        scene.pushes(&format!("10:0{minute}"), "main", before, chunk).await;
    }
    scene.finish().await;
    scene.services().faults.spare("cloudwatch:PutMetricData", 2);
    scene.fails("cloudwatch:PutMetricData", Fault::throttled(), 1000);
    scene.runs(&execution("e2", "12:00").revision(&commit_id(6001))).await;
    scene.until("12:20").await;
    scene.services().faults.clear();
    scene.configured(&with_teams("group"));
    scene.finish().await;
    scene.reconciles("13:00").await;
    let outcome = scene.finish().await;
    let facts = outcome.facts.iter().filter(|fact| fact.execution_id.as_deref() == Some("e2"));
    let states: Vec<_> = facts.map(|fact| (fact.kind, fact.state)).collect();
    assert!(states.contains(&(FactKind::LeadTime, FactState::Undecided)), "{states:?}");
    assert_eq!(outcome.total(Metric::UndecidedFacts), 1.0);
}

fn lost() -> AwsError {
    AwsError::new("InternalFailure", "The answer was lost").with_status(500)
}
