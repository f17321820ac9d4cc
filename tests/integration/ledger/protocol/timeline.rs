//! What the index lists, what of it is open and counted, and how far the reconciler has come.

use super::{Report, deployed, deployment, incident, key, ledger, resolved};
use crate::{
    ledger::Endpoint,
    scene::{TOOLING, at},
};
use functions::{
    ledger::{Reached, Watermark},
    runtime::error::Error,
};
use jiff::Timestamp;
use metrics_lib::{
    event::DeploymentRef,
    fact::{Fact, FactId},
    identity::DeploymentKey,
    place::Place,
};

/// More than a page of the index.
pub(super) async fn deployments(report: &mut Report, endpoint: &Endpoint) {
    report.section("Timeline");
    for number in 0..30 {
        // Later ones first, and 100 KB each.
        let time = format!("20 12:{:02}", 59 - number);
        // The one of 12:44 is an image: it is in no range of commits.
        let revision = (number != 15).then(|| format!("{number:040x}"));
        let deployed = deployed("shop", &format!("f{number}"), &time);
        let fact = Fact { evidence: "x".repeat(100_000), revision, ..deployed };
        report.publishes(&fact, "m1", "20 13:00").await;
    }
    let ids = |found: Vec<(DeploymentRef, Timestamp)>| {
        found.into_iter().map(|(found, _)| found.key.id().to_owned()).collect::<Vec<_>>().join(" ")
    };
    for (from, to) in [
        ("20 00:00", "21 00:00"),
        ("20 12:50", "20 12:59"),
        ("20 12:59", "20 12:59"),
        ("19 00:00", "20 12:31"),
        ("21 00:00", "22 00:00"),
    ] {
        let found = report.ledger.deployments_within(at(from)..at(to)).await.map(ids);
        report.tell(&format!("deployments from {from} to {to}"), &found);
    }
    for id in ["shop", "cart", "shop"] {
        let deployed = deployment(id, "e1", "11:00");
        report.ledger.remember_names(&deployed).await.unwrap();
        // A second process.
        ledger(endpoint).remember_names(&deployed).await.unwrap();
    }
    for (name, id, time) in [
        ("Acme/Shop", None, "11:00"),
        ("acme/shop", None, "12:00"),
        ("acme/shop", Some(7), "12:00"),
        ("acme/store", Some(7), "13:00"),
        ("acme/shop-2", None, "12:00"),
    ] {
        report.ledger.remember_repository(&name.into(), id, at(time)).await.unwrap();
        ledger(endpoint).remember_repository(&name.into(), id, at(time)).await.unwrap();
    }
    let named = report.ledger.repositories_named(&"ACME/shop".into()).await;
    report.tell("repositories of a name", &named);
    let with_id = report.ledger.repositories_with_id(7).await;
    report.tell("names of a repository", &with_id);
    let names = report.ledger.names().await.map(|names| (names.exact, names.pipelines));
    report.tell("other names", &names);
    let latest = report.ledger.latest_deployment("acme/shop", at("19 00:00")..at("20 12:45")).await;
    report.tell("the latest deployment", &latest.map(|latest| latest.map(|(deployed, _)| deployed.time)));
}

pub(super) async fn open(report: &mut Report) {
    report.section("What is open");
    let day = |text: &str| -> std::ops::Range<Timestamp> {
        at(&format!("{text} 00:00"))..at(&format!("{text} 23:59"))
    };
    let lead_time =
        |id: &str, time: &str| Fact { id: FactId::LeadTime(key("shop", id)), ..deployed("shop", id, time) };
    report.ledger.note_pending(&lead_time("g1", "22 12:00")).await.unwrap();
    report.ledger.note_pending(&lead_time("g2", "22 11:00")).await.unwrap();
    report.publishes(&lead_time("g3", "22 10:00"), "m1", "22 12:00").await;
    let open = report.ledger.open_lead_times(day("22")).await;
    let ids = |open: &[functions::ledger::PendingItem<DeploymentKey>], now: &str| {
        open.iter().map(|open| format!("{} {}", open.what.id(), open.is_due(at(now)))).collect::<Vec<_>>()
    };
    report.tell(
        "lead times, and whether they are due",
        &open.as_ref().map(|open| ids(open, "22 13:00")).map_err(|_| Error::OutOfTime),
    );
    report.ledger.tried(&open.unwrap()[0], at("22 13:00")).await.unwrap();
    let open = report.ledger.open_lead_times(day("22")).await.unwrap();
    report.tell("when the first was just tried", &Ok(ids(&open, "22 13:01")));
    report.tell("when a quarter of its age has passed", &Ok(ids(&open, "22 15:00")));
    report.ledger.note_pending(&resolved(4, "22 10:00", "22 12:00")).await.unwrap();
    report.publishes(&resolved(5, "22 10:00", "22 12:00"), "m1", "22 12:00").await;
    let restores = report.ledger.open_restores(day("22")).await;
    report.tell("restores", &restores);
    for (number, created) in [(6, "22 15:00"), (7, "22 14:00"), (8, "23 00:00")] {
        report.ledger.record_incident(&incident(number, created)).await.unwrap();
    }
    // All days are looked at once an hour; in between, the last two and those on which something is known to be open.
    report.ledger.note_pending(&lead_time("h1", "12 10:00")).await.unwrap();
    for (id, opened, now) in [
        ("", "", "28 12:05"),
        ("h2", "13 10:00", "28 12:20"),
        ("h3", "27 10:00", "28 12:35"),
        ("", "", "28 13:05"),
    ] {
        if !id.is_empty() {
            report.ledger.note_pending(&lead_time(id, opened)).await.unwrap();
        }
        let open = report.ledger.open_lead_times(at("12 00:00")..at(now)).await.unwrap();
        let ids: Vec<_> = open.iter().map(|open| open.what.id()).collect();
        report.tell(&format!("lead times of 17 days at {now}"), &Ok(ids));
    }
    let found = report.ledger.incidents_within(day("22")).await;
    let found = found.map(|found| found.into_iter().map(|found| found.key.to_string()).collect::<Vec<_>>());
    report.tell("incidents", &found);
}

pub(super) async fn counts(report: &mut Report) {
    report.section("What was published on a day");
    for day in ["15", "20", "22", "24"] {
        let count = report.ledger.published_on(at(&format!("{day} 00:00"))).await.map(|count| {
            let samples = count.samples.into_iter().filter(|(_, number)| *number > 0);
            (samples.collect::<Vec<_>>(), count.latest)
        });
        report.tell(day, &count);
    }
}

pub(super) async fn watermarks(report: &mut Report) {
    report.section("Horizons");
    let place = Place::new(TOOLING, "eu-west-1");
    for watermark in [Watermark::Executions, Watermark::OpsItems] {
        let reached = report.ledger.watermark(watermark, &place).await;
        report.tell(&format!("{watermark:?} at first"), &reached);
    }
    for (time, before, now) in [
        ("12:00", None, "12:15"),
        ("13:00", Some("12:00"), "13:15"),
        ("12:30", Some("12:00"), "13:16"),
        ("13:00", None, "13:17"),
    ] {
        let reached = Reached { time: at(time), before: before.map(at), at: at(now) };
        report.ledger.advance(Watermark::Executions, &place, reached).await.unwrap();
        let reached = report.ledger.watermark(Watermark::Executions, &place).await;
        report.tell(&format!("advanced to {time}"), &reached);
    }
    for elsewhere in [("999999999999", "eu-west-1"), (TOOLING, "eu-west-11"), (TOOLING, "eu-west")] {
        let place = Place::new(elsewhere.0, elsewhere.1);
        let reached = report.ledger.watermark(Watermark::Executions, &place).await;
        report.tell(&format!("{elsewhere:?}"), &reached);
    }
    for day in ["20", "20", "19", "21"] {
        let begun = report.ledger.begin_comparison(at(&format!("{day} 00:00"))).await;
        report.tell(&format!("the comparison of day {day} begins"), &begun);
    }
}
