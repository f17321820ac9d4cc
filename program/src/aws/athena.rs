//! Athena.

use super::resources;
use crate::pulumi::Text;
use serde::Serialize;

/// A workgroup.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Workgroup {
    pub(crate) name: Text,
    pub(crate) description: Text,
    pub(crate) force_destroy: bool,
    pub(crate) configuration: Configuration,
}

/// What holds for every query of a workgroup.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Configuration {
    /// Whether a query can't say otherwise.
    pub(crate) enforce_workgroup_configuration: bool,
    pub(crate) publish_cloudwatch_metrics_enabled: bool,
    /// A query that reads more is cancelled.
    pub(crate) bytes_scanned_cutoff_per_query: u64,
    pub(crate) result_configuration: ResultConfiguration,
}

/// Where answers go.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResultConfiguration {
    pub(crate) output_location: Text,
    pub(crate) expected_bucket_owner: Text,
    pub(crate) encryption_configuration: Encryption,
}

/// How answers are encrypted.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Encryption {
    pub(crate) encryption_option: &'static str,
    pub(crate) kms_key_arn: Text,
}

resources! {
    Workgroup = "aws:athena/workgroup:Workgroup", tagged;
}
