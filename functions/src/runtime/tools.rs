//! What every source and handler gets: configuration, clock, clients and ledger, made once when the function starts.

use crate::{
    ledger::Ledger,
    runtime::{clients::Clients, config::Config, error::Error, waiting::Waiting},
    sources::{
        codepipeline::{
            known::{Runs, Structures},
            listings::Listings,
        },
        places,
        repositories::Repositories,
    },
};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::{lead_time::MEASURED_AFTER, place::Place};
use std::{collections::HashMap, sync::Mutex};

/// What every source and handler gets.
#[derive(Debug)]
pub struct Tools {
    /// The configuration.
    pub config: Config,
    /// The AWS clients.
    pub clients: Clients,
    /// The ledger.
    pub ledger: Ledger,
    /// What repositories are called.
    pub repositories: Repositories,
    /// What became of executions that can't change any more.
    pub runs: Runs,
    /// The messages that are known to be too early.
    pub waiting: Waiting,
    /// What was listed of CodePipeline a moment ago.
    pub listings: Listings,
    /// The structures of pipelines.
    pub structures: Structures,
    /// The types of the Git hosts that connections lead to.
    pub providers: Mutex<HashMap<String, Option<String>>>,
}

impl Tools {
    /// Makes them from the environment's configuration.
    pub async fn new(config: Config) -> Self {
        let clients = Clients::new(&config).await;
        let ledger = Ledger::new(clients.dynamodb.clone(), config.ledger_table.clone());
        let repositories = Repositories::new(config.repository_names(), config.repositories.aliases.clone());
        let (runs, structures, providers) = (Runs::default(), Structures::default(), Mutex::default());
        let (waiting, listings) = (Waiting::default(), Listings::default());
        Self { config, clients, ledger, repositories, runs, waiting, listings, structures, providers }
    }

    /// The present.
    ///
    /// # Errors
    /// [`Error::Clock`].
    pub fn now(&self) -> Result<Timestamp, Error> {
        self.config.clock.now()
    }

    /// Every account and region whose pipelines count.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn places(&self) -> Result<Vec<Place>, Error> {
        places::of_pipelines(&self.config, &self.ledger).await
    }

    /// Every account and region that an `OpsItem` may be in.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn ops_item_places(&self) -> Result<Vec<Place>, Error> {
        places::of_ops_items(&self.config, &self.ledger, self.clients.region()).await
    }

    /// Registers the account and region that an event comes from, if the configuration does not name them but their
    /// organisation.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn register(&self, place: &Place) -> Result<(), Error> {
        let is_member = self.config.covers(place) && !self.config.is_listed(place);
        if is_member { self.ledger.remember_place(place).await } else { Ok(()) }
    }

    /// Waits for the attribution delay: until then late events may still change a decision about what happened at
    /// `since`.
    ///
    /// # Errors
    /// [`Error::NotYet`], if the delay is not over.
    pub fn after_attribution_delay(&self, since: Timestamp, what: &str) -> Result<(), Error> {
        self.after(since, self.config.attribution_delay, what)
    }

    /// Waits until a restore at `since` can be decided: for the attribution delay, and, where lead time is measured, until
    /// it is known what the changes of the deployments before reference.
    ///
    /// # Errors
    /// [`Error::NotYet`], if it is too early.
    pub fn after_restore_delay(&self, since: Timestamp) -> Result<(), Error> {
        let known_after = if self.config.lead_time { MEASURED_AFTER } else { SignedDuration::ZERO };
        self.after(since, self.config.attribution_delay.max(known_after), "earlier restores")
    }

    fn after(&self, since: Timestamp, delay: SignedDuration, what: &str) -> Result<(), Error> {
        let until = since.checked_add(delay).unwrap_or(Timestamp::MAX);
        if self.now()? < until {
            return Err(Error::NotYet { until, reason: format!("events about {what} may still arrive") });
        }
        Ok(())
    }
}
