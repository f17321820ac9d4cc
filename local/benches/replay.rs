//! How long a replay takes and how much memory it needs, for a small and a large world.

use local::{
    binaries::Binaries,
    outcome::Outcome,
    replay::replay,
    sample::{Sample, sample},
    world::World,
};
use metrics_lib::contract::Metric;
use std::{error::Error, fs, io::Write, time::Instant};

/// A quarter of the sample has about 330 deployments.
const DAYS: [u32; 2] = [280, 2_800];

fn main() -> Result<(), Box<dyn Error>> {
    let binaries = Binaries::build()?;
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

/// The most memory that this process has had so far, as Linux tells it.
fn peak_memory() -> Option<String> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(format!("{} MiB", kibibytes / 1024))
}
