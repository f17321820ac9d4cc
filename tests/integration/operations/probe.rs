//! `dora doctor --probe`: each hop is told, and the first that is broken is the one that it names.

use super::{Said, doctor::outputs, dora};
use crate::scene::{Scene, commit, execution, ops_item, report, with_webhook};
use fake_aws::{AwsError, Fault};
use jiff::SignedDuration;
use metrics_lib::contract::{Metric, probe::HEARTBEAT};
use program::plan::Plan;
use serde_json::Value;
use simulator::{replay_result::ReplayResult, trouble::Trouble};

/// What is said of the probe.
fn probe(said: &Said) -> String {
    let lines = said.out.lines();
    lines.filter(|line| line.contains("  probe ")).map(|line| format!("{line}\n")).collect()
}

pub(super) async fn send(scene: &mut Scene) -> Said {
    let outputs = outputs(scene);
    dora(scene, &["doctor", "--probe", "--outputs", outputs.path().to_str().unwrap()]).await
}

#[tokio::test]
async fn every_hop_is_passed() {
    let mut scene = Scene::with(with_webhook()).await;
    scene.runs(&execution("e1", "09:00")).await;
    scene.reconciles("12:00").await;
    let said = send(&mut scene).await;
    assert_eq!(said.code, 0, "{}", said.report());
    insta::assert_snapshot!(probe(&said));
}

/// What is named, when something is broken.
async fn check(change: fn(&mut Plan), broken: fn(&mut Scene), expected: &[&str]) {
    let mut scene = Scene::planned(with_webhook(), change).await;
    broken(&mut scene);
    let said = send(&mut scene).await;
    let report = probe(&said);
    let failed = report.lines().filter_map(|line| line.strip_prefix("FAILED   probe to "));
    let failed: Vec<&str> = failed.map(|line| line.split_once(": ").unwrap().0).collect();
    assert_eq!((said.code, &*failed), (3, expected), "{report}{}", said.err);
    let outcome = scene.finish().await;
    assert_eq!(outcome.facts.len(), 0);
}

/// Somebody causes trouble.
macro_rules! trouble {
    ($trouble:expr) => {
        |scene: &mut Scene| {
            scene.cloud.trouble($trouble);
        }
    };
}

/// An operation is refused, to whomever.
macro_rules! refused {
    ($operation:expr) => {
        |scene: &mut Scene| {
            let refused = Fault::Refused(AwsError::new("AccessDeniedException", "no"));
            scene.services().faults.add($operation, refused, usize::MAX);
        }
    };
}

/// Each hop that is broken on purpose is the one that is named, for each function that it leads to and no other.
#[tokio::test]
async fn the_broken_hop_is_named() {
    let same = |_: &mut Plan| ();
    check(same, refused!("events:PutEvents"), &["all functions, bus default"]).await;
    check(
        same,
        trouble!(Trouble::RuleOff("dora-probe")),
        &[
            "deployments, rule dora-probe",
            "incidents, rule dora-probe",
            "lead-time-for-changes, rule dora-probe",
        ],
    )
    .await;
    let bus = [
        "deployments, bus dora-events",
        "incidents, bus dora-events",
        "lead-time-for-changes, bus dora-events",
    ];
    check(same, trouble!(Trouble::BusRefuses), &bus).await;
    // The policy of the bus does not know the source.
    check(|plan| plan.bus.policy.clear(), |_| (), &bus).await;
    check(
        same,
        trouble!(Trouble::RuleOff("dora-probe-to-deployments")),
        &["deployments, rule dora-probe-to-deployments"],
    )
    .await;
    check(
        same,
        trouble!(Trouble::QueueRefuses("dora-lead-time-for-changes")),
        &["lead-time-for-changes, queue dora-lead-time-for-changes"],
    )
    .await;
    check(same, trouble!(Trouble::TriggerOff("incidents")), &["incidents, function dora-incidents"]).await;
    check(same, trouble!(Trouble::Dies("incidents")), &["incidents, function dora-incidents"]).await;
    check(same, trouble!(Trouble::NoConcurrency("deployments")), &["deployments, function dora-deployments"])
        .await;
}

/// The same on the way to the lake.
#[tokio::test]
async fn the_broken_hop_to_the_lake_is_named() {
    let same = |_: &mut Plan| ();
    let throttled = |plan: &mut Plan| plan.commit_ingestion.as_mut().unwrap().gate.throttle.burst = 0;
    check(throttled, |_| (), &["the lake, API dora-github"]).await;
    check(same, trouble!(Trouble::Dies("github-webhook")), &["the lake, function dora-github-webhook"]).await;
    let unreadable = |plan: &mut Plan| {
        plan.commit_ingestion.as_mut().unwrap().webhook.permissions.retain(|of| of.sid != "Secret")
    };
    check(unreadable, |_| (), &["the lake, secret dora-github-webhook"]).await;
    check(same, refused!("firehose:PutRecordBatch"), &["the lake, stream dora-changes"]).await;
    let lake = "the lake, dora-commit-transform on the way to bucket dora-lake-999999999999-eu-west-1";
    check(same, trouble!(Trouble::Dies("commit-transform")), &[lake]).await;
    check(same, trouble!(Trouble::LakeRefuses), &[lake]).await;
    check(same, refused!("athena:StartQueryExecution"), &["the lake, workgroup dora"]).await;
}

/// An address where nobody answers; and without an address, or the right to read the secret, the rest is tried all the same.
#[tokio::test]
async fn the_lake_can_not_be_tried() {
    let mut scene = Scene::with(with_webhook()).await;
    let nowhere = outputs(&scene);
    let text = std::fs::read_to_string(nowhere.path()).unwrap();
    let url = scene.cloud.operator().webhook_url.unwrap();
    std::fs::write(nowhere.path(), text.replace(&url, "http://127.0.0.1:1/github")).unwrap();
    let path = nowhere.path().to_str().unwrap();
    let said = dora(&mut scene, &["doctor", "--probe", "--outputs", path]).await;
    assert!(probe(&said).contains("FAILED   probe to the lake, API dora-github: "), "{}", said.report());
    for (arguments, outcome) in [
        (&["doctor", "--probe"][..], "the webhook's address is not known"),
        (&["doctor", "--probe", "--outputs", path], "AccessDeniedException"),
    ] {
        let refused = Fault::Refused(AwsError::new("AccessDeniedException", "no"));
        scene.services().faults.add("secretsmanager:GetSecretValue", refused, usize::MAX);
        let said = dora(&mut scene, arguments).await;
        let skipped = "skipped  probe to the lake: ";
        let lines = probe(&said);
        let line = lines.lines().find_map(|line| line.strip_prefix(skipped)).unwrap();
        assert!(line.contains(outcome) && !lines.contains("FAILED"), "{}", said.report());
    }
}

/// Heartbeats are told of by account and region, and one that stays away is.
#[tokio::test]
async fn heartbeats() {
    let mut scene = Scene::begun("00:00", with_webhook(), |plan| plan.heartbeat.every = HEARTBEAT).await;
    scene.until("16 01:00").await;
    let told = async |scene: &mut Scene| {
        let said = dora(scene, &["doctor"]).await;
        let lines = said.out.lines().filter(|line| line.contains("  heartbeat "));
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    let first = told(&mut scene).await;
    scene.cloud.trouble(Trouble::BusRefusesAccounts);
    scene.until("18 03:00").await;
    insta::assert_snapshot!(first + "two days later\n" + &told(&mut scene).await);
}

/// What the queue of undelivered events keeps of a probe is taken out of it, and nothing else.
#[tokio::test]
async fn undelivered_probes_are_cleared_away() {
    let mut scene = Scene::with(with_webhook()).await;
    scene.cloud.trouble(Trouble::QueueRefuses("dora-deployments"));
    scene.runs(&execution("e1", "09:00")).await;
    for _ in 0..2 {
        let said = send(&mut scene).await;
        assert!(probe(&said).contains("NO_PERMISSIONS"), "{}", said.report());
    }
    scene.cloud.recover();
    let said = send(&mut scene).await;
    let left = "FAILED   queue dora-undelivered: holds 1 messages";
    assert!(said.out.contains(left), "{}", said.report());
    assert!(!probe(&said).contains("FAILED"), "{}", said.report());
}

/// As one JSON object.
#[tokio::test]
async fn as_json() {
    let mut scene = Scene::with(with_webhook()).await;
    scene.cloud.trouble(Trouble::RuleOff("dora-probe-to-incidents"));
    let said = dora(&mut scene, &["doctor", "--probe", "--json"]).await;
    let report: Value = serde_json::from_str(&said.out).unwrap();
    let findings: Vec<&Value> = report["findings"].as_array().unwrap().iter().collect();
    let of = |subject: &str| {
        findings.iter().find(|finding| finding["check"] == "probe" && finding["subject"] == subject).unwrap()
    };
    let passed = of("to deployments, function dora-deployments");
    assert_eq!((&passed["verdict"], &passed["after"]), (&"ok".into(), &0.0.into()));
    let failed = of("to incidents, rule dora-probe-to-incidents");
    assert_eq!((said.code, &failed["verdict"]), (3, &"failed".into()));
    let behind = of("to incidents, queue dora-incidents");
    assert_eq!(behind["verdict"], "skipped");
}

/// A world with probes has the same metrics and facts as one without.
#[tokio::test]
async fn probes_count_in_no_metric() {
    async fn played(probes: bool) -> ReplayResult {
        let every = if probes { SignedDuration::from_hours(1) } else { SignedDuration::from_hours(10_000) };
        let mut scene = Scene::begun("00:00", with_webhook(), |plan| plan.heartbeat.every = every).await;
        scene.pushes("08:00", "main", 0, &[commit(1, "07:00", "Begin")]).await;
        scene.runs(&execution("e1", "09:00")).await;
        if probes {
            send(&mut scene).await;
        }
        scene.until("10:00").await;
        scene.raises(&ops_item(1, "10:00")).await;
        scene.succeeded(&execution("e1", "09:00"));
        if probes {
            send(&mut scene).await;
        }
        scene.until("11:00").await;
        scene.resolves(&ops_item(1, "10:00"), "11:00").await;
        scene.reconciles("13:00").await;
        scene.finish().await
    }
    // How long ago an event came is what they are for.
    fn whole(outcome: &ReplayResult) -> Value {
        let mut outcome = serde_json::to_value(outcome).unwrap();
        let metrics = outcome["metrics"].as_array_mut().unwrap();
        metrics.retain(|metric| metric["name"] != Metric::SinceLastEvent.name());
        outcome
    }
    let (with, without) = (played(true).await, played(false).await);
    assert!(report(&without).contains("Deployments acme/shop"), "{}", report(&without));
    assert_eq!(report(&with), report(&without));
    assert_eq!(whole(&with), whole(&without));
}
