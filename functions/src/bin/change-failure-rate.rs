//! The Lambda function `change-failure-rate`; see `functions::metrics::change_failure_rate`.

use functions::{metrics::change_failure_rate::ChangeFailureRate, runtime::worker};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    worker::run(ChangeFailureRate).await
}
