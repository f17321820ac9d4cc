//! Tests of the product as a whole.

mod deployments;
mod failures;
mod faults;
mod purity;
mod restores;
mod routing;
#[expect(clippy::unwrap_used, reason = "a scene that can't be set up fails its test")]
mod scene;
