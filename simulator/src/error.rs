//! What stops the cloud.

use crate::router::InvalidRule;
use event_pattern::InvalidEvent;
use fake_aws::{AwsError, lambda::LambdaError};
use std::io;

/// What stops the cloud.
#[derive(Debug, thiserror::Error)]
pub enum CloudError {
    /// This machine has no port or no room for a file.
    #[error("the single-machine cloud can't be set up")]
    Io(#[from] io::Error),
    /// A rule of the plan is invalid.
    #[error(transparent)]
    Rule(#[from] InvalidRule),
    /// A function can't be run.
    #[error(transparent)]
    Lambda(#[from] LambdaError),
    /// Something that is no event.
    #[error(transparent)]
    Event(#[from] InvalidEvent),
    /// The listener for webhooks is gone.
    #[error("the listener for webhooks does not answer")]
    Listener,
    /// Lambda may not do under a function's role what it has to.
    #[error("the plan's policies are too strict")]
    Forbidden(#[source] AwsError),
    /// Something that the API of a source can't know.
    #[error("api {api}: {reason}")]
    Api {
        /// The API.
        api: String,
        /// Why.
        reason: String,
    },
    /// The functions' binary is not there.
    #[error("the functions are not built: run `cargo build --workspace --bins` first")]
    Binary,
    /// A name that is no function's.
    #[error("there is no function {0}")]
    Function(String),
}
