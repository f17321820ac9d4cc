//! Made-up executions and `OpsItem`s, in the shapes of the AWS APIs and events: for samples and tests.

mod execution;
mod git_hub;
mod ops_item;

pub use execution::{Execution, Source, action, structure};
pub use git_hub::{
    Delivery, PushedCommit, delivery, headers, merged_pull_request, pull_request, push, renamed, review,
    with_id, with_number,
};
pub use ops_item::OpsItem;
