//! Plays a world: every line takes effect at its time, and the functions do their work in between.

use crate::{
    binaries::Binaries,
    cloud::{Cloud, CloudError},
    world::{Delivery, Entry, Header, World, WorldError},
};
use program::plan::{Plan, PlanError};

/// What stops a replay.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The world is not as it should be.
    #[error(transparent)]
    World(#[from] WorldError),
    /// No plan can be made for the world's configuration.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The cloud can't go on.
    #[error(transparent)]
    Cloud(#[from] CloudError),
}

/// Plays a world that was checked, up to the point where no message waits; `progress` is called after every line.
///
/// # Errors
/// [`ReplayError`].
pub async fn replay(
    world: &World,
    header: &Header,
    binaries: &Binaries,
    mut progress: impl FnMut(),
) -> Result<Cloud, ReplayError> {
    let mut cloud = Cloud::start(Plan::new(&header.settings)?, binaries, header.start).await?;
    for line in world.lines()? {
        let line = line?;
        cloud.advance_to(line.at).await?;
        match line.entry {
            Entry::Config(_) => {}
            Entry::Execution(execution) => cloud.record_execution(execution),
            Entry::OpsItem(item) => cloud.record_ops_item(item),
            Entry::GitHub(Delivery { headers, body }) => drop(cloud.deliver(&headers, &body).await?),
            Entry::Event { envelope, id, text } => cloud.send(envelope, id, &text)?,
        }
        progress();
    }
    cloud.finish().await?;
    Ok(cloud)
}
