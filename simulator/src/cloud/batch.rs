//! A batch of messages on its way through a function.

use super::{Cloud, CloudError};
use crate::queue::Received;
use axum::body::Bytes;
use fake_aws::lambda::Failure;
use program::plan::Plan;
use serde::Deserialize;
use serde_json::json;

impl Cloud {
    /// Invokes a feed's function with a batch, and deletes the messages that it finished.
    pub(super) async fn deliver_batch(&mut self, index: usize) -> Result<(), CloudError> {
        let feed = &mut self.feeds[index];
        match self.host.troubles.has_no_concurrency(feed.lambda.name()) {
            true => self.concurrency.without.insert(index),
            false => self.concurrency.without.remove(&index),
        };
        let throttles = self.concurrency.throttles;
        let batch = self.concurrency.take(index, &mut feed.queue, self.clock.now());
        if self.concurrency.throttles > throttles {
            self.host.count(&feed.lambda, "Throttles");
        }
        if batch.is_empty() {
            return Ok(());
        }
        let queue = &feed.queue.plan().name;
        let payload = payload(&batch, &self.plan, queue);
        self.host.server.check_delivery(feed.lambda.resource(), queue).map_err(CloudError::Forbidden)?;
        let result = self.host.invoke(&mut feed.lambda, payload).await?;
        self.take_sent();
        let failed = failed(result);
        let feed = &mut self.feeds[index];
        for message in batch.iter().filter(|message| !failed.contains(&message.id, &batch)) {
            feed.queue.delete(message);
        }
        Ok(())
    }

    /// Puts the messages into their queues that a function has sent.
    fn take_sent(&mut self) {
        let (sent, now) = (std::mem::take(&mut self.host.server.services().sqs.sent), self.clock.now());
        for (queue, body) in sent {
            if let Some(feed) = self.feeds.iter_mut().find(|feed| feed.queue.plan().name == queue) {
                feed.queue.send(body, now);
            }
        }
    }
}

/// The invocation of a batch, as Lambda's event source mapping for SQS makes it.
fn payload(batch: &[Received], plan: &Plan, queue: &str) -> Bytes {
    let records = batch.iter().map(|message| {
        json!({
            "messageId": message.id,
            "receiptHandle": message.id,
            "body": &*message.body,
            "attributes": {
                "ApproximateReceiveCount": message.receives.to_string(),
                "SentTimestamp": message.sent.as_millisecond().to_string(),
                "SenderId": "events.amazonaws.com",
                "ApproximateFirstReceiveTimestamp": message.first_received.as_millisecond().to_string(),
            },
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:{}:{}:{queue}", plan.region, plan.ops_account),
            "awsRegion": plan.region,
        })
    });
    json!({"Records": records.collect::<Vec<_>>()}).to_string().into()
}

/// Which messages of a batch failed.
enum Failed {
    All,
    Some(Vec<String>),
}

impl Failed {
    fn contains(&self, id: &str, batch: &[Received]) -> bool {
        match self {
            Self::All => true,
            // A function that names a message that it did not get has failed as a whole.
            Self::Some(ids) if ids.iter().any(|id| batch.iter().all(|message| message.id != *id)) => true,
            Self::Some(ids) => ids.iter().any(|failed| failed == id),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Response {
    batch_item_failures: Vec<ItemFailure>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemFailure {
    item_identifier: String,
}

fn failed(result: Result<Bytes, Failure>) -> Failed {
    let response = result.ok().and_then(|body| serde_json::from_slice::<Option<Response>>(&body).ok());
    match response {
        Some(response) => {
            let failures = response.unwrap_or_default().batch_item_failures;
            Failed::Some(failures.into_iter().map(|failure| failure.item_identifier).collect())
        }
        None => Failed::All,
    }
}
