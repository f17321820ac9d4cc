//! The stacks on one machine: routes events by the plan's own rules to the real Lambda binaries, which call stand-ins for
//! AWS.

pub mod alarm;
pub mod binaries;
mod changes_statement;
pub mod cloud;
mod commit_ingestion;
pub mod concurrency;
mod error;
mod invocation;
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
