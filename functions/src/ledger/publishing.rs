//! Publishing facts: the [protocol](metrics_lib::publication) on `DynamoDB`.
//!
//! A transition writes a fact and its slot in one transaction, on condition that both are as they were read. A fact that is
//! doubtful, or waits for a slot that a doubtful fact holds, is listed in the partition `doubtful`, where the reconciler
//! finds it.

use super::{
    DoneBy, Ledger, Owner,
    facts::{counts_duplicates, fact_item, told_by},
    identity,
    item::{Assigned, Item, key, sortable},
};
use crate::runtime::error::Error;
use aws_sdk_dynamodb::{
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{AttributeValue, TransactWriteItem, Update, builders::UpdateBuilder},
};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::{
    contract::{
        Metric,
        ledger::{EXPIRES_AT, PARTITION_KEY, SORT_KEY},
    },
    fact::{Fact, FactKind, FactState},
    identity::{DeploymentKey, IncidentId},
    publication::{Call, Holder, Progress, Put, Refusal, Slot, Standing},
};
use sha2::{Digest, Sha256};
use std::fmt::{self, Display, Formatter};

/// How long a claim holds: longer than an invocation can take, shorter than a message stays hidden, so that a message
/// that comes back after a crash finds the claim expired.
const LEASE: SignedDuration = SignedDuration::from_mins(2);
/// How often a transition is tried that others are faster than.
const MOST_TRIES: usize = 8;
/// How long a slot and a doubt are kept: longer than CloudWatch takes data of a minute, and shows what it took.
const KEPT: SignedDuration = SignedDuration::from_hours(60 * 24);
/// The partition of facts that are doubtful, or wait for one that is.
pub(super) const DOUBTFUL: &str = "doubtful";
/// The attribute with the slot.
const SLOT: &str = "slot";
/// What stands between the partition and the sort key of a fact.
const BETWEEN: char = '\n';

/// What claiming a fact led to.
#[derive(Clone, Debug)]
pub enum Claim {
    /// The fact is ours to publish.
    Taken(Box<Claimed>),
    /// Somebody else has published it, or will.
    Missed(Missed),
}

/// Why there is nothing to publish, or to close, any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missed {
    /// It was published before, or is known to be unpublishable.
    Done(DoneBy),
    /// CloudWatch may have it, or it has to wait for one that CloudWatch may have: the reconciler goes on with it.
    Handed,
}

/// A claim that holds: proof that nobody else publishes the fact, or one that shares its slot.
#[derive(Clone, Debug)]
pub struct Claimed {
    item_key: ItemKey,
    fact: Item,
    slot: SlotKey,
    standing: Standing,
    invocation: String,
}

impl Claimed {
    /// How many of the fact's calls CloudWatch has.
    pub fn calls(&self) -> usize {
        self.standing.calls
    }
}

/// Where a fact is in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ItemKey {
    partition: String,
    sort: String,
}

impl ItemKey {
    fn of(item: &Item) -> Result<Self, Error> {
        let part = |name| item.required(name).map(str::to_owned);
        Ok(Self { partition: part(PARTITION_KEY)?, sort: part(SORT_KEY)? })
    }

    /// What a slot calls its holder.
    fn name(&self) -> String {
        format!("{}{BETWEEN}{}", self.partition, self.sort)
    }

    fn named(name: &str) -> Option<Self> {
        let (partition, sort) = name.split_once(BETWEEN)?;
        Some(Self { partition: partition.to_owned(), sort: sort.to_owned() })
    }
}

impl Display for ItemKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.partition, self.sort)
    }
}

/// What identifies a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotKey {
    /// The kind of the facts, those whose metrics overlap are one.
    kind: &'static str,
    /// The repository whose values tell, see [`Fact::told_by`]; none where those in total do.
    pub repository: Option<String>,
    /// The beginning of the minute.
    pub minute: Timestamp,
}

impl SlotKey {
    /// The slot of a fact, of a repository or none.
    pub fn of(fact: &Fact, repository: Option<&str>) -> Self {
        Self::new(fact.id.kind(), repository.map(str::to_owned), fact.time)
    }

    /// The other slot that a fact can be in, by another setting.
    fn other(&self, fact: &Fact) -> Self {
        let repository = match self.repository {
            Some(_) => None,
            None => fact.repository.clone(),
        };
        Self { repository, ..self.clone() }
    }

    fn new(kind: FactKind, repository: Option<String>, time: Timestamp) -> Self {
        let kind = match kind {
            // Both may count rework.
            FactKind::Rework => FactKind::Deployment.name(),
            kind => kind.name(),
        };
        let minute = Timestamp::from_second(time.as_second().div_euclid(60) * 60).unwrap_or(time);
        Self { kind, repository, minute }
    }

    fn item_key(&self) -> ItemKey {
        let repository = self.repository.as_deref().unwrap_or_default();
        ItemKey { partition: key([SLOT, self.kind, repository]), sort: sortable(self.minute) }
    }
}

/// A fact that is doubtful, or waits for one that is.
#[derive(Clone, Debug)]
pub struct Doubt {
    item_key: ItemKey,
    /// Its kind.
    pub kind: FactKind,
    /// Its time.
    pub time: Timestamp,
    /// Its slot.
    pub slot: SlotKey,
    /// The deployment that it is about, or that brought it about.
    pub deployment: Option<DeploymentKey>,
    /// The id of the incident that it is about, or that brought it about.
    pub incident: Option<IncidentId>,
    /// How it stands.
    pub standing: Standing,
}

impl Ledger {
    /// Claims a fact, whose calls are told, for one publisher, unless it is done. `repository` is what [tells of
    /// it](Fact::told_by).
    ///
    /// # Errors
    /// [`Error::Claimed`] while somebody else's claim of the fact or of its slot holds, [`Error::Aws`], [`Error::Ledger`].
    pub async fn claim(
        &self,
        (fact, repository): (&Fact, Option<&str>),
        then: FactState,
        calls: &[Call],
        owner: Owner<'_>,
        now: Timestamp,
    ) -> Result<Claim, Error> {
        let (item, mut slot) = (fact_item(fact), SlotKey::of(fact, repository));
        let item_key = ItemKey::of(&item)?;
        let kind = fact.id.kind();
        let item = claimed_item(item, kind, owner).expires(fact.time.max(now));
        let (mut standing, mut known) = (Standing::default(), Item::default());
        for _ in 0..MOST_TRIES {
            let call =
                calls.get(standing.calls).cloned().unwrap_or(Call { is_last: true, ..Call::default() });
            let holder = Holder { fact: item_key.name(), call, then };
            match standing.claim(holder, fact.time, owner.invocation, (now, now + LEASE)) {
                Ok(claimed) => {
                    if self.swap(&item_key, &slot, (&standing, &claimed), item.clone(), None).await? {
                        let invocation = owner.invocation.to_owned();
                        let claimed = Claimed { item_key, fact: item, slot, standing: claimed, invocation };
                        return Ok(Claim::Taken(Box::new(claimed)));
                    }
                }
                Err(Refusal::Closed) if !counts_duplicates(kind) => {
                    return Ok(Claim::Missed(Missed::Done(DoneBy::AnotherEvent)));
                }
                Err(Refusal::Closed) => {
                    let by = self.done_by(&item_key.partition, &item_key.sort, &known, owner).await?;
                    return Ok(Claim::Missed(Missed::Done(by)));
                }
                Err(Refusal::Claimed { until }) => {
                    return Err(Error::Claimed { fact: item_key.to_string(), until });
                }
                // It was claimed when the setting was another one.
                Err(Refusal::CutOff) if !standing.holds(&item_key.name()) => slot = slot.other(fact),
                Err(Refusal::CutOff) => {
                    if self.doubt(&item_key, &slot, &standing, &known, now).await? {
                        return Ok(Claim::Missed(Missed::Handed));
                    }
                }
                Err(Refusal::Doubtful { .. }) => return Ok(Claim::Missed(Missed::Handed)),
                Err(Refusal::Held { by }) => {
                    if self.is_held(&by, &slot, now).await? {
                        self.list(doubt_item(&item, &item_key, &slot)).await?;
                        return Ok(Claim::Missed(Missed::Handed));
                    }
                }
                Err(Refusal::Changed) => {
                    let Ok(given_up) = standing.give_up() else { continue };
                    let listed = Some(doubt_item(&item, &item_key, &slot));
                    if self.swap(&item_key, &slot, (&standing, &given_up), item.clone(), listed).await? {
                        return Ok(Claim::Missed(Missed::Handed));
                    }
                }
                Err(Refusal::Elsewhere) => {}
            }
            (standing, known) = self.standing(&item_key, &slot).await?;
        }
        Err(Error::Claimed { fact: item_key.to_string(), until: now + LEASE })
    }

    /// Lists a fact, whether or not it was listed before.
    async fn list(&self, item: Item) -> Result<(), Error> {
        let item_key = ItemKey::of(&item)?;
        self.set(&item_key.partition, &item_key.sort, item).send().await.map(drop)
    }

    /// Whether a fact that holds a slot is doubtful. One whose publisher was cut off is made so.
    async fn is_held(&self, holder: &str, slot: &SlotKey, now: Timestamp) -> Result<bool, Error> {
        let Some(item_key) = ItemKey::named(holder) else { return Ok(false) };
        let (standing, known) = self.standing(&item_key, slot).await?;
        match &standing.progress {
            Progress::Doubtful { .. } => Ok(true),
            Progress::Claimed { until, .. } if now < *until => {
                Err(Error::Claimed { fact: item_key.to_string(), until: *until })
            }
            Progress::Claimed { .. } => self.doubt(&item_key, slot, &standing, &known, now).await,
            // It has let go of the slot since that was read.
            Progress::Open | Progress::Closed(_) => Ok(false),
        }
    }

    /// Makes a fact doubtful whose publisher was cut off; whether nothing had changed.
    async fn doubt(
        &self,
        item_key: &ItemKey,
        slot: &SlotKey,
        standing: &Standing,
        known: &Item,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let Ok(doubtful) = standing.doubt(now) else { return Ok(false) };
        let listed = doubt_item(known, item_key, slot);
        self.swap(item_key, slot, (standing, &doubtful), Item::default(), Some(listed)).await
    }

    /// Notes what the present call of a claimed fact led to; `next` is the call after that. Whether the claim still held.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn mark(
        &self,
        claimed: &mut Claimed,
        put: Put,
        next: Option<Call>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let Claimed { item_key, fact, slot, standing, invocation } = claimed;
        let Ok(marked) = standing.put(&item_key.name(), invocation, (put, next), now) else {
            return Ok(false);
        };
        let is_doubtful = matches!(marked.progress, Progress::Doubtful { .. });
        let listed = is_doubtful.then(|| doubt_item(fact, item_key, slot));
        if self.swap(item_key, slot, (standing, &marked), Item::default(), listed).await? {
            *standing = marked;
            return Ok(true);
        }
        // An answer that was lost is no refusal: the mark may be there.
        let (present, _) = self.standing(item_key, slot).await?;
        let is_marked = (&present.progress, present.calls) == (&marked.progress, marked.calls);
        if is_marked {
            *standing = marked;
        }
        Ok(is_marked)
    }

    /// Closes a fact of which CloudWatch gets nothing; none if it did.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn close(
        &self,
        fact: &Fact,
        state: FactState,
        owner: Owner<'_>,
        now: Timestamp,
    ) -> Result<Option<Missed>, Error> {
        let item = fact_item(fact);
        let (item_key, kind) = (ItemKey::of(&item)?, fact.id.kind());
        let item = claimed_item(item, kind, owner).expires(fact.time.max(now)).text("state", state.name());
        let update = self
            .set(&item_key.partition, &item_key.sort, item)
            .only_if("attribute_not_exists(#state) OR #state = :pending")
            .with_name("#state", "state")
            .with_text(":pending", FactState::Pending.name());
        if update.made().await? {
            return Ok(None);
        }
        let known = self.item(&item_key).await?.unwrap_or_default();
        match progress(&known)? {
            Progress::Closed(_) if counts_duplicates(kind) => self
                .done_by(&item_key.partition, &item_key.sort, &known, owner)
                .await
                .map(|by| Some(Missed::Done(by))),
            Progress::Closed(_) => Ok(Some(Missed::Done(DoneBy::AnotherEvent))),
            Progress::Claimed { until, .. } if now < until => {
                Err(Error::Claimed { fact: item_key.to_string(), until })
            }
            // It was younger when it was claimed.
            Progress::Claimed { .. } | Progress::Doubtful { .. } | Progress::Open => Ok(Some(Missed::Handed)),
        }
    }

    /// The facts that are doubtful, or wait for one that is.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn doubts(&self) -> Result<Vec<Doubt>, Error> {
        let mut doubts = Vec::new();
        for item in self.query(DOUBTFUL, "").await? {
            if item.get("status") != Some(LISTED) {
                continue;
            }
            let item_key = ItemKey {
                partition: item.required("factPartition")?.to_owned(),
                sort: item.required("factSort")?.to_owned(),
            };
            let name = item.required("factKind")?;
            let kind = FactKind::ALL.into_iter().find(|kind| kind.name() == name);
            let kind = kind.ok_or_else(|| item.unreadable("factKind"))?;
            let time = item.instant_of("time")?;
            let slot = SlotKey::new(kind, item.get("repository").map(str::to_owned), time);
            let (standing, _) = self.standing(&item_key, &slot).await?;
            let (deployment, incident) = (item.optional_deployment()?, item.optional_incident()?);
            doubts.push(Doubt { item_key, kind, time, slot, deployment, incident, standing });
        }
        Ok(doubts)
    }

    /// Decides a doubtful fact by the number of values that CloudWatch shows, if that can be known; whether nothing had
    /// changed. The doubt has the new standing then.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn decide_doubt(
        &self,
        doubt: &mut Doubt,
        shown: Option<usize>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let Doubt { item_key, time, slot, standing, .. } = doubt;
        let Ok(decided) = standing.decide((&item_key.name(), *time), shown, now) else { return Ok(false) };
        let is_swapped = self.swap(item_key, slot, (standing, &decided), Item::default(), None).await?;
        if is_swapped {
            *standing = decided;
        }
        Ok(is_swapped)
    }

    /// Makes a fact of the list doubtful again, whose publisher was cut off.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn doubt_again(&self, doubt: &mut Doubt, now: Timestamp) -> Result<(), Error> {
        let Ok(doubtful) = doubt.standing.doubt(now) else { return Ok(()) };
        let (old, new) = (&doubt.standing, &doubtful);
        if self.swap(&doubt.item_key, &doubt.slot, (old, new), Item::default(), None).await? {
            doubt.standing = doubtful;
        }
        Ok(())
    }

    /// Takes a fact from the list that is done.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn settle_doubt(&self, doubt: &Doubt) -> Result<(), Error> {
        let ItemKey { partition, sort } = doubt_key(&doubt.item_key);
        self.set(&partition, &sort, Item::default().text("status", SETTLED)).send().await.map(drop)
    }

    /// How a fact of the list stands now.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn standing_of(&self, doubt: &Doubt) -> Result<Standing, Error> {
        self.standing(&doubt.item_key, &doubt.slot).await.map(|(standing, _)| standing)
    }

    /// How a fact and its slot stand, and the fact's item.
    async fn standing(&self, item_key: &ItemKey, slot: &SlotKey) -> Result<(Standing, Item), Error> {
        let fact = self.item(item_key).await?.unwrap_or_default();
        let slot = self.item(&slot.item_key()).await?;
        let slot = match slot.as_ref().and_then(|item| Some((item, item.get(SLOT)?))) {
            Some((item, text)) => serde_json::from_str(text).map_err(|_| item.unreadable(SLOT))?,
            None => Slot::default(),
        };
        let batch = fact.get(BATCH).map(|digest| u64::from_str_radix(digest, 16));
        let batch = batch.transpose().map_err(|_| fact.unreadable(BATCH))?.unwrap_or_default();
        Ok((Standing { progress: progress(&fact)?, calls: fact.count(CALLS), batch, slot }, fact))
    }

    /// The item of a key.
    async fn item(&self, item_key: &ItemKey) -> Result<Option<Item>, Error> {
        let items = self.query(&item_key.partition, &item_key.sort).await?;
        Ok(items.into_iter().find(|item| item.get(SORT_KEY) == Some(&item_key.sort)))
    }

    /// Writes a fact's new standing if nothing has changed since the old one was read; whether it wrote.
    async fn swap(
        &self,
        item_key: &ItemKey,
        slot: &SlotKey,
        (old, new): (&Standing, &Standing),
        attributes: Item,
        listed: Option<Item>,
    ) -> Result<bool, Error> {
        let attributes = standing_attributes(attributes, new);
        let condition = Condition::that_fact_is(old);
        let fact = condition.named_in(self.update(item_key, attributes, Some(&condition.expression)));
        let minute = slot.item_key();
        let text = |slot: &Slot| serde_json::to_string(slot).unwrap_or_default();
        let expires = (slot.minute.max(Timestamp::UNIX_EPOCH) + KEPT).as_second();
        let slot_attributes = Item::default().text(SLOT, text(&new.slot)).number(EXPIRES_AT, expires);
        let unchanged = match old.slot == Slot::default() {
            true => "attribute_not_exists(#slot) OR #slot = :slot",
            false => "#slot = :slot",
        };
        let slot = self
            .update(&minute, slot_attributes, Some(unchanged))
            .expression_attribute_names("#slot", SLOT)
            .expression_attribute_values(":slot", AttributeValue::S(text(&old.slot)));
        let built = |update: UpdateBuilder| update.build().map_err(|error| incomplete(&error.to_string()));
        let mut items = vec![write(built(fact)?), write(built(slot)?)];
        if let Some(listed) = listed {
            items.push(write(built(self.update(&ItemKey::of(&listed)?, listed, None))?));
        }
        match self.client.transact_write_items().set_transact_items(Some(items)).send().await {
            Ok(_) => Ok(true),
            Err(error) if has_changed(&error) => Ok(false),
            Err(error) => Err(Error::aws(API)(error)),
        }
    }

    /// An update that sets attributes of an item, if it is of no later version and a condition holds.
    fn update(&self, item_key: &ItemKey, attributes: Item, condition: Option<&str>) -> UpdateBuilder {
        let Assigned { expression, names, values } = attributes.assigned();
        Update::builder()
            .table_name(&self.table)
            .key(PARTITION_KEY, AttributeValue::S(item_key.partition.clone()))
            .key(SORT_KEY, AttributeValue::S(item_key.sort.clone()))
            .update_expression(expression)
            .condition_expression(Assigned::condition(condition))
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
    }
}

const API: &str = "dynamodb:TransactWriteItems";
/// The attribute with the number of calls that CloudWatch has.
const CALLS: &str = "calls";
/// The attribute with the digest of the data that these calls are of, of facts that take several.
const BATCH: &str = "batch";
/// The attribute with the instant of a put whose outcome is unknown.
const SINCE: &str = "doubtfulSince";
/// The state of a fact that somebody is publishing.
const CLAIMED: &str = "claimed";
/// The status of what is on the list.
const LISTED: &str = "listed";
/// The status of what was taken from the list.
const SETTLED: &str = "settled";

fn incomplete(message: &str) -> Error {
    Error::Aws { api: API, code: "InvalidRequest".into(), message: message.to_owned() }
}

fn write(update: Update) -> TransactWriteItem {
    TransactWriteItem::builder().update(update).build()
}

/// Whether a transaction was cancelled because somebody else was faster.
fn has_changed<R>(error: &SdkError<TransactWriteItemsError, R>) -> bool {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error()
    else {
        return false;
    };
    let mut codes = cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code());
    codes.any(|code| code == "ConditionalCheckFailed" || code == "TransactionConflict")
}

/// The item of a fact with whoever tells it.
fn claimed_item(item: Item, kind: FactKind, owner: Owner<'_>) -> Item {
    let item = item.text("message", owner.message);
    match owner.is_reconciler() || !counts_duplicates(kind) {
        true => item,
        false => item.text(told_by(owner), owner.message),
    }
}

fn progress(fact: &Item) -> Result<Progress, Error> {
    let Some(state) = fact.get("state") else { return Ok(Progress::Open) };
    if let Some(closed) = FactState::CLOSED.into_iter().find(|closed| closed.name() == state) {
        return Ok(Progress::Closed(closed));
    }
    match state {
        CLAIMED => Ok(Progress::Claimed {
            by: fact.required("invocation")?.to_owned(),
            until: fact.instant_of("leaseUntil")?,
        }),
        DOUBTFUL => Ok(Progress::Doubtful { since: fact.instant_of(SINCE)? }),
        _ if state == FactState::Pending.name() => Ok(Progress::Open),
        _ => Err(fact.unreadable("state")),
    }
}

fn standing_attributes(item: Item, standing: &Standing) -> Item {
    let item = item.number(CALLS, standing.calls);
    let item = match standing.batch {
        0 => item,
        batch => item.text(BATCH, format!("{batch:016x}")),
    };
    match &standing.progress {
        Progress::Open => item.text("state", FactState::Pending.name()),
        Progress::Claimed { by, until } => {
            item.text("state", CLAIMED).text("invocation", by).instant("leaseUntil", *until)
        }
        Progress::Doubtful { since } => item.text("state", DOUBTFUL).instant(SINCE, *since),
        Progress::Closed(state) => item.text("state", state.name()),
    }
}

/// That an item is as it was read.
struct Condition {
    expression: String,
    names: Vec<(&'static str, &'static str)>,
    values: Vec<(&'static str, AttributeValue)>,
}

impl Condition {
    fn that_fact_is(standing: &Standing) -> Self {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let mut names = vec![("#state", "state"), ("#calls", CALLS)];
        let mut values = vec![(":calls", AttributeValue::N(standing.calls.to_string()))];
        let state = match &standing.progress {
            Progress::Open => {
                values.push((":state", text(FactState::Pending.name())));
                "(attribute_not_exists(#state) OR #state = :state)"
            }
            Progress::Claimed { by, until } => {
                names.extend([("#by", "invocation"), ("#until", "leaseUntil")]);
                let until = text(&sortable(*until));
                values.extend([(":state", text(CLAIMED)), (":by", text(by)), (":until", until)]);
                "#state = :state AND #by = :by AND #until = :until"
            }
            Progress::Doubtful { since } => {
                names.push(("#since", SINCE));
                values.extend([(":state", text(DOUBTFUL)), (":since", text(&sortable(*since)))]);
                "#state = :state AND #since = :since"
            }
            Progress::Closed(closed) => {
                values.push((":state", text(closed.name())));
                "#state = :state"
            }
        };
        let calls = match standing.calls {
            0 => "(attribute_not_exists(#calls) OR #calls = :calls)",
            _ => "#calls = :calls",
        };
        Self { expression: format!("{state} AND {calls}"), names, values }
    }

    /// Adds what the placeholders stand for to an update.
    fn named_in(&self, mut update: UpdateBuilder) -> UpdateBuilder {
        for (name, attribute) in &self.names {
            update = update.expression_attribute_names(*name, *attribute);
        }
        for (name, value) in &self.values {
            update = update.expression_attribute_values(*name, value.clone());
        }
        update
    }
}

/// Where a fact is on the list.
fn doubt_key(fact: &ItemKey) -> ItemKey {
    ItemKey { partition: DOUBTFUL.to_owned(), sort: hex::encode(Sha256::digest(fact.name())) }
}

fn doubt_item(fact: &Item, item_key: &ItemKey, slot: &SlotKey) -> Item {
    let ItemKey { partition, sort } = doubt_key(item_key);
    let text = |name: &str| fact.get(name).unwrap_or_default().to_owned();
    let about = identity::ATTRIBUTES.into_iter().filter_map(|name| Some((name, fact.get(name)?)));
    let item = about.fold(Item::new(partition, sort), |item, (name, value)| item.text(name, value));
    let item = item
        .text("kind", DOUBTFUL)
        .text("status", LISTED)
        .text("factPartition", &item_key.partition)
        .text("factSort", &item_key.sort)
        .text("factKind", text("kind"))
        .text("time", text("time"))
        .number(EXPIRES_AT, (slot.minute.max(Timestamp::UNIX_EPOCH) + KEPT).as_second());
    match &slot.repository {
        Some(repository) => item.text("repository", repository),
        None => item,
    }
}

impl Doubt {
    /// The metric whose count tells whether CloudWatch has the fact.
    pub fn telling(&self) -> Option<Metric> {
        self.standing.telling()
    }
}
