//! The deployments that the ledger knows: by time, by execution id, and their names.

use super::{
    Ledger,
    item::{Item, execution_partition, timeline_day},
};
use crate::error::Error;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use metrics_lib::{
    attribution::KnownNames,
    contract::ledger::{TIMELINE_DAY, TIMELINE_INDEX},
    event::Deployed,
    fact::FactKind,
};
use std::{ops::Range, sync::PoisonError};

/// The partition of the names that were deployed.
const KNOWN: &str = "known";

impl Ledger {
    /// The production deployments that ended within a half-open range of time.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn deployments_within(&self, range: Range<Timestamp>) -> Result<Vec<Deployed>, Error> {
        let mut deployments = Vec::new();
        for item in self.listed(FactKind::Deployment.name(), range.clone()).await? {
            deployments.push(item.deployed()?);
        }
        deployments.retain(|deployment| range.contains(&deployment.time));
        Ok(deployments)
    }

    /// The items of a kind whose time is on one of the days that a range of time touches.
    pub(super) async fn listed(&self, kind: &str, range: Range<Timestamp>) -> Result<Vec<Item>, Error> {
        let mut listed = Vec::new();
        for day in days(range) {
            let request = self
                .client
                .query()
                .table_name(&self.table)
                .index_name(TIMELINE_INDEX)
                .key_condition_expression("#day = :day")
                .expression_attribute_names("#day", TIMELINE_DAY)
                .expression_attribute_values(":day", AttributeValue::S(timeline_day(kind, day)));
            let items = request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
            listed.extend(items.map_err(Error::aws("dynamodb:Query"))?.into_iter().map(Item));
        }
        Ok(listed)
    }

    /// The production deployments that an execution id identifies, one at the most but for a coincidence.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn deployments_of(&self, execution_id: &str) -> Result<Vec<Deployed>, Error> {
        let items = self.query(&execution_partition(execution_id), "deployment#").await?;
        items.iter().map(Item::deployed).collect()
    }

    /// Remembers the names of a deployment, so that incidents can be matched with them.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn remember_names(&self, deployment: &Deployed) -> Result<(), Error> {
        let names = [
            format!("repository#{}", deployment.repository),
            format!("pipeline#{}", deployment.key.pipeline),
        ];
        for name in names {
            if self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(&name) {
                continue;
            }
            self.put_new(Item::new(KNOWN.into(), name.clone()).text("kind", KNOWN)).await?;
            self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
        }
        Ok(())
    }

    /// The names of everything that was ever deployed.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn known_names(&self) -> Result<KnownNames, Error> {
        let mut names = KnownNames::default();
        for (prefix, set) in [("repository#", &mut names.repositories), ("pipeline#", &mut names.pipelines)] {
            for item in self.query(KNOWN, prefix).await? {
                let name = item.required(metrics_lib::contract::ledger::SORT_KEY)?;
                set.extend(name.strip_prefix(prefix).map(str::to_owned));
            }
        }
        Ok(names)
    }
}

/// The beginnings of the days that a range of time touches.
pub fn days(range: Range<Timestamp>) -> impl Iterator<Item = Timestamp> {
    const DAY: i64 = 24 * 3600;
    let day = |time: Timestamp| time.as_second().div_euclid(DAY);
    (day(range.start)..=day(range.end)).filter_map(|day| Timestamp::from_second(day * DAY).ok())
}
