//! The ledger's protocol, step by step, through its own client.

use super::Endpoint;
use crate::scene::{TOOLING, at};
use functions::{
    error::Error,
    ledger::{Claim, Claimed, Horizon, IncidentRecord, Ledger, Owner, Reached},
};
use jiff::Timestamp;
use metrics_lib::{
    attribution::Attribution,
    change_failure_rate, deployment_frequency,
    event::{
        Deployed, Deployment, ExecutionKey, Incident, OpsItemKey, Reference, Rollback, Source, SourceKind,
    },
    fact::{Fact, FactId, FactState},
    time_to_restore,
};
use std::{
    fmt::{Debug, Write},
    time::{Duration, Instant},
};

/// Plays the protocol and returns the answers as a report.
pub(super) async fn play(endpoint: &Endpoint) -> String {
    let mut report = Report { ledger: ledger(endpoint), text: String::new() };
    claims(&mut report).await;
    kinds(&mut report).await;
    incidents(&mut report).await;
    links(&mut report).await;
    timeline(&mut report, endpoint).await;
    open(&mut report).await;
    counts(&mut report).await;
    horizons(&mut report).await;
    report.text
}

/// What is said where there is no table.
pub(super) async fn without_table(endpoint: &Endpoint) -> String {
    let mut report = Report { ledger: ledger(endpoint), text: String::new() };
    report.claims("a claim", &deployed("shop", "e1", "11:00"), ("m1", "i1"), "12:00").await;
    let noted = report.ledger.note_pending(&resolved(1, "10:00", "11:00")).await;
    report.tell("a note", &noted);
    let done = report.ledger.done_of(&key("shop", "e1")).await;
    report.tell("a question", &done);
    report.text
}

fn ledger(endpoint: &Endpoint) -> Ledger {
    Ledger::new(endpoint.client(), endpoint.table.name.clone())
}

struct Report {
    ledger: Ledger,
    text: String,
}

impl Report {
    fn section(&mut self, name: &str) {
        writeln!(self.text, "\n# {name}").unwrap();
    }

    fn tell(&mut self, step: &str, answer: &Result<impl Debug, Error>) {
        match answer {
            Ok(answer) => writeln!(self.text, "{step}: {answer:?}"),
            Err(error) => writeln!(self.text, "{step}: refused, {error}"),
        }
        .unwrap();
    }

    async fn claims(
        &mut self,
        step: &str,
        fact: &Fact,
        (message, invocation): (&str, &str),
        time: &str,
    ) -> Option<Claimed> {
        let answer = self.ledger.claim(fact, owner(message, invocation), at(time)).await;
        match answer {
            Ok(Claim::Taken(claimed)) => {
                self.tell(step, &Ok("taken"));
                Some(claimed)
            }
            other => {
                self.tell(step, &other);
                None
            }
        }
    }

    async fn marks(&mut self, step: &str, claimed: Option<&Claimed>, state: FactState) {
        let answer = self.ledger.mark(claimed.unwrap(), state).await;
        self.tell(step, &answer.map(|held| if held { "held" } else { "lost" }));
    }

    /// Claims and publishes a fact.
    async fn publishes(&mut self, fact: &Fact, message: &str, time: &str) {
        let Ok(Claim::Taken(claimed)) = self.ledger.claim(fact, owner(message, "i"), at(time)).await else {
            panic!("{fact:?} can't be claimed")
        };
        assert!(self.ledger.mark(&claimed, FactState::Published).await.unwrap());
    }
}

fn owner<'a>(message: &'a str, invocation: &'a str) -> Owner<'a> {
    Owner { message, invocation, deadline: Instant::now() + Duration::from_secs(60) }
}

fn key(pipeline: &str, id: &str) -> ExecutionKey {
    let [account, region, pipeline, execution_id] = [TOOLING, "eu-west-1", pipeline, id].map(str::to_owned);
    ExecutionKey { account, region, pipeline, execution_id }
}

fn deployment(pipeline: &str, id: &str, time: &str) -> Deployment {
    let source = Source {
        kind: SourceKind::Git,
        repository: format!("acme/{pipeline}"),
        reference: Reference::Branch("main".into()),
        revision: None,
        message: None,
    };
    Deployment { key: key(pipeline, id), time: at(time), source }
}

fn deployed(pipeline: &str, id: &str, time: &str) -> Fact {
    deployment_frequency::deployment(&deployment(pipeline, id, time))
}

fn incident_key(account: &str, number: u32) -> OpsItemKey {
    let ops_item_id = format!("oi-{number:012x}").parse().unwrap();
    OpsItemKey { account: account.into(), region: "eu-west-1".into(), ops_item_id }
}

fn incident_of(account: &str, number: u32, created: &str) -> Incident {
    Incident {
        key: incident_key(account, number),
        created: at(created),
        title: String::new(),
        description: String::new(),
        execution_id: None,
        repository: None,
        pipelines: Vec::new(),
    }
}

fn incident(number: u32, created: &str) -> Incident {
    incident_of(TOOLING, number, created)
}

fn resolved(number: u32, created: &str, resolved: &str) -> Fact {
    let key = incident_key(TOOLING, number);
    time_to_restore::resolved_without_deployment(&key, at(created), at(resolved), None).unwrap()
}

async fn claims(report: &mut Report) {
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
async fn kinds(report: &mut Report) {
    report.section("Kinds");
    let blamed = Deployed::from(&deployment("cart", "e3", "11:00"));
    let failed =
        change_failure_rate::failed_by_incident(&blamed, &incident(2, "11:30"), "it is named", at("12:00"));
    report.publishes(&deployed("cart", "e3", "11:00"), "m1", "12:00").await;
    report.publishes(&failed, "m1", "12:00").await;
    // A pipeline's name may begin with another's.
    report
        .claims("an execution with the same id", &deployed("cart-eu", "e3", "11:00"), ("m2", "i2"), "12:00")
        .await;
    for pipeline in ["cart", "cart-eu", "car"] {
        let done = report.ledger.done_of(&key(pipeline, "e3")).await;
        report.tell(&format!("done of {pipeline}"), &done);
    }
    let mut found = report.ledger.deployments_of("e3").await;
    found.iter_mut().for_each(|found| found.sort());
    report.tell("deployments of the id", &found);
    let none = report.ledger.deployments_of("e").await;
    report.tell("deployments of an id that it begins with", &none);
}

async fn incidents(report: &mut Report) {
    report.section("Incidents");
    let raised = incident(3, "11:30");
    let known = async |report: &Report| report.ledger.incidents(&raised.key.ops_item_id).await;
    for step in ["raised", "raised again, with another time"] {
        let again = incident(3, if step == "raised" { "11:30" } else { "11:45" });
        let record = report.ledger.record_incident(&again).await;
        report.tell(step, &record);
    }
    let record: IncidentRecord = report.ledger.record_incident(&raised).await.unwrap();
    let unattributed = Attribution::Unattributed { evidence: "nothing was deployed".into() };
    let attributed = |id: &str| Attribution::Deployment {
        deployment: Deployed::from(&deployment("shop", id, "11:00")),
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
    for time in ["13:00", "14:00", "12:30"] {
        report.ledger.record_resolution(&record, at(time)).await.unwrap();
        let records = known(report).await.unwrap();
        let resolved = records.iter().find(|known| known.key == record.key).unwrap().resolved;
        report.tell(&format!("resolved at {time}"), &Ok(resolved));
    }
}

async fn links(report: &mut Report) {
    report.section("Links");
    let undone = Deployed::from(&deployment("shop", "e1", "11:00"));
    let record = report.ledger.incidents(&incident_key(TOOLING, 3).ops_item_id).await.unwrap().remove(0);
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
    report.ledger.link_reference(&record.key.ops_item_id, &fix).await.unwrap();
    report.ledger.link_reference(&record.key.ops_item_id, &fix).await.unwrap();
    for pipeline in ["shop", "shop-eu"] {
        let rollback =
            Rollback { key: key(pipeline, "e5"), time: at("12:45"), repository: None, rolled_back: None };
        report.ledger.link_rollback(&undone, &rollback).await.unwrap();
    }
    let restorers = report.ledger.restorers(&record).await;
    report.tell("what may have restored service", &restorers);
}

/// More than a page of the index.
async fn timeline(report: &mut Report, endpoint: &Endpoint) {
    report.section("Timeline");
    for number in 0..30 {
        // Later ones first, and 100 KB each.
        let time = format!("20 12:{:02}", 59 - number);
        let fact = Fact { evidence: "x".repeat(100_000), ..deployed("shop", &format!("f{number}"), &time) };
        report.publishes(&fact, "m1", "20 13:00").await;
    }
    let ids = |found: Vec<Deployed>| {
        found.into_iter().map(|found| found.key.execution_id).collect::<Vec<_>>().join(" ")
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
        let deployed = Deployed::from(&deployment(id, "e1", "11:00"));
        report.ledger.remember_names(&deployed).await.unwrap();
        // A second process.
        ledger(endpoint).remember_names(&deployed).await.unwrap();
    }
    let known = report.ledger.known_names().await.map(|known| (known.repositories, known.pipelines));
    report.tell("known names", &known);
}

async fn open(report: &mut Report) {
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
    let ids = |open: &[functions::ledger::Open<ExecutionKey>], now: &str| {
        open.iter()
            .map(|open| format!("{} {}", open.what.execution_id, open.is_due(at(now))))
            .collect::<Vec<_>>()
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
    let found = report.ledger.incidents_within(day("22")).await;
    let found =
        found.map(|found| found.into_iter().map(|open| open.what.key.to_string()).collect::<Vec<_>>());
    report.tell("incidents", &found);
}

async fn counts(report: &mut Report) {
    report.section("What was published on a day");
    for day in ["15", "20", "22", "24"] {
        let count = report.ledger.published_on(at(&format!("{day} 00:00"))).await.map(|count| {
            let samples = count.samples.into_iter().filter(|(_, number)| *number > 0);
            (samples.collect::<Vec<_>>(), count.latest)
        });
        report.tell(day, &count);
    }
}

async fn horizons(report: &mut Report) {
    report.section("Horizons");
    let place = (TOOLING, "eu-west-1");
    for horizon in [Horizon::Executions, Horizon::OpsItems] {
        let reached = report.ledger.horizon(horizon, place.0, place.1).await;
        report.tell(&format!("{horizon:?} at first"), &reached);
    }
    for (time, before, now) in [
        ("12:00", None, "12:15"),
        ("13:00", Some("12:00"), "13:15"),
        ("12:30", Some("12:00"), "13:16"),
        ("13:00", None, "13:17"),
    ] {
        let reached = Reached { time: at(time), before: before.map(at), at: at(now) };
        report.ledger.advance(Horizon::Executions, place, reached).await.unwrap();
        let reached = report.ledger.horizon(Horizon::Executions, place.0, place.1).await;
        report.tell(&format!("advanced to {time}"), &reached);
    }
    for elsewhere in [("999999999999", "eu-west-1"), (TOOLING, "eu-west-11"), (TOOLING, "eu-west")] {
        let reached = report.ledger.horizon(Horizon::Executions, elsewhere.0, elsewhere.1).await;
        report.tell(&format!("{elsewhere:?}"), &reached);
    }
    for day in ["20", "20", "19", "21"] {
        let begun = report.ledger.begin_comparison(at(&format!("{day} 00:00"))).await;
        report.tell(&format!("the comparison of day {day} begins"), &begun);
    }
}
