//! An invocation as Lambda makes it: counted, and without a result where the function is broken.

use crate::{trouble::Troubles, vended};
use axum::body::Bytes;
use fake_aws::{
    AwsError, Server,
    lambda::{Failure, Lambda, LambdaError},
};
use std::future;

/// What functions run on.
#[derive(Debug)]
pub(crate) struct Host {
    /// The services that they call.
    pub(crate) server: Server,
    /// What is wrong.
    pub(crate) troubles: Troubles,
}

impl Host {
    /// Invokes a function.
    ///
    /// # Errors
    /// [`LambdaError`].
    pub(crate) async fn invoke(
        &self,
        lambda: &mut Lambda,
        payload: Bytes,
    ) -> Result<Result<Bytes, Failure>, LambdaError> {
        self.count(lambda, "Invocations");
        let result = match self.troubles.dies(lambda.name()) {
            true => lambda.invoke(payload, future::ready(())).await?,
            false => lambda.invoke(payload, self.server.crash()).await?,
        };
        if result.is_err() {
            self.count(lambda, "Errors");
        }
        Ok(result)
    }

    /// Whether Lambda may do under a function's role what an invocation takes.
    ///
    /// # Errors
    /// What the policies don't allow.
    pub(crate) fn check(&self, lambda: &Lambda) -> Result<(), AwsError> {
        self.server.check_invocation(lambda.resource())
    }

    /// Whether Lambda has nothing to run a function with; then that is counted.
    pub(crate) fn is_throttled(&self, lambda: &Lambda) -> bool {
        let is_throttled = self.troubles.has_no_concurrency(lambda.name());
        if is_throttled {
            self.count(lambda, "Throttles");
        }
        is_throttled
    }

    /// Counts something of a function.
    pub(crate) fn count(&self, lambda: &Lambda, metric: &'static str) {
        let mut services = self.server.services();
        let now = services.now();
        services.vend(vended::of_function(metric, lambda.resource()), now, 1.0);
    }
}
