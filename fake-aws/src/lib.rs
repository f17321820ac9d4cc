//! Stands in for AWS: answers operations of its services over HTTP, in the services' own protocols.
//!
//! It knows AWS only. What there is from the start, [`resources`] describe; what happens is recorded. What takes time of a
//! host that runs functions and queues, it is asked for as [`Control`]. What is not answered is refused by name (501).
//!
//! Whoever calls is known by the access key, which carries the role: each function gets one of its own, `AssumeRole` gives
//! one of another role. What the policies don't let a role do is refused. The region is the one that the request is signed
//! for.

mod api;
mod archive;
mod athena;
mod cbor;
mod clock;
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
mod functions;
pub mod lambda;
mod permissions;
mod quotas;
mod request;
pub mod resources;
mod s3;
mod secret;
mod server;
mod services;
mod sqs;
mod ssm;
mod sts;
mod time;

pub use api::Api;
pub use athena::Athena;
pub use clock::Clock;
pub use cloudwatch::{CloudWatch, MetricKey, Vended};
pub use codepipeline::{CodePipeline, PipelineKey, RecordedExecution};
pub use connections::Connections;
pub use control::{Control, Done, Entry};
pub use credentials::{Caller, Principal};
pub use dynamodb::DynamoDb;
pub use error::AwsError;
pub use events::Events;
pub use faults::{Fault, Faults};
pub use firehose::{Firehose, Gathered};
pub use functions::Functions;
pub use permissions::{Grant, Permissions};
pub use quotas::{Quotas, RATES, Rate};
pub use s3::Bucket;
pub use secret::Secret;
pub use server::{Server, no_delay};
pub use services::Services;
pub use sqs::Sqs;
pub use ssm::{RecordedOpsItem, Ssm};
pub use time::recorded as recorded_time;
