//! `OpsCenter`: incidents that were raised or changed.

use super::{EventKind, EventSource, Tells};
use crate::{
    naming::arn,
    statement::{Resource, RoleStatement, on},
};
use metrics_lib::place::Place;
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) const OPSCENTER: EventSource = EventSource {
    tells: Tells::Incidents,
    event_source: "aws.ssm",
    events: &[EventKind {
        name: "incidents",
        description: "Incidents that were raised or changed",
        detail_types: &["OpsItem Create", "OpsItem Update"],
        detail: |types| json!({"ops-item-type": of_types(types)}),
    }],
    reads: |place| vec![on("ReadOpsItems", ["ssm:GetOpsItem"], [every_ops_item(place)]), ops_item_lister()],
};

/// Events of `OpsItem`s without a type, or with null for it, pass: the functions ask the API for the type. No types mean
/// all of them.
fn of_types(types: &BTreeSet<String>) -> Value {
    let mut allowed: Vec<Value> = types.iter().map(|kind| json!(kind)).collect();
    if allowed.is_empty() {
        allowed.push(json!({"exists": true}));
    }
    allowed.extend([Value::Null, json!({"exists": false})]);
    allowed.into()
}

/// Every `OpsItem` of a region of an account.
pub(crate) fn every_ops_item(Place { account, region }: &Place) -> Resource {
    let reason = "OpsItems are known by the ids that events and commits name";
    Resource::Every { pattern: arn("ssm", region, account, "opsitem/*"), reason }
}

/// Listing `OpsItem`s.
pub(crate) fn ops_item_lister() -> RoleStatement {
    let reason = "Systems Manager has no resources for this action";
    on("ListOpsItems", ["ssm:DescribeOpsItems"], [Resource::Every { pattern: "*".into(), reason }])
}
