//! What the Lambda functions share, and what each does with an event.
//!
//! They are one binary; [`entry`] starts the one that it is called as. That of a queue hands its handler to
//! [`runtime::worker::run`], which reads the configuration, makes the clients once and then calls the handler for every event of every SQS batch. Handlers read the AWS APIs, let `metrics_lib`
//! decide, and publish facts through the ledger.

pub mod commits;
pub mod entry;
pub mod fuzz_invariants;
pub mod handlers;
pub mod ledger;
pub mod metrics;
pub mod reconciler;
pub mod runtime;
pub mod sources;
pub mod widget;
