//! `cargo dora replay`: plays a world and shows what comes of it.

use crate::summary;
use indicatif::{ProgressBar, ProgressStyle};
use local::{binaries::Binaries, outcome::Outcome, replay::replay, world::World};
use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

/// Plays a world and prints the outcome.
pub(crate) fn run(world: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let outcome = play(&World::open(world)?)?;
    let mut stdout = io::stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut stdout, &outcome)?;
        writeln!(stdout)?;
    } else {
        write!(stdout, "{}", summary::summary(&outcome))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Plays a world; progress and notes go to standard error.
pub(crate) fn play(world: &World) -> anyhow::Result<Outcome> {
    let header = world.check()?;
    for note in &header.notes {
        writeln!(io::stderr(), "note: {note}")?;
    }
    let binaries = Binaries::build()?;
    let progress = ProgressBar::new(header.lines)
        .with_style(ProgressStyle::with_template("{wide_bar} {pos} of {len} lines, {eta} to go")?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let cloud = runtime.block_on(replay(world, &header, &binaries, || progress.inc(1)))?;
    progress.finish_and_clear();
    Ok(Outcome::of(&cloud))
}
