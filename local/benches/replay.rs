//! How long a replay takes and how much memory it needs, for a small and a large world.

use local::{
    binaries::Binaries,
    cloud::Cloud,
    outcome::Outcome,
    replay::replay,
    sample::{Sample, sample},
    shapes::{PushedCommit, push},
    world::World,
};
use metrics_lib::contract::Metric;
use program::{plan::Plan, settings::Settings};
use std::{env, error::Error, fs, io::Write, path::Path, process::Command, time::Instant};

/// A quarter of the sample has about 330 deployments.
const DAYS: [u32; 2] = [280, 2_800];
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
    runtime.block_on(webhook(&binaries))?;
    let folder = tempfile::tempdir()?;
    for days in DAYS {
        let file = folder.path().join(format!("{days}-days.jsonl"));
        fs::write(&file, sample(1, days).lines.join("\n"))?;
        let status =
            Command::new(env::current_exe()?).arg(REPLAY).arg(&file).arg(days.to_string()).status()?;
        if !status.success() {
            return Err(format!("the replay of {days} days failed: {status}").into());
        }
    }
    Ok(())
}

/// Replays the sample of some days from a file, and shows that its figures are true.
async fn replayed(binaries: &Binaries, file: &Path, days: u32) -> Result<(), Box<dyn Error>> {
    let world = World::File(file.to_owned());
    let header = world.check()?;
    let start = Instant::now();
    let cloud = replay(&world, &header, binaries, || ()).await?;
    let elapsed = start.elapsed();
    let memory = status_line("self", "VmHWM:");
    let outcome = Outcome::of(&cloud);
    let Sample { lines, truth } = sample(1, days);
    let differences = truth.differences(&outcome);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    let events = lines.iter().filter(|line| line.contains("\"detail-type\"")).count();
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{:>6} deployments, {events:>6} events: {:>6.1} s, {:>5.2} ms an event, {memory} at the most",
        outcome.total(Metric::Deployments),
        elapsed.as_secs_f64(),
        elapsed.as_secs_f64() * 1000.0 / events as f64,
    )?;
    for (lambda, _) in cloud.functions() {
        let (name, invocations) = (lambda.name(), lambda.invocations);
        writeln!(out, "       {name}: {invocations} invocations, {} cold starts", lambda.cold_starts)?;
    }
    Ok(())
}

/// Warm invocations of the webhook with a push of 20 commits, HTTP and Firehose included.
async fn webhook(binaries: &Binaries) -> Result<(), Box<dyn Error>> {
    const DELIVERIES: u32 = 10_000;
    let config = serde_json::json!({
        "toolingAccounts": [{"account": "111111111111", "regions": ["eu-west-1"]}],
        "opsAccount": "999999999999",
        "region": "eu-west-1",
        "webhookSecret": "arn:aws:secretsmanager:eu-west-1:999999999999:secret:dora-webhook",
    });
    let now = "2026-06-15T12:00:00Z".parse()?;
    let mut cloud = Cloud::start(Plan::new(&Settings::from_json(&config)?)?, binaries, now).await?;
    let commits: Vec<PushedCommit> = (0..20)
        .map(|number| PushedCommit { id: format!("{number:040x}"), time: now, message: "Add a thing".into() })
        .collect();
    let (headers, body) = push("acme/shop", "main", None, &commits, now);
    cloud.deliver(&headers, &body).await?;
    let memory = |cloud: &Cloud| {
        cloud.webhook_process().map_or_else(String::new, |id| status_line(&id.to_string(), "VmRSS:"))
    };
    let before = memory(&cloud);
    let start = Instant::now();
    for _ in 0..DELIVERIES {
        cloud.deliver(&headers, &body).await?;
    }
    let microseconds = start.elapsed().as_secs_f64() * 1e6 / f64::from(DELIVERIES);
    let after = memory(&cloud);
    let mut out = std::io::stdout();
    writeln!(
        out,
        "webhook: {microseconds:.0} µs a warm invocation; memory {before} before, {after} after {DELIVERIES}"
    )?;
    Ok(())
}

/// What Linux says of a process's memory: `VmRSS:` is what it holds, `VmHWM:` the most that it held so far.
fn status_line(process: &str, name: &str) -> String {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kibibytes.map_or_else(|| "unknown memory".to_owned(), |kibibytes| format!("{} MiB", kibibytes / 1024))
}
