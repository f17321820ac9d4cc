//! Since when the reconciler looks at accounts and regions, and when an event came from each last.

use super::{
    Ledger,
    item::{Item, key},
    open::RECONCILER,
};
use crate::runtime::error::Error;
use jiff::{SignedDuration, Timestamp};
use metrics_lib::place::Place;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{MutexGuard, PoisonError},
};

/// How often it is written that events come: every write is paid for.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(15);
/// What the sort keys begin with of when an event came.
const HEARD: &str = "heard";
/// What the sort keys begin with of when a heartbeat came.
const HEARTBEAT: &str = "heartbeat";
/// The sort key of when something was found that an event should have told.
const UNTOLD: &str = "untold";
/// What the sort keys begin with of since when the reconciler looks there.
const WATCHED: &str = "watched";

/// What a process knows, so that it need not ask or write again.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    heard: HashMap<Place, Timestamp>,
    watched: HashMap<Place, Timestamp>,
}

impl Ledger {
    /// Notes that an event has come from an account and region.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn hear(&self, place: &Place, now: Timestamp) -> Result<(), Error> {
        let noted = self.hearing().heard.get(place).copied();
        if noted.is_some_and(|noted| now.duration_since(noted) < NOTED_EVERY) {
            return Ok(());
        }
        let attributes = Item::default().text("kind", RECONCILER);
        self.later(RECONCILER, &place_key(HEARD, place), now, attributes).await?;
        self.hearing().heard.insert(place.clone(), now);
        Ok(())
    }

    /// Notes that a heartbeat has come from an account and region.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn hear_heartbeat(&self, place: &Place, now: Timestamp) -> Result<(), Error> {
        let attributes = Item::default().text("kind", RECONCILER).place(place);
        self.later(RECONCILER, &place_key(HEARTBEAT, place), now, attributes).await.map(drop)
    }

    /// When the last heartbeat came from each account and region that one came from.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn heartbeats(&self) -> Result<BTreeMap<Place, Timestamp>, Error> {
        let items = self.query(RECONCILER, &key([HEARTBEAT, ""])).await?;
        let heartbeat = |item: &Item| Ok((item.required_place()?, item.instant_of("time")?));
        items.iter().map(heartbeat).collect()
    }

    /// Notes that something was found that an event should have told.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn note_untold(&self, now: Timestamp) -> Result<(), Error> {
        self.later(RECONCILER, UNTOLD, now, Item::default().text("kind", RECONCILER)).await.map(drop)
    }

    /// Whether something that an event should have told was found since the last event came, as far as [`Self::hear`] notes
    /// when that was.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn is_untold_since(&self, heard: Option<Timestamp>) -> Result<bool, Error> {
        let items = self.query(RECONCILER, UNTOLD).await?;
        let Some(item) = items.first() else { return Ok(false) };
        let found = item.instant_of("time")?;
        Ok(heard.is_none_or(|heard| found.duration_since(heard) > NOTED_EVERY))
    }

    /// When an event came last, from whatever account and region; none if none ever did. It may have come up to
    /// a quarter of an hour later.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn heard(&self) -> Result<Option<Timestamp>, Error> {
        let items = self.query(RECONCILER, &key([HEARD, ""])).await?;
        let times = items.iter().map(|item| item.instant_of("time")).collect::<Result<Vec<_>, _>>()?;
        Ok(times.into_iter().max())
    }

    /// Since when the reconciler looks at an account and region: if it never did, since now.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn watch(&self, place: &Place, now: Timestamp) -> Result<Timestamp, Error> {
        if let Some(since) = self.hearing().watched.get(place) {
            return Ok(*since);
        }
        let sort = place_key(WATCHED, place);
        let item = Item::new(RECONCILER.into(), sort.clone()).text("kind", RECONCILER).instant("time", now);
        let since = match self.put_new(item).await? {
            true => now,
            false => match self.query(RECONCILER, &sort).await?.first() {
                Some(item) => item.instant_of("time")?,
                None => now,
            },
        };
        self.hearing().watched.insert(place.clone(), since);
        Ok(since)
    }

    fn hearing(&self) -> MutexGuard<'_, Hearing> {
        self.hearing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sort key of what is noted of an account and region.
fn place_key(kind: &str, Place { account, region }: &Place) -> String {
    key([kind, account, region, ""])
}
