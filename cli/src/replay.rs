//! `cargo dora replay`: plays a world and shows what comes of it.

use crate::{output, page, played::play, summary};
use simulator::world::World;
use std::{io::Write, path::Path, process::ExitCode};

/// Plays a world and prints the outcome.
pub(crate) fn run(world: &Path, json: bool, page: &page::Options) -> anyhow::Result<ExitCode> {
    page.check()?;
    let name = world.display().to_string();
    let played = play(&World::open(world)?)?;
    match json {
        true => output::print_json(&played.outcome)?,
        false => write!(output::stdout(), "{}", summary::summary(&played.outcome))?,
    }
    page.show(&name, &played)?;
    Ok(ExitCode::SUCCESS)
}
