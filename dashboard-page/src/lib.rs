//! CloudWatch's dashboards on one machine: reads a dashboard's document, evaluates its statistics and its metric math
//! over stored values as `CloudWatch` does, and draws its widgets.
//!
//! It knows what the product's dashboards use, and refuses the rest by name.

pub mod document;
pub mod evaluate;
mod expression;
mod page;
mod periods;
mod plot;
pub mod statistic;
mod stored;
mod texts;

pub use page::{PageError, page};
pub use stored::{MetricName, Stored};
