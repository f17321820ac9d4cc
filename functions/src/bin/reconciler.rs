//! The Lambda function `reconciler`; see `functions::reconciler`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    functions::reconciler::run().await
}
