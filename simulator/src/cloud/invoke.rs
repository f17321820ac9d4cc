//! Invoking functions outside of their turn.

use super::{Cloud, CloudError};
use axum::body::Bytes;
use fake_aws::lambda::Failure;

impl Cloud {
    /// Runs the reconciler, now. Whether it succeeded.
    ///
    /// # Errors
    /// [`CloudError`].
    pub async fn reconcile(&mut self) -> Result<bool, CloudError> {
        self.host.check(&self.reconciler).map_err(CloudError::Forbidden)?;
        let result = self.host.invoke(&mut self.reconciler, Bytes::from_static(b"{}")).await?;
        Ok(result.is_ok())
    }

    /// What a dashboard's widget shows somebody who looks, now: the console invokes its function.
    ///
    /// # Errors
    /// [`CloudError`].
    pub async fn look(&mut self, payload: impl Into<Bytes>) -> Result<Result<Bytes, Failure>, CloudError> {
        self.host.check(&self.widget).map_err(CloudError::Forbidden)?;
        if self.host.is_throttled(&self.widget) {
            let message = "Rate Exceeded.".to_owned();
            return Ok(Err(Failure::Error { error_type: "TooManyRequestsException".to_owned(), message }));
        }
        Ok(self.host.invoke(&mut self.widget, payload.into()).await?)
    }

    /// Invokes a function with a payload, now, whatever it is: as who has the right to do so can.
    ///
    /// # Errors
    /// [`CloudError`].
    pub async fn invoke(
        &mut self,
        function: &str,
        payload: impl Into<Bytes>,
    ) -> Result<Result<Bytes, Failure>, CloudError> {
        let commit_ingestion = self
            .commit_ingestion
            .iter_mut()
            .flat_map(|commit_ingestion| [&mut commit_ingestion.webhook, &mut commit_ingestion.transform]);
        let consumers = self.feeds.iter_mut().map(|feed| &mut feed.lambda);
        let mut lambdas = consumers.chain([&mut self.reconciler, &mut self.widget]).chain(commit_ingestion);
        let lambda = lambdas.find(|lambda| lambda.name() == function);
        let lambda = lambda.ok_or_else(|| CloudError::Function(function.to_owned()))?;
        Ok(self.host.invoke(lambda, payload.into()).await?)
    }
}
