//! What the ledger knows of incidents: where each stands, which deployments reference it, which rollbacks undid what.

use super::{
    DoneBy, Ledger, Owner,
    facts::told_by,
    identity::{deployment_id_sort, deployment_partition, incident_partition, incident_sort},
    item::{Item, sortable},
};
use crate::runtime::error::Error;
use jiff::Timestamp;
use metrics_lib::{
    attribution::Attribution,
    contract::ledger::{PARTITION_KEY, SORT_KEY},
    event::{Deployment, DeploymentRef, Incident, Rollback},
    identity::{DeploymentKey, IncidentId, IncidentKey},
    time_to_restore::{RestoredBy, Restorer, StatusChange, Statuses, ToldBy},
};
use std::collections::BTreeMap;

/// Where the attribution of an incident stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributionState {
    /// Not decided yet.
    Pending,
    /// Decided: no deployment. The reconciler tries again.
    Unattributed,
    /// Decided, once and for good.
    Attributed {
        /// The deployment that is blamed.
        deployment: DeploymentRef,
        /// Why this one.
        evidence: String,
    },
}

/// What the ledger knows of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentRecord {
    /// The incident.
    pub key: IncidentKey,
    /// When it was raised.
    pub created: Timestamp,
    /// Its attribution.
    pub attribution: AttributionState,
    /// The id of the message that led to the attribution, once there is one.
    pub decided_by: Option<String>,
    /// The id of the message that told of its creation after that, if one did.
    pub told_by: Option<String>,
    /// What could not be read when it was to be attributed the last time, as [`Unread`](metrics_lib::attribution::Unread) is
    /// written, and since when that is so.
    pub unread: BTreeMap<String, Timestamp>,
    /// Since when its restore waits for what can't be read.
    pub restore_unread_since: Option<Timestamp>,
}

/// The kind of items that record incidents.
pub(super) const INCIDENT: &str = "incident";
/// The kind of items that record when an incident was open and resolved.
const STATUS: &str = "status";
const RESOLVED: &str = "resolved";
const OPEN: &str = "open";
const LAST_MODIFIED: &str = "lastModified";
/// What could not be read, a line each: since when, and what.
const UNREAD: &str = "unread";
const RESTORE_UNREAD_SINCE: &str = "restoreUnreadSince";
const PENDING: &str = "pending";
const UNATTRIBUTED: &str = "unattributed";
const ATTRIBUTED: &str = "attributed";
/// The attributes with the account and region of the deployment that is blamed.
const BLAMED_IN: [&str; 2] = ["deploymentAccount", "deploymentRegion"];

impl Ledger {
    /// Records an incident, if it is new, and returns what is known of it.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn record_incident(&self, incident: &Incident) -> Result<IncidentRecord, Error> {
        let key = &incident.key;
        if let Some(record) = self.incidents(&key.id()).await?.into_iter().find(|record| record.key == *key) {
            return Ok(record);
        }
        let item = incident_item(key)
            .listed(INCIDENT, incident.created)
            .incident(key)
            .text("attribution", PENDING)
            .text("evidence", "not attributed yet")
            .expires(incident.created);
        self.put_new(item).await?;
        let attribution = AttributionState::Pending;
        Ok(IncidentRecord {
            key: key.clone(),
            created: incident.created,
            attribution,
            decided_by: None,
            told_by: None,
            unread: BTreeMap::new(),
            restore_unread_since: None,
        })
    }

    /// The incidents of an id; ids are unique in an account and region only.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn incidents(&self, id: &IncidentId) -> Result<Vec<IncidentRecord>, Error> {
        let items = self.query(&incident_partition(id), "incident#").await?;
        items.iter().map(record).collect()
    }

    /// Decides an incident's attribution, unless that is decided; returns the decision that holds. One that found no
    /// deployment may be replaced by one that did; one that is awaited is none.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn decide(
        &self,
        record: &IncidentRecord,
        attribution: &Attribution,
        owner: Owner<'_>,
    ) -> Result<AttributionState, Error> {
        let (decision, decided) = match attribution {
            Attribution::Awaited { .. } => return Ok(AttributionState::Pending),
            Attribution::Unattributed { evidence } => (
                Item::default().text("attribution", UNATTRIBUTED).text("evidence", evidence),
                AttributionState::Unattributed,
            ),
            Attribution::Deployment { deployment, evidence } => (
                Item::default()
                    .text("attribution", ATTRIBUTED)
                    .text("evidence", evidence)
                    .text("repository", &deployment.repository)
                    .unit_and_id(&deployment.key)
                    .text(BLAMED_IN[0], &deployment.key.place().account)
                    .text(BLAMED_IN[1], &deployment.key.place().region)
                    .instant("deploymentTime", deployment.time),
                AttributionState::Attributed { deployment: deployment.clone(), evidence: evidence.clone() },
            ),
        };
        let item = incident_item(&record.key);
        // Whoever led to the first decision stays the one: other messages are its duplicates.
        let decided_by = record.decided_by.as_deref().unwrap_or(owner.message);
        let mut decision = decision.text("decidedBy", decided_by);
        if !owner.is_reconciler() && record.decided_by.is_none() {
            decision = decision.text(told_by(owner), owner.message);
        }
        let update = self
            .set(item.required(PARTITION_KEY)?, item.required(SORT_KEY)?, decision)
            .only_if("#attribution IN (:pending, :unattributed)")
            .with_name("#attribution", "attribution")
            .with_text(":pending", PENDING)
            .with_text(":unattributed", UNATTRIBUTED);
        if update.made().await? {
            return Ok(decided);
        }
        let records = self.incidents(&record.key.id()).await?;
        let decided = records.into_iter().find(|other| other.key == record.key);
        decided.map(|record| record.attribution).ok_or_else(|| item.unreadable("attribution"))
    }

    /// Notes what can't be read now, and since when that is so; nothing, if all can.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn note_unread(
        &self,
        record: &IncidentRecord,
        unread: &BTreeMap<String, Timestamp>,
    ) -> Result<(), Error> {
        let lines = unread.iter().map(|(what, since)| format!("{} {what}", sortable(*since)));
        self.note(record, Item::default().text(UNREAD, lines.collect::<Vec<_>>().join("\n"))).await
    }

    /// Notes that a restore begins to wait for what can't be read.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn note_restore_unread(&self, record: &IncidentRecord, since: Timestamp) -> Result<(), Error> {
        self.note(record, Item::default().instant(RESTORE_UNREAD_SINCE, since)).await
    }

    async fn note(&self, record: &IncidentRecord, attributes: Item) -> Result<(), Error> {
        let item = incident_item(&record.key);
        let update = self.set(item.required(PARTITION_KEY)?, item.required(SORT_KEY)?, attributes);
        update.send().await.map(drop)
    }

    /// Who decided an incident, as seen by a message; none if nobody had, or this message did.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn decided_by(
        &self,
        record: &IncidentRecord,
        owner: Owner<'_>,
    ) -> Result<Option<DoneBy>, Error> {
        if record.decided_by.is_none() {
            return Ok(None);
        }
        let mut item = incident_item(&record.key);
        if let Some(message) = &record.told_by {
            item = item.text(told_by(owner), message);
        }
        let (partition, sort) = (item.required(PARTITION_KEY)?, item.required(SORT_KEY)?);
        self.done_by(partition, sort, &item, owner).await.map(Some)
    }

    /// Links a deployment with an incident that is attributed to it.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn link_blame(&self, deployment: &DeploymentRef, record: &IncidentRecord) -> Result<(), Error> {
        let id = record.key.id();
        let sort = format!("{}#{id}", incident_sort("blamedBy", &record.key));
        let item = Item::new(deployment_partition(&deployment.key), sort)
            .text("kind", "blame")
            .incident(&record.key)
            .expires(record.created);
        self.put_new(item).await.map(drop)
    }

    /// The incidents that are attributed to a deployment.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn blamed_by(&self, deployment: &DeploymentRef) -> Result<Vec<IncidentRecord>, Error> {
        let links = self.query(&deployment_partition(&deployment.key), "blamedBy#").await?;
        let mut records = Vec::new();
        for link in links {
            let key = link.incident_key()?;
            records.extend(self.incidents(&key.id()).await?.into_iter().filter(|record| {
                record.key == key && matches!(&record.attribution, AttributionState::Attributed { deployment: blamed, .. } if blamed.key == deployment.key)
            }));
        }
        Ok(records)
    }

    /// Records that an incident was resolved or opened again.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn record_status(&self, key: &IncidentKey, change: &StatusChange) -> Result<(), Error> {
        let StatusChange { time, is_resolved, told_by } = change;
        let status = if *is_resolved { RESOLVED } else { OPEN };
        let sort = format!("{}#{}#{status}", incident_sort(STATUS, key), sortable(*time));
        let told_by = match told_by {
            ToldBy::Event => "event",
            ToldBy::LastModified => LAST_MODIFIED,
        };
        let item = Item::new(incident_partition(&key.id()), sort)
            .text("kind", STATUS)
            .incident(key)
            .instant("time", *time)
            .text("status", status)
            .text("toldBy", told_by)
            .expires(*time);
        self.put_new(item).await.map(drop)
    }

    /// When an incident was open and resolved, as far as it is known.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn statuses(&self, key: &IncidentKey) -> Result<Statuses, Error> {
        let items =
            self.query(&incident_partition(&key.id()), &format!("{}#", incident_sort(STATUS, key))).await?;
        let change = |item: &Item| {
            let told_by = match item.get("toldBy") {
                Some(LAST_MODIFIED) => ToldBy::LastModified,
                _ => ToldBy::Event,
            };
            let (time, is_resolved) = (item.instant_of("time")?, item.get("status") == Some(RESOLVED));
            Ok(StatusChange { time, is_resolved, told_by })
        };
        items.iter().map(change).collect::<Result<_, Error>>().map(Statuses::new)
    }

    /// Links an incident with a deployment that references it.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn link_reference(&self, id: &IncidentId, deployment: &Deployment) -> Result<(), Error> {
        let key = &deployment.key;
        let sort = deployment_id_sort("referencedBy", key);
        let item = Item::new(incident_partition(id), sort)
            .text("kind", "reference")
            .deployment(key)
            .text("repository", &deployment.source.repository)
            .instant("time", deployment.time)
            .expires(deployment.time);
        self.put_new(item).await.map(drop)
    }

    /// Links a deployment with a rollback of it.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn link_rollback(&self, rollback: &Rollback) -> Result<(), Error> {
        let (key, deployment) = (&rollback.key, &rollback.rolled_back);
        let sort = deployment_id_sort("rolledBackBy", key);
        let item = Item::new(deployment_partition(&deployment.key), sort)
            .text("kind", "rolledBack")
            .deployment(key)
            .text("repository", &deployment.repository)
            .instant("time", rollback.time)
            .expires(rollback.time);
        self.put_new(item).await.map(drop)
    }

    /// The rollbacks of a deployment, each with its time and the repository that it took back.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn rollbacks_of(&self, key: &DeploymentKey) -> Result<Vec<DeploymentRef>, Error> {
        let items = self.query(&deployment_partition(key), "rolledBackBy#").await?;
        let rollbacks = items.iter().map(Item::deployed).collect::<Result<Vec<_>, _>>()?;
        Ok(rollbacks.into_iter().filter(|rollback| rollback.key.same_unit(key)).collect())
    }

    /// Everything that may have restored service after an incident: deployments that reference it, and rollbacks
    /// of the deployment that it is attributed to.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn restorers(&self, record: &IncidentRecord) -> Result<Vec<Restorer>, Error> {
        let restorer = |by: RestoredBy| {
            move |DeploymentRef { time, key, repository }| Restorer {
                time,
                key,
                by,
                repository: Some(repository),
            }
        };
        let references = self.query(&incident_partition(&record.key.id()), "referencedBy#").await?;
        let references = references.iter().map(Item::deployed).collect::<Result<Vec<_>, _>>()?;
        let mut restorers: Vec<_> = references.into_iter().map(restorer(RestoredBy::Deployment)).collect();
        if let AttributionState::Attributed { deployment, .. } = &record.attribution {
            let rollbacks = self.rollbacks_of(&deployment.key).await?;
            restorers.extend(rollbacks.into_iter().map(restorer(RestoredBy::Rollback)));
        }
        Ok(restorers)
    }
}

pub(super) fn incident_item(key: &IncidentKey) -> Item {
    Item::new(incident_partition(&key.id()), incident_sort(INCIDENT, key))
}

pub(super) fn record(item: &Item) -> Result<IncidentRecord, Error> {
    let attribution = match item.required("attribution")? {
        PENDING => AttributionState::Pending,
        UNATTRIBUTED => AttributionState::Unattributed,
        ATTRIBUTED => AttributionState::Attributed {
            deployment: DeploymentRef {
                time: item.instant_of("deploymentTime")?,
                key: item.deployment_of(BLAMED_IN)?,
                repository: item.required("repository")?.into(),
            },
            evidence: item.required("evidence")?.into(),
        },
        _ => return Err(item.unreadable("attribution")),
    };
    Ok(IncidentRecord {
        key: item.incident_key()?,
        created: item.instant_of("time")?,
        attribution,
        decided_by: item.get("decidedBy").map(Into::into),
        told_by: item.get("told_created").map(Into::into),
        unread: unread(item)?,
        restore_unread_since: item.optional_instant(RESTORE_UNREAD_SINCE)?,
    })
}

/// What could not be read, and since when.
fn unread(item: &Item) -> Result<BTreeMap<String, Timestamp>, Error> {
    let line = |line: &str| {
        let (since, what) = line.split_once(' ')?;
        Some((what.to_owned(), since.parse().ok()?))
    };
    let lines = item.get(UNREAD).unwrap_or_default().lines();
    lines.map(|text| line(text).ok_or_else(|| item.unreadable(UNREAD))).collect()
}
