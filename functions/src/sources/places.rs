//! The accounts and regions that count: those of the configuration, and, of an organisation, those whose events have come.
//!
//! Which accounts an organisation has is no configuration, and to ask AWS Organizations would need its management account's
//! leave. The first event of a place registers it in the ledger; from then on the reconciler looks there by itself.

use crate::{
    ledger::Ledger,
    runtime::{config::Config, error::Error},
};
use metrics_lib::place::Place;
use std::collections::BTreeSet;

/// Every account and region whose pipelines count.
///
/// # Errors
/// [`Error::Aws`], [`Error::Ledger`].
pub async fn of_pipelines(config: &Config, ledger: &Ledger) -> Result<Vec<Place>, Error> {
    with_members(config.places(), config, ledger).await
}

/// Every account and region that an `OpsItem` may be in; the operations account's own comes first.
///
/// # Errors
/// [`Error::Aws`], [`Error::Ledger`].
pub async fn of_ops_items(config: &Config, ledger: &Ledger, own_region: &str) -> Result<Vec<Place>, Error> {
    with_members(config.ops_item_places(own_region), config, ledger).await
}

async fn with_members(
    listed: impl Iterator<Item = Place>,
    config: &Config,
    ledger: &Ledger,
) -> Result<Vec<Place>, Error> {
    let mut places: Vec<Place> = listed.collect();
    if config.organization.is_some() {
        let listed: BTreeSet<Place> = places.iter().cloned().collect();
        // Who has left the organisation, or a region that counts no more, is registered still.
        let members = ledger.places().await?.into_iter();
        places.extend(members.filter(|place| config.covers(place) && !listed.contains(place)));
    }
    Ok(places)
}
