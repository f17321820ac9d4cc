//! Stands in for the AWS operations that the functions call, over HTTP and in the services' own protocols.

mod error;

pub use error::AwsError;
