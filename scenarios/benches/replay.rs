//! How long a replay takes and how much memory it needs, for a small and a large world. With `--quick`, for two tiny ones.

use metrics_lib::contract::Metric;
use program::{
    plan::{Plan, Throttle},
    settings::Settings,
};
use scenarios::sample::{Sample, sample};
use simulator::{
    binaries::Binaries,
    cloud::Cloud,
    payload_builders::{PushedCommit, push},
    replay::replay,
    replay_result::ReplayResult,
    world::World,
};
use std::{
    env,
    error::Error,
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

/// How much is played.
struct Size {
    /// The length of each world, in days: a quarter of the sample has about 330 deployments.
    days: [u32; 2],
    /// How many deliveries the webhook gets.
    deliveries: u32,
}

const FULL: Size = Size { days: [280, 2_800], deliveries: 10_000 };
const QUICK: Size = Size { days: [5, 10], deliveries: 10 };
/// The argument that makes the benchmark replay one world.
const REPLAY: &str = "replay";

fn main() -> Result<(), Box<dyn Error>> {
    let binaries = Binaries::build()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Each world is replayed by a process of its own, so that its memory is the replay's alone.
    let arguments: Vec<String> = env::args().collect();
    if let [_, command, file, days, ..] = arguments.as_slice()
        && command == REPLAY
    {
        return runtime.block_on(replayed(&binaries, Path::new(file), days.parse()?));
    }
    let size = if arguments.iter().any(|argument| argument == "--quick") { QUICK } else { FULL };
    runtime.block_on(webhook(&binaries, size.deliveries))?;
    let folder = tempfile::tempdir()?;
    let mut out = std::io::stdout();
    let mut measured = Vec::new();
    for days in size.days {
        let file = folder.path().join(format!("{days}-days.jsonl"));
        fs::write(&file, sample(1, days).lines.join("\n"))?;
        let mut replay = Command::new(env::current_exe()?);
        replay.arg(REPLAY).arg(&file).arg(days.to_string()).stderr(Stdio::inherit());
        let output = replay.output()?;
        if !output.status.success() {
            return Err(format!("the replay of {days} days failed: {}", output.status).into());
        }
        let output = String::from_utf8(output.stdout)?;
        let (size, report) = output.split_once('\n').ok_or("the replay says nothing")?;
        write!(out, "{report}")?;
        measured.push(serde_json::from_str::<(f64, Option<f64>)>(size)?);
    }
    if let [(few, Some(less)), (many, Some(more))] = measured[..] {
        writeln!(out, "replay: {:.1} KiB of memory for each deployment more", (more - less) / (many - few))?;
    }
    Ok(())
}

/// Replays the sample of some days from a file, and shows that its figures are true. The first line is for the benchmark:
/// the number of deployments, and the KiB of memory that they needed.
async fn replayed(binaries: &Binaries, file: &Path, days: u32) -> Result<(), Box<dyn Error>> {
    let world = World::File(file.to_owned());
    let header = world.check()?;
    let start = Instant::now();
    let cloud = replay(&world, &header, binaries, || ()).await?;
    let elapsed = start.elapsed();
    let memory = status_line("self", "VmHWM:");
    let outcome = ReplayResult::of(&cloud)?;
    let Sample { lines, truth } = sample(1, days);
    let differences = truth.differences(&outcome);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    let events = lines.iter().filter(|line| line.contains("\"detail-type\"")).count();
    let deployments = outcome.total(Metric::Deployments);
    let mut out = std::io::stdout();
    writeln!(out, "{}", serde_json::json!([deployments, memory]))?;
    writeln!(
        out,
        "{deployments:>6} deployments, {events:>6} events: {:>6.1} s, {:>5.2} ms an event, {} at the most",
        elapsed.as_secs_f64(),
        elapsed.as_secs_f64() * 1000.0 / events as f64,
        mebibytes(memory),
    )?;
    for lambda in cloud.lambdas().filter(|lambda| lambda.invocations > 0) {
        let (name, invocations, took) = (lambda.name(), lambda.invocations, lambda.took.as_secs_f64());
        let each = took * 1000.0 / invocations as f64;
        writeln!(
            out,
            "       {name}: {invocations} invocations, {} cold starts, {took:.1} s, {each:.1} ms each",
            lambda.cold_starts
        )?;
    }
    Ok(())
}

/// Warm invocations of the webhook with a push of 20 commits, HTTP and Firehose included.
async fn webhook(binaries: &Binaries, deliveries: u32) -> Result<(), Box<dyn Error>> {
    let config = serde_json::json!({
        "toolingAccounts": [{"account": "111111111111", "regions": ["eu-west-1"]}],
        "opsAccount": "999999999999",
        "region": "eu-west-1",
        "webhookSecret": "arn:aws:secretsmanager:eu-west-1:999999999999:secret:dora-webhook",
    });
    let now = "2026-06-15T12:00:00Z".parse()?;
    let mut plan = Plan::new(&Settings::from_json(&config)?)?;
    if let Some(commit_ingestion) = &mut plan.commit_ingestion {
        commit_ingestion.gate.throttle = Throttle { rate: 1, burst: deliveries + 1 };
    }
    let mut cloud = Cloud::start(plan, binaries, now).await?;
    let commits: Vec<PushedCommit> = (0..20)
        .map(|number| PushedCommit { id: format!("{number:040x}"), time: now, message: "Add a thing".into() })
        .collect();
    let (headers, body) = push("acme/shop", "main", None, &commits, now);
    cloud.deliver(&headers, &body).await?;
    let memory = |cloud: &Cloud| {
        mebibytes(cloud.webhook_process().and_then(|id| status_line(&id.to_string(), "VmRSS:")))
    };
    let before = memory(&cloud);
    let start = Instant::now();
    for _ in 0..deliveries {
        cloud.deliver(&headers, &body).await?;
    }
    let microseconds = start.elapsed().as_secs_f64() * 1e6 / f64::from(deliveries);
    let after = memory(&cloud);
    let mut out = std::io::stdout();
    writeln!(
        out,
        "webhook: {microseconds:.0} µs a warm invocation; memory {before} before, {after} after {deliveries} deliveries"
    )?;
    Ok(())
}

/// What Linux says of a process's memory, in KiB: `VmRSS:` is what it holds, `VmHWM:` the most that it held so far.
fn status_line(process: &str, name: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix(name))?.trim().strip_suffix(" kB")?.parse().ok()
}

fn mebibytes(kibibytes: Option<u64>) -> String {
    kibibytes.map_or_else(|| "unknown memory".to_owned(), |kibibytes| format!("{} MiB", kibibytes / 1024))
}
