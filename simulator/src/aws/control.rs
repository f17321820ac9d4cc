//! What operators ask of the cloud itself, beside its data: to invoke functions, and to look at queues and move messages.
//!
//! The cloud does it between two steps of its own, so it is asked over a channel.

use super::{AwsError, request::Request};
use axum::body::Bytes;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    /// To invoke the function of a name, and wait for its result.
    Invoke {
        /// The function's name in AWS.
        function: String,
        /// The payload.
        payload: Bytes,
    },
    /// The attributes of a queue.
    QueueAttributes {
        /// The queue's name.
        queue: String,
    },
    /// To put the messages of a dead-letter queue back.
    StartMove {
        /// The dead-letter queue's name.
        queue: String,
    },
    /// What became of moving messages of a dead-letter queue.
    Moves {
        /// The dead-letter queue's name.
        queue: String,
    },
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Done {
    /// The output.
    pub(crate) output: Bytes,
    /// Whether a function failed, so that the output is its error.
    pub(crate) function_failed: bool,
}

/// A request to the cloud itself, and where its answer goes.
pub(crate) type Asked = (Control, oneshot::Sender<Result<Done, AwsError>>);

/// Where errands go.
pub(super) type Desk = mpsc::UnboundedSender<Asked>;

impl Control {
    /// What a request asks of the cloud itself; none if it asks for data.
    pub(super) fn of(request: &Request<'_>) -> Result<Option<Self>, AwsError> {
        let input = |name: &str| -> Result<String, AwsError> {
            let input: Value = serde_json::from_slice(&request.body)
                .map_err(|error| AwsError::new("SerializationException", error.to_string()))?;
            let text = input[name].as_str().and_then(|text| text.rsplit(['/', ':']).next());
            let text = text.filter(|text| !text.is_empty()).map(str::to_owned);
            text.ok_or_else(|| AwsError::new("MissingParameter", format!("{name} is missing")))
        };
        Ok(match (request.service.as_str(), request.operation.as_str()) {
            ("lambda", "InvokeFunction") => Some(Self::Invoke {
                function: request.resource.clone(),
                payload: Bytes::copy_from_slice(&request.body),
            }),
            ("sqs", "GetQueueAttributes") if request.caller.is_operator() => {
                Some(Self::QueueAttributes { queue: input("QueueUrl")? })
            }
            ("sqs", "StartMessageMoveTask") => Some(Self::StartMove { queue: input("SourceArn")? }),
            ("sqs", "ListMessageMoveTasks") => Some(Self::Moves { queue: input("SourceArn")? }),
            _ => None,
        })
    }
}
