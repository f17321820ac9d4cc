//! What users ask of the host, beside data: to invoke functions, and to look at queues and move messages.
//!
//! The host runs functions and queues, with the stand-ins at their side. It does what is asked for between two steps of its
//! own, so it is asked over a channel.

use crate::{AwsError, request::Request};
use axum::body::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tokio::sync::{mpsc, oneshot};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
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
    /// To put events on the default bus.
    PutEvents {
        /// The events.
        entries: Vec<Entry>,
    },
    /// To receive messages of a queue.
    Receive {
        /// The queue's name.
        queue: String,
    },
    /// To delete a message that was received.
    Delete {
        /// The queue's name.
        queue: String,
        /// The message, by its receipt.
        message: String,
    },
}

/// An event to be put on a bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Who says so.
    pub source: String,
    /// What happened.
    pub detail_type: String,
    /// What more there is to say.
    pub detail: Value,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The output.
    pub output: Bytes,
    /// Whether a function failed, so that the output is its error.
    pub function_failed: bool,
}

/// A request to the host, and where its answer goes.
pub(super) type Asked = (Control, oneshot::Sender<Result<Done, AwsError>>);

/// Where errands go.
pub(super) type Desk = mpsc::UnboundedSender<Asked>;

impl Control {
    /// Whether it is how people wait: they look again and again.
    pub fn is_look(&self) -> bool {
        matches!(self, Self::Invoke { .. } | Self::QueueAttributes { .. })
    }

    /// What IAM looks at.
    pub(super) fn input(&self) -> Value {
        match self {
            Self::Invoke { function, .. } => json!({"FunctionName": function}),
            Self::QueueAttributes { queue }
            | Self::StartMove { queue }
            | Self::Moves { queue }
            | Self::Receive { queue }
            | Self::Delete { queue, .. } => json!({"QueueName": queue}),
            // The policy names one source, and whoever puts others has no permission.
            Self::PutEvents { entries } => {
                let sources: BTreeSet<&str> = entries.iter().map(|entry| entry.source.as_str()).collect();
                json!({"Source": Vec::from_iter(sources).join(" ")})
            }
        }
    }

    /// What a request asks of the host; none if it asks for data.
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
            ("sqs", "GetQueueAttributes") if request.caller.is_user() => {
                Some(Self::QueueAttributes { queue: input("QueueUrl")? })
            }
            ("sqs", "StartMessageMoveTask") => Some(Self::StartMove { queue: input("SourceArn")? }),
            ("sqs", "ListMessageMoveTasks") => Some(Self::Moves { queue: input("SourceArn")? }),
            ("sqs", "ReceiveMessage") => Some(Self::Receive { queue: input("QueueUrl")? }),
            ("sqs", "DeleteMessage") => {
                Some(Self::Delete { queue: input("QueueUrl")?, message: input("ReceiptHandle")? })
            }
            ("events", "PutEvents") => Some(Self::PutEvents { entries: entries(&request.body)? }),
            _ => None,
        })
    }
}

/// The entries of `PutEvents`, which are for the default bus.
fn entries(body: &[u8]) -> Result<Vec<Entry>, AwsError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase", deny_unknown_fields)]
    struct PutEvents {
        entries: Vec<PutEntry>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase", deny_unknown_fields)]
    struct PutEntry {
        source: String,
        detail_type: String,
        detail: String,
    }
    let invalid = |error: serde_json::Error| AwsError::new("ValidationException", error.to_string());
    let PutEvents { entries } = serde_json::from_slice(body).map_err(invalid)?;
    let entry = |PutEntry { source, detail_type, detail }| {
        Ok(Entry { source, detail_type, detail: serde_json::from_str(&detail).map_err(invalid)? })
    };
    entries.into_iter().map(entry).collect()
}
