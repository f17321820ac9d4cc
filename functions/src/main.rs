//! The Lambda functions, all of them: see [`functions::entry`].

use functions::sources::registry::Sources;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    functions::entry::run(Sources::default()).await
}
