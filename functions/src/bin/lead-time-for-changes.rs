//! The Lambda function `lead-time-for-changes`; see `functions::metrics::lead_time_for_changes`.

use functions::{metrics::lead_time_for_changes::LeadTimeForChanges, runtime::worker};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    worker::run(LeadTimeForChanges).await
}
