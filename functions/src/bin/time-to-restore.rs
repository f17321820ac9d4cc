//! The Lambda function `time-to-restore`; see `functions::time_to_restore`.

use functions::{time_to_restore::TimeToRestore, worker};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    worker::run(TimeToRestore).await
}
