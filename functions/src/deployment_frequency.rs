//! Counts production deployments, rework and rollbacks: `Deployments`, `ReworkDeployments`, `Rollbacks`.

use crate::{
    error::Error,
    events::Event,
    pipelines::{self, Resolution},
    publish::{Published, count_duplicate, publish},
    worker::{Handler, Work},
};
use lambda_runtime::tracing::info;
use metrics_lib::{deployment_frequency, event::Deployed};

/// The handler of the function.
#[derive(Clone, Copy, Debug)]
pub struct DeploymentFrequency;

impl Handler for DeploymentFrequency {
    async fn handle(&self, Work { context, event, owner }: Work<'_>) -> Result<(), Error> {
        let Event::ExecutionSucceeded(key) = event else { return Ok(()) };
        let fact = match pipelines::resolve(context, key).await? {
            Resolution::Deployment(deployment) => {
                context.ledger.remember_names(&Deployed::from(&deployment)).await?;
                deployment_frequency::deployment(&deployment)
            }
            Resolution::Rollback(rollback) => deployment_frequency::rollback(&rollback),
            Resolution::NotProduction(ignored) => {
                info!(execution.id = key.execution_id, reason = ignored.reason, "execution ignored");
                match deployment_frequency::ignored(&ignored) {
                    Some(fact) => fact,
                    None => return Ok(()),
                }
            }
        };
        if let Published::Before { by_same_message: false } = publish(context, owner, &fact).await? {
            count_duplicate(context, fact.repository.as_deref()).await?;
        }
        Ok(())
    }
}
