//! The Lambda function `dashboard-widget`; see `functions::widget`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    functions::widget::run().await
}
