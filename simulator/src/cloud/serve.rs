//! Serving operators: the cloud does what they ask for, one request after the other.

use super::{Cloud, CloudError, Feed};
use crate::{
    commit_ingestion::{CommitIngestion, Request},
    router::Undelivered,
    stand_ins::OPERATOR,
};
use axum::body::Bytes;
use fake_aws::{AwsError, Caller, Control, Done, Entry, lambda::Failure};
use jiff::{SignedDuration, Timestamp};
use program::{naming::arn, plan::Plan};
use serde_json::{Value, json};
use std::{future::pending, path::PathBuf};
use tokio::select;

/// How operators reach the cloud: what the AWS configuration is made of.
#[derive(Clone, Debug)]
pub struct Access {
    /// The URL of every service.
    pub endpoint: String,
    /// The access key.
    pub access_key: String,
    /// Its secret, which nobody checks.
    pub secret: &'static str,
    /// The file with the simulated present.
    pub clock_file: PathBuf,
    /// The URL that GitHub calls, if lead time is measured.
    pub webhook_url: Option<String>,
}

/// How long passes between two looks of whoever waits for what they have put.
const LOOK: SignedDuration = SignedDuration::from_secs(5);
/// How long a message that was received stays hidden.
const HIDDEN: SignedDuration = SignedDuration::from_secs(30);

/// An event that a rule could not deliver, in the queue that it keeps it in.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    body: String,
    rule: String,
    target: String,
    /// The latest receipt, and until when whoever has it is alone with the message.
    received: Option<(String, Timestamp)>,
}

impl Letter {
    /// Of an event.
    pub(super) fn new(Undelivered { bus, rule, target }: Undelivered, event: &str, plan: &Plan) -> Self {
        let own = |service, resource: String| arn(service, &plan.region, &plan.ops_account, &resource);
        let (rule, target) = match bus {
            None => (own("events", format!("rule/{rule}")), own("events", format!("event-bus/{target}"))),
            Some(bus) => (own("events", format!("rule/{bus}/{rule}")), own("sqs", target)),
        };
        Self { body: event.to_owned(), rule, target, received: None }
    }
}

/// Messages that were moved back from a dead-letter queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moved {
    messages: usize,
    started: i64,
}

impl Cloud {
    /// How operators reach the cloud, while it is served.
    pub fn operator(&self) -> Access {
        let access_key = Caller::user(&self.plan.ops_account, OPERATOR).access_key();
        let webhook_url = self.commit_ingestion.as_ref().map(CommitIngestion::url);
        let clock_file = self.clock.file().to_owned();
        Access {
            endpoint: self.host.server.endpoint(),
            access_key,
            secret: "secret",
            clock_file,
            webhook_url,
        }
    }

    /// Does what operators ask of the cloud, for as long as it is polled. After messages were put back, time passes until
    /// none waits.
    ///
    /// # Errors
    /// [`CloudError`].
    pub async fn serve(&mut self) -> Result<(), CloudError> {
        loop {
            let asked = select! {
                asked = self.host.server.control() => asked,
                request = webhook(&mut self.commit_ingestion) => {
                    if let (Some(commit_ingestion), Some(request)) = (&mut self.commit_ingestion, request) {
                        self.is_awaited |= request.0["headers"]["x-github-event"] == "push";
                        commit_ingestion.answer(request, &self.host).await?;
                    }
                    continue;
                }
            };
            let Some((control, reply)) = asked else { return Ok(()) };
            let moves = matches!(control, Control::StartMove { .. });
            let done = self.run(control).await?;
            if moves && done.is_ok() {
                self.finish().await?;
            }
            // Who asked may have gone.
            let _ = reply.send(done);
        }
    }

    async fn run(&mut self, control: Control) -> Result<Result<Done, AwsError>, CloudError> {
        if self.is_awaited && control.is_look() {
            self.advance_to(self.now() + LOOK).await?;
        }
        Ok(match control {
            Control::Invoke { function, payload } => self.invoke_named(&function, payload).await?,
            Control::QueueAttributes { queue } => self.queue_attributes(&queue).map(done),
            Control::StartMove { queue } => self.start_move(&queue).map(done),
            Control::Moves { queue } => Ok(done(self.moves(&queue))),
            Control::PutEvents { entries } => Ok(done(self.put_events(&entries)?)),
            Control::Receive { queue } => self.receive(&queue).map(done),
            Control::Delete { queue, message } => self.delete(&queue, &message).map(done),
        })
    }

    /// Invokes the function of a name in AWS, for an operator.
    async fn invoke_named(
        &mut self,
        resource: &str,
        payload: Bytes,
    ) -> Result<Result<Done, AwsError>, CloudError> {
        let name = self.plan.functions().find(|function| function.resource == resource);
        let Some(name) = name.map(|function| function.name) else {
            return Ok(Err(AwsError::no_such_function(resource)));
        };
        self.host.server.check_invocation(resource).map_err(CloudError::Forbidden)?;
        let failed = |error_type: &str, message: &str| {
            let output = json!({"errorType": error_type, "errorMessage": message}).to_string().into();
            Done { output, function_failed: true }
        };
        Ok(Ok(match self.invoke(name, payload).await? {
            Ok(output) => Done { output, function_failed: false },
            Err(Failure::Error { error_type, message }) => failed(&error_type, &message),
            Err(Failure::Crash(status)) => failed("Runtime.ExitError", &status),
            Err(Failure::Timeout) => failed("Sandbox.Timedout", "the function took too long"),
        }))
    }

    /// Puts events on the default bus.
    fn put_events(&mut self, entries: &[Entry]) -> Result<Value, CloudError> {
        let mut put = Vec::new();
        for Entry { source, detail_type, detail } in entries {
            // Only AWS may. Source: Amazon EventBridge API reference, PutEventsRequestEntry.
            if source.starts_with("aws.") {
                put.push(json!({"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": "Not authorized for the source."}));
                continue;
            }
            let place = self.plan.place();
            let id = self.put(place, source.clone(), detail_type.clone(), detail)?;
            self.is_awaited = true;
            put.push(json!({"EventId": id}));
        }
        let failed = put.iter().filter(|entry| entry["EventId"].is_null()).count();
        Ok(json!({"FailedEntryCount": failed, "Entries": put}))
    }

    /// The messages of the queue of what a rule could not deliver, at most ten, which are hidden then. Source of the
    /// attributes: Amazon `EventBridge` user guide, "Using dead-letter queues to process undelivered events".
    fn receive(&mut self, name: &str) -> Result<Value, AwsError> {
        if name != self.plan.undelivered {
            return Err(AwsError::not_implemented("sqs", "ReceiveMessage"));
        }
        let now = self.now();
        let is_visible =
            |letter: &&mut Letter| letter.received.as_ref().is_none_or(|(_, until)| *until <= now);
        let messages = self.undelivered.iter_mut().filter(is_visible).take(10).map(|letter| {
            self.receipts += 1;
            let receipt = self.receipts.to_string();
            letter.received = Some((receipt.clone(), now + HIDDEN));
            let text = |text: &str| json!({"DataType": "String", "StringValue": text});
            json!({
                "MessageId": receipt,
                "ReceiptHandle": receipt,
                "Body": letter.body,
                "MessageAttributes": {
                    "RULE_ARN": text(&letter.rule),
                    "TARGET_ARN": text(&letter.target),
                    "ERROR_CODE": text("NO_PERMISSIONS"),
                },
            })
        });
        Ok(json!({"Messages": messages.collect::<Vec<_>>()}))
    }

    /// Deletes a message of the queue of what a rule could not deliver.
    fn delete(&mut self, name: &str, receipt: &str) -> Result<Value, AwsError> {
        if name != self.plan.undelivered {
            return Err(AwsError::not_implemented("sqs", "DeleteMessage"));
        }
        let is_meant = |letter: &Letter| letter.received.as_ref().is_some_and(|(given, _)| given == receipt);
        let number = self.undelivered.iter().position(is_meant);
        let number = number.ok_or_else(|| {
            AwsError::new("ReceiptHandleIsInvalid", "The specified receipt handle isn't valid.")
        })?;
        self.undelivered.remove(number);
        Ok(json!({}))
    }

    fn queue_attributes(&self, name: &str) -> Result<Value, AwsError> {
        let (visible, hidden) = self
            .feeds
            .iter()
            .find_map(|feed| {
                let plan = feed.queue.plan();
                match (plan.name == name, plan.dead_letter_queue == name) {
                    (true, _) => Some((0, feed.queue.len())),
                    (_, true) => Some((feed.queue.dead_letters().len(), 0)),
                    _ => None,
                }
            })
            .or_else(|| self.others().find(|(other, _)| *other == name).map(|(_, depth)| (depth, 0)))
            .ok_or_else(|| AwsError::no_such_queue(name))?;
        let text = |number: usize| number.to_string();
        Ok(json!({"Attributes": {
            "ApproximateNumberOfMessages": text(visible),
            "ApproximateNumberOfMessagesNotVisible": text(hidden),
            "ApproximateNumberOfMessagesDelayed": text(0),
        }}))
    }

    /// The queues of what was not delivered, and how much each holds.
    pub(super) fn others(&self) -> impl Iterator<Item = (&str, usize)> {
        let not_started = self.plan.reconciler.dead_letter_queue.as_str();
        [(self.plan.undelivered.as_str(), self.undelivered.len()), (not_started, self.unstarted)].into_iter()
    }

    fn start_move(&mut self, name: &str) -> Result<Value, AwsError> {
        let now = self.clock.now();
        let feed = self.feeds.iter_mut().find(|feed| feed.queue.plan().dead_letter_queue == name);
        let Some(Feed { queue, .. }) = feed else { return Err(AwsError::no_such_queue(name)) };
        let moved = Moved { messages: queue.redrive(now), started: now.as_millisecond() };
        self.moved.insert(name.to_owned(), moved);
        Ok(json!({"TaskHandle": name}))
    }

    fn moves(&self, name: &str) -> Value {
        let results = self.moved.get(name).map(|moved| {
            json!({
                "Status": "COMPLETED",
                "ApproximateNumberOfMessagesMoved": moved.messages,
                "ApproximateNumberOfMessagesToMove": moved.messages,
                "StartedTimestamp": moved.started,
            })
        });
        json!({"Results": results.into_iter().collect::<Vec<_>>()})
    }
}

/// The next request for the webhook; never, where there is none.
async fn webhook(commit_ingestion: &mut Option<CommitIngestion>) -> Option<Request> {
    match commit_ingestion {
        Some(commit_ingestion) => commit_ingestion.request().await,
        None => pending().await,
    }
}

fn done(output: Value) -> Done {
    Done { output: output.to_string().into(), function_failed: false }
}
