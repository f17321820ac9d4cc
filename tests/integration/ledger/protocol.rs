//! The ledger's protocol, step by step, through its own client.

mod facts;
mod incidents;
mod timeline;

use super::Endpoint;
use crate::scene::{TOOLING, at};
use functions::{
    ledger::{Claim, Claimed, Ledger, Missed, Owner},
    runtime::error::Error,
};
use metrics_lib::{
    deployment_frequency,
    event::{Deployment, Incident, Reference, SourceKind, SourceRevision},
    fact::{Fact, FactState, Publication, RepositoryMetrics, Teams},
    identity::{DeploymentKey, IncidentKey},
    publication::{self, Call, Put},
    rules::ReworkRule,
    time_to_restore::{self, StatusChange, ToldBy},
};
use std::{
    fmt::{Debug, Write},
    time::{Duration, Instant},
};

/// Plays the protocol and returns the answers as a report.
pub(super) async fn play(endpoint: &Endpoint) -> String {
    let mut report = Report { ledger: ledger(endpoint), text: String::new() };
    facts::claims(&mut report).await;
    facts::kinds(&mut report).await;
    incidents::decisions(&mut report).await;
    incidents::links(&mut report).await;
    timeline::deployments(&mut report, endpoint).await;
    timeline::open(&mut report).await;
    timeline::counts(&mut report).await;
    timeline::watermarks(&mut report).await;
    report.text
}

/// What is said where there is no table.
pub(super) async fn without_table(endpoint: &Endpoint) -> String {
    let mut report = Report { ledger: ledger(endpoint), text: String::new() };
    report.claims("a claim", &deployed("shop", "e1", "11:00"), ("m1", "i1"), "12:00").await;
    let noted = report.ledger.note_pending(&resolved(1, "10:00", "11:00")).await;
    report.tell("a note", &noted);
    let done = report.ledger.known_of(&key("shop", "e1")).await;
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
        let answer = self.claim(fact, owner(message, invocation), time).await;
        self.claimed(step, answer)
    }

    fn claimed(&mut self, step: &str, answer: Result<Claim, Error>) -> Option<Claimed> {
        match answer {
            Ok(Claim::Taken(claimed)) => {
                self.tell(step, &Ok("taken"));
                Some(*claimed)
            }
            Ok(Claim::Missed(missed)) => {
                self.tell(step, &Ok(missed));
                None
            }
            Err(error) => {
                self.tell(step, &Err::<Missed, _>(error));
                None
            }
        }
    }

    async fn claim(&mut self, fact: &Fact, owner: Owner<'_>, time: &str) -> Result<Claim, Error> {
        self.ledger
            .claim((fact, fact.repository.as_deref()), FactState::Published, &calls(fact), owner, at(time))
            .await
    }

    async fn marks(&mut self, step: &str, claimed: &mut Option<Claimed>, put: Put, time: &str) {
        let answer = self.ledger.mark(claimed.as_mut().unwrap(), put, None, at(time)).await;
        self.tell(step, &answer.map(|held| if held { "held" } else { "lost" }));
    }

    async fn closes(&mut self, step: &str, fact: &Fact, message: &str, time: &str) {
        let state = FactState::Unpublishable;
        let answer = self.ledger.close(fact, state, owner(message, "i"), at(time)).await;
        self.tell(step, &answer);
    }

    /// Decides the doubts by what CloudWatch shows.
    async fn decides(&mut self, step: &str, shown: Option<usize>, time: &str) {
        let doubts = self.ledger.doubts().await;
        let doubts = doubts.unwrap();
        self.tell(&format!("{step}: on the list"), &Ok(doubts.len()));
        for mut doubt in doubts {
            let answer = self.ledger.decide_doubt(&mut doubt, shown, at(time)).await;
            self.tell(&format!("{step}: decided"), &answer);
            self.tell(&format!("{step}: it stands"), &Ok(&doubt.standing));
            if answer.unwrap() {
                self.ledger.settle_doubt(&doubt).await.unwrap();
            }
        }
    }

    /// Claims and publishes a fact.
    async fn publishes(&mut self, fact: &Fact, message: &str, time: &str) {
        let Ok(Claim::Taken(mut claimed)) = self.claim(fact, owner(message, "i"), time).await else {
            panic!("{fact:?} can't be claimed")
        };
        assert!(self.ledger.mark(&mut claimed, Put::Taken, None, at(time)).await.unwrap());
    }
}

/// The calls of a fact.
fn calls(fact: &Fact) -> Vec<Call> {
    let Ok(Publication::Batch(batch)) =
        fact.publication(&Teams::default(), &RepositoryMetrics::All, fact.time)
    else {
        return Vec::new();
    };
    publication::calls(&batch, fact.repository.as_deref())
}

fn owner<'a>(message: &'a str, invocation: &'a str) -> Owner<'a> {
    owner_of(message, "created", invocation)
}

fn owner_of<'a>(message: &'a str, told: &'a str, invocation: &'a str) -> Owner<'a> {
    Owner { message, told, invocation, deadline: Instant::now() + Duration::from_secs(60) }
}

fn key(pipeline: &str, id: &str) -> DeploymentKey {
    format!("{TOOLING}/eu-west-1/{pipeline}/{id}").parse().unwrap()
}

fn deployment(pipeline: &str, id: &str, time: &str) -> Deployment {
    let source = SourceRevision {
        kind: SourceKind::Git,
        provider: None,
        connection: None,
        repository: format!("acme/{pipeline}"),
        reference: Reference::Branch("main".into()),
        revision: None,
        message: None,
    };
    let (key, time, rule) = (key(pipeline, id), at(time), "rule".to_owned());
    Deployment { key, time, began: time, ended_as: None, source, rule, actions: Vec::new() }
}

fn deployed(pipeline: &str, id: &str, time: &str) -> Fact {
    deployment_frequency::deployment(&deployment(pipeline, id, time), &ReworkRule::default())
}

fn incident_key(account: &str, number: u32) -> IncidentKey {
    format!("{account}/eu-west-1/oi-{number:012x}").parse().unwrap()
}

fn incident_of(account: &str, number: u32, created: &str) -> Incident {
    Incident {
        key: incident_key(account, number),
        created: at(created),
        title: String::new(),
        description: String::new(),
        deployment: None,
        repository: None,
        units: Vec::new(),
    }
}

fn incident(number: u32, created: &str) -> Incident {
    incident_of(TOOLING, number, created)
}

fn resolved(number: u32, created: &str, resolved: &str) -> Fact {
    let key = incident_key(TOOLING, number);
    let resolution = StatusChange { time: at(resolved), is_resolved: true, told_by: ToldBy::Event };
    time_to_restore::resolved_without_deployment(&key, at(created), &resolution, None).unwrap()
}
