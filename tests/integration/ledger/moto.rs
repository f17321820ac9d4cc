//! The ledger's table on moto's server.

use super::Endpoint;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};

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
