//! The attributes of an item, and the typed values that they hold.

use crate::error::Error;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use metrics_lib::{
    contract::ledger::{EXPIRES_AT, PARTITION_KEY, SORT_KEY, TIMELINE_DAY},
    event::{Deployed, ExecutionKey, OpsItemKey},
};
use std::collections::HashMap;

/// How long an item is kept: as long as CloudWatch keeps what was made of it, 15 months.
pub const RETENTION: SignedDuration = SignedDuration::from_hours(455 * 24);

/// An item of the table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Item(pub(super) HashMap<String, AttributeValue>);

impl Item {
    /// An item with its key.
    pub(super) fn new(partition: String, sort: String) -> Self {
        Self::default().text(PARTITION_KEY, partition).text(SORT_KEY, sort)
    }

    /// Adds a text.
    pub(super) fn text(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.insert(name.into(), AttributeValue::S(value.into()));
        self
    }

    /// Adds a number.
    pub(super) fn number(mut self, name: &'static str, value: impl ToString) -> Self {
        self.0.insert(name.into(), AttributeValue::N(value.to_string()));
        self
    }

    /// Adds an instant.
    pub(super) fn instant(self, name: &'static str, value: Timestamp) -> Self {
        self.text(name, sortable(value))
    }

    /// Adds when the item may be deleted, counted from an instant.
    pub(super) fn expires(self, since: Timestamp) -> Self {
        self.number(EXPIRES_AT, (since + RETENTION).as_second())
    }

    /// Lists the item in the timeline, among those of its kind on the day of an instant, which is its time.
    pub(super) fn listed(self, kind: &str, time: Timestamp) -> Self {
        self.text("kind", kind).instant("time", time).text(TIMELINE_DAY, timeline_day(kind, time))
    }

    /// Adds the attributes of an execution.
    pub(super) fn execution(self, key: &ExecutionKey) -> Self {
        self.text("account", &key.account)
            .text("region", &key.region)
            .text("pipeline", &key.pipeline)
            .text("executionId", &key.execution_id)
    }

    /// Adds the attributes of an `OpsItem`.
    pub(super) fn ops_item(self, key: &OpsItemKey) -> Self {
        self.text("account", &key.account)
            .text("region", &key.region)
            .text("opsItemId", key.ops_item_id.as_str())
    }

    /// A text, if the item has it.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_s().ok().map(String::as_str)
    }

    /// A text that the item must have.
    pub(super) fn required(&self, name: &'static str) -> Result<&str, Error> {
        self.get(name).ok_or_else(|| self.unreadable(name))
    }

    /// An instant that the item must have.
    pub(super) fn instant_of(&self, name: &'static str) -> Result<Timestamp, Error> {
        self.required(name)?.parse().map_err(|_| self.unreadable(name))
    }

    /// An instant, if the item has it.
    pub(super) fn optional_instant(&self, name: &'static str) -> Result<Option<Timestamp>, Error> {
        self.get(name).is_some().then(|| self.instant_of(name)).transpose()
    }

    /// A number of things, 0 if the item has none.
    pub(super) fn count(&self, name: &str) -> usize {
        let number = self.0.get(name).and_then(|value| value.as_n().ok());
        number.and_then(|number| number.parse().ok()).unwrap_or_default()
    }

    /// A whole number, if the item has it.
    pub(super) fn get_number(&self, name: &str) -> Option<u64> {
        self.0.get(name)?.as_n().ok()?.parse().ok()
    }

    /// The execution that the item is about.
    pub(super) fn execution_key(&self) -> Result<ExecutionKey, Error> {
        Ok(ExecutionKey {
            account: self.required("account")?.into(),
            region: self.required("region")?.into(),
            pipeline: self.required("pipeline")?.into(),
            execution_id: self.required("executionId")?.into(),
        })
    }

    /// The `OpsItem` that the item is about.
    pub(super) fn ops_item_key(&self) -> Result<OpsItemKey, Error> {
        Ok(OpsItemKey {
            account: self.required("account")?.into(),
            region: self.required("region")?.into(),
            ops_item_id: self.required("opsItemId")?.parse().map_err(|_| self.unreadable("opsItemId"))?,
        })
    }

    /// The deployment that the item is about.
    pub(super) fn deployed(&self) -> Result<Deployed, Error> {
        Ok(Deployed {
            time: self.instant_of("time")?,
            key: self.execution_key()?,
            repository: self.required("repository")?.into(),
        })
    }

    /// The error that an attribute is not what this program writes.
    pub(super) fn unreadable(&self, attribute: &'static str) -> Error {
        let part = |name| self.get(name).unwrap_or("?");
        Error::Ledger { key: format!("{} {}", part(PARTITION_KEY), part(SORT_KEY)), attribute }
    }
}

/// An instant as RFC 3339 of one length, so that texts sort as the instants do.
pub(super) fn sortable(time: Timestamp) -> String {
    format!("{time:.6}")
}

/// The partition of the timeline that items of a kind are listed in, on the day of an instant.
pub(super) fn timeline_day(kind: &str, time: Timestamp) -> String {
    format!("{kind}#{}", time.to_zoned_datetime(TimeZone::UTC).date())
}

/// The partition of all that is known of an execution.
pub(super) fn execution_partition(execution_id: &str) -> String {
    format!("execution#{execution_id}")
}

/// The partition of all that is known of an `OpsItem`.
pub(super) fn ops_item_partition(key: &OpsItemKey) -> String {
    format!("opsItem#{}", key.ops_item_id)
}

/// The sort key of an item about a pipeline's execution.
pub(super) fn execution_sort(kind: &str, key: &ExecutionKey) -> String {
    format!("{kind}#{}#{}#{}", key.account, key.region, key.pipeline)
}

/// The sort key of an item about an `OpsItem`.
pub(super) fn ops_item_sort(kind: &str, key: &OpsItemKey) -> String {
    format!("{kind}#{}#{}", key.account, key.region)
}
