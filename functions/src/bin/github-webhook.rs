//! The Lambda function `github-webhook`; see `functions::github_webhook`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    functions::github_webhook::run().await
}
