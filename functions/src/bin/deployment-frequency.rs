//! The Lambda function `deployment-frequency`; see `functions::deployment_frequency`.

use functions::{deployment_frequency::DeploymentFrequency, worker};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    worker::run(DeploymentFrequency).await
}
