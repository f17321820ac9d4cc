//! The Lambda function `deployments`; see `functions::handlers`.

use functions::{handlers::Deployments, runtime::worker};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    worker::run(Deployments).await
}
