//! The stacks on one machine: routes events by the plan's own rules to the real Lambda binaries, and stands in for the
//! AWS operations that they call.

pub mod alarm;
pub mod aws;
pub mod binaries;
mod changes_statement;
pub mod clock;
pub mod cloud;
mod commit_ingestion;
pub mod concurrency;
mod error;
mod invocation;
pub mod lambda;
pub mod page_data;
pub mod payload_builders;
pub mod queue;
pub mod replay;
pub mod replay_result;
pub mod router;
pub mod stand_ins;
pub mod trouble;
mod vended;
pub mod world;
