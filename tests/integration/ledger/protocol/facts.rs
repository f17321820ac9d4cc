//! Facts: who may publish them, and which are done.

use super::{Report, deployed, deployment, incident, incident_key, key, owner_of, resolved};
use crate::scene::{TOOLING, at};
use functions::ledger::Owner;
use metrics_lib::{change_failure_rate, event::Deployed, fact::FactState};

pub(super) async fn claims(report: &mut Report) {
    report.section("Claims");
    let fact = deployed("shop", "e1", "11:00");
    let first = report.claims("a new fact", &fact, ("m1", "i1"), "12:00").await;
    report.claims("while the claim holds, by another message", &fact, ("m2", "i2"), "12:01").await;
    report.claims("while the claim holds, by the same message", &fact, ("m1", "i3"), "12:01").await;
    report.claims("at the end of the lease", &fact, ("m1", "i4"), "12:02").await;
    let second = report.claims("after the lease", &fact, ("m2", "i5"), "12:02:00.000001").await;
    report.marks("the first claim is marked", first.as_ref(), FactState::Published).await;
    report.marks("the second claim is let go", second.as_ref(), FactState::Pending).await;
    let third = report.claims("what was let go", &fact, ("m1", "i6"), "12:03").await;
    report.marks("the third claim is marked", third.as_ref(), FactState::Published).await;
    report.claims("done, by the same message", &fact, ("m1", "i7"), "12:04").await;
    report.claims("done, by another message", &fact, ("m2", "i8"), "12:04").await;
    report.marks("marked again", third.as_ref(), FactState::Published).await;
    for (step, message) in [("the first", "m3"), ("the same", "m3"), ("another", "m4")] {
        let answer = report.ledger.claim(&fact, owner_of(message, "stage", "i9"), at("12:05")).await;
        report.tell(&format!("done, by {step} message of another event"), &answer);
    }

    report.section("Claims of the reconciler");
    let fact = deployed("shop", "e2", "11:00");
    let claimed = report.claims("a new fact", &fact, (Owner::RECONCILER, "i1"), "12:00").await;
    report.marks("marked", claimed.as_ref(), FactState::Unpublishable).await;
    report.claims("done, by the reconciler", &fact, (Owner::RECONCILER, "i2"), "12:15").await;
    report.claims("done, by the first message", &fact, ("m1", "i3"), "12:16").await;
    report.claims("done, by the first message again", &fact, ("m1", "i4"), "12:17").await;
    report.claims("done, by a second message", &fact, ("m2", "i5"), "12:18").await;
    report.claims("done, by the reconciler again", &fact, (Owner::RECONCILER, "i6"), "12:30").await;

    report.section("Facts that can't be decided yet");
    let fact = resolved(1, "10:00", "11:00");
    for step in ["a new fact", "a known one"] {
        let answer = report.ledger.note_pending(&fact).await;
        report.tell(step, &answer);
    }
    let claimed = report.claims("it is claimed", &fact, ("m1", "i1"), "12:00").await;
    let answer = report.ledger.note_pending(&fact).await;
    report.tell("a claimed one", &answer);
    let id = incident_key(TOOLING, 1);
    let restored = report.ledger.is_restored(&id).await;
    report.tell("restored while it is claimed", &restored);
    report.marks("marked", claimed.as_ref(), FactState::Published).await;
    let restored = report.ledger.is_restored(&id).await;
    report.tell("restored when it is published", &restored);
    let elsewhere = report.ledger.is_restored(&incident_key("999999999999", 1)).await;
    report.tell("restored in another account", &elsewhere);
}

/// Facts of several kinds, and of executions of several pipelines with one id, in one partition.
pub(super) async fn kinds(report: &mut Report) {
    report.section("Kinds");
    let blamed = Deployed::from(&deployment("cart", "e3", "11:00"));
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
    let mut found = report.ledger.deployments_of("e3").await;
    found.iter_mut().for_each(|found| found.sort());
    report.tell("deployments of the id", &found);
    let none = report.ledger.deployments_of("e").await;
    report.tell("deployments of an id that it begins with", &none);
}
