//! Plays a world on the single-machine cloud, and keeps what came of it.

use crate::{interruption::or_interrupted, progress};
use jiff::Timestamp;
use program::settings::Settings;
use simulator::{
    binaries::Binaries, cloud::Cloud, replay::replay, replay_result::ReplayResult, world::World,
};

/// What came of a world.
pub(crate) struct Played {
    /// Everything that happened.
    pub(crate) outcome: ReplayResult,
    /// The simulated present.
    pub(crate) now: Timestamp,
    /// The world's configuration.
    pub(crate) settings: Settings,
}

/// Plays a world.
pub(crate) fn play(world: &World, progress: progress::Options) -> anyhow::Result<Played> {
    with_cloud(world, progress, async |cloud, settings| {
        let outcome = ReplayResult::of(&cloud)?;
        Ok(Played { outcome, now: cloud.now(), settings })
    })
}

/// Plays a world and does something with the cloud that it was played in. An interruption leaves nothing behind.
pub(crate) fn with_cloud<T>(
    world: &World,
    progress: progress::Options,
    work: impl AsyncFnOnce(Cloud, Settings) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let header = world.check()?;
    for note in &header.notes {
        progress.note(format_args!("note: {note}"))?;
    }
    let binaries = Binaries::build()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(or_interrupted(async {
        let progress = progress.begin(header.lines, format!("of {} lines", header.lines))?;
        let cloud = replay(world, &header, &binaries, || progress.inc()).await?;
        drop(progress);
        work(cloud, header.settings).await
    }))
}
