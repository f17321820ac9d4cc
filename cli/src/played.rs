//! Plays a world on the single-machine cloud, and keeps what came of it.

use crate::output;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use program::settings::Settings;
use simulator::{
    binaries::Binaries, cloud::Cloud, replay::replay, replay_result::ReplayResult, world::World,
};
use std::io::Write;

/// What came of a world.
pub(crate) struct Played {
    /// Everything that happened.
    pub(crate) outcome: ReplayResult,
    /// The simulated present.
    pub(crate) now: Timestamp,
    /// The world's configuration.
    pub(crate) settings: Settings,
}

/// Plays a world; progress and notes go to standard error.
pub(crate) fn play(world: &World) -> anyhow::Result<Played> {
    with_cloud(world, async |cloud, settings| {
        let outcome = ReplayResult::of(&cloud)?;
        Ok(Played { outcome, now: cloud.now(), settings })
    })
}

/// Plays a world and does something with the cloud that it was played in; progress and notes go to standard error.
pub(crate) fn with_cloud<T>(
    world: &World,
    work: impl AsyncFnOnce(Cloud, Settings) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let header = world.check()?;
    for note in &header.notes {
        writeln!(output::stderr(), "note: {note}")?;
    }
    let binaries = Binaries::build()?;
    let progress = ProgressBar::new(header.lines)
        .with_style(ProgressStyle::with_template("{wide_bar} {pos} of {len} lines, {eta} to go")?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let cloud = replay(world, &header, &binaries, || progress.inc(1)).await?;
        progress.finish_and_clear();
        work(cloud, header.settings).await
    })
}
