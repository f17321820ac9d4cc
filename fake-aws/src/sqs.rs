//! SQS: which queues there are, and what is sent to them. Whoever plays the queues takes the messages from here.

use crate::{AwsError, resources::Queue};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The queues.
#[derive(Debug, Default)]
pub struct Sqs {
    names: BTreeSet<String>,
    everywhere: String,
    /// How much the queue that there is everywhere holds, by account and region.
    pub held: BTreeMap<(String, String), usize>,
    /// The messages that were sent, each with its queue, and that nobody has taken yet.
    pub sent: Vec<(String, Arc<str>)>,
}

impl Sqs {
    /// The queues of a place, and the name of the one that there is everywhere.
    pub(super) fn new(queues: &[Queue], everywhere: &str) -> Self {
        let names = queues.iter().flat_map(|queue| [Some(&queue.name), queue.dead_letter_queue.as_ref()]);
        let names = names.flatten().cloned().collect();
        Self { names, everywhere: everywhere.to_owned(), ..Self::default() }
    }

    /// Answers an operation that needs no queue to be looked at.
    pub(super) fn call(
        &mut self,
        (account, region): (&str, &str),
        operation: &str,
        input: &Value,
    ) -> Result<Value, AwsError> {
        let text = |name: &str| input[name].as_str().unwrap_or_default();
        match operation {
            "GetQueueUrl" => {
                let name = text("QueueName");
                match self.names.contains(name) || name == self.everywhere {
                    true => Ok(json!({"QueueUrl": format!("https://sqs/{name}")})),
                    false => Err(AwsError::no_such_queue(name)),
                }
            }
            "SendMessage" => {
                let name = text("QueueUrl").rsplit('/').next().unwrap_or_default();
                if !self.names.contains(name) {
                    return Err(AwsError::no_such_queue(name));
                }
                self.sent.push((name.to_owned(), text("MessageBody").into()));
                Ok(json!({"MessageId": format!("{name}-sent-{}", self.sent.len())}))
            }
            "GetQueueAttributes" if text("QueueUrl").ends_with(&format!("/{}", self.everywhere)) => {
                let place = (account.to_owned(), region.to_owned());
                let number = self.held.get(&place).copied().unwrap_or_default();
                Ok(json!({"Attributes": {"ApproximateNumberOfMessages": number.to_string()}}))
            }
            _ => Err(AwsError::not_implemented("sqs", operation)),
        }
    }
}
