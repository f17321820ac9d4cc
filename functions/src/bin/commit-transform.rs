//! The Lambda function `commit-transform`; see `functions::commits::transform`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    functions::commits::transform::run().await
}
