//! Plays a world: every line takes effect at its time, and the functions do their work in between.

use crate::{
    binaries::Binaries,
    cloud::{Cloud, CloudError},
    intake::signature,
    world::{Delivery, Entry, Header, World, WorldError},
};
use program::plan::{Plan, PlanError};
use std::collections::BTreeMap;

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

/// Signs a delivery without any signature: it was recorded from a webhook without secret.
fn sign_unsigned(headers: &mut BTreeMap<String, String>, body: &str) {
    let is_signature = |name: &String| name.to_ascii_lowercase().starts_with("x-hub-signature");
    if !headers.keys().any(is_signature) {
        headers.insert("X-Hub-Signature-256".to_owned(), signature(body));
    }
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
            Entry::GitHub(Delivery { mut headers, body }) => {
                sign_unsigned(&mut headers, &body);
                cloud.deliver(&headers, &body).await?;
            }
            Entry::Event { envelope, id, text } => cloud.send(envelope, id, &text)?,
        }
        progress();
    }
    cloud.finish().await?;
    Ok(cloud)
}
