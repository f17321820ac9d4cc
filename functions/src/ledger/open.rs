//! What the ledger holds that is not done yet, and how far the reconciler has come.

use super::{
    Ledger,
    facts::is_done,
    incidents::{INCIDENT, IncidentRecord, record},
    item::{Item, key, sortable, timeline_day},
    timeline::days,
};
use crate::runtime::error::Error;
use jiff::{SignedDuration, Timestamp};
use metrics_lib::{
    contract::{
        Metric,
        ledger::{PARTITION_KEY, SORT_KEY, TIMELINE_DAY},
    },
    fact::{FactKind, FactState},
    identity::{DeploymentKey, IncidentKey},
    place::Place,
    sources::codepipeline::PipelineKey,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

/// The partition of how far the reconciler has come.
pub(super) const RECONCILER: &str = "reconciler";

/// How far the timeline may be behind the table, at the most.
pub(super) const INDEX_LAG: SignedDuration = SignedDuration::from_mins(1);

/// The days that begin within this time before the present are looked at in every run: an item is hardly ever listed later than
/// that, and all days are looked at every hour.
const RECENT: SignedDuration = SignedDuration::from_hours(48);
/// The attribute with the days, of those of a kind, on which something was open when all were looked at.
const DAYS: &str = "days";

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

/// How far the reconciler has come, in every account and region.
#[derive(Clone, Debug)]
pub struct Watermarks {
    watermark: Watermark,
    /// By the items' sort keys.
    places: BTreeMap<String, Reached>,
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

    /// The lead times of deployments within a range of time up to now that are not known yet.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn open_lead_times(
        &self,
        range: Range<Timestamp>,
    ) -> Result<Vec<PendingItem<DeploymentKey>>, Error> {
        let open = self.open(FactKind::LeadTime.name(), range, |item| !is_done(item)).await?;
        open.iter().map(|item| opened(item.deployment_key()?, item)).collect()
    }

    /// The incidents that were resolved within a range of time up to now, and are not known to be restored.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn open_restores(&self, range: Range<Timestamp>) -> Result<Vec<IncidentKey>, Error> {
        let open = self.open(FactKind::Restore.name(), range, |item| !is_done(item)).await?;
        open.iter().map(Item::incident_key).collect()
    }

    /// The incidents that were raised within a range of time up to now, and may have to be tried again.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn open_incidents(
        &self,
        range: Range<Timestamp>,
    ) -> Result<Vec<PendingItem<IncidentRecord>>, Error> {
        let open = self.open(INCIDENT, range, |_| true).await?;
        open.iter().map(|item| opened(record(item)?, item)).collect()
    }

    /// The items of a kind that are open, on the days of a range of time up to now.
    ///
    /// All days are looked at once an hour. Until then, the recent ones are, and those on which something was open. So what comes
    /// to be open on another day waits for an hour at the most: it was told days late, and is tried more rarely than that.
    async fn open(
        &self,
        kind: &str,
        range: Range<Timestamp>,
        is_open: impl Fn(&Item) -> bool,
    ) -> Result<Vec<Item>, Error> {
        let (now, sort) = (range.end, key(["open", kind, ""]));
        let hour = |time: Timestamp| time.as_second().div_euclid(3600);
        let noted = self.query(RECONCILER, &sort).await?.into_iter().next();
        let looked = noted.as_ref().map(|item| item.instant_of("time")).transpose()?;
        let known = noted.filter(|_| looked.is_some_and(|looked| hour(looked) == hour(now)));
        let is_to_be_looked_at = |day: &Timestamp| match &known {
            None => true,
            Some(item) => {
                let mut open = item.get(DAYS).unwrap_or_default().split(' ');
                *day + RECENT > now || open.any(|open| open == timeline_day(kind, *day))
            }
        };
        let mut items = self.listed_on(kind, days(range).filter(is_to_be_looked_at)).await?;
        items.retain(is_open);
        if known.is_none() {
            let days: BTreeSet<&str> = items.iter().filter_map(|item| item.get(TIMELINE_DAY)).collect();
            let days = Vec::from_iter(days).join(" ");
            let noted = Item::default().text("kind", RECONCILER).instant("time", now).text(DAYS, days);
            self.set(RECONCILER, &sort, noted).send().await?;
        }
        Ok(items)
    }

    /// The incidents that were raised within a half-open range of time.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn incidents_within(&self, range: Range<Timestamp>) -> Result<Vec<IncidentRecord>, Error> {
        let items = self.listed(INCIDENT, range.clone()).await?;
        let mut incidents = items.iter().map(record).collect::<Result<Vec<_>, _>>()?;
        incidents.retain(|incident| range.contains(&incident.created));
        Ok(incidents)
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
    pub async fn watermark(&self, watermark: Watermark, place: &Place) -> Result<Option<Reached>, Error> {
        let items = self.query(RECONCILER, &watermark.sort(place)).await?;
        items.first().map(reached).transpose()
    }

    /// How far the reconciler has come in every account and region.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn watermarks(&self, watermark: Watermark) -> Result<Watermarks, Error> {
        let items = self.query(RECONCILER, &watermark.prefix()).await?;
        let places = items.iter().map(|item| Ok((item.required(SORT_KEY)?.to_owned(), reached(item)?)));
        Ok(Watermarks { watermark, places: places.collect::<Result<_, Error>>()? })
    }

    /// Remembers how far the reconciler has come, unless it has come further.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn advance(
        &self,
        watermark: Watermark,
        place: &Place,
        Reached { time, before, at }: Reached,
    ) -> Result<(), Error> {
        let mut attributes = Item::default().instant("at", at);
        if let Some(before) = before {
            attributes = attributes.instant("before", before);
        }
        let attributes = attributes.text("kind", RECONCILER);
        self.later(RECONCILER, &watermark.sort(place), time, attributes).await.map(drop)
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

fn walked_sort(PipelineKey { place: Place { account, region }, pipeline }: &PipelineKey) -> String {
    key([account, region, pipeline, ""])
}

impl Watermark {
    fn sort(self, Place { account, region }: &Place) -> String {
        self.prefix() + &key([account, region, ""])
    }

    /// What the sort keys of all accounts and regions begin with.
    fn prefix(self) -> String {
        match self {
            Self::Executions => key(["executions", ""]),
            Self::OpsItems => key(["opsItems", ""]),
            Self::BackfilledExecutions(since, settings) => {
                key(["backfilledExecutions", &since.to_string(), &format!("{settings:016x}"), ""])
            }
            Self::BackfilledOpsItems(since) => key(["backfilledOpsItems", &since.to_string(), ""]),
        }
    }
}

impl Watermarks {
    /// How far it has come in an account and region; none if it never has.
    pub fn of(&self, place: &Place) -> Option<Reached> {
        self.places.get(&self.watermark.sort(place)).copied()
    }
}

fn reached(item: &Item) -> Result<Reached, Error> {
    Ok(Reached {
        time: item.instant_of("time")?,
        before: item.optional_instant("before")?,
        at: item.instant_of("at")?,
    })
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
