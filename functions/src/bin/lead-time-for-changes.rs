//! The Lambda function `lead-time-for-changes`; see `functions::lead_time_for_changes`.

use functions::{lead_time_for_changes::LeadTimeForChanges, worker};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    worker::run(LeadTimeForChanges).await
}
