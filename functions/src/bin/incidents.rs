//! The Lambda function `incidents`; see `functions::handlers`.

use functions::{handlers::Incidents, runtime::worker};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    worker::run(Incidents).await
}
