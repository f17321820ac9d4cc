//! Counts production deployments, rework and rollbacks: `Deployments`, `ReworkDeployments`, `Rollbacks`.

use crate::{
    ledger::Owner,
    metrics::publish::{Published, publish},
    runtime::error::Error,
    sources::{context::Context, source::Resolution},
};
use lambda_runtime::tracing::info;
use metrics_lib::deployment_frequency;

/// What its source tells of is a deployment, a rollback, or is ignored.
///
/// # Errors
/// Those of [`publish`].
pub async fn executed(
    context: &Context,
    owner: Owner<'_>,
    resolution: &Resolution,
) -> Result<Option<Published>, Error> {
    let fact = match resolution {
        Resolution::Deployment(deployment) => {
            context.ledger.remember_names(deployment).await?;
            deployment_frequency::deployment(deployment, &context.config.rework)
        }
        Resolution::Rollback(rollback) => deployment_frequency::rollback(rollback),
        Resolution::Ignored(ignored) => {
            // The reason, which the ledger and `explain` have, quotes branches.
            info!(execution.id = ignored.key.id(), "execution ignored");
            match deployment_frequency::ignored(ignored) {
                Some(fact) => fact,
                None => return Ok(None),
            }
        }
    };
    publish(context, owner, &fact).await.map(Some)
}
