//! The single-machine cloud: the stacks of a plan, with their functions running for real, in simulated time.

mod serve;
mod stored;

pub use crate::error::CloudError;
pub use serve::Access;

use crate::{
    aws::{Api, Caller, RecordedExecution, RecordedOpsItem, Server, Services},
    binaries::Binaries,
    clock::Clock,
    commit_ingestion::{CommitIngestion, GITHUB},
    concurrency::{Concurrency, Limit},
    invocation,
    lambda::{Failure, Lambda},
    queue::{DeadLetter, Queue, Received},
    router::{Envelope, Router, Way},
    trouble::Trouble,
    vended::{self, Depths},
};
use axum::body::Bytes;
use jiff::{SignedDuration, Timestamp};
use metrics_lib::{
    contract::{env, probe},
    place::Place,
    sources::codepipeline::PipelineKey,
};
use program::{
    plan::{Consumer, Function, Plan},
    settings::ToolingAccount,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    net::IpAddr,
    sync::Arc,
};
use tempfile::TempDir;

/// How long the clock runs on at the most, after the last that happens, until no message waits.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The single-machine cloud.
#[derive(Debug)]
pub struct Cloud {
    clock: Arc<Clock>,
    server: Server,
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

/// What time brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    /// Firehose delivers what it has gathered.
    Flush,
    /// A feed's function gets a batch.
    Deliver(usize),
    /// The schedules put heartbeats.
    Heartbeat,
    /// The schedule invokes the reconciler.
    Reconcile,
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
    /// Sets up the stacks of a plan, at an instant.
    ///
    /// # Errors
    /// [`CloudError`].
    pub async fn start(plan: Plan, binaries: &Binaries, now: Timestamp) -> Result<Self, CloudError> {
        let folder = TempDir::with_prefix("dora-")?;
        let clock = Arc::new(Clock::new(folder.path().join("clock"), now)?);
        let server = Server::start(Services::new(&plan, Arc::clone(&clock))).await?;
        let lambda = |function: &Function| {
            let name = function.name;
            let binary = binaries.path(name).ok_or_else(|| CloudError::Binary(name.to_owned()))?;
            let log = folder.path().join(format!("{name}.log"));
            let environment = environment(&plan, function, &clock, &server);
            Ok::<_, CloudError>(Lambda::new(name, binary, log, environment, function.timeout.unsigned_abs()))
        };
        let feeds = plan.consumers.iter().map(|Consumer { function, queue }| {
            Ok(Feed { queue: Queue::new(queue.clone()), lambda: lambda(function)? })
        });
        let feeds = feeds.collect::<Result<_, CloudError>>()?;
        let commit_ingestion = match &plan.commit_ingestion {
            Some(commit_ingestion) => {
                let [webhook, transform] =
                    [lambda(&commit_ingestion.webhook)?, lambda(&commit_ingestion.transform)?];
                Some(
                    CommitIngestion::start(
                        (commit_ingestion.api.clone(), commit_ingestion.gate.clone()),
                        webhook,
                        transform,
                    )
                    .await?,
                )
            }
            None => None,
        };
        let (reconciler, next_run) = (lambda(&plan.reconciler.function)?, now + plan.reconciler.every);
        let widget = lambda(&plan.widget)?;
        let next_heartbeat = now + plan.heartbeat.every;
        let router = Router::new(&plan)?;
        let (refused, concurrency) = (Vec::new(), Concurrency::default());
        let moved = BTreeMap::new();
        Ok(Self {
            clock,
            server,
            router,
            feeds,
            concurrency,
            commit_ingestion,
            reconciler,
            widget,
            next_run,
            next_heartbeat,
            beating: stacks(&plan),
            refused,
            moved,
            undelivered: Vec::new(),
            unstarted: 0,
            put: 0,
            is_awaited: false,
            receipts: 0,
            depths: Depths::default(),
            plan,
            folder,
        })
    }

    /// Updates the functions that events and the schedule invoke to another plan, which differs in their environments only.
    pub fn configure(&mut self, plan: Plan) {
        let (clock, server) = (&self.clock, &self.server);
        let environment = |function: &Function| environment(&plan, function, clock, server);
        for (feed, consumer) in self.feeds.iter_mut().zip(&plan.consumers) {
            feed.lambda.configure(environment(&consumer.function));
        }
        self.reconciler.configure(environment(&plan.reconciler.function));
        self.widget.configure(environment(&plan.widget));
        server.services().configure(&plan);
        self.plan = plan;
    }

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
        &self.server
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

    /// Makes CodePipeline know an execution as recorded.
    ///
    /// # Errors
    /// [`CloudError::Io`].
    pub fn record_execution(&self, execution: RecordedExecution) -> Result<(), CloudError> {
        Ok(self.server.services().codepipeline.record(execution)?)
    }

    /// Makes CodePipeline know the structure of a pipeline as recorded.
    pub fn record_pipeline(&self, key: PipelineKey, structure: Value) {
        self.server.services().codepipeline.record_structure(key, structure);
    }

    /// Makes `CodeConnections` know a connection as recorded.
    pub fn record_connection(&self, connection: Value) {
        self.server.services().connections.record(connection);
    }

    /// Makes the API of a source known.
    pub fn add_api(&self, api: Box<dyn Api>) {
        self.server.services().apis.insert(api.name(), api);
    }

    /// Makes the API of a source know something as recorded.
    ///
    /// # Errors
    /// [`CloudError::Api`].
    pub fn record_in_api(&self, api: &str, what: Value) -> Result<(), CloudError> {
        let mut services = self.server.services();
        let failed = |reason| CloudError::Api { api: api.to_owned(), reason };
        let known = services.apis.get_mut(api).ok_or_else(|| failed("there is no such API".into()))?;
        known.record(what).map_err(failed)
    }

    /// Makes `OpsCenter` know an `OpsItem` as recorded.
    ///
    /// # Errors
    /// [`CloudError::Io`].
    pub fn record_ops_item(&self, item: RecordedOpsItem) -> Result<(), CloudError> {
        Ok(self.server.services().ssm.record(item)?)
    }

    /// Puts an event on the default bus of its account, now.
    ///
    /// # Errors
    /// [`CloudError::Event`].
    pub fn send(
        &mut self,
        envelope: Envelope,
        event_id: Option<String>,
        text: &str,
    ) -> Result<(), CloudError> {
        let at = self.now();
        let place = envelope.place.clone();
        let is_own = place == own_place(&self.plan);
        if self.plan.organization.as_ref().is_some_and(|of| of.regions.contains(&place.region)) {
            self.beating.insert(place.clone());
        }
        let mut services = self.server.services();
        let way = self.router.route(&envelope, text, &services.troubles)?;
        if !is_own && services.troubles.contains(&Trouble::NoRules) && way.refused.is_none() {
            return Ok(());
        }
        let Way { queues, undelivered, refused } = way;
        for undelivered in undelivered {
            // What a rule of a bus could not deliver stays in the operations account.
            match undelivered.bus.is_none() && !is_own {
                true => *services.undelivered.entry(place.clone()).or_default() += 1,
                false => self.undelivered.push(serve::Letter::new(undelivered, text, &self.plan)),
            }
        }
        drop(services);
        let body: Arc<str> = text.into();
        for feed in self.feeds.iter_mut().filter(|feed| queues.contains(&feed.queue.plan().name)) {
            feed.queue.send(Arc::clone(&body), at);
        }
        if let Some(reason) = refused {
            let Envelope { place, source, detail_type } = envelope;
            self.refused.push(Refused { at, event_id, place, source, detail_type, reason });
        }
        Ok(())
    }

    /// Sends a delivery of GitHub's to the webhook, now. One that it does not accept is refused.
    ///
    /// # Errors
    /// [`CloudError`].
    pub async fn deliver(
        &mut self,
        headers: &BTreeMap<String, String>,
        body: &str,
    ) -> Result<u16, CloudError> {
        self.deliver_from(GITHUB, headers, body).await
    }

    /// Sends a delivery to the webhook, from whatever address.
    ///
    /// # Errors
    /// [`CloudError`].
    pub async fn deliver_from(
        &mut self,
        from: IpAddr,
        headers: &BTreeMap<String, String>,
        body: &str,
    ) -> Result<u16, CloudError> {
        let header = |name: &str| {
            let mut headers = headers.iter();
            headers.find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
        };
        let (status, reason) = match &mut self.commit_ingestion {
            Some(commit_ingestion) => commit_ingestion.deliver(from, headers, body, &self.server).await?,
            None => (404, "no webhook is configured".to_owned()),
        };
        if !(200..300).contains(&status) {
            self.refused.push(Refused {
                at: self.now(),
                event_id: header("x-github-delivery"),
                place: own_place(&self.plan),
                source: "github".to_owned(),
                detail_type: header("x-github-event").unwrap_or_default(),
                reason: format!("{status}: {reason}"),
            });
        }
        Ok(status)
    }

    /// The id of the webhook's process, once it has started.
    pub fn webhook_process(&self) -> Option<u32> {
        self.commit_ingestion.as_ref()?.webhook.process_id()
    }

    /// Lets time pass up to an instant; functions get what becomes visible on the way.
    ///
    /// # Errors
    /// [`CloudError`].
    pub async fn advance_to(&mut self, time: Timestamp) -> Result<(), CloudError> {
        while let Some((due, work)) = self.next_work()
            && due <= time
        {
            self.advance_clock(due)?;
            let lake_refuses = self.is(Trouble::LakeRefuses);
            match (work, &mut self.commit_ingestion) {
                (Work::Flush, _) if lake_refuses => {
                    let now = self.clock.now();
                    self.server.services().firehose.postpone(now);
                }
                (Work::Flush, Some(commit_ingestion)) => {
                    commit_ingestion.flush(&self.server, self.clock.now()).await?
                }
                (Work::Flush, None) => {}
                (Work::Deliver(index), _) => self.deliver_batch(index).await?,
                (Work::Heartbeat, _) => {
                    self.next_heartbeat = due + self.plan.heartbeat.every;
                    self.beat()?;
                }
                (Work::Reconcile, _) => {
                    self.next_run = due + self.plan.reconciler.every;
                    self.start_reconciler().await?;
                }
            }
        }
        self.advance_clock(time)
    }

    /// Sets the clock to an instant before which nothing happens.
    fn advance_clock(&mut self, time: Timestamp) -> Result<(), CloudError> {
        let mut services = self.server.services();
        if services.vends {
            let queues = self.feeds.iter().map(|feed| &feed.queue);
            let letters = queues
                .clone()
                .map(|queue| (queue.plan().dead_letter_queue.as_str(), queue.dead_letters().len()))
                .chain([
                    (self.plan.undelivered.as_str(), self.undelivered.len()),
                    (self.plan.reconciler.dead_letter_queue.as_str(), self.unstarted),
                ]);
            vended::gauges(&mut services, &mut self.depths, queues, letters, (self.clock.now(), time));
        }
        drop(services);
        self.clock.advance_to(time)?;
        Ok(())
    }

    /// Whether something is wrong.
    fn is(&self, trouble: Trouble) -> bool {
        self.server.services().troubles.contains(&trouble)
    }

    /// Lets time pass until no message waits, at most 14 days.
    ///
    /// # Errors
    /// [`CloudError`].
    pub async fn finish(&mut self) -> Result<(), CloudError> {
        let end = self.now() + LONGEST_WAIT;
        while let Some((due, _)) = self.next_delivery()
            && due <= end
        {
            self.advance_to(due).await?;
        }
        Ok(())
    }

    /// What the schedules of heartbeats do.
    fn beat(&mut self) -> Result<(), CloudError> {
        if self.is(Trouble::HeartbeatsOff) {
            return Ok(());
        }
        for place in self.beating.clone() {
            let source = self.plan.probe_source.clone();
            self.put(place, source, probe::DETAIL_TYPE.to_owned(), &json!({"heartbeat": {}}))?;
        }
        Ok(())
    }

    /// Puts an event of the product's own on the default bus of a place, now. Returns its id.
    fn put(
        &mut self,
        place: Place,
        source: String,
        detail_type: String,
        detail: &Value,
    ) -> Result<String, CloudError> {
        self.put += 1;
        let id = format!("00000000-0000-4000-9000-{:012x}", self.put);
        let event = json!({
            "version": "0",
            "id": id,
            "detail-type": detail_type,
            "source": source,
            "account": place.account,
            "time": format!("{:.0}", self.now()),
            "region": place.region,
            "resources": [],
            "detail": detail,
        });
        let envelope = Envelope { place, source, detail_type };
        self.send(envelope, Some(id.clone()), &event.to_string())?;
        Ok(id)
    }

    /// What the schedule does: it invokes the reconciler.
    async fn start_reconciler(&mut self) -> Result<(), CloudError> {
        if self.is(Trouble::ScheduleOff) {
            return Ok(());
        }
        if self.is(Trouble::ScheduleRefused) {
            self.unstarted += 1;
            return Ok(());
        }
        if invocation::is_throttled(&self.server, self.reconciler.name()) {
            // Lambda tries an asynchronous invocation again, in the end every five minutes. Source: AWS Lambda developer guide,
            // "How Lambda handles errors and retries with asynchronous invocation".
            self.next_run = self.now() + SignedDuration::from_mins(5);
            return Ok(());
        }
        self.reconcile().await.map(drop)
    }

    /// Runs the reconciler, now. Whether it succeeded.
    ///
    /// # Errors
    /// [`CloudError`].
    pub async fn reconcile(&mut self) -> Result<bool, CloudError> {
        self.server.check_invocation(self.reconciler.name()).map_err(CloudError::Forbidden)?;
        let payload = Bytes::from_static(b"{}");
        let result = invocation::invoke(&self.server, &mut self.reconciler, payload).await?;
        Ok(result.is_ok())
    }

    /// What a dashboard's widget shows somebody who looks, now: the console invokes its function.
    ///
    /// # Errors
    /// [`CloudError`].
    pub async fn look(&mut self, payload: impl Into<Bytes>) -> Result<Result<Bytes, Failure>, CloudError> {
        self.server.check_invocation(self.widget.name()).map_err(CloudError::Forbidden)?;
        if invocation::is_throttled(&self.server, self.widget.name()) {
            let message = "Rate Exceeded.".to_owned();
            return Ok(Err(Failure::Error { error_type: "TooManyRequestsException".to_owned(), message }));
        }
        Ok(invocation::invoke(&self.server, &mut self.widget, payload.into()).await?)
    }

    /// Invokes a function with a payload, now, whatever it is: as who has the right to do so can.
    ///
    /// # Errors
    /// [`CloudError`].
    pub async fn invoke(
        &mut self,
        function: &str,
        payload: impl Into<Bytes>,
    ) -> Result<Result<Bytes, Failure>, CloudError> {
        let commit_ingestion = self
            .commit_ingestion
            .iter_mut()
            .flat_map(|commit_ingestion| [&mut commit_ingestion.webhook, &mut commit_ingestion.transform]);
        let consumers = self.feeds.iter_mut().map(|feed| &mut feed.lambda);
        let mut lambdas = consumers.chain([&mut self.reconciler, &mut self.widget]).chain(commit_ingestion);
        let lambda = lambdas.find(|lambda| lambda.name() == function);
        let lambda = lambda.ok_or_else(|| CloudError::Binary(function.to_owned()))?;
        Ok(invocation::invoke(&self.server, lambda, payload.into()).await?)
    }

    /// What is to be done next, and when. Records come first: a query at the same time finds them.
    fn next_work(&self) -> Option<(Timestamp, Work)> {
        let scheduled = [(self.next_run, Work::Reconcile), (self.next_heartbeat, Work::Heartbeat)];
        self.next_delivery().into_iter().chain(scheduled).min()
    }

    /// What waits for a function or for the lake, and until when.
    fn next_delivery(&self) -> Option<(Timestamp, Work)> {
        let flush = self.server.services().firehose.due().map(|due| (due, Work::Flush));
        let now = self.now();
        let services = self.server.services();
        let is_on = |feed: &Feed| !services.has_no_trigger(feed.lambda.name());
        let messages =
            self.feeds.iter().enumerate().filter(|(_, feed)| is_on(feed)).filter_map(|(index, feed)| {
                Some((self.concurrency.next(index, &feed.queue, now)?, Work::Deliver(index)))
            });
        flush.into_iter().chain(messages).min()
    }

    /// Puts the messages into their queues that a function has sent.
    fn take_sent(&mut self) {
        let (sent, now) = (std::mem::take(&mut self.server.services().sent), self.clock.now());
        for (queue, body) in sent {
            if let Some(feed) = self.feeds.iter_mut().find(|feed| feed.queue.plan().name == queue) {
                feed.queue.send(body, now);
            }
        }
    }

    /// Invokes a feed's function with a batch, and deletes the messages that it finished.
    async fn deliver_batch(&mut self, index: usize) -> Result<(), CloudError> {
        let feed = &mut self.feeds[index];
        match self.server.services().has_no_concurrency(feed.lambda.name()) {
            true => self.concurrency.without.insert(index),
            false => self.concurrency.without.remove(&index),
        };
        let throttles = self.concurrency.throttles;
        let batch = self.concurrency.take(index, &mut feed.queue, self.clock.now());
        if self.concurrency.throttles > throttles {
            invocation::count(&self.server, feed.lambda.name(), "Throttles");
        }
        if batch.is_empty() {
            return Ok(());
        }
        let queue = &feed.queue.plan().name;
        let payload = payload(&batch, &self.plan, queue);
        self.server.check_delivery(feed.lambda.name(), queue).map_err(CloudError::Forbidden)?;
        let result = invocation::invoke(&self.server, &mut feed.lambda, payload).await?;
        self.take_sent();
        let failed = failed(result);
        let feed = &mut self.feeds[index];
        for message in batch.iter().filter(|message| !failed.contains(&message.id, &batch)) {
            feed.queue.delete(message);
        }
        Ok(())
    }
}

/// The places that have a stack by the plan.
fn stacks(plan: &Plan) -> BTreeSet<Place> {
    let accounts = plan.tooling_accounts.iter().chain(&plan.incident_accounts);
    accounts.flat_map(ToolingAccount::places).chain([own_place(plan)]).collect()
}

/// Where the operations account's stack is.
fn own_place(plan: &Plan) -> Place {
    Place::new(&plan.ops_account, &plan.region)
}

/// The environment that Lambda gives a function, beside what the plan does.
fn environment(plan: &Plan, function: &Function, clock: &Clock, server: &Server) -> BTreeMap<String, String> {
    let planned = function.environment.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    let given = [
        ("AWS_REGION", plan.region.clone()),
        ("AWS_DEFAULT_REGION", plan.region.clone()),
        ("AWS_ACCESS_KEY_ID", Caller::function(&plan.ops_account, function.name).access_key()),
        ("AWS_SECRET_ACCESS_KEY", "secret".into()),
        ("AWS_SESSION_TOKEN", "token".into()),
        ("AWS_ENDPOINT_URL", server.endpoint()),
        // A call that failed is tried again by the queue, in simulated time; the SDK would wait in real time.
        ("AWS_MAX_ATTEMPTS", "1".into()),
        ("AWS_LAMBDA_FUNCTION_NAME", function.resource.clone()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory.to_string()),
        (env::CLOCK_FILE, clock.file().to_string_lossy().into_owned()),
    ];
    planned.chain(given.map(|(name, value)| (name.to_owned(), value))).collect()
}

/// The invocation of a batch, as Lambda's event source mapping for SQS makes it.
fn payload(batch: &[Received], plan: &Plan, queue: &str) -> Bytes {
    let records = batch.iter().map(|message| {
        json!({
            "messageId": message.id,
            "receiptHandle": message.id,
            "body": &*message.body,
            "attributes": {
                "ApproximateReceiveCount": message.receives.to_string(),
                "SentTimestamp": message.sent.as_millisecond().to_string(),
                "SenderId": "events.amazonaws.com",
                "ApproximateFirstReceiveTimestamp": message.first_received.as_millisecond().to_string(),
            },
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:{}:{}:{queue}", plan.region, plan.ops_account),
            "awsRegion": plan.region,
        })
    });
    json!({"Records": records.collect::<Vec<_>>()}).to_string().into()
}

/// Which messages of a batch failed.
enum Failed {
    All,
    Some(Vec<String>),
}

impl Failed {
    fn contains(&self, id: &str, batch: &[Received]) -> bool {
        match self {
            Self::All => true,
            // A function that names a message that it did not get has failed as a whole.
            Self::Some(ids) if ids.iter().any(|id| batch.iter().all(|message| message.id != *id)) => true,
            Self::Some(ids) => ids.iter().any(|failed| failed == id),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Response {
    batch_item_failures: Vec<ItemFailure>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemFailure {
    item_identifier: String,
}

fn failed(result: Result<Bytes, Failure>) -> Failed {
    let response = result.ok().and_then(|body| serde_json::from_slice::<Option<Response>>(&body).ok());
    match response {
        Some(response) => {
            let failures = response.unwrap_or_default().batch_item_failures;
            Failed::Some(failures.into_iter().map(|failure| failure.item_identifier).collect())
        }
        None => Failed::All,
    }
}
