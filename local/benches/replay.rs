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
use std::{error::Error, fs, io::Write, time::Instant};

/// A quarter of the sample has about 330 deployments.
const DAYS: [u32; 2] = [280, 2_800];

fn main() -> Result<(), Box<dyn Error>> {
    let binaries = Binaries::build()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(webhook(&binaries))?;
    let folder = tempfile::tempdir()?;
    let mut out = std::io::stdout();
    for days in DAYS {
        let file = folder.path().join(format!("{days}-days.jsonl"));
        let Sample { lines, truth } = sample(1, days);
        let events = lines.iter().filter(|line| line.contains("\"detail-type\"")).count();
        fs::write(&file, lines.join("\n"))?;
        drop(lines);
        let world = World::File(file);
        let header = world.check()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let start = Instant::now();
        let cloud = runtime.block_on(replay(&world, &header, &binaries, || ()))?;
        let elapsed = start.elapsed();
        let outcome = Outcome::of(&cloud);
        let differences = truth.differences(&outcome);
        assert!(differences.is_empty(), "{}", differences.join("\n"));
        writeln!(
            out,
            "{:>6} deployments, {events:>6} events: {:>6.1} s, {:>5.2} ms an event, {} at the most",
            outcome.total(Metric::Deployments),
            elapsed.as_secs_f64(),
            elapsed.as_secs_f64() * 1000.0 / events as f64,
            peak_memory().unwrap_or_else(|| "unknown memory".into()),
        )?;
        for (lambda, _) in cloud.functions() {
            let (name, invocations) = (lambda.name(), lambda.invocations);
            writeln!(out, "       {name}: {invocations} invocations, {} cold starts", lambda.cold_starts)?;
        }
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
    let before = memory(cloud.webhook_process());
    let start = Instant::now();
    for _ in 0..DELIVERIES {
        cloud.deliver(&headers, &body).await?;
    }
    let microseconds = start.elapsed().as_secs_f64() * 1e6 / f64::from(DELIVERIES);
    let after = memory(cloud.webhook_process());
    let mut out = std::io::stdout();
    writeln!(
        out,
        "webhook: {microseconds:.0} µs a warm invocation; memory {before} before, {after} after {DELIVERIES}"
    )?;
    Ok(())
}

/// The memory that a process holds, as Linux tells it.
fn memory(process: Option<u32>) -> String {
    let status =
        process.and_then(|id| fs::read_to_string(format!("/proc/{id}/status")).ok()).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.map_or_else(|| "unknown".to_owned(), |line| line.trim().to_owned())
}

/// The most memory that this process has had so far, as Linux tells it.
fn peak_memory() -> Option<String> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(format!("{} MiB", kibibytes / 1024))
}
