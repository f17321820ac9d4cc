//! The Lambda function `deployment-frequency`; see `functions::metrics::deployment_frequency`.

use functions::{metrics::deployment_frequency::DeploymentFrequency, runtime::worker};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    worker::run(DeploymentFrequency).await
}
