//! What each function behind a queue does with an event: which metrics it hands it to, and in which order.
//!
//! | function | events | facts |
//! |---|---|---|
//! | `deployments` | executions that ended, stages that succeeded | deployments, rework, rollbacks and their failures, what is ignored |
//! | `incidents` | `OpsItem`s that were created or changed | failures by incidents, what is not attributed, restores |
//! | `lead-time-for-changes` | deployments, which `deployments` hands on | lead times, rework that only the change tells |
//!
//! An execution is resolved once, by `deployments`. Handlers don't call each other: what two need is in [`crate::metrics`].

mod deployments;
mod hand_on;
mod incidents;
mod lead_times;

pub use deployments::Deployments;
pub use incidents::Incidents;
pub use lead_times::LeadTimes;
