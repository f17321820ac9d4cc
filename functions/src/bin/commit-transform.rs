//! The Lambda function `commit-transform`; see `functions::commit_transform`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    functions::commit_transform::run().await
}
