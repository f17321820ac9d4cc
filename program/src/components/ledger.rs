//! The ledger's table.

use crate::{
    aws::{
        dynamodb::{Attribute, Enabled, Encryption, Index, Table, Ttl},
        kms::Key,
    },
    plan,
    pulumi::{Document, Handle, Options},
};
use metrics_lib::contract::ledger::EXPIRES_AT;

/// The table. It holds what was counted, so neither AWS nor the engine deletes it by mistake.
pub(crate) fn ledger(document: &mut Document, planned: &plan::Table, key: &Handle<Key>) -> Handle<Table> {
    let (index, day, time) = planned.index;
    let keys = [planned.partition_key, planned.sort_key, day, time];
    let properties = Table {
        name: planned.name.as_str().into(),
        billing_mode: "PAY_PER_REQUEST",
        hash_key: planned.partition_key.into(),
        range_key: planned.sort_key.into(),
        attributes: keys.map(|name| Attribute { name: name.into(), kind: "S" }).into(),
        global_secondary_indexes: vec![Index {
            name: index.into(),
            hash_key: day.into(),
            range_key: time.into(),
            projection_type: "ALL",
        }],
        ttl: Ttl { attribute_name: EXPIRES_AT.into(), enabled: true },
        point_in_time_recovery: Enabled { enabled: true },
        server_side_encryption: Encryption { enabled: true, kms_key_arn: key.arn() },
        deletion_protection_enabled: true,
    };
    document.add_with("ledger", properties, Options::protected())
}
