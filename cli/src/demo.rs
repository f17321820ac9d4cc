//! `cargo dora demo`: plays a sample and compares the figures with the true ones.

use crate::{file, output, page, played::play, progress, summary::comparison_table};
use clap::{Args, value_parser};
use scenarios::sample::{QUARTER, Sample, sample};
use simulator::world::World;
use std::{io::Write, path::PathBuf, process::ExitCode};

/// What is made up, and what is shown of it.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Another number makes up another quarter.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many days to make up.
    #[arg(long, default_value_t = QUARTER, value_parser = value_parser!(u32).range(1..=3650))]
    days: u32,
    /// Print one JSON object in place of the figures, the same that `replay` prints: metrics, facts, deadLetters, refused, ignored.
    #[arg(long)]
    json: bool,
    /// Write what was made up to a file, a world that `replay` and `explain --local` play.
    #[arg(long, value_name = "FILE")]
    save_world: Option<PathBuf>,
    #[command(flatten)]
    progress: progress::Options,
    #[command(flatten)]
    page: page::Options,
}

/// Plays the sample of a seed and prints measured and true figures side by side; fails if they differ.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { seed, days, json, save_world, progress, page } = arguments;
    page.check()?;
    let Sample { lines, truth } = sample(*seed, *days);
    let about = format!("{days} made-up days of three repositories, seed {seed}");
    progress.note(format_args!("{about}: {} lines", lines.len()))?;
    if let Some(file) = save_world {
        let place = file::write(file, &(lines.join("\n") + "\n"))?;
        writeln!(output::stderr(), "world: {}", place.display())?;
    }
    let played = play(&World::Lines(format!("sample {seed}"), lines), *progress)?;
    let (outcome, differences) = (&played.outcome, truth.differences(&played.outcome));
    if *json {
        output::print_json(outcome)?;
        let mut stderr = output::stderr();
        differences.iter().try_for_each(|difference| writeln!(stderr, "differs: {difference}"))?;
    } else {
        let mut stdout = output::stdout();
        writeln!(stdout, "{}\n", comparison_table(outcome, &truth.figures))?;
        differences.iter().try_for_each(|difference| writeln!(stdout, "differs: {difference}"))?;
        if differences.is_empty() {
            writeln!(
                stdout,
                "Every figure is true: {} values in CloudWatch, each at its instant, none missing, none twice.",
                outcome.values()
            )?;
        }
    }
    page.show(&about, &played)?;
    Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
