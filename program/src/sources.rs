//! The sources: which of their events an installation takes, and what it reads of them. A new one is its room, and a line here.

pub(crate) mod codepipeline;
pub(crate) mod opscenter;

use crate::statement::RoleStatement;
use metrics_lib::place::Place;
use serde_json::Value;
use std::collections::BTreeSet;

/// The sources that there are.
pub const SOURCES: [&EventSource; 2] = [&codepipeline::CODEPIPELINE, &opscenter::OPSCENTER];

/// Something that tells of deployments or incidents.
#[derive(Debug)]
pub struct EventSource {
    /// What it tells of.
    pub tells: Tells,
    /// The source of its events, as EventBridge has it.
    pub event_source: &'static str,
    /// The kinds of its events that are used.
    pub events: &'static [EventKind],
    /// What the read role of a region of an account may do for its sake.
    pub reads: fn(&Place) -> Vec<RoleStatement>,
}

/// What a source tells of: that decides which function gets its events, and which accounts may send them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    /// Deployments, in tooling accounts.
    Deployments,
    /// Incidents, wherever they count.
    Incidents,
}

/// A kind of events.
#[derive(Debug)]
pub struct EventKind {
    /// Its name, as part of those of rules.
    pub name: &'static str,
    /// Which events it takes.
    pub description: &'static str,
    /// Their detail types.
    pub detail_types: &'static [&'static str],
    /// What their details must match, by the types of `OpsItem`s that are incidents.
    pub detail: fn(incident_types: &BTreeSet<String>) -> Value,
}
