//! The metrics: which facts follow from what a source tells, and how a fact is published.

pub mod change_failure_rate;
pub mod deployment_frequency;
pub mod lead_time_for_changes;
pub mod publish;
pub mod time_to_restore;
