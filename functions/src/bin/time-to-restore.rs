//! The Lambda function `time-to-restore`; see `functions::metrics::time_to_restore`.

use functions::{metrics::time_to_restore::TimeToRestore, runtime::worker};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    worker::run(TimeToRestore).await
}
