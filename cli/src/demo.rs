//! `cargo dora demo`: plays a sample and compares the figures with the true ones.

use crate::{output, page, played::play, progress, summary::comparison_table};
use clap::{Args, value_parser};
use scenarios::sample::{QUARTER, Sample, sample};
use simulator::world::World;
use std::{io::Write, process::ExitCode};

/// What is made up, and what is shown of it.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Another number makes up another quarter.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many days to make up.
    #[arg(long, default_value_t = QUARTER, value_parser = value_parser!(u32).range(1..=3650))]
    days: u32,
    #[command(flatten)]
    progress: progress::Options,
    #[command(flatten)]
    page: page::Options,
}

/// Plays the sample of a seed and prints measured and true figures side by side; fails if they differ.
pub(crate) fn run(Arguments { seed, days, progress, page }: &Arguments) -> anyhow::Result<ExitCode> {
    page.check()?;
    let Sample { lines, truth } = sample(*seed, *days);
    let about = format!("{days} days of three repositories, seed {seed}");
    progress.note(format_args!("{about}: {} lines", lines.len()))?;
    let played = play(&World::Lines(format!("sample {seed}"), lines), *progress)?;
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
