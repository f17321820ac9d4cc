//! An invocation as Lambda makes it: counted, and without a result where the function is broken.

use crate::{
    aws::Server,
    lambda::{Failure, Lambda, LambdaError},
    vended,
};
use axum::body::Bytes;
use std::future;

/// Invokes a function.
///
/// # Errors
/// [`LambdaError`].
pub(crate) async fn invoke(
    server: &Server,
    lambda: &mut Lambda,
    payload: Bytes,
) -> Result<Result<Bytes, Failure>, LambdaError> {
    count(server, lambda.name(), "Invocations");
    let dies = server.services().dies(lambda.name());
    let result = match dies {
        true => lambda.invoke(payload, future::ready(())).await?,
        false => lambda.invoke(payload, server.crash()).await?,
    };
    if result.is_err() {
        count(server, lambda.name(), "Errors");
    }
    Ok(result)
}

/// Whether Lambda has nothing to run a function with; then that is counted.
pub(crate) fn is_throttled(server: &Server, function: &str) -> bool {
    let is_throttled = server.services().has_no_concurrency(function);
    if is_throttled {
        count(server, function, "Throttles");
    }
    is_throttled
}

/// Counts something of a function.
pub(crate) fn count(server: &Server, function: &str, metric: &'static str) {
    let mut services = server.services();
    let (resource, now) = (services.resource_of(function), services.now());
    services.vend(vended::of_function(metric, &resource), now, 1.0);
}
