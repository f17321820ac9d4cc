//! Incidents, what they are attributed to, and what is linked with them.

use super::{Report, deployment, incident, incident_key, incident_of, key, owner};
use crate::scene::{TOOLING, at};
use functions::{
    ledger::{IncidentRecord, Owner},
    runtime::error::Error,
};
use metrics_lib::{
    attribution::Attribution,
    event::{DeploymentRef, Rollback},
    time_to_restore::{StatusChange, ToldBy},
};

pub(super) async fn decisions(report: &mut Report) {
    report.section("Incidents");
    let raised = incident(3, "11:30");
    let known = async |report: &Report| report.ledger.incidents(&raised.key.id()).await;
    for step in ["raised", "raised again, with another time"] {
        let again = incident(3, if step == "raised" { "11:30" } else { "11:45" });
        let record = report.ledger.record_incident(&again).await;
        report.tell(step, &record);
    }
    let record: IncidentRecord = report.ledger.record_incident(&raised).await.unwrap();
    let unattributed = Attribution::Unattributed { evidence: "nothing was deployed".into() };
    let attributed = |id: &str| Attribution::Deployment {
        deployment: DeploymentRef::from(&deployment("shop", id, "11:00")),
        evidence: "it is named".into(),
    };
    let decisions = [
        ("no deployment", &unattributed, "m1"),
        ("a deployment after all", &attributed("e1"), "m2"),
        ("another deployment", &attributed("e2"), "m3"),
        ("no deployment again", &unattributed, "m4"),
    ];
    for (step, attribution, message) in decisions {
        let record = known(report).await.unwrap().remove(0);
        let standing = report.ledger.decide(&record, attribution, owner(message, "i")).await;
        report.tell(&format!("decided: {step}"), &standing);
    }
    let decided = known(report).await;
    report.tell("what is known of it", &decided);
    for message in ["m1", "m2"] {
        let by = report.ledger.decided_by(&decided.as_ref().unwrap()[0], owner(message, "i")).await;
        report.tell(&format!("decided by, as {message} sees it"), &by);
    }
    let by = report.ledger.decided_by(&record, owner("m1", "i")).await;
    report.tell("decided by, of what was not decided", &by);
    let nowhere = IncidentRecord { key: incident_key(TOOLING, 99), ..record.clone() };
    let standing = report.ledger.decide(&nowhere, &unattributed, owner("m1", "i")).await;
    report.tell("decided: an incident that was never raised", &standing);

    let other = report.ledger.record_incident(&incident_of("999999999999", 3, "11:40")).await.unwrap();
    report.ledger.decide(&other, &attributed("e1"), owner(Owner::RECONCILER, "i")).await.unwrap();
    let both = known(report).await;
    report.tell("incidents of one id", &both.as_ref().map(Vec::len).map_err(|_| Error::OutOfTime));
    let other = both.unwrap().into_iter().find(|record| record.key == other.key).unwrap();
    for message in [Owner::RECONCILER, "m1", "m2"] {
        let by = report.ledger.decided_by(&other, owner(message, "i")).await;
        report.tell(&format!("decided by the reconciler, as {message} sees it"), &by);
    }
    for (time, is_resolved) in [("13:00", true), ("14:00", true), ("13:30", false), ("12:30", true)] {
        let change = StatusChange { time: at(time), is_resolved, told_by: ToldBy::Event };
        for _ in 0..2 {
            report.ledger.record_status(&record.key, &change).await.unwrap();
        }
        let statuses = report.ledger.statuses(&record.key).await;
        let resolution = statuses.map(|statuses| statuses.resolution().map(|change| change.time));
        report.tell(&format!("resolved at {time}: {is_resolved}"), &resolution);
    }
    let elsewhere = report.ledger.statuses(&other.key).await;
    report.tell("statuses of the other", &elsewhere);
}

pub(super) async fn links(report: &mut Report) {
    report.section("Links");
    let undone = DeploymentRef::from(&deployment("shop", "e1", "11:00"));
    let record = report.ledger.incidents(&incident_key(TOOLING, 3).id()).await.unwrap().remove(0);
    let blamed = report.ledger.blamed_by(&undone).await;
    report.tell("blamed by, before it is linked", &blamed);
    for step in ["a link", "the same link again"] {
        let linked = report.ledger.link_blame(&undone, &record).await;
        report.tell(step, &linked);
    }
    let names = |records: Vec<IncidentRecord>| {
        records.into_iter().map(|record| record.key.to_string()).collect::<Vec<_>>()
    };
    let blamed = report.ledger.blamed_by(&undone).await.map(names);
    report.tell("blamed by", &blamed);
    let fix = deployment("shop", "e4", "13:00");
    report.ledger.link_reference(&record.key.id(), &fix).await.unwrap();
    report.ledger.link_reference(&record.key.id(), &fix).await.unwrap();
    for pipeline in ["shop", "shop-eu"] {
        let (key, time) = (key(pipeline, "e5"), at("12:45"));
        let rollback = Rollback { key, time, rolled_back: undone.clone(), restored: None };
        report.ledger.link_rollback(&rollback).await.unwrap();
    }
    let restorers = report.ledger.restorers(&record).await;
    report.tell("what may have restored service", &restorers);
}
