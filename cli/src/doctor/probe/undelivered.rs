//! What became of a probe that a rule could not deliver: the queue of such events says who did not take it, and why.
//!
//! Source: Amazon `EventBridge` user guide, "Using dead-letter queues to process undelivered events".

use crate::installation::Installation;
use aws_sdk_sqs::{Client, types::Message};
use functions::{
    runtime::error::Error,
    sources::{
        events::{Probe, Purpose, Received, Told},
        registry::Sources,
    },
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// How often the queue is read, ten messages at a time.
const MOST_READS: usize = 20;
/// How long a message that was read is hidden from the next read, in seconds.
const HIDDEN: i32 = 30;

/// Who did not take a probe.
#[derive(Default)]
pub(super) struct Refusals {
    /// What is said of each bus or queue, by its ARN.
    said: BTreeMap<String, String>,
    /// Why the queue can't be read.
    unreadable: Option<Error>,
}

impl Refusals {
    /// Why a bus or queue did not take the probe.
    pub(super) fn of(&self, target: &str) -> Option<&str> {
        self.said.get(target).map(String::as_str)
    }

    /// What is said where neither a rule nor a queue tells anything.
    pub(super) fn nothing_known(&self) -> String {
        match &self.unreadable {
            Some(error) => format!("it did not come out of it; who refused it is not known: {error}"),
            None => "it did not come out of it, and nobody refused it: EventBridge may still be trying, as it does for a day"
                .to_owned(),
        }
    }
}

/// Who did not take a probe. Its messages are deleted: they tell nothing else, and would raise an alarm.
pub(super) async fn refusals(installation: &Installation, id: Uuid) -> Refusals {
    let mut refusals = Refusals::default();
    if let Err(error) = read(installation, id, &mut refusals).await {
        refusals.unreadable = Some(error);
    }
    refusals
}

async fn read(installation: &Installation, id: Uuid, refusals: &mut Refusals) -> Result<(), Error> {
    let sqs = Client::new(installation.sdk());
    let found = sqs.get_queue_url().queue_name(&installation.plan.undelivered).send().await;
    let url = found.map_err(Error::aws("sqs:GetQueueUrl"))?.queue_url.unwrap_or_default();
    for _ in 0..MOST_READS {
        let request = sqs.receive_message().queue_url(&url).max_number_of_messages(10);
        let request = request.visibility_timeout(HIDDEN).message_attribute_names("All");
        let messages =
            request.send().await.map_err(Error::aws("sqs:ReceiveMessage"))?.messages.unwrap_or_default();
        if messages.is_empty() {
            break;
        }
        for message in messages.iter().filter(|message| is_of(message, id)) {
            let attribute = |name| {
                let value = message.message_attributes().and_then(|all| all.get(name));
                value.and_then(|value| value.string_value()).unwrap_or("?")
            };
            let said = format!("did not take it from the rule: {}", attribute("ERROR_CODE"));
            refusals.said.insert(attribute("TARGET_ARN").to_owned(), said);
            let request = sqs.delete_message().queue_url(&url);
            let request = request.set_receipt_handle(message.receipt_handle.clone());
            request.send().await.map_err(Error::aws("sqs:DeleteMessage"))?;
        }
    }
    Ok(())
}

/// Whether a message is the probe.
fn is_of(message: &Message, id: Uuid) -> bool {
    let received = message.body().and_then(|body| Received::parse(body, &Sources::default()).ok());
    let probe = received.and_then(|received| match received.told {
        Told::Probe(Probe { purpose, .. }) => Some(purpose),
        Told::Event(_) => None,
    });
    probe == Some(Purpose::Probe(id))
}
