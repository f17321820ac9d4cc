//! `cargo dora demo`: plays a sample and compares the figures with the true ones.

use crate::{output, page, played::play, summary::comparison_table};
use scenarios::sample::{Sample, sample};
use simulator::world::World;
use std::{io::Write, process::ExitCode};

/// Plays the sample of a seed and prints measured and true figures side by side; fails if they differ.
pub(crate) fn run(seed: u64, days: u32, page: &page::Options) -> anyhow::Result<ExitCode> {
    page.check()?;
    let Sample { lines, truth } = sample(seed, days);
    writeln!(output::stderr(), "{days} days of three repositories, seed {seed}: {} lines", lines.len())?;
    let played = play(&World::Lines(format!("sample {seed}"), lines))?;
    let outcome = &played.outcome;
    let mut stdout = output::stdout();
    writeln!(stdout, "{}\n", comparison_table(outcome, &truth.figures))?;
    let differences = truth.differences(outcome);
    if differences.is_empty() {
        let values: usize =
            outcome.metrics.iter().flat_map(|metric| &metric.points).map(|point| point.values.len()).sum();
        writeln!(
            stdout,
            "Every figure is true: {values} values in CloudWatch, each at its instant, none missing, none twice."
        )?;
    }
    for difference in &differences {
        writeln!(stdout, "differs: {difference}")?;
    }
    drop(stdout);
    page.show(&format!("{days} made-up days of three repositories, seed {seed}"), &played)?;
    Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
