//! The Lambda function `change-failure-rate`; see `functions::change_failure_rate`.

use functions::{change_failure_rate::ChangeFailureRate, worker};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    worker::run(ChangeFailureRate).await
}
