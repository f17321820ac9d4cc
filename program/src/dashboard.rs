//! What people look at: the dashboards of an installation as typed data, for `CloudWatch` and for Grafana.
//!
//! What `CloudWatch` would refuse can't be built: a widget lies on the grid, its metrics and expressions are within the
//! limits, an expression names only what its own widget has, and ids are given here. A dashboard has explicit metrics
//! only: SEARCH and Metrics Insights look back two weeks, and an idle repository would vanish from them.

mod cloudwatch;
mod content;
mod data_quality;
mod dora;
mod evidence;
mod figures;
mod grafana;
pub mod graph;
mod known;
pub mod layout;
pub mod levels;
pub mod math;
pub mod names;
mod repositories;
mod sections;
pub mod variable;
pub mod widget;

pub use data_quality::Transport;

use crate::settings::Settings;
use layout::Dashboard;
use serde_json::Value;
use std::collections::BTreeMap;

/// What no dashboard can be made of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDashboard {
    /// A widget that draws too much.
    #[error("the widget {title:?} has {metrics} metrics and expressions, CloudWatch takes 500: split it")]
    TooManyMetrics {
        /// The widget's title.
        title: String,
        /// How many it has.
        metrics: usize,
    },
    /// An expression that is too long.
    #[error(
        "an expression of the widget {title:?} has {length} characters, CloudWatch takes 2,048: shorten it"
    )]
    TooLong {
        /// The widget's title.
        title: String,
        /// The expression's length.
        length: usize,
    },
    /// A dashboard that has no room left.
    #[error(
        "a dashboard takes 500 widgets with 2,500 metrics together: put the widget {title:?} on another page"
    )]
    Full {
        /// The title of the widget that has no room.
        title: String,
    },
}

/// The dashboards of an installation, by name: the overview, one for all repositories and one for all teams; and further pages
/// of the list of repositories where `CloudWatch`'s limits ask for them.
///
/// # Errors
/// [`InvalidDashboard`].
pub fn dashboards(
    settings: &Settings,
    transport: &Transport,
) -> Result<BTreeMap<String, Dashboard>, InvalidDashboard> {
    content::all(settings, transport)
}

/// The dashboards as `CloudWatch` takes them: the body of `PutDashboard` by the dashboard's name.
///
/// # Errors
/// [`InvalidDashboard`].
pub fn cloudwatch(
    settings: &Settings,
    transport: &Transport,
) -> Result<BTreeMap<String, Value>, InvalidDashboard> {
    let documents = dashboards(settings, transport)?.into_iter();
    Ok(documents
        .map(|(name, dashboard)| (name, cloudwatch::document(&dashboard, &settings.region)))
        .collect())
}

/// The same dashboards as Grafana takes them, with a `CloudWatch` data source that is chosen on the dashboard.
///
/// # Errors
/// [`InvalidDashboard`].
pub fn grafana(
    settings: &Settings,
    transport: &Transport,
) -> Result<BTreeMap<String, Value>, InvalidDashboard> {
    let documents = dashboards(settings, transport)?.into_iter();
    Ok(documents
        .map(|(name, dashboard)| {
            let document = grafana::document(&name, &dashboard, &settings.region);
            (name, document)
        })
        .collect())
}
