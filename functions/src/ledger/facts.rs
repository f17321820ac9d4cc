//! Claiming and publishing facts: exactly one publisher at a time, and none after it is done.

use super::{
    Ledger,
    item::{Item, execution_partition, execution_sort, ops_item_partition, ops_item_sort, sortable},
};
use crate::error::Error;
use aws_sdk_dynamodb::{
    operation::update_item::builders::UpdateItemFluentBuilder,
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::{
    contract::ledger::{PARTITION_KEY, SORT_KEY},
    event::{ExecutionKey, OpsItemKey},
    fact::{Fact, FactId, FactKind, FactState},
};
use std::{collections::BTreeSet, time::Instant};

/// How long a claim holds: longer than an invocation can take, shorter than a message stays hidden, so that a message
/// that comes back after a crash finds the claim expired.
const LEASE: SignedDuration = SignedDuration::from_mins(2);
/// How many commits of a change the ledger names: each kilobyte is paid for.
const MOST_COMMITS: usize = 50;
/// The attribute with the commits, a line each.
pub(super) const COMMITS: &str = "commits";
/// The state of a fact that somebody is publishing.
const CLAIMED: &str = "claimed";

/// What claiming a fact led to.
#[derive(Clone, Debug)]
pub enum Claim {
    /// The fact is ours to publish.
    Taken(Claimed),
    /// It was published before, or is known to be unpublishable.
    Done(DoneBy),
}

/// Who published a fact before, or decided an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoneBy {
    /// The same message, in an earlier try.
    SameMessage,
    /// Another message: one of the two is a duplicate.
    AnotherMessage,
    /// The reconciler, and this is the first message that tells the same: it is late, not a duplicate.
    Reconciler,
}

/// Who claims facts: one try of one message.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// The id of the message. Tries of one message are no duplicates of each other.
    pub message: &'a str,
    /// The id of the invocation.
    pub invocation: &'a str,
    /// When the invocation ends.
    pub deadline: Instant,
}

impl Owner<'_> {
    /// What takes the place of a message's id where the reconciler does what no message has led to.
    pub const RECONCILER: &'static str = "reconciler";

    /// Whether this is the reconciler.
    pub fn is_reconciler(&self) -> bool {
        self.message == Self::RECONCILER
    }
}

/// A claim that holds: proof that nobody else publishes the fact.
#[derive(Clone, Debug)]
pub struct Claimed {
    partition: String,
    sort: String,
    invocation: String,
}

impl Ledger {
    /// Claims a fact for one publisher, unless it is done. An expired claim is taken over.
    ///
    /// # Errors
    /// [`Error::Claimed`] while somebody else's claim holds, [`Error::Aws`].
    pub async fn claim(&self, fact: &Fact, owner: Owner<'_>, now: Timestamp) -> Result<Claim, Error> {
        let item = fact_item(fact);
        let (partition, sort) =
            (item.required(PARTITION_KEY)?.to_owned(), item.required(SORT_KEY)?.to_owned());
        let claimed = item
            .text("state", CLAIMED)
            .text("message", owner.message)
            .text("invocation", owner.invocation)
            .instant("leaseUntil", now + LEASE)
            .expires(fact.time.max(now));
        let request = self
            .set(&partition, &sort, claimed)
            .condition_expression(
                "attribute_not_exists(#state) OR #state = :pending OR (#state = :claimed AND #lease < :now)",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#lease", "leaseUntil")
            .expression_attribute_values(":pending", AttributeValue::S(FactState::Pending.name().into()))
            .expression_attribute_values(":claimed", AttributeValue::S(CLAIMED.into()))
            .expression_attribute_values(":now", AttributeValue::S(sortable(now)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match request.send().await {
            Ok(_) => Ok(Claim::Taken(Claimed { partition, sort, invocation: owner.invocation.into() })),
            Err(error) => {
                let refused = error.as_service_error().and_then(|error| match error {
                    aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(
                        refused,
                    ) => refused.item.clone(),
                    _ => None,
                });
                match refused.map(Item) {
                    Some(old) if old.get("state") == Some(CLAIMED) => Err(Error::Claimed {
                        fact: format!("{partition} {sort}"),
                        until: old.instant_of("leaseUntil")?,
                    }),
                    Some(old) => {
                        self.done_by(&partition, &sort, "message", &old, owner).await.map(Claim::Done)
                    }
                    None => Err(Error::aws("dynamodb:UpdateItem")(error)),
                }
            }
        }
    }

    /// Marks a claimed fact: published, unpublishable, or, to let go of it, pending. Whether the claim still held; if
    /// not, another publisher has taken over.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn mark(&self, claimed: &Claimed, state: FactState) -> Result<bool, Error> {
        let Claimed { partition, sort, invocation } = claimed;
        let request = self
            .set(partition, sort, Item::default().text("state", state.name()))
            .condition_expression("#invocation = :invocation")
            .expression_attribute_names("#invocation", "invocation")
            .expression_attribute_values(":invocation", AttributeValue::S(invocation.clone()));
        held(request.send().await.map(|_| ()))
    }

    /// Who did what an item says, as seen by a message. What the reconciler did, the first message that tells the same
    /// makes its own, so that the next one is known to be a duplicate.
    pub(super) async fn done_by(
        &self,
        partition: &str,
        sort: &str,
        attribute: &'static str,
        old: &Item,
        owner: Owner<'_>,
    ) -> Result<DoneBy, Error> {
        match old.get(attribute) {
            Some(message) if message == owner.message => Ok(DoneBy::SameMessage),
            Some(Owner::RECONCILER) => {
                let request = self
                    .set(partition, sort, Item::default().text(attribute, owner.message))
                    .condition_expression("#done = :reconciler")
                    .expression_attribute_names("#done", attribute)
                    .expression_attribute_values(":reconciler", AttributeValue::S(Owner::RECONCILER.into()));
                let first = held(request.send().await.map(|_| ()))?;
                Ok(if first { DoneBy::Reconciler } else { DoneBy::AnotherMessage })
            }
            Some(_) | None => Ok(DoneBy::AnotherMessage),
        }
    }

    /// The kinds of facts of an execution that are done: published, or known to be unpublishable.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn done_of(&self, key: &ExecutionKey) -> Result<BTreeSet<FactKind>, Error> {
        let items = self.query(&execution_partition(&key.execution_id), "").await?;
        let of_execution = |kind: &FactKind| {
            let sort = execution_sort(kind.name(), key);
            items.iter().any(|item| item.get(SORT_KEY) == Some(&sort) && is_done(item))
        };
        Ok(FactKind::ALL.into_iter().filter(of_execution).collect())
    }

    /// Whether the restore of an incident is done.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn is_restored(&self, key: &OpsItemKey) -> Result<bool, Error> {
        let sort = ops_item_sort(FactKind::Restore.name(), key);
        let items = self.query(&ops_item_partition(key), &sort).await?;
        Ok(items.iter().any(|item| item.get(SORT_KEY) == Some(&sort) && is_done(item)))
    }

    /// Records a fact that can't be decided yet, unless it is known; whether it is new.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn note_pending(&self, fact: &Fact) -> Result<bool, Error> {
        let item = fact_item(fact).text("state", FactState::Pending.name()).expires(fact.time);
        self.put_new(item).await
    }

    /// A request that sets attributes of an item, whatever they are called.
    pub(super) fn set(&self, partition: &str, sort: &str, attributes: Item) -> UpdateItemFluentBuilder {
        let mut request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(PARTITION_KEY, AttributeValue::S(partition.into()))
            .key(SORT_KEY, AttributeValue::S(sort.into()));
        let mut assignments = Vec::new();
        let attributes =
            attributes.0.into_iter().filter(|(name, _)| name != PARTITION_KEY && name != SORT_KEY);
        for (name, value) in attributes {
            assignments.push(format!("#set_{name} = :set_{name}"));
            request = request
                .expression_attribute_names(format!("#set_{name}"), &name)
                .expression_attribute_values(format!(":set_{name}"), value);
        }
        assignments.sort();
        request.update_expression(format!("SET {}", assignments.join(", ")))
    }
}

/// Whether the condition of an update held.
pub(super) fn held<R: std::fmt::Debug + 'static>(
    result: Result<
        (),
        aws_sdk_dynamodb::error::SdkError<aws_sdk_dynamodb::operation::update_item::UpdateItemError, R>,
    >,
) -> Result<bool, Error> {
    match result {
        Ok(()) => Ok(true),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(|error| error.is_conditional_check_failed_exception()) =>
        {
            Ok(false)
        }
        Err(error) => Err(Error::aws("dynamodb:UpdateItem")(error)),
    }
}

fn fact_item(fact: &Fact) -> Item {
    let kind = fact.id.kind().name();
    let mut item = match &fact.id {
        FactId::Deployment(key)
        | FactId::LeadTime(key)
        | FactId::Failure(key)
        | FactId::Rollback(key)
        | FactId::Rework(key)
        | FactId::Ignored(key) => {
            Item::new(execution_partition(&key.execution_id), execution_sort(kind, key))
        }
        FactId::Restore(key) | FactId::Unattributed(key) => {
            Item::new(ops_item_partition(key), ops_item_sort(kind, key))
        }
    };
    item = item.listed(kind, fact.time).text("evidence", &fact.evidence);
    // The attributes `account` and `region` are those of the execution where there is one: it is what was deployed.
    if let Some(key) = &fact.ops_item {
        item = item.ops_item(key);
    }
    if let Some(key) = &fact.execution {
        item = item.execution(key);
    }
    if let Some(repository) = &fact.repository {
        item = item.text("repository", repository);
    }
    if let Some(seconds) = fact.value() {
        item = item.number("value", seconds.get());
    }
    if !fact.commits.is_empty() {
        let commits = fact.commits.iter().take(MOST_COMMITS);
        let lines = commits.map(|commit| format!("{} {}", commit.id, commit.time));
        item = item.text(COMMITS, lines.collect::<Vec<_>>().join("\n"));
    }
    for (metric, samples) in fact.samples() {
        item = item.number(metric.name(), samples);
    }
    item
}

/// Whether a fact is published, or known to be unpublishable.
pub(super) fn is_done(item: &Item) -> bool {
    let done = [FactState::Published, FactState::Unpublishable].map(FactState::name);
    item.get("state").is_some_and(|state| done.contains(&state))
}
