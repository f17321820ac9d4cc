//! The way of events: from the operations account's default bus over rules, bus and queues to the functions.
//!
//! It proves the way of the product's own source: the bus, queues and functions are those of all events, the rules have others
//! beside them for pipelines and `OpsItem`s. Nobody but AWS can put an event of `aws.codepipeline`.

use super::{
    undelivered::{self, Refusals},
    way::Way,
};
use crate::{
    doctor::{
        finding::Finding,
        resources::{UP, fault_of_rule, waiting},
    },
    installation::Installation,
    progress,
};
use anyhow::anyhow;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use functions::{
    ledger::Passed,
    runtime::{clock::Clock, error::Error},
    sources::events::Purpose,
};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::contract::probe::DETAIL_TYPE;
use program::plan::{Consumer, Rule};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::sleep;
use uuid::Uuid;

/// How long an event may take, beside what its queue delays it.
const LONGEST: SignedDuration = SignedDuration::from_secs(60);
/// How long to wait before looking again.
const POLL: Duration = Duration::from_secs(2);
/// Where it begins.
const DEFAULT_BUS: &str = "default";

/// A probe that was sent.
struct Sent {
    id: Uuid,
    at: Timestamp,
}

/// The functions that noted a probe, by their names in AWS.
type Seen = BTreeMap<String, Passed>;

/// Sends an event, and follows it to every function.
pub(super) async fn events(
    installation: &Installation,
    id: Uuid,
    progress: progress::Options,
) -> Vec<Finding> {
    let hop = format!("bus {DEFAULT_BUS}");
    let mut begin = Way::new("all functions");
    let sent = match send(installation, id).await {
        Ok((sent, taken)) => {
            begin.passed(&hop, Some(taken.duration_since(sent.at)));
            sent
        }
        Err(error) => {
            begin.failed(
                &hop,
                format!("{error:#}"),
                "let the operator put events of the installation's source",
            );
            return begin.findings;
        }
    };
    let consumers = &installation.plan.consumers;
    let seen = match look(installation, &sent, progress).await {
        Ok(seen) => seen,
        Err(error) => {
            begin.failed("ledger", error.to_string(), "let the operator read the ledger");
            return begin.findings;
        }
    };
    let refusals = match seen.len() < consumers.len() {
        true => undelivered::refusals(installation, sent.id).await,
        false => Refusals::default(),
    };
    let mut findings = begin.findings;
    for consumer in consumers {
        findings.extend(match seen.get(&consumer.function.resource) {
            Some(passed) => whole(installation, consumer, passed, sent.at),
            None => broken(installation, consumer, &refusals).await,
        });
    }
    findings
}

/// Puts the event on the default bus. Returns when that had taken it.
async fn send(installation: &Installation, id: Uuid) -> anyhow::Result<(Sent, Timestamp)> {
    let at = installation.clock.now()?;
    let entry = PutEventsRequestEntry::builder()
        .source(&installation.plan.probe_source)
        .detail_type(DETAIL_TYPE)
        .detail(serde_json::to_string(&Purpose::Probe(id))?)
        .build();
    let request = aws_sdk_eventbridge::Client::new(installation.sdk()).put_events().entries(entry);
    let answer = request.send().await.map_err(Error::aws("events:PutEvents"))?;
    match answer.entries().iter().find_map(|entry| Some((entry.error_code()?, entry.error_message()))) {
        Some((code, message)) => Err(anyhow!("{code}: {}", message.unwrap_or_default())),
        None => Ok((Sent { id, at }, installation.clock.now()?)),
    }
}

/// Looks for a probe until every function has noted it, or has had its time.
async fn look(installation: &Installation, sent: &Sent, progress: progress::Options) -> Result<Seen, Error> {
    let (ledger, sqs) = (installation.ledger(), aws_sdk_sqs::Client::new(installation.sdk()));
    let progress = progress.wait();
    loop {
        let now = installation.clock.now()?;
        let passed = ledger.probe(sent.id).await?.into_iter();
        let seen: Seen = passed.map(|passed| (passed.function.clone(), passed)).collect();
        let is_awaited = |consumer: &&Consumer| {
            !seen.contains_key(&consumer.function.resource) && now < sent.at + consumer.queue.delay + LONGEST
        };
        let awaited: Vec<&Consumer> = installation.plan.consumers.iter().filter(is_awaited).collect();
        if awaited.is_empty() {
            return Ok(seen);
        }
        let mut waits = Vec::new();
        for Consumer { queue, .. } in awaited {
            // A queue that can't be looked at is told of when its time is over.
            let messages =
                waiting(&sqs, &queue.name).await.map_or("?".to_owned(), |number| number.to_string());
            waits.push(format!("{} ({messages} messages, delivered after {:#})", queue.name, queue.delay));
        }
        progress.set_message(format!("waiting for {}", waits.join(", ")));
        // On one machine, time passes when it is looked for.
        if matches!(installation.clock, Clock::System) {
            sleep(POLL).await;
        }
    }
}

/// The hops of a function's way.
struct Hops<'a> {
    /// The rule of the default bus that forwards it.
    forward: &'a Rule,
    bus: &'a str,
    bus_arn: String,
    /// The rule of the bus that puts it on the queue.
    rule: &'a Rule,
    queue_arn: String,
}

impl<'a> Hops<'a> {
    fn of(installation: &'a Installation, Consumer { queue, .. }: &Consumer) -> Option<Self> {
        let Installation { plan, names, .. } = installation;
        let is_of_probes = |rule: &&Rule| rule.pattern["source"][0] == plan.probe_source.as_str();
        let bus = &plan.bus;
        Some(Self {
            forward: plan.ops_rules.iter().find(is_of_probes)?,
            bus: &bus.name,
            bus_arn: names.arn("events", &format!("event-bus/{}", bus.name)),
            rule: bus.rules.iter().filter(is_of_probes).find(|rule| rule.targets.contains(&queue.name))?,
            queue_arn: names.arn("sqs", &queue.name),
        })
    }

    fn names(&self, consumer: &Consumer) -> [String; 5] {
        [
            format!("rule {}", self.forward.name),
            format!("bus {}", self.bus),
            format!("rule {}", self.rule.name),
            format!("queue {}", consumer.queue.name),
            format!("function {}", consumer.function.resource),
        ]
    }
}

/// A way that was passed to its end.
fn whole(installation: &Installation, consumer: &Consumer, passed: &Passed, sent: Timestamp) -> Vec<Finding> {
    let mut way = Way::new(consumer.function.name);
    let Some(hops) = Hops::of(installation, consumer) else { return way.findings };
    let [forward, bus, rule, queue, function] = hops.names(consumer);
    for hop in [forward, bus, rule] {
        way.passed(&hop, None);
    }
    way.passed(&queue, Some(passed.queued.duration_since(sent)));
    way.passed(&function, Some(passed.noted.duration_since(sent)));
    way.findings
}

/// A way that was not: what is wrong with each hop, in order.
async fn broken(installation: &Installation, consumer: &Consumer, refusals: &Refusals) -> Vec<Finding> {
    let mut way = Way::new(consumer.function.name);
    let Some(hops) = Hops::of(installation, consumer) else { return way.findings };
    let [forward, bus, rule, queue, function] = hops.names(consumer);
    let events = aws_sdk_eventbridge::Client::new(installation.sdk());
    let targets = |arn: &String| [arn.clone()];
    let fault_of_forward = fault_of_rule(&events, DEFAULT_BUS, hops.forward, &targets(&hops.bus_arn)).await;
    let fault = fault_of_rule(&events, hops.bus, hops.rule, &targets(&hops.queue_arn)).await;
    let waits = waiting(&aws_sdk_sqs::Client::new(installation.sdk()), &consumer.queue.name).await;
    let refused_by_queue = refusals.of(&hops.queue_arn);
    let is_lost = fault.is_none() && refused_by_queue.is_none() && matches!(waits, Ok(0));

    match fault_of_forward {
        Some(fault) => way.failed(&forward, fault, UP),
        None => way.passed(&forward, None),
    }
    match refusals.of(&hops.bus_arn) {
        Some(refusal) => way.failed(&bus, refusal, "run `pulumi up --refresh` for the operations stack"),
        None if is_lost => way.failed(&bus, refusals.nothing_known(), "wait, and run this again"),
        None => way.passed(&bus, None),
    }
    match fault {
        Some(fault) => way.failed(&rule, fault, UP),
        None => way.passed(&rule, None),
    }
    match (refused_by_queue, &waits) {
        (Some(refusal), _) => {
            way.failed(&queue, refusal, "run `pulumi up --refresh` for the operations stack");
        }
        (None, Err(error)) => way.failed(&queue, error.to_string(), UP),
        (None, Ok(_)) => way.passed(&queue, None),
    }
    let found = format!("has not noted it, and {} messages wait for it", waits.unwrap_or_default());
    let log = &consumer.function.log_group;
    way.failed(
        &function,
        found,
        format!("see its log {log}; if that has nothing, whether its trigger is on, and its concurrency"),
    );
    way.findings
}
