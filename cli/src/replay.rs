//! `cargo dora replay`: plays a world and shows what comes of it.

use crate::{output, page, played::play, progress, summary};
use clap::Args;
use simulator::world::World;
use std::{io::Write, path::PathBuf, process::ExitCode};

/// What is played, and what is shown of it.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The world, a file of JSON lines; `-` for standard input.
    world: PathBuf,
    /// Print one JSON object: metrics, facts, deadLetters, refused, ignored.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    progress: progress::Options,
    #[command(flatten)]
    page: page::Options,
}

/// Plays a world and prints the outcome.
pub(crate) fn run(Arguments { world, json, progress, page }: &Arguments) -> anyhow::Result<ExitCode> {
    page.check()?;
    let name = world.display().to_string();
    let played = play(&World::open(world)?, *progress)?;
    match json {
        true => output::print_json(&played.outcome)?,
        false => write!(output::stdout(), "{}", summary::summary(&played.outcome))?,
    }
    page.show(&name, &played)?;
    Ok(ExitCode::SUCCESS)
}
