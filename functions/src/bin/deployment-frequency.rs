//! The Lambda function `deployment-frequency`; see `functions::deployment_frequency`.

use functions::{deployment_frequency::DeploymentFrequency, worker};

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    worker::run(DeploymentFrequency).await
}
