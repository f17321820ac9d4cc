//! Sends what is marked the way of all data, and tells each hop that it passed, or the first that it did not.

mod events;
mod lake;
mod undelivered;
mod way;

use super::{finding::Finding, webhook::Outputs};
use crate::{installation::Installation, progress};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::process;
use uuid::{Builder, Uuid};

/// The ways of a probe: to the functions that events feed, and to the lake.
pub(super) async fn probe(
    installation: &Installation,
    outputs: Option<&Outputs>,
    progress: progress::Options,
) -> anyhow::Result<Vec<Finding>> {
    let id = id(installation.clock.now()?);
    let mut findings = events::events(installation, id, progress).await;
    findings.extend(lake::lake(installation, outputs, id).await?);
    Ok(findings)
}

/// An id that no other probe has.
fn id(at: Timestamp) -> Uuid {
    let digest = Sha256::digest(format!("{at} {} {}", process::id(), Timestamp::now()));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}
