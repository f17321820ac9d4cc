//! Two sources that exist in tests only: Courier tells of deployments, Beacon of incidents. They are in no registry of the
//! product, and need nothing of it that another source would not.
//!
//! Each has the rooms that a source has: what the functions read and ask, which events the program routes, and, for Beacon,
//! which has an API, what the single-machine cloud answers. docs/CONTRIBUTING.md walks through them.

mod beacon;
mod courier;

use functions::sources::registry::Sources;
use simulator::replay::OtherSources;

/// The sources that the functions of an installation with Courier and Beacon know.
pub fn sources() -> Sources {
    Sources::default()
        .with_deployments(&courier::functions::Courier)
        .with_incidents(&beacon::functions::Beacon)
}

/// What such an installation has beside the product's own sources.
pub fn others() -> OtherSources {
    OtherSources {
        sources: vec![&courier::program::COURIER, &beacon::program::BEACON],
        apis: vec![Box::new(beacon::simulator::BeaconApi::default())],
    }
}
