//! `dora doctor --probe`: each hop is told, and the first that is broken is the one that it names.

use super::{Said, dora};
use crate::scene::{Scene, commit, execution, ops_item, report, with_webhook};
use program::plan::Plan;
use serde_json::Value;
use simulator::{
    aws::{AwsError, Fault},
    outcome::Outcome,
    trouble::Trouble,
};

/// What is said of the probe.
fn probe(said: &Said) -> String {
    let lines = said.out.lines();
    lines.filter(|line| line.contains("  probe ")).map(|line| format!("{line}\n")).collect()
}

async fn send(scene: &mut Scene) -> Said {
    dora(scene, &["doctor", "--probe"]).await
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

/// Each hop that is broken on purpose is the one that is named, for each function that it leads to and no other.
#[tokio::test]
async fn the_broken_hop_is_named() {
    type Break = fn(&Scene);
    async fn check(change: fn(&mut Plan), broken: Break, expected: &[&str]) {
        let mut scene = Scene::planned(with_webhook(), change).await;
        broken(&scene);
        let said = send(&mut scene).await;
        let report = probe(&said);
        let failed = report.lines().filter_map(|line| line.strip_prefix("FAILED   probe to "));
        let failed: Vec<&str> = failed.map(|line| line.split_once(": ").unwrap().0).collect();
        assert_eq!((said.code, &*failed), (3, expected), "{report}{}", said.err);
        let outcome = scene.finish().await;
        assert_eq!(outcome.facts.len(), 0);
    }
    macro_rules! trouble {
        ($trouble:expr) => {
            |scene: &Scene| {
                scene.services().troubles.insert($trouble);
            }
        };
    }
    let same = |_: &mut Plan| ();
    check(
        same,
        |scene| {
            let refused = Fault::Refused(AwsError::new("AccessDeniedException", "no"));
            scene.services().faults.add("events:PutEvents", refused, 1);
        },
        &["all functions, bus default"],
    )
    .await;
    check(
        same,
        trouble!(Trouble::RuleOff("dora-probe")),
        &[
            "deployment-frequency, rule dora-probe",
            "change-failure-rate, rule dora-probe",
            "time-to-restore, rule dora-probe",
            "lead-time-for-changes, rule dora-probe",
        ],
    )
    .await;
    check(
        same,
        trouble!(Trouble::BusRefuses("dora-time-to-restore")),
        &["time-to-restore, bus dora-time-to-restore"],
    )
    .await;
    // The policy of a bus does not know the source.
    check(
        |plan| plan.buses[0].policy.clear(),
        |_| (),
        &["deployment-frequency, bus dora-deployment-frequency"],
    )
    .await;
    check(
        same,
        trouble!(Trouble::RuleOff("dora-deployment-frequency-probe")),
        &["deployment-frequency, rule dora-deployment-frequency-probe"],
    )
    .await;
    check(
        same,
        trouble!(Trouble::QueueRefuses("dora-lead-time-for-changes")),
        &["lead-time-for-changes, queue dora-lead-time-for-changes"],
    )
    .await;
    check(
        same,
        trouble!(Trouble::TriggerOff("change-failure-rate")),
        &["change-failure-rate, function dora-change-failure-rate"],
    )
    .await;
    check(
        same,
        trouble!(Trouble::Dies("time-to-restore")),
        &["time-to-restore, function dora-time-to-restore"],
    )
    .await;
    check(
        same,
        trouble!(Trouble::NoConcurrency("deployment-frequency")),
        &["deployment-frequency, function dora-deployment-frequency"],
    )
    .await;
}

/// What the queue of undelivered events keeps of a probe is taken out of it, and nothing else.
#[tokio::test]
async fn undelivered_probes_are_cleared_away() {
    let mut scene = Scene::with(with_webhook()).await;
    scene.services().troubles.insert(Trouble::QueueRefuses("dora-deployment-frequency"));
    scene.runs(&execution("e1", "09:00")).await;
    for _ in 0..2 {
        let said = send(&mut scene).await;
        assert!(probe(&said).contains("NO_PERMISSIONS"), "{}", said.report());
    }
    scene.services().troubles.clear();
    let said = send(&mut scene).await;
    let left = "FAILED   queue dora-undelivered: holds 1 messages";
    assert!(said.out.contains(left), "{}", said.report());
    assert!(!probe(&said).contains("FAILED"), "{}", said.report());
}

/// As one JSON object.
#[tokio::test]
async fn as_json() {
    let mut scene = Scene::with(with_webhook()).await;
    scene.services().troubles.insert(Trouble::RuleOff("dora-time-to-restore-probe"));
    let said = dora(&mut scene, &["doctor", "--probe", "--json"]).await;
    let report: Value = serde_json::from_str(&said.out).unwrap();
    let findings: Vec<&Value> = report["findings"].as_array().unwrap().iter().collect();
    let of = |subject: &str| {
        findings.iter().find(|finding| finding["check"] == "probe" && finding["subject"] == subject).unwrap()
    };
    let passed = of("to deployment-frequency, function dora-deployment-frequency");
    assert_eq!((&passed["verdict"], &passed["after"]), (&"ok".into(), &0.0.into()));
    let failed = of("to time-to-restore, rule dora-time-to-restore-probe");
    assert_eq!((said.code, &failed["verdict"]), (3, &"failed".into()));
    let behind = of("to time-to-restore, queue dora-time-to-restore");
    assert_eq!(behind["verdict"], "skipped");
}

/// A world with probes has the same metrics and facts as one without.
#[tokio::test]
async fn probes_count_in_no_metric() {
    async fn played(probes: bool) -> Outcome {
        let mut scene = Scene::with(with_webhook()).await;
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
    let (with, without) = (played(true).await, played(false).await);
    assert!(report(&without).contains("Deployments acme/shop"), "{}", report(&without));
    assert_eq!(report(&with), report(&without));
    let whole = |outcome: &Outcome| serde_json::to_value(outcome).unwrap();
    assert_eq!(whole(&with), whole(&without));
}
