//! A scene: the single-machine cloud with the real functions, in which a test lets things happen and then reads the
//! outcome as a report.
//!
//! The stage: operations account 999999999999 and tooling account 111111111111 (eu-west-1 and us-east-1), on
//! 2026-06-15 (a Monday), clock times in UTC.

pub(crate) use simulator::payload_builders::{
    Delivery, Execution, OpsItem, PushedCommit, Source, action, push,
};

use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
};
use fake_aws::{Caller, Fault, Services};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::{
    contract,
    parts::HEADINGS,
    place::Place,
    sources::{codepipeline::ExecutionKey, opscenter::OpsItemKey},
};
use program::{plan::Plan, settings::Settings};
use scenarios::parts;
use serde_json::{Value, json};
use simulator::{
    binaries::Binaries,
    cloud::Cloud,
    replay_result::{Metric, ReplayResult},
    router::Envelope,
};
use std::{
    fmt::Write,
    sync::{MutexGuard, OnceLock},
};

pub(crate) const OPS: &str = "999999999999";
pub(crate) const TOOLING: &str = "111111111111";

/// The instant of a clock time, `12:00` or `12:00:00.5`; `16 12:00` is on another day of June.
pub(crate) fn at(time: &str) -> Timestamp {
    let (day, time) = time.split_once(' ').unwrap_or(("15", time));
    let time = if time.len() == 5 { format!("{time}:00") } else { time.to_owned() };
    format!("2026-06-{day}T{time}Z").parse().unwrap()
}

fn clock(time: Timestamp) -> String {
    let text = time.to_string();
    let (date, time) = text.split_once('T').unwrap();
    let time = time.trim_end_matches('Z');
    let time = time.strip_suffix(":00").unwrap_or(time);
    match date.strip_prefix("2026-06-") {
        Some("15") => time.to_owned(),
        Some(day) => format!("{day} {time}"),
        None => text,
    }
}

pub(crate) fn config() -> Value {
    json!({
        "toolingAccounts": [{"account": TOOLING, "regions": ["eu-west-1", "us-east-1"]}],
        "opsAccount": OPS,
        "region": "eu-west-1",
        "trunkBasedRepositories": ["acme/trunk"],
        "teams": {"payments": ["acme/shop"]},
    })
}

/// An ordinary run of the pipeline `shop` of acme/shop (CodeStar connection, branch main) that ended at a time: its stages
/// Source, Build and Production succeeded.
pub(crate) fn execution(id: &str, ended: &str) -> Execution {
    execution_of("shop", id, ended)
}

/// The configuration of an installation that measures lead time.
pub(crate) fn with_webhook() -> Value {
    let mut config = config();
    config["webhookSecret"] = json!("arn:aws:secretsmanager:eu-west-1:999999999999:secret:dora-webhook");
    config
}

/// The id of a commit.
pub(crate) fn commit_id(number: u32) -> String {
    format!("{number:040x}")
}

/// A commit of a time.
pub(crate) fn commit(number: u32, time: &str, message: &str) -> PushedCommit {
    PushedCommit { id: commit_id(number), time: at(time), message: message.to_owned() }
}

/// An ordinary run of a pipeline of acme/shop.
pub(crate) fn execution_of(pipeline: &str, id: &str, ended: &str) -> Execution {
    execution_in(TOOLING, "eu-west-1", pipeline, id, ended)
}

/// An ordinary run of a pipeline of acme/shop in an account and region.
pub(crate) fn execution_in(account: &str, region: &str, pipeline: &str, id: &str, ended: &str) -> Execution {
    let key = execution_key(account, region, pipeline, id);
    Execution::standard(key, at(ended)).source(Source::CodeStar, "acme/shop", "main")
}

/// A rollback of the pipeline `shop` to an earlier execution.
pub(crate) fn rollback(id: &str, target: &str, ended: &str) -> Execution {
    Execution::rollback(execution_key(TOOLING, "eu-west-1", "shop", id), target, at(ended))
}

/// A rollback of a pipeline of an account to an earlier execution.
pub(crate) fn rollback_in(
    account: &str,
    pipeline: &str,
    id: &str,
    target: &str,
    end: Timestamp,
) -> Execution {
    Execution::rollback(execution_key(account, "eu-west-1", pipeline, id), target, end)
}

fn execution_key(account: &str, region: &str, pipeline: &str, id: &str) -> ExecutionKey {
    ExecutionKey { place: Place::new(account, region), pipeline: pipeline.into(), execution_id: id.into() }
}

/// An `OpsItem` of the tooling account that names nothing; `number` 1 makes its id `oi-000000000001`.
pub(crate) fn ops_item(number: u32, created: &str) -> OpsItem {
    ops_item_in(TOOLING, number, created)
}

pub(crate) fn ops_item_in(account: &str, number: u32, created: &str) -> OpsItem {
    let ops_item_id = format!("oi-{number:012x}").parse().unwrap();
    let key = OpsItemKey { place: Place::new(account, "eu-west-1"), ops_item_id };
    OpsItem::new(key, at(created))
}

/// The functions' binaries, built once.
pub(crate) fn binaries() -> &'static Binaries {
    static BINARIES: OnceLock<Binaries> = OnceLock::new();
    BINARIES.get_or_init(|| Binaries::build().unwrap())
}

/// The cloud in which things happen.
pub(crate) struct Scene {
    pub(crate) cloud: Cloud,
    events: usize,
}

impl Scene {
    /// A scene that goes on where a cloud is.
    pub(crate) const fn of(cloud: Cloud) -> Self {
        Self { cloud, events: 0 }
    }

    /// A scene that begins at midnight.
    pub(crate) async fn new() -> Self {
        Self::with(config()).await
    }

    pub(crate) async fn with(config: Value) -> Self {
        Self::planned(config, |_| ()).await
    }

    /// A scene whose plan is changed.
    pub(crate) async fn planned(config: Value, change: impl FnOnce(&mut Plan)) -> Self {
        Self::begun("00:00", config, change).await
    }

    /// A scene that begins at a time, and whose plan is changed.
    pub(crate) async fn begun(time: &str, config: Value, change: impl FnOnce(&mut Plan)) -> Self {
        let mut plan = Plan::new(&Settings::from_json(&config).unwrap()).unwrap();
        // The reconciler runs when a test says so, and heartbeats come when one wants them.
        plan.reconciler.every = SignedDuration::from_hours(1000 * 24);
        plan.heartbeat.every = plan.reconciler.every;
        // A busy machine takes long to build a widget of a year; how long is no matter of tests.
        plan.widget.timeout = SignedDuration::from_mins(10);
        change(&mut plan);
        let cloud = Cloud::start(plan, binaries(), at(time)).await.unwrap();
        Self { cloud, events: 0 }
    }

    /// The installation gets another configuration.
    pub(crate) fn configured(&mut self, config: &Value) {
        let plan = Plan::new(&Settings::from_json(config).unwrap()).unwrap();
        self.cloud.configure(plan);
    }

    /// Lets time pass.
    pub(crate) async fn until(&mut self, time: &str) {
        self.cloud.advance_to(at(time)).await.unwrap();
    }

    /// CodePipeline gets to know an execution, and its SUCCEEDED event is sent, when it ends.
    pub(crate) async fn runs(&mut self, execution: &Execution) {
        self.knows(execution).await;
        self.succeeded(execution);
    }

    /// CodePipeline gets to know an execution, when it ends.
    pub(crate) async fn knows(&mut self, execution: &Execution) {
        self.cloud.advance_to(execution.end).await.unwrap();
        self.cloud.record_execution(execution.recorded()).unwrap();
    }

    /// The SUCCEEDED event of an execution is sent, now.
    pub(crate) fn succeeded(&mut self, execution: &Execution) {
        self.event(&execution.event("SUCCEEDED"));
    }

    /// An `OpsItem` is created, and its event is sent.
    pub(crate) async fn raises(&mut self, item: &OpsItem) {
        self.cloud.advance_to(item.created).await.unwrap();
        self.cloud.record_ops_item(item.recorded()).unwrap();
        self.event(&item.create_event());
    }

    /// An `OpsItem` is resolved, and its event is sent.
    pub(crate) async fn resolves(&mut self, item: &OpsItem, time: &str) {
        self.until(time).await;
        self.event(&item.update_event("Resolved", at(time)));
    }

    /// GitHub delivers a webhook; returns the status of the answer.
    pub(crate) async fn delivers(&mut self, time: &str, (headers, body): &Delivery) -> u16 {
        self.until(time).await;
        self.cloud.deliver(headers, body).await.unwrap()
    }

    /// Commits are pushed to a branch of acme/shop, onto a commit; 0 creates the branch.
    pub(crate) async fn pushes(&mut self, time: &str, branch: &str, before: u32, commits: &[PushedCommit]) {
        let before = (before > 0).then(|| commit_id(before));
        let delivery = push("acme/shop", branch, before.as_deref(), commits, at(time));
        assert_eq!(self.delivers(time, &delivery).await, 200);
    }

    /// An event is on the default bus of its account, now.
    pub(crate) fn event(&mut self, event: &Value) {
        self.events += 1;
        let envelope = Envelope::of(event);
        // EventBridge's ids are UUIDs.
        let id = format!("00000000-0000-4000-8000-{:012x}", self.events);
        let mut event = event.clone();
        event["id"] = json!(id);
        self.cloud.send(envelope, Some(id), &event.to_string()).unwrap();
    }

    /// The next calls of an operation fail.
    pub(crate) fn fails(&mut self, operation: &str, fault: Fault, calls: usize) {
        self.services().faults.add(operation, fault, calls);
    }

    pub(crate) fn services(&self) -> MutexGuard<'_, Services> {
        self.cloud.server().services()
    }

    /// A client of the ledger's table, with the rights of the reconciler.
    pub(crate) fn ledger_client(&self) -> Client {
        let key = Caller::role(OPS, "dora-reconciler").access_key();
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .endpoint_url(self.cloud.server().endpoint())
            .credentials_provider(Credentials::new(key, "secret", None, None, "test"));
        Client::from_conf(config.build())
    }

    /// Puts items into the ledger's table, as DynamoDB's JSON has them.
    pub(crate) fn holds(&self, items: &[Value]) {
        let table = &self.cloud.plan().ledger.name;
        items.iter().for_each(|item| self.services().dynamodb.put(table, item).unwrap());
    }

    /// How often an operation was called.
    pub(crate) fn calls(&self, operation: &str) -> u64 {
        self.services().calls.get(operation).copied().unwrap_or_default()
    }

    /// Runs the reconciler, at a time.
    pub(crate) async fn reconciles(&mut self, time: &str) {
        self.until(time).await;
        assert!(self.cloud.reconcile().await.unwrap(), "{}", self.cloud.logs().unwrap()["reconciler"]);
    }

    /// Lets time pass until no message waits.
    pub(crate) async fn finish(&mut self) -> ReplayResult {
        self.cloud.finish().await.unwrap();
        ReplayResult::of(&self.cloud).unwrap()
    }

    /// Finishes and compares the report with what is expected; leading blanks of its lines don't count.
    pub(crate) async fn check(mut self, expected: &str) {
        let outcome = self.finish().await;
        let report = report(&outcome);
        let expected: String = expected.trim().lines().map(|line| format!("{}\n", line.trim())).collect();
        let logs = || {
            let logs: String = self.cloud.logs().unwrap().into_values().collect();
            logs.lines().rev().take(5).map(|line| format!("{line}\n")).collect::<String>()
        };
        assert_eq!(report, expected, "\nreport:\n{report}\nlogs:\n{}", logs());
    }
}

/// The outcome as a report: metrics by repository (in total where they name none), facts that are not published, and
/// whatever else did not become one. What is told at every run, and that messages are at risk, is left out: dead letters tell
/// what became of those. So are the parts of lead times.
pub(crate) fn report(outcome: &ReplayResult) -> String {
    assert_parts_add_up(outcome);
    let mut report = String::new();
    let left_out = [
        contract::Metric::MessagesAtRisk,
        contract::Metric::MissedHeartbeats,
        contract::Metric::SinceLastEvent,
        contract::Metric::UndeliveredEvents,
    ];
    let left_out = left_out.into_iter().chain(HEADINGS.map(|heading| heading.metric));
    let is_of_use = |metric: &&Metric| !left_out.clone().any(|left_out| metric.name == left_out.name());
    let told = outcome.metrics.iter().filter(|metric| is_told(metric, outcome) && is_of_use(metric));
    for metric in told {
        for point in &metric.points {
            let values: Vec<_> = point.values.iter().map(ToString::to_string).collect();
            let repository = metric.dimensions.get("Repository").map_or("-", String::as_str);
            let (name, time) = (&metric.name, clock(point.timestamp));
            writeln!(report, "{name} {repository} {time} = {}", values.join(" + ")).unwrap();
        }
    }
    for fact in &outcome.facts {
        let kind = serde_json::to_value(fact.kind).unwrap();
        let state = serde_json::to_value(fact.state).unwrap();
        let subject =
            fact.execution_id.iter().chain(&fact.ops_item_id).cloned().collect::<Vec<_>>().join(" ");
        let (kind, state) = (kind.as_str().unwrap(), state.as_str().unwrap());
        writeln!(report, "{kind} {subject} {state}: {}", fact.evidence).unwrap();
    }
    for ignored in &outcome.ignored {
        writeln!(report, "ignored {}: {}", ignored.execution_id, ignored.reason).unwrap();
    }
    for refused in &outcome.refused {
        writeln!(report, "refused {}: {}", refused.detail_type, refused.reason).unwrap();
    }
    for letter in &outcome.dead_letters {
        writeln!(report, "dead letter {} after {} receives", letter.queue, letter.receives).unwrap();
    }
    report
}

/// In whatever happens, the parts of the lead times of an instant and repository add up to them.
fn assert_parts_add_up(outcome: &ReplayResult) {
    if outcome.total(contract::Metric::UndecidedFacts) > 0.0 {
        // CloudWatch has a part of a fact.
        return;
    }
    let mut by_team = outcome.metrics.iter().filter(|metric| metric.dimensions.contains_key("Team"));
    assert!(!by_team.any(|metric| HEADINGS.iter().any(|part| metric.name == part.metric.name())));
    let differences = parts::that_do_not_add_up(outcome);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Whether a metric is told in a report: by repository, or, if it names none, in total.
fn is_told(metric: &Metric, outcome: &ReplayResult) -> bool {
    let same = |other: &&Metric| other.name == metric.name && other.namespace == metric.namespace;
    let by_repository = |metric: &Metric| metric.dimensions.contains_key("Repository");
    match metric.dimensions.is_empty() {
        true => {
            let points =
                |metric: &Metric| metric.points.iter().map(|point| point.values.len()).sum::<usize>();
            let told = outcome.metrics.iter().filter(same).filter(|metric| by_repository(metric)).map(points);
            told.sum::<usize>() < points(metric)
        }
        false => by_repository(metric),
    }
}
