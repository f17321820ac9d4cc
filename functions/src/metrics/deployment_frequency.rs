//! Counts production deployments, rework and rollbacks: `Deployments`, `ReworkDeployments`, `Rollbacks`.

use crate::{
    ledger::{DoneBy, Owner},
    metrics::publish::{Published, count_duplicate, publish},
    runtime::{
        context::Context,
        error::Error,
        worker::{Handler, Work},
    },
    sources::codepipeline::{self, Resolution},
};
use lambda_runtime::tracing::info;
use metrics_lib::deployment_frequency;

/// The handler of the function.
#[derive(Clone, Copy, Debug)]
pub struct DeploymentFrequency;

impl Handler for DeploymentFrequency {
    async fn handle(&self, Work { context, event, owner }: Work<'_>) -> Result<(), Error> {
        let Some(resolution) = codepipeline::resolved(context, owner, event).await? else { return Ok(()) };
        let repository = resolution.repository().map(str::to_owned);
        if let Some(Published::Before(DoneBy::AnotherMessage)) = executed(context, owner, &resolution).await?
        {
            count_duplicate(context, repository.as_deref()).await?;
        }
        Ok(())
    }
}

/// An execution is a deployment, a rollback, or is ignored.
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
        Resolution::NotProduction(ignored) => {
            // The reason, which the ledger and `explain` have, quotes branches.
            info!(execution.id = ignored.key.execution_id, "execution ignored");
            match deployment_frequency::ignored(ignored) {
                Some(fact) => fact,
                None => return Ok(None),
            }
        }
    };
    publish(context, owner, &fact).await.map(Some)
}
