//! The deployments that the ledger knows: by time, by execution id, and their names.

use super::{
    Ledger,
    facts::live,
    identity::{deployment_partition, execution_partition},
    item::{Item, key as key_of, timeline_day},
};
use crate::runtime::error::Error;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use metrics_lib::{
    contract::ledger::{SORT_KEY, TIMELINE_DAY, TIMELINE_INDEX},
    event::{Deployment, DeploymentRef, LiveDeployment, SourceKind},
    fact::FactKind,
    identity::{DeploymentKey, UnitKey},
    lake::CommitId,
    place::Place,
    repository::GitName,
    sources::codepipeline::ExecutionKey,
};
use std::{collections::BTreeSet, ops::Range, sync::PoisonError};

impl Ledger {
    /// The production deployments that ended within a half-open range of time, each with when its production stage began.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn deployments_within(
        &self,
        range: Range<Timestamp>,
    ) -> Result<Vec<(DeploymentRef, Timestamp)>, Error> {
        let mut deployments = Vec::new();
        for item in self.listed(FactKind::Deployment.name(), range.clone()).await? {
            let deployed = item.deployed()?;
            let began = item.optional_instant("began")?.unwrap_or(deployed.time);
            deployments.push((deployed, began));
        }
        deployments.retain(|(deployed, _)| range.contains(&deployed.time));
        Ok(deployments)
    }

    /// The latest production deployment of a repository's commit within a half-open range of time, in whatever pipeline, and
    /// the commit. Images and objects may be called like the repository that they were built from.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn latest_deployment(
        &self,
        repository: &str,
        range: Range<Timestamp>,
    ) -> Result<Option<(DeploymentRef, CommitId)>, Error> {
        let days: Vec<Timestamp> = days(range.clone()).collect();
        for day in days.into_iter().rev() {
            let mut latest: Option<(DeploymentRef, CommitId)> = None;
            for item in self.listed(FactKind::Deployment.name(), day..day).await? {
                let revision = item.get("revision").and_then(|id| CommitId::try_from(id.to_owned()).ok());
                let Some(revision) = revision else { continue };
                let deployed = item.deployed()?;
                let counts = deployed.repository == repository && range.contains(&deployed.time);
                if counts && latest.as_ref().is_none_or(|(latest, _)| *latest < deployed) {
                    latest = Some((deployed, revision));
                }
            }
            if latest.is_some() {
                return Ok(latest);
            }
        }
        Ok(None)
    }

    /// What is live in a unit at the end of a half-open range of time, if that was deployed within it: the latest deployment
    /// that was not rolled back by then.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn live_in(
        &self,
        unit: &UnitKey,
        range: Range<Timestamp>,
    ) -> Result<Option<LiveDeployment>, Error> {
        for day in Vec::from_iter(days(range.clone())).into_iter().rev() {
            let mut deployed = Vec::new();
            for item in self.listed(FactKind::Deployment.name(), day..day).await? {
                let is_of_unit = item.deployment_key()?.unit() == *unit;
                deployed
                    .extend(live(&item)?.filter(|live| is_of_unit && range.contains(&live.deployed.time)));
            }
            deployed.sort_by(|a, b| b.deployed.cmp(&a.deployed));
            for live in deployed {
                let rollbacks = self.rollbacks_of(&live.deployed.key).await?;
                if rollbacks.iter().all(|rollback| rollback.time >= range.end) {
                    return Ok(Some(live));
                }
            }
        }
        Ok(None)
    }

    /// The items of a kind whose time is on one of the days that a range of time touches.
    pub(super) async fn listed(&self, kind: &str, range: Range<Timestamp>) -> Result<Vec<Item>, Error> {
        self.listed_on(kind, days(range)).await
    }

    /// The items of a kind whose time is on one of some days.
    pub(super) async fn listed_on(
        &self,
        kind: &str,
        days: impl Iterator<Item = Timestamp>,
    ) -> Result<Vec<Item>, Error> {
        let queries = days.map(async |day| {
            let request = self
                .client
                .query()
                .table_name(&self.table)
                .index_name(TIMELINE_INDEX)
                .key_condition_expression("#day = :day")
                .expression_attribute_names("#day", TIMELINE_DAY)
                .expression_attribute_values(":day", AttributeValue::S(timeline_day(kind, day)));
            let items = request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
            let items = items.map_err(Error::aws("dynamodb:Query"))?;
            items.into_iter().map(Item::read).collect::<Result<Vec<_>, _>>()
        });
        let days: Vec<_> = stream::iter(queries).buffered(DAYS_AT_ONCE).try_collect().await?;
        Ok(days.concat())
    }

    /// The production deployments that somebody means who writes an execution id, or the canonical text of a deployment of
    /// another source: one at the most but for a coincidence.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn deployments_called(&self, name: &str) -> Result<Vec<DeploymentRef>, Error> {
        let partition = match name.parse() {
            Ok(key @ DeploymentKey::Sourced(_)) => deployment_partition(&key),
            Ok(DeploymentKey::Execution(_)) | Err(_) => execution_partition(name),
        };
        let items = self.query(&partition, "deployment#").await?;
        let deployments = items.iter().map(Item::deployed);
        deployments.filter(|found| found.as_ref().map_or(true, |found| found.key.is_called(name))).collect()
    }

    /// A production deployment, if the ledger knows it.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn deployment(&self, key: &DeploymentKey) -> Result<Option<DeploymentRef>, Error> {
        let items = self.query(&deployment_partition(key), "deployment#").await?;
        let deployments = items.iter().map(Item::deployed).collect::<Result<Vec<_>, _>>()?;
        Ok(deployments.into_iter().find(|deployed| deployed.key == *key))
    }

    /// Remembers the names of a deployment, so that incidents can be matched with them, by account: the pipeline, with the
    /// day of its latest deployment, and the repository.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn remember_names(&self, deployment: &Deployment) -> Result<(), Error> {
        let Deployment { key, time, source, .. } = deployment;
        let account = key.account();
        // What other sources deploy to is not looked for in texts.
        if let DeploymentKey::Execution(ExecutionKey { place: Place { region, .. }, pipeline, .. }) = key {
            let sort = key_of([PIPELINE, account, region, pipeline]);
            let day = timeline_day(&sort, *time);
            if !self.is_remembered(&day) {
                let attributes = Item::default().text("kind", KNOWN).text("pipeline", pipeline);
                self.later(KNOWN, &sort, *time, attributes.text("account", account)).await?;
                self.remember(day);
            }
        }
        let deployed = match source.kind {
            SourceKind::Git => key_of([DEPLOYED, &GitName::new(&source.repository).key(), account]),
            SourceKind::CodeCommit | SourceKind::Ecr | SourceKind::S3 => {
                key_of([EXACT, &source.repository, account])
            }
        };
        if !self.is_remembered(&deployed) {
            let item = Item::new(KNOWN.into(), deployed.clone()).text("kind", KNOWN);
            let item = item.text("repository", &source.repository).text("account", account);
            self.put_new(item).await?;
            self.remember(deployed);
        }
        Ok(())
    }

    /// Remembers that a repository of a Git host had a name at an instant, with GitHub's id where that was told.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn remember_repository(
        &self,
        name: &GitName,
        id: Option<u64>,
        since: Timestamp,
    ) -> Result<(), Error> {
        let key = name.key();
        let id_text = id.map(|id| id.to_string()).unwrap_or_default();
        let by_name = key_of([REPOSITORY, &key, &id_text]);
        if self.is_remembered(&by_name) {
            return Ok(());
        }
        let by_id = id.map(|id| key_of([REPOSITORY_ID, &id.to_string(), &key]));
        for sort in std::iter::once(by_name.clone()).chain(by_id) {
            let mut item = Item::new(KNOWN.into(), sort)
                .text("kind", KNOWN)
                .text("repository", name.as_str())
                .instant("time", since);
            if let Some(id) = id {
                item = item.number("repositoryId", id);
            }
            self.put_new(item).await?;
        }
        self.remember(by_name);
        Ok(())
    }

    /// Remembers that an event has come from an account and region.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn remember_place(&self, place: &Place) -> Result<(), Error> {
        let sort = key_of([PLACE, &place.account, &place.region]);
        if !self.is_remembered(&sort) {
            let item = Item::new(KNOWN.into(), sort.clone()).text("kind", KNOWN);
            self.put_new(item.place(place)).await?;
            self.remember(sort);
        }
        Ok(())
    }

    /// Every account and region that an event has come from, of those that are remembered.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn places(&self) -> Result<Vec<Place>, Error> {
        let items = self.query(KNOWN, &key_of([PLACE, ""])).await?;
        items.iter().map(Item::required_place).collect()
    }

    /// The repositories that had a name of a Git host, whatever the case.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn repositories_named(&self, name: &GitName) -> Result<Vec<NamedRepository>, Error> {
        let items = self.query(KNOWN, &key_of([REPOSITORY, &name.key(), ""])).await?;
        items.iter().map(named).collect()
    }

    /// The names that a repository of GitHub's had.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn repositories_with_id(&self, id: u64) -> Result<Vec<NamedRepository>, Error> {
        let items = self.query(KNOWN, &key_of([REPOSITORY_ID, &id.to_string(), ""])).await?;
        items.iter().map(named).collect()
    }

    /// Everything that was deployed or delivered, by its names.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn names(&self) -> Result<Names, Error> {
        let mut names = Names::default();
        for item in self.query(KNOWN, "").await? {
            let sort = item.required(SORT_KEY)?;
            let kind = sort.split('#').next();
            if kind == Some(REPOSITORY) {
                names.repositories.push(named(&item)?);
            } else if kind == Some(EXACT) {
                let [account, repository] = [item.required("account")?, item.required("repository")?];
                names.exact.insert((account.to_owned(), repository.to_owned()));
            } else if kind == Some(DEPLOYED) {
                let [account, repository] = [item.required("account")?, item.required("repository")?];
                names.deployed.insert((account.to_owned(), GitName::new(repository)));
            } else if kind == Some(PIPELINE) && item.get("account").is_some() {
                let pipeline = item.required("pipeline")?.to_owned();
                names.pipelines.push((
                    item.required("account")?.to_owned(),
                    pipeline,
                    item.instant_of("time")?,
                ));
            }
        }
        Ok(names)
    }

    fn is_remembered(&self, name: &str) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(name)
    }

    fn remember(&self, name: String) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
    }
}

/// The partition of the names of repositories and pipelines.
const KNOWN: &str = metrics_lib::contract::ledger::KNOWN;
/// What the sort keys of accounts and regions begin with.
const PLACE: &str = "place";
/// What the sort keys of repositories of Git hosts begin with, before the name in lower case and GitHub's id.
const REPOSITORY: &str = "git";
/// The same, before GitHub's id and the name in lower case.
const REPOSITORY_ID: &str = "gitId";
/// What the sort keys of repositories of Git hosts begin with that an account has deployed, before the name in lower case and
/// the account.
const DEPLOYED: &str = "deployed";
/// The same of repositories whose names are exact.
const EXACT: &str = "exact";
/// What the sort keys of pipelines begin with.
const PIPELINE: &str = "pipeline";

/// A name that a repository of a Git host had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedRepository {
    /// The name, as it was first seen.
    pub name: GitName,
    /// GitHub's id, if a delivery told it.
    pub id: Option<u64>,
    /// When it was first seen.
    pub since: Timestamp,
}

/// Everything that was deployed or delivered, by its names.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// The repositories of Git hosts.
    pub repositories: Vec<NamedRepository>,
    /// The repositories whose names are exact, and who deployed each: account and name.
    pub exact: BTreeSet<(String, String)>,
    /// The repositories of Git hosts that were deployed, and who did: account and name.
    pub deployed: BTreeSet<(String, GitName)>,
    /// The pipelines: account, name, and when each deployed last.
    pub pipelines: Vec<(String, String, Timestamp)>,
}

fn named(item: &Item) -> Result<NamedRepository, Error> {
    let id = item.get_number("repositoryId");
    Ok(NamedRepository { name: item.required("repository")?.into(), id, since: item.instant_of("time")? })
}

/// How many days are asked for at once.
const DAYS_AT_ONCE: usize = 16;

/// The beginnings of the days that a range of time touches.
pub fn days(range: Range<Timestamp>) -> impl Iterator<Item = Timestamp> {
    const DAY: i64 = 24 * 3600;
    let day = |time: Timestamp| time.as_second().div_euclid(DAY);
    (day(range.start)..=day(range.end)).filter_map(|day| Timestamp::from_second(day * DAY).ok())
}
