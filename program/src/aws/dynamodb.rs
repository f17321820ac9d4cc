//! `DynamoDB`.

use super::resources;
use crate::pulumi::Text;
use serde::Serialize;

/// A table.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Table {
    pub(crate) name: Text,
    pub(crate) billing_mode: &'static str,
    pub(crate) hash_key: Text,
    pub(crate) range_key: Text,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) global_secondary_indexes: Vec<Index>,
    pub(crate) ttl: Ttl,
    pub(crate) point_in_time_recovery: Enabled,
    pub(crate) server_side_encryption: Encryption,
    pub(crate) deletion_protection_enabled: bool,
}

/// An attribute that is part of a key.
#[derive(Debug, Serialize)]
pub(crate) struct Attribute {
    pub(crate) name: Text,
    /// `S`: a string.
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
}

/// An index.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Index {
    pub(crate) name: Text,
    pub(crate) hash_key: Text,
    pub(crate) range_key: Text,
    pub(crate) projection_type: &'static str,
}

/// Which attribute says when an item may be deleted.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ttl {
    pub(crate) attribute_name: Text,
    pub(crate) enabled: bool,
}

/// Whether something is on.
#[derive(Debug, Serialize)]
pub(crate) struct Enabled {
    pub(crate) enabled: bool,
}

/// With which key a table is encrypted.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Encryption {
    pub(crate) enabled: bool,
    pub(crate) kms_key_arn: Text,
}

resources! {
    Table = "aws:dynamodb/table:Table", tagged;
}
