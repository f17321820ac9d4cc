//! Glue: the catalog that Athena reads.

use super::resources;
use crate::pulumi::Text;
use serde::Serialize;
use std::collections::BTreeMap;

/// A database.
#[derive(Debug, Serialize)]
pub(crate) struct CatalogDatabase {
    pub(crate) name: Text,
    pub(crate) description: Text,
}

/// A table of objects in S3.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CatalogTable {
    pub(crate) name: Text,
    pub(crate) description: Text,
    pub(crate) database_name: Text,
    pub(crate) table_type: &'static str,
    pub(crate) parameters: BTreeMap<&'static str, Text>,
    pub(crate) partition_keys: Vec<Column>,
    pub(crate) storage_descriptor: StorageDescriptor,
}

/// A column or partition key.
#[derive(Debug, Serialize)]
pub(crate) struct Column {
    pub(crate) name: Text,
    #[serde(rename = "type")]
    pub(crate) kind: Text,
}

/// How objects are read.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StorageDescriptor {
    pub(crate) location: Text,
    pub(crate) input_format: &'static str,
    pub(crate) output_format: &'static str,
    pub(crate) columns: Vec<Column>,
    pub(crate) ser_de_info: SerDeInfo,
}

/// What reads a line.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SerDeInfo {
    pub(crate) serialization_library: &'static str,
}

resources! {
    CatalogDatabase = "aws:glue/catalogDatabase:CatalogDatabase", tagged;
    CatalogTable = "aws:glue/catalogTable:CatalogTable";
}
