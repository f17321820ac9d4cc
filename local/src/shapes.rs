//! Made-up executions and `OpsItem`s, in the shapes of the AWS APIs and events: for samples and tests.

mod execution;
mod ops_item;

pub use execution::{Execution, Source, action};
pub use ops_item::OpsItem;
