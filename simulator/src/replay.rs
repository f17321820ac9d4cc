//! Plays a world: every line takes effect at its time, and the functions do their work in between.

use crate::{
    binaries::Binaries,
    cloud::{Cloud, CloudError},
    commit_ingestion::signature,
    world::{Delivery, Entry, Header, World, WorldError},
};
use fake_aws::Api;
use jiff::SignedDuration;
use metrics_lib::lead_time::LATEST_DELIVERY;
use program::{
    plan::{Plan, PlanError},
    sources::{EventSource, SOURCES},
};
use std::collections::BTreeMap;

/// How often the reconciler runs in a replay. It finds the same facts as often as it would on AWS, as long as CloudWatch
/// takes them, and most of the time there is nothing to find.
const RECONCILED_EVERY: SignedDuration = SignedDuration::from_hours(5 * 24);

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
pub fn sign_unsigned(headers: &mut BTreeMap<String, String>, body: &str) {
    let is_signature = |name: &String| name.to_ascii_lowercase().starts_with("x-hub-signature");
    if !headers.keys().any(is_signature) {
        headers.insert("X-Hub-Signature-256".to_owned(), signature(body.as_bytes()));
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
    progress: impl FnMut(),
) -> Result<Cloud, ReplayError> {
    replay_with(OtherSources::default(), world, header, binaries, progress).await
}

/// Sources that an installation has beside those that the product knows.
#[derive(Debug, Default)]
pub struct OtherSources {
    /// Their events.
    pub sources: Vec<&'static EventSource>,
    /// Their APIs.
    pub apis: Vec<Box<dyn Api>>,
}

/// The same of an installation with other sources; `binaries` know them.
///
/// # Errors
/// [`ReplayError`].
pub async fn replay_with(
    OtherSources { sources, apis }: OtherSources,
    world: &World,
    header: &Header,
    binaries: &Binaries,
    mut progress: impl FnMut(),
) -> Result<Cloud, ReplayError> {
    let sources: Vec<&EventSource> = SOURCES.into_iter().chain(sources).collect();
    let mut plan = Plan::with_sources(&header.settings, &sources)?;
    plan.reconciler.every = RECONCILED_EVERY;
    let restored_after =
        header.settings.measuring.attribution_window + header.settings.measuring.attribution_delay;
    let delivered_after = if header.settings.lead_time { LATEST_DELIVERY } else { SignedDuration::ZERO };
    let settled_after = restored_after.max(delivered_after);
    let mut cloud = Cloud::start(plan, binaries, header.start).await?;
    for api in apis {
        cloud.add_api(api);
    }
    for line in world.lines()? {
        let line = line?;
        cloud.advance_to(line.at).await?;
        match line.entry {
            Entry::Config(_) => {}
            Entry::Execution(execution) => cloud.record_execution(execution)?,
            Entry::Pipeline(key, structure) => cloud.record_pipeline(key, structure),
            Entry::Connection(connection) => cloud.record_connection(connection),
            Entry::OpsItem(item) => cloud.record_ops_item(item)?,
            Entry::Api(api, what) => cloud.record_in_api(&api, what)?,
            Entry::GitHub(Delivery { mut headers, body }) => {
                sign_unsigned(&mut headers, &body);
                cloud.deliver(&headers, &body).await?;
            }
            Entry::Event { envelope, id, text } => cloud.send(envelope, id, &text)?,
        }
        progress();
    }
    settle(&mut cloud, settled_after).await?;
    Ok(cloud)
}

/// Lets time pass until no message waits, and the reconciler settle what is left then: at once, and when neither a restore
/// of what was resolved nor a delivery of GitHub's can be expected any more.
async fn settle(cloud: &mut Cloud, settled_after: SignedDuration) -> Result<(), CloudError> {
    cloud.finish().await?;
    cloud.reconcile().await?;
    cloud.advance_to(cloud.now() + settled_after).await?;
    cloud.reconcile().await?;
    cloud.finish().await
}
