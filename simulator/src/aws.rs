//! Stands in for the AWS operations that the functions call, over HTTP and in the services' own protocols.
//!
//! Whoever calls is known by the access key, which carries the role: each function gets one of its own, `AssumeRole` gives
//! one of a read role. What the plan's policies don't let a role do is refused. The region is the one that the request is
//! signed for.

mod api;
mod archive;
mod athena;
mod cbor;
mod cloudwatch;
mod codepipeline;
mod connections;
mod control;
mod credentials;
mod dynamodb;
mod error;
mod events;
mod faults;
mod firehose;
mod permissions;
mod quotas;
mod request;
mod secret;
mod server;
mod services;
mod ssm;
mod sts;
mod time;

pub use api::Api;
pub use athena::{Athena, Lake};
pub use cloudwatch::{CloudWatch, MetricKey};
pub use codepipeline::{CodePipeline, RecordedExecution};
pub use connections::Connections;
pub use credentials::{function_key, reader_key};
pub use dynamodb::DynamoDb;
pub use error::AwsError;
pub use faults::{Fault, Faults};
pub use firehose::{Firehose, Gathered};
pub use permissions::{Grant, Permissions};
pub use quotas::{Quotas, RATES, Rate};
pub use secret::Secret;
pub use server::Server;
pub use services::Services;
pub use ssm::{RecordedOpsItem, Ssm};
pub use time::recorded as recorded_time;

pub(crate) use cloudwatch::Vended;
pub(crate) use control::{Control, Done, Entry};
pub(crate) use credentials::Caller;
pub(crate) use server::no_delay;
pub(crate) use services::WEBHOOK_SECRET;
