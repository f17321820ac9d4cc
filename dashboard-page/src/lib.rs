//! What is shown on one machine: the page of DORA's metrics, from the facts of the ledger; and an evaluator of
//! `CloudWatch`'s dashboards, which evaluates their statistics and their metric math over stored values as `CloudWatch` does.
//!
//! The evaluator knows what the product's dashboards use, and refuses the rest by name.

pub mod document;
pub mod evaluate;
mod expression;
pub mod page;
mod periods;
pub mod statistic;
mod stored;

pub use page::{PageData, page};
pub use stored::{MetricName, Stored};
