//! Beacon tells of incidents: its events name them, its API describes them.

pub(crate) mod functions;
pub(crate) mod program;
pub(crate) mod simulator;

/// The name that Beacon's requests are signed for.
const SERVICE: &str = "beacon";
/// The operation that describes an incident.
const GET_INCIDENT: &str = "GetIncident";
