//! What the ledger holds that is not done yet, and how far the reconciler has come.

use super::{
    Ledger,
    facts::is_done,
    incidents::{INCIDENT, IncidentRecord, record},
    item::{Item, key, sortable},
};
use crate::runtime::error::Error;
use jiff::{SignedDuration, Timestamp};
use metrics_lib::{
    contract::{
        Metric,
        ledger::{PARTITION_KEY, SORT_KEY},
    },
    fact::{FactKind, FactState},
    identity::{DeploymentKey, IncidentKey},
    sources::codepipeline::PipelineKey,
};
use std::{collections::BTreeMap, ops::Range};

/// The partition of how far the reconciler has come.
pub(super) const RECONCILER: &str = "reconciler";

/// How far the timeline may be behind the table, at the most.
pub(super) const INDEX_LAG: SignedDuration = SignedDuration::from_mins(1);

/// Something that is tried again, the more rarely the older it is.
#[derive(Clone, Debug)]
pub struct PendingItem<T> {
    /// What it is.
    pub what: T,
    partition: String,
    sort: String,
    time: Timestamp,
    tried: Option<Timestamp>,
}

impl<T> PendingItem<T> {
    /// Whether it is to be tried now: a quarter of its age after it was tried last.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.tried.is_none_or(|tried| now.duration_since(tried) >= now.duration_since(self.time) / 4)
    }

    /// Whether it has come to an age since it was tried last.
    pub fn has_come_to(&self, age: SignedDuration, now: Timestamp) -> bool {
        let old = self.time.checked_add(age).unwrap_or(Timestamp::MAX);
        old <= now && self.tried.is_none_or(|tried| tried < old)
    }
}

/// How many values of each metric CloudWatch has got on a day, as the ledger knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayCount {
    /// The numbers, by metric.
    pub samples: BTreeMap<Metric, usize>,
    /// When the latest of them was published.
    pub latest: Option<Timestamp>,
}

/// What of an account and region the reconciler has worked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watermark {
    /// Executions that changed last before it.
    Executions,
    /// `OpsItem`s that changed last before it.
    OpsItems,
    /// Executions, in a backfill since an instant, under the settings with a digest.
    BackfilledExecutions(Timestamp, u64),
    /// `OpsItem`s, in a backfill since an instant.
    BackfilledOpsItems(Timestamp),
}

/// How far the reconciler has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// What changed last before this instant is done.
    pub time: Timestamp,
    /// Where it was before, if it was anywhere.
    pub before: Option<Timestamp>,
    /// When it came here.
    pub at: Timestamp,
}

impl Reached {
    /// How far the timeline shows what was done: an index is a little behind its table.
    pub fn shown(&self, now: Timestamp) -> Option<Timestamp> {
        match now.duration_since(self.at) < INDEX_LAG {
            true => self.before,
            false => Some(self.time),
        }
    }
}

/// A row of a pipeline's executions that are known to have brought nothing to production.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walked {
    /// When the first of them started.
    pub since: Timestamp,
    /// When the last of them started.
    pub until: Timestamp,
    /// When they were looked at. What changed later was retried.
    pub at: Timestamp,
}

/// The partition of the rows.
const WALKED: &str = "walked";

impl Ledger {
    /// The executions of a pipeline that were looked at under some settings, and brought nothing to production.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn walked(&self, pipeline: &PipelineKey, settings: &str) -> Result<Option<Walked>, Error> {
        let items = self.query(WALKED, &walked_sort(pipeline)).await?;
        let walked = items.first().filter(|item| item.get("settings") == Some(settings)).map(|item| {
            Ok(Walked {
                since: item.instant_of("since")?,
                until: item.instant_of("until")?,
                at: item.instant_of("at")?,
            })
        });
        walked.transpose()
    }

    /// Notes the executions of a pipeline that brought nothing to production under some settings.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn note_walked(
        &self,
        pipeline: &PipelineKey,
        settings: &str,
        Walked { since, until, at }: Walked,
    ) -> Result<(), Error> {
        let attributes = Item::default()
            .text("kind", WALKED)
            .text("settings", settings)
            .instant("since", since)
            .instant("until", until)
            .instant("at", at)
            .expires(at);
        self.set(WALKED, &walked_sort(pipeline), attributes).send().await.map(drop)
    }

    /// The lead times of deployments within a range of time that are not known yet.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn open_lead_times(
        &self,
        range: Range<Timestamp>,
    ) -> Result<Vec<PendingItem<DeploymentKey>>, Error> {
        let items = self.listed(FactKind::LeadTime.name(), range).await?;
        let open = items.into_iter().filter(|item| !is_done(item));
        open.map(|item| opened(item.deployment_key()?, &item)).collect()
    }

    /// The incidents that were resolved within a range of time, and are not known to be restored.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn open_restores(&self, range: Range<Timestamp>) -> Result<Vec<IncidentKey>, Error> {
        let items = self.listed(FactKind::Restore.name(), range).await?;
        items.iter().filter(|item| !is_done(item)).map(Item::incident_key).collect()
    }

    /// The incidents that were raised within a range of time.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn incidents_within(
        &self,
        range: Range<Timestamp>,
    ) -> Result<Vec<PendingItem<IncidentRecord>>, Error> {
        let items = self.listed(INCIDENT, range).await?;
        items.into_iter().map(|item| opened(record(&item)?, &item)).collect()
    }

    /// Remembers that something was tried.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn tried<T>(
        &self,
        PendingItem { partition, sort, .. }: &PendingItem<T>,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.set(partition, sort, Item::default().instant("tried", now)).send().await.map(drop)
    }

    /// What was published of a day.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn published_on(&self, day: Timestamp) -> Result<DayCount, Error> {
        let mut count = DayCount::default();
        for kind in FactKind::ALL.into_iter().filter(|kind| kind.is_measured()) {
            for item in self.listed(kind.name(), day..day).await? {
                if item.get("state") != Some(FactState::Published.name()) {
                    continue;
                }
                for metric in Metric::ALL {
                    *count.samples.entry(metric).or_default() += item.count(metric.name());
                }
                count.latest = count.latest.max(item.optional_instant("leaseUntil")?);
            }
        }
        Ok(count)
    }

    /// How far the reconciler has come in an account and region; none if it never has.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn watermark(
        &self,
        watermark: Watermark,
        account: &str,
        region: &str,
    ) -> Result<Option<Reached>, Error> {
        let items = self.query(RECONCILER, &watermark.sort(account, region)).await?;
        let reached = items.first().map(|item| {
            Ok(Reached {
                time: item.instant_of("time")?,
                before: item.optional_instant("before")?,
                at: item.instant_of("at")?,
            })
        });
        reached.transpose()
    }

    /// Remembers how far the reconciler has come, unless it has come further.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn advance(
        &self,
        watermark: Watermark,
        (account, region): (&str, &str),
        Reached { time, before, at }: Reached,
    ) -> Result<(), Error> {
        let mut attributes = Item::default().instant("at", at);
        if let Some(before) = before {
            attributes = attributes.instant("before", before);
        }
        let attributes = attributes.text("kind", RECONCILER);
        self.later(RECONCILER, &watermark.sort(account, region), time, attributes).await.map(drop)
    }

    /// Notes that the ledger is compared with CloudWatch on a day; whether it was not before.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn begin_comparison(&self, day: Timestamp) -> Result<bool, Error> {
        self.later(RECONCILER, "comparison", day, Item::default().text("kind", RECONCILER)).await
    }

    /// Sets the time of an item, if it becomes later; whether it does.
    pub(super) async fn later(
        &self,
        partition: &str,
        sort: &str,
        time: Timestamp,
        attributes: Item,
    ) -> Result<bool, Error> {
        let update = self
            .set(partition, sort, attributes.instant("time", time))
            .only_if("attribute_not_exists(#time) OR #time < :time")
            .with_name("#time", "time")
            .with_text(":time", sortable(time));
        update.made().await
    }
}

fn walked_sort(PipelineKey { account, region, pipeline }: &PipelineKey) -> String {
    key([account, region, pipeline, ""])
}

impl Watermark {
    fn sort(self, account: &str, region: &str) -> String {
        match self {
            Self::Executions => key(["executions", account, region, ""]),
            Self::OpsItems => key(["opsItems", account, region, ""]),
            Self::BackfilledExecutions(since, settings) => {
                let settings = format!("{settings:016x}");
                key(["backfilledExecutions", &since.to_string(), &settings, account, region, ""])
            }
            Self::BackfilledOpsItems(since) => {
                key(["backfilledOpsItems", &since.to_string(), account, region, ""])
            }
        }
    }
}

fn opened<T>(what: T, item: &Item) -> Result<PendingItem<T>, Error> {
    Ok(PendingItem {
        what,
        partition: item.required(PARTITION_KEY)?.to_owned(),
        sort: item.required(SORT_KEY)?.to_owned(),
        time: item.instant_of("time")?,
        tried: item.optional_instant("tried")?,
    })
}
