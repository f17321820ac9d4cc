//! The Lambda function `lead-time-for-changes`; see `functions::handlers`.

use functions::{handlers::LeadTimes, runtime::worker};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    worker::run(LeadTimes).await
}
