//! What the services know because somebody recorded it.

use super::{Cloud, CloudError};
use fake_aws::{Api, PipelineKey, RecordedExecution, RecordedOpsItem};
use serde_json::Value;

impl Cloud {
    /// Makes CodePipeline know an execution as recorded.
    ///
    /// # Errors
    /// [`CloudError::Io`].
    pub fn record_execution(&self, execution: RecordedExecution) -> Result<(), CloudError> {
        Ok(self.host.server.services().codepipeline.record(execution)?)
    }

    /// Makes CodePipeline know the structure of a pipeline as recorded.
    pub fn record_pipeline(&self, key: PipelineKey, structure: Value) {
        self.host.server.services().codepipeline.record_structure(key, structure);
    }

    /// Makes `CodeConnections` know a connection as recorded.
    pub fn record_connection(&self, connection: Value) {
        self.host.server.services().connections.record(connection);
    }

    /// Makes `OpsCenter` know an `OpsItem` as recorded.
    ///
    /// # Errors
    /// [`CloudError::Io`].
    pub fn record_ops_item(&self, item: RecordedOpsItem) -> Result<(), CloudError> {
        Ok(self.host.server.services().ssm.record(item)?)
    }

    /// Makes the API of a source known.
    pub fn add_api(&self, api: Box<dyn Api>) {
        self.host.server.services().apis.insert(api.name(), api);
    }

    /// Makes the API of a source know something as recorded.
    ///
    /// # Errors
    /// [`CloudError::Api`].
    pub fn record_in_api(&self, api: &str, what: Value) -> Result<(), CloudError> {
        let mut services = self.host.server.services();
        let failed = |reason| CloudError::Api { api: api.to_owned(), reason };
        let known = services.apis.get_mut(api).ok_or_else(|| failed("there is no such API".into()))?;
        known.record(what).map_err(failed)
    }
}
