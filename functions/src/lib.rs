//! What the Lambda functions share, and what each does with an event.
//!
//! A binary is three lines: it hands its handler to [`worker::run`], which reads the configuration, makes the clients
//! once and then calls the handler for every event of every SQS batch. Handlers read the AWS APIs, let `metrics_lib`
//! decide, and publish facts through the ledger.

pub mod change_failure_rate;
pub mod clients;
pub mod clock;
pub mod commit_transform;
pub mod config;
pub mod context;
pub mod deployment_frequency;
pub mod error;
pub mod events;
pub mod github_webhook;
pub mod incidents;
pub mod lake;
pub mod lead_time_for_changes;
pub mod ledger;
pub mod names;
pub mod oversized;
pub mod pipelines;
pub mod places;
pub mod publish;
pub mod reconciler;
pub mod repositories;
pub mod survey;
pub mod time_to_restore;
pub mod untrusted;
pub mod wire;
pub mod worker;
