//! Plays a world on the single-machine cloud, and keeps what came of it.

use crate::output;
use dashboard_page::Stored;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use program::{plan::Plan, settings::Settings};
use simulator::{
    binaries::Binaries, cloud::Cloud, replay::replay, replay_result::ReplayResult, world::World,
};
use std::io::Write;

/// What came of a world.
pub(crate) struct Played {
    /// Everything that happened.
    pub(crate) outcome: ReplayResult,
    /// The values that dashboards show.
    pub(crate) stored: Stored,
    /// The simulated present.
    pub(crate) now: Timestamp,
    /// The world's configuration.
    pub(crate) settings: Settings,
    /// The plan of it.
    pub(crate) plan: Plan,
}

/// Plays a world; progress and notes go to standard error.
pub(crate) fn play(world: &World) -> anyhow::Result<Played> {
    with_cloud(world, async |cloud, mut settings| {
        let outcome = ReplayResult::of(&cloud)?;
        // The dashboards list what was seen too, as nobody must configure the repositories of a recording.
        settings.dashboards.repositories.extend(outcome.figures().into_keys());
        Ok(Played { outcome, stored: cloud.stored(), now: cloud.now(), settings, plan: cloud.plan().clone() })
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
