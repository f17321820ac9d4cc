//! The Lambda function `github-webhook`; see `functions::sources::github`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    functions::sources::github::run().await
}
