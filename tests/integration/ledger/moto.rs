//! moto's server, with the ledger's table.

use super::Endpoint;
use crate::outside::{self, Outside};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

/// The server; it ends with its standard input.
pub(super) struct Moto {
    pub(super) url: String,
    process: Child,
}

impl Moto {
    pub(super) fn start() -> Outside<Self> {
        let python = outside::python("dynamodb", "dynamodb/requirements.txt")?;
        let mut process = Command::new(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("dynamodb/serve.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut url = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut url).unwrap();
        assert!(url.starts_with("http://"), "moto's server says where it listens, not {url:?}");
        Ok(Self { url: url.trim().to_owned(), process })
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // Whoever does not see the end of its input has ended already.
        let _ = self.process.wait();
    }
}

/// Creates the table as the plan declares it.
pub(super) async fn create_table(endpoint: &Endpoint) {
    let table = &endpoint.table;
    let (index, day, time) = table.index;
    let keys = |partition: &str, sort: &str| {
        let key = |name: &str, kind| {
            KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap()
        };
        vec![key(partition, KeyType::Hash), key(sort, KeyType::Range)]
    };
    let attribute = |name: &str| {
        let definition = AttributeDefinition::builder().attribute_name(name);
        definition.attribute_type(ScalarAttributeType::S).build().unwrap()
    };
    let index = GlobalSecondaryIndex::builder()
        .index_name(index)
        .set_key_schema(Some(keys(day, time)))
        .projection(Projection::builder().projection_type(ProjectionType::All).build())
        .build()
        .unwrap();
    let request = endpoint
        .client()
        .create_table()
        .table_name(&table.name)
        .set_key_schema(Some(keys(table.partition_key, table.sort_key)))
        .set_attribute_definitions(Some(
            [table.partition_key, table.sort_key, day, time].map(attribute).into(),
        ))
        .global_secondary_indexes(index)
        .billing_mode(BillingMode::PayPerRequest);
    request.send().await.unwrap();
}
