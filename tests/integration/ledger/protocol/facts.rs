//! Facts: who may publish them, and which are done.

use super::{Report, deployed, deployment, incident, incident_key, key, owner_of, resolved};
use crate::scene::TOOLING;
use functions::ledger::Owner;
use metrics_lib::{change_failure_rate, event::DeploymentRef, publication::Put};

pub(super) async fn claims(report: &mut Report) {
    report.section("Claims");
    let fact = deployed("shop", "e1", "11:00");
    let mut first = report.claims("a new fact", &fact, ("m1", "i1"), "12:00").await;
    report.claims("while the claim holds, by another message", &fact, ("m2", "i2"), "12:01").await;
    report.claims("while the claim holds, by the same message", &fact, ("m1", "i3"), "12:01").await;
    report.marks("CloudWatch refuses it", &mut first, Put::Refused, "12:01").await;
    let mut second = report.claims("what was refused", &fact, ("m1", "i4"), "12:01").await;
    report.marks("CloudWatch has it", &mut second, Put::Taken, "12:01").await;
    report.marks("marked again", &mut second, Put::Taken, "12:01").await;
    report.claims("done, by the same message", &fact, ("m1", "i7"), "12:04").await;
    report.claims("done, by another message", &fact, ("m2", "i8"), "12:04").await;
    for (step, message) in [("the first", "m3"), ("the same", "m3"), ("another", "m4")] {
        let answer = report.claim(&fact, owner_of(message, "stage", "i9"), "12:05").await;
        report.claimed(&format!("done, by {step} message of another event"), answer);
    }

    report.section("Publishers that are cut off");
    let fact = deployed("shop", "e4", "11:00");
    let mut claimed = report.claims("a new fact", &fact, ("m1", "i1"), "12:00").await;
    let neighbour = deployed("shop", "e5", "11:00:30");
    report.claims("one of the same minute", &neighbour, ("m2", "i2"), "12:01").await;
    report.claims("one of another minute", &deployed("shop", "e6", "11:01"), ("m3", "i3"), "12:01").await;
    report.claims("at the end of the lease", &fact, ("m1", "i4"), "12:02").await;
    report.marks("whoever was cut off marks it", &mut claimed, Put::Taken, "12:02").await;
    report.claims("again", &fact, ("m1", "i5"), "12:03").await;
    report.decides("too early", Some(1), "14:00").await;
    report.decides("CloudWatch does not show it", Some(1), "15:03").await;
    let mut again = report.claims("once more", &fact, ("m1", "i6"), "15:04").await;
    report.marks("nobody knows whether CloudWatch has it", &mut again, Put::Unknown, "15:04").await;
    report.claims("one of the same minute waits", &neighbour, ("m2", "i7"), "15:05").await;
    report.decides("CloudWatch shows it", Some(2), "18:05").await;
    report.publishes(&neighbour, "m2", "18:10").await;

    report.section("Publishers that are cut off, found by one of the same minute");
    let fact = deployed("cart", "e7", "11:00");
    report.claims("a new fact", &fact, ("m1", "i1"), "12:00").await;
    report.claims("one of the same minute", &deployed("cart", "e8", "11:00"), ("m2", "i2"), "12:05").await;
    report.decides("CloudWatch shows what can't be", Some(7), "15:06").await;
    report.claims("nobody puts it again", &fact, ("m1", "i3"), "15:07").await;

    report.section("Claims of the reconciler");
    let fact = deployed("shop", "e2", "11:00");
    report.closes("what is too old", &fact, Owner::RECONCILER, "12:00").await;
    report.claims("done, by the reconciler", &fact, (Owner::RECONCILER, "i2"), "12:15").await;
    report.claims("done, by the first message", &fact, ("m1", "i3"), "12:16").await;
    report.claims("done, by the first message again", &fact, ("m1", "i4"), "12:17").await;
    report.claims("done, by a second message", &fact, ("m2", "i5"), "12:18").await;
    report.closes("done, by the reconciler again", &fact, Owner::RECONCILER, "12:30").await;

    report.section("Facts that can't be decided yet");
    let fact = resolved(1, "10:00", "11:00");
    for step in ["a new fact", "a known one"] {
        let answer = report.ledger.note_pending(&fact).await;
        report.tell(step, &answer);
    }
    let mut claimed = report.claims("it is claimed", &fact, ("m1", "i1"), "12:00").await;
    let answer = report.ledger.note_pending(&fact).await;
    report.tell("a claimed one", &answer);
    let id = incident_key(TOOLING, 1);
    let restored = report.ledger.is_restored(&id).await;
    report.tell("restored while it is claimed", &restored);
    report.marks("marked", &mut claimed, Put::Taken, "12:00").await;
    let restored = report.ledger.is_restored(&id).await;
    report.tell("restored when it is published", &restored);
    let elsewhere = report.ledger.is_restored(&incident_key("999999999999", 1)).await;
    report.tell("restored in another account", &elsewhere);
}

/// Facts of several kinds, and of executions of several pipelines with one id, in one partition.
pub(super) async fn kinds(report: &mut Report) {
    report.section("Kinds");
    let blamed = DeploymentRef::from(&deployment("cart", "e3", "11:00"));
    let failed = change_failure_rate::failed_by_incident(&blamed, &incident(2, "11:30"), "it is named");
    report.publishes(&deployed("cart", "e3", "11:00"), "m1", "12:00").await;
    report.publishes(&failed, "m1", "12:00").await;
    // A pipeline's name may begin with another's.
    report
        .claims("an execution with the same id", &deployed("cart-eu", "e3", "11:00"), ("m2", "i2"), "12:00")
        .await;
    for pipeline in ["cart", "cart-eu", "car"] {
        let done = report.ledger.known_of(&key(pipeline, "e3")).await;
        report.tell(&format!("done of {pipeline}"), &done);
    }
    let mut found = report.ledger.deployments_called("e3").await;
    found.iter_mut().for_each(|found| found.sort());
    report.tell("deployments of the id", &found);
    let none = report.ledger.deployments_called("e").await;
    report.tell("deployments of an id that it begins with", &none);
}
