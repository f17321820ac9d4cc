//! Looks for a probe in the lake, as the function does that measures lead time: whoever has sent it need not read the lake.

use crate::{commits::lake, ledger::Owner, runtime::error::Error, sources::context::Context};
use jiff::Timestamp;
use metrics_lib::{contract::probe, repository::GitName};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeRequest {
    /// Its id.
    #[serde(with = "crate::sources::events::text")]
    pub id: Uuid,
    /// When it was sent.
    pub sent: Timestamp,
}

/// How many records the lake has of a probe.
pub(super) async fn look(
    context: &Context,
    owner: Owner<'_>,
    ProbeRequest { id, sent }: &ProbeRequest,
) -> Result<usize, Error> {
    let repository = GitName::new(probe::repository(id));
    let changes = lake::changes(context, &repository, *sent..context.now()?, owner).await?;
    Ok(changes.len())
}
