//! Load: how much memory the single-machine cloud takes of it, counted by the allocator, and many deployments at once.
//! A binary of its own, so that it counts nothing else; its tests run one after the other.

#![expect(clippy::unwrap_used, reason = "what can't be set up fails its test")]

use jiff::{SignedDuration, Timestamp};
use metrics_lib::{
    contract::{Metric, dimension},
    fact::FactState,
    place::Place,
    sources::codepipeline::ExecutionKey,
};
use peak_alloc::PeakAlloc;
use program::{plan::Plan, settings::Settings};
use scenarios::{
    load::Scenario,
    sample::{Sample, sample},
};
use serde_json::json;
use simulator::{
    binaries::Binaries,
    cloud::Cloud,
    concurrency::Limit,
    payload_builders::{Execution, Source},
    replay::replay,
    replay_result::ReplayResult,
    router::Envelope,
    world::World,
};
use std::{collections::BTreeMap, fs};
use tokio::sync::Mutex;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;
/// Whose turn it is.
static TURN: Mutex<()> = Mutex::const_new(());

/// Plays a sample, and returns how many deployments it has and how many bytes more the cloud holds after it.
fn retained(days: u32) -> (usize, usize) {
    let Sample { lines, truth } = sample(1, days);
    let deployments =
        truth.figures.values().map(|figures| figures.count(Metric::Deployments)).sum::<u64>() as usize;
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, lines.join("\n")).unwrap();
    drop((lines, truth));
    let world = World::File(file.path().to_owned());
    let header = world.check().unwrap();
    let binaries = Binaries::build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let before = ALLOCATED.current_usage();
    let _cloud = runtime.block_on(replay(&world, &header, &binaries, || ())).unwrap();
    (deployments, ALLOCATED.current_usage() - before)
}

/// Of four times as many deployments memory holds the values of their metrics and where the rest is on disk: 5 kB each.
#[test]
fn memory_of_a_longer_world() {
    let _turn = TURN.blocking_lock();
    let (few, less) = retained(5);
    let (many, more) = retained(20);
    let each = (more - less) / (many - few);
    assert!(each < 8000, "{each} bytes for each deployment more: {few} take {less}, {many} take {more}");
}

const OPS: &str = "999999999999";
const TOOLING: &str = "111111111111";
const DEPLOYMENTS: i64 = 1000;

/// A thousand deployments end within a minute. The account has a concurrency of two, all of which others take for two
/// hours; CodePipeline throttles. Nothing but events brings the facts: the reconciler does not run.
#[tokio::test]
async fn thousand_deployments_in_one_minute() {
    let _turn = TURN.lock().await;
    let config = json!({
        "toolingAccounts": [{"account": TOOLING, "regions": ["eu-west-1"]}],
        "opsAccount": OPS,
        "region": "eu-west-1",
    });
    let mut plan = Plan::new(&Settings::from_json(&config).unwrap()).unwrap();
    plan.reconciler.every = SignedDuration::from_hours(1000 * 24);
    let noon: Timestamp = "2026-06-15T12:00:00Z".parse().unwrap();
    let before = ALLOCATED.current_usage();
    let mut cloud = Cloud::start(plan, &Binaries::build().unwrap(), noon).await.unwrap();
    for operation in ["codepipeline:GetPipelineExecution", "codepipeline:ListActionExecutions"] {
        cloud.server().services().quotas.limit(operation, 15);
    }
    let limit = |invocations| Some(Limit { invocations, duration: SignedDuration::from_secs(2) });
    cloud.limit(limit(0));
    ALLOCATED.reset_peak_usage();
    let mut expected: BTreeMap<(String, Timestamp), Vec<f64>> = BTreeMap::new();
    for number in 0..DEPLOYMENTS {
        let end = noon + SignedDuration::from_millis(number * 60_000 / DEPLOYMENTS);
        let repository = format!("acme/service-{}", number % 20);
        let execution = deployment(number, &repository, end);
        cloud.advance_to(end).await.unwrap();
        cloud.record_execution(execution.recorded()).unwrap();
        let event = execution.event("SUCCEEDED");
        cloud.send(Envelope::of(&event), None, &event.to_string()).unwrap();
        expected.entry((repository, end)).or_default().push(1.0);
    }
    cloud.advance_to(noon + SignedDuration::from_hours(2)).await.unwrap();
    assert!(cloud.server().services().cloudwatch.metrics().is_empty());
    let stalled = cloud.throttles();
    cloud.limit(limit(2));
    cloud.finish().await.unwrap();
    let bytes = ALLOCATED.peak_usage() - before;

    let outcome = ReplayResult::of(&cloud).unwrap();
    let over_quota = cloud.server().services().quotas.exceeded.values().sum();
    let throttled = [stalled, cloud.throttles() - stalled, over_quota];
    assert!(throttled.iter().all(|&times| times > 50), "{throttled:?}");
    assert!(outcome.dead_letters.is_empty() && outcome.ignored.is_empty() && outcome.refused.is_empty());
    assert_eq!(outcome.facts.len(), DEPLOYMENTS as usize);
    assert_eq!(outcome.count(|fact| fact.state == FactState::Published), DEPLOYMENTS as usize);
    assert_eq!(outcome.total(Metric::Deployments), DEPLOYMENTS as f64);
    let mut measured = BTreeMap::new();
    for metric in &outcome.metrics {
        assert_eq!(metric.name, Metric::Deployments.name());
        let Some(repository) = metric.dimensions.get(dimension::REPOSITORY) else { continue };
        let points = metric.points.iter();
        measured.extend(points.map(|point| ((repository.clone(), point.timestamp), point.values.clone())));
    }
    assert_eq!(measured, expected);
    assert!(bytes < 3 << 20, "{bytes} bytes at the most");
}

fn deployment(number: i64, repository: &str, end: Timestamp) -> Execution {
    let key = ExecutionKey {
        place: Place::new(TOOLING, "eu-west-1"),
        pipeline: format!("pipeline-{}", number % 40),
        execution_id: format!("execution-{number}"),
    };
    Execution::standard(key, end).source(Source::CodeStar, repository, "main")
}

/// Much at once, with AWS's quotas: nothing is lost or given up, and it takes no longer than so many minutes.
async fn check(scenario: Scenario, minutes: i64, throttled: &str) {
    let _turn = TURN.lock().await;
    let loaded = scenario.play(&Binaries::build().unwrap()).await.unwrap();
    let differences = loaded.differences();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(loaded.took <= SignedDuration::from_mins(minutes), "{:#}", loaded.took);
    // Without that it would prove nothing.
    let exceeded: Vec<_> = loaded.exceeded.keys().map(String::as_str).collect();
    assert_eq!(exceeded.join(" "), throttled, "{:#}", loaded.took);
}

#[tokio::test]
async fn deployments_within_quotas() {
    check(Scenario::Deployments, 60, "codepipeline").await;
}

#[tokio::test]
async fn pipelines_within_quotas() {
    // One run: its function has ten minutes.
    check(Scenario::Pipelines, 10, "codepipeline").await;
}

#[tokio::test]
async fn pushes_within_quotas() {
    check(Scenario::Pushes, 60, "athena queries codepipeline").await;
}

#[tokio::test]
async fn incidents_within_quotas() {
    check(Scenario::Incidents, 60, "codepipeline ssm").await;
}
