//! The single-machine cloud: the stacks of a plan, with their functions running for real, in simulated time.

mod arrivals;
mod batch;
mod invoke;
mod records;
mod serve;
mod start;
mod stored;
mod time;

pub use crate::error::CloudError;
pub use serve::Access;

use crate::{
    commit_ingestion::CommitIngestion,
    concurrency::{Concurrency, Limit},
    invocation::Host,
    queue::{DeadLetter, Queue},
    router::Router,
    trouble::{Trouble, Troubles},
    vended::Depths,
};
use fake_aws::{Clock, Server, lambda::Lambda};
use jiff::Timestamp;
use metrics_lib::place::Place;
use program::plan::Plan;
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::Arc,
};
use tempfile::TempDir;

/// The single-machine cloud.
#[derive(Debug)]
pub struct Cloud {
    clock: Arc<Clock>,
    host: Host,
    router: Router,
    feeds: Vec<Feed>,
    concurrency: Concurrency,
    commit_ingestion: Option<CommitIngestion>,
    reconciler: Lambda,
    widget: Lambda,
    /// When the reconciler runs next.
    next_run: Timestamp,
    /// When the schedules put heartbeats next.
    next_heartbeat: Timestamp,
    /// Where there are such schedules: of the members of an organisation, in the places that an event has come from.
    beating: BTreeSet<Place>,
    refused: Vec<Refused>,
    /// The messages that were put back, by dead-letter queue.
    moved: BTreeMap<String, serve::Moved>,
    /// What rules of the operations account could not deliver, and how often the schedule could not start the reconciler.
    undelivered: Vec<serve::Letter>,
    unstarted: usize,
    /// How many events of the product's own were put.
    put: u64,
    /// Whether an operator has put one: as long as that looks for it, time passes.
    is_awaited: bool,
    /// How many receipts were given for messages.
    receipts: u64,
    depths: Depths,
    plan: Plan,
    /// Holds the clock's file and the functions' logs; it goes with the cloud.
    folder: TempDir,
}

/// A function behind its queue.
#[derive(Debug)]
struct Feed {
    queue: Queue,
    lambda: Lambda,
}

/// An event that no rule or policy let through, or a webhook delivery that was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refused {
    /// When it was on the default bus.
    pub at: Timestamp,
    /// The event's id, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// The account and region that it happened in.
    #[serde(flatten)]
    pub place: Place,
    /// The service that says so.
    pub source: String,
    /// What happened.
    pub detail_type: String,
    /// Why it was not let through.
    pub reason: String,
}

impl Cloud {
    /// The present.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The plan that the stacks were made from.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The AWS services: to ask for faults, and to see what was called.
    pub fn server(&self) -> &Server {
        &self.host.server
    }

    /// The functions' logs, by function: one JSON object a line.
    ///
    /// # Errors
    /// When a log can't be read.
    pub fn logs(&self) -> io::Result<BTreeMap<String, String>> {
        let read = |lambda: &Lambda| {
            let name = lambda.name().to_owned();
            let file = self.folder.path().join(format!("{name}.log"));
            let text = if file.exists() { std::fs::read_to_string(file)? } else { String::new() };
            Ok((name, text))
        };
        self.lambdas().map(read).collect()
    }

    /// All functions.
    pub fn lambdas(&self) -> impl Iterator<Item = &Lambda> {
        let commit_ingestion = self
            .commit_ingestion
            .iter()
            .flat_map(|commit_ingestion| [&commit_ingestion.webhook, &commit_ingestion.transform]);
        let consumers = self.feeds.iter().map(|feed| &feed.lambda);
        consumers.chain([&self.reconciler, &self.widget]).chain(commit_ingestion)
    }

    /// The functions, each behind its queue.
    pub fn functions(&self) -> impl Iterator<Item = (&Lambda, &Queue)> {
        self.feeds.iter().map(|feed| (&feed.lambda, &feed.queue))
    }

    /// The messages that were received too often, by queue.
    pub fn dead_letters(&self) -> impl Iterator<Item = (&str, &DeadLetter)> {
        self.feeds.iter().flat_map(|feed| {
            let name = feed.queue.plan().name.as_str();
            feed.queue.dead_letters().iter().map(move |letter| (name, letter))
        })
    }

    /// Sets Lambda's limit for invocations with messages of queues; without one they take no time.
    pub fn limit(&mut self, limit: Option<Limit>) {
        self.concurrency.limit = limit;
    }

    /// How often an invocation with messages of a queue was throttled.
    pub fn throttles(&self) -> u64 {
        self.concurrency.throttles
    }

    /// The events that no rule or policy let through.
    pub fn refused(&self) -> &[Refused] {
        &self.refused
    }

    /// Makes something go wrong, until [`Self::recover`].
    pub fn trouble(&mut self, trouble: Trouble) {
        if let Trouble::RuleOff(rule) = trouble {
            self.host.server.services().events.disabled.insert(rule.to_owned());
        }
        self.host.troubles.insert(trouble);
    }

    /// Ends all that is wrong.
    pub fn recover(&mut self) {
        self.host.server.services().events.disabled.clear();
        self.host.troubles = Troubles::default();
    }
}
