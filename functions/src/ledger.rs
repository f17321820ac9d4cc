//! The ledger: one DynamoDB item per fact, keyed by what the fact is about, never by the id of an event or message.
//!
//! Everything known of an execution shares the partition `execution#ID`, everything known of an `OpsItem` the
//! partition `opsItem#ID`, so that one consistent query answers what a decision needs. Those of other sources have
//! `deployment#SOURCE#ID` and `incident#SOURCE#ID`:
//!
//! | partition | sort key | item |
//! |---|---|---|
//! | `execution#ID` | `deployment#…`, `rollback#…`, `failure#…`, `ignored#…` | a fact |
//! | `execution#ID` | `rolledBackBy#…` | a rollback of this deployment |
//! | `execution#ID` | `blamedBy#…` | an incident that is attributed to this deployment |
//! | `opsItem#ID` | `restore#…`, `unattributed#…` | a fact |
//! | `opsItem#ID` | `incident#…` | the incident and its attribution |
//! | `opsItem#ID` | `referencedBy#…` | a deployment that references the `OpsItem` |
//! | `opsItem#ID` | `status#…` | when the incident was resolved or opened again |
//! | `slot#KIND#REPOSITORY`, or `slot#KIND#` | minute | what CloudWatch is known to have of it, and the fact that is being put |
//! | `doubtful` | hash of a fact's key | a fact that CloudWatch may have, or that waits for such a one |
//! | `known` | `git#NAME#ID`, `gitId#ID#NAME` | a name that a repository of a Git host had, with GitHub's id if it was told |
//! | `known` | `deployed#NAME#ACCOUNT`, `exact#NAME#ACCOUNT` | a repository of a Git host, another one, that an account deployed |
//! | `known` | `pipeline#…` | a pipeline that deployed |
//! | `reconciler` | `executions#…`, `opsItems#…` | how far the reconciler has come in an account and region |
//! | `reconciler` | `backfilledExecutions#…`, `backfilledOpsItems#…` | the same of a backfill since an instant |
//! | `reconciler` | `heard#…`, `watched#…` | when an event came last from an account and region, and since when the reconciler looks there |
//! | `reconciler` | `heartbeat#…`, `untold` | when a heartbeat came last from an account and region, and when something was found that an event should have told |
//! | `reconciler` | `comparison` | the day of the latest comparison with CloudWatch |
//! | `reconciler` | `open#…` | on which days something of a kind was open when all days were looked at last |
//! | `probe#ID` | `FUNCTION#ACCOUNT#REGION` | a probe that has come to a function; it is kept for a day |
//! | `known` | `place#…` | an account and region that an event came from |
//! | `walked` | pipeline | executions of the pipeline that are known to have brought nothing to production |
//! | `backlog` | `execution#…`, `opsItem#…`, `pipeline#…`, `pipelines#…`, `opsItems#…` | what the reconciler could not do or read |
//!
//! Each item has the version of its format; docs/design/formats.md lists the attributes, and how they may change.
//!
//! The index `timeline` lists the facts of a kind and the incidents of a day in order of time. A fact has, by the name of
//! each metric, how many values of it CloudWatch gets.

mod backlog;
mod facts;
mod hearing;
mod identity;
mod incidents;
mod item;
mod open;
mod probes;
mod publishing;
mod recorded;
mod timeline;
mod update;

pub use backlog::{Left, MOST_TRIES, Subject};
pub use facts::{Done, DoneBy, KnownFacts, Owner};
pub use incidents::{AttributionState, IncidentRecord};
pub use item::RETENTION;
pub use open::{DayCount, PendingItem, Reached, Walked, Watermark, Watermarks};
pub use probes::Passed;
pub use publishing::{Claim, Claimed, Doubt, Missed, SlotKey};
pub use recorded::Recorded;
pub use timeline::{NamedRepository, Names, days};

use crate::runtime::error::Error;
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use hearing::Hearing;
use item::Item;
use metrics_lib::contract::ledger::{PARTITION_KEY, SORT_KEY};
use std::{collections::HashSet, sync::Mutex};

/// The ledger.
#[derive(Debug)]
pub struct Ledger {
    client: Client,
    table: String,
    /// The known names that this process has written, so that each is written once.
    known: Mutex<HashSet<String>>,
    /// What this process knows of where events come from.
    hearing: Mutex<Hearing>,
}

impl Ledger {
    /// The ledger in a table.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table, known: Mutex::default(), hearing: Mutex::default() }
    }

    /// Every item of a partition whose sort key starts with a prefix.
    async fn query(&self, partition: &str, prefix: &str) -> Result<Vec<Item>, Error> {
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .expression_attribute_names("#pk", PARTITION_KEY)
            .expression_attribute_values(":pk", AttributeValue::S(partition.into()));
        // DynamoDB takes no empty text for a key, not even as a prefix.
        let request = match prefix {
            "" => request.key_condition_expression("#pk = :pk"),
            prefix => request
                .key_condition_expression("#pk = :pk AND begins_with(#sk, :sk)")
                .expression_attribute_names("#sk", SORT_KEY)
                .expression_attribute_values(":sk", AttributeValue::S(prefix.into())),
        };
        let items = request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        items.map_err(Error::aws("dynamodb:Query"))?.into_iter().map(Item::read).collect()
    }

    /// Writes an item unless there is one with its key; whether it wrote.
    async fn put_new(&self, item: Item) -> Result<bool, Error> {
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item.written()))
            .condition_expression("attribute_not_exists(#pk)")
            .expression_attribute_names("#pk", PARTITION_KEY);
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(Error::aws("dynamodb:PutItem")(error)),
        }
    }
}
