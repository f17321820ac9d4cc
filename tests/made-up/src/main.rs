//! The functions of an installation with the made-up sources.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    functions::entry::run(made_up::sources()).await
}
