//! Queues: encrypted, over TLS only, and each with a dead-letter queue.

use super::tls_only;
use crate::{
    aws::{
        iam::{Policy, Principal, Statement},
        kms::Key,
        sqs::{Queue, QueuePolicy, RedriveAllowPolicy, RedrivePolicy},
    },
    naming::Names,
    plan,
    pulumi::{Document, Handle, Json, Text},
};
use vec1::Vec1;

/// How long SQS can keep a message, in seconds.
const LONGEST_RETENTION: i64 = 14 * 24 * 3600;

/// A queue, and the one of what could not be worked off.
pub(crate) fn with_dead_letters(
    document: &mut Document,
    names: &Names,
    name: &str,
    queue: &plan::Queue,
    key: &Handle<Key>,
) -> Handle<Queue> {
    let dead_letters = Queue {
        kms_master_key_id: Some(key.arn()),
        // By name: the queue itself refers to this one.
        redrive_allow_policy: Some(Json::of(RedriveAllowPolicy {
            redrive_permission: "byQueue",
            source_queue_arns: [names.arn("sqs", &queue.name).into()],
        })),
        ..last_resort(&queue.dead_letter_queue)
    };
    let dead_letters = document.add(format!("{name}-dead-letters"), dead_letters);
    policy(document, &format!("{name}-dead-letters"), &dead_letters, None);
    let properties = Queue {
        name: queue.name.as_str().into(),
        delay_seconds: Some(queue.delay.as_secs()),
        visibility_timeout_seconds: Some(queue.visibility_timeout.as_secs()),
        message_retention_seconds: queue.retention.as_secs(),
        kms_master_key_id: Some(key.arn()),
        sqs_managed_sse_enabled: None,
        redrive_policy: Some(Json::of(RedrivePolicy {
            dead_letter_target_arn: dead_letters.arn(),
            max_receive_count: queue.max_receive_count,
        })),
        redrive_allow_policy: None,
    };
    document.add(format!("{name}-queue"), properties)
}

/// A queue of what a schedule could not deliver, which nobody but its role can send to.
pub(crate) fn of_dead_letters(
    document: &mut Document,
    name: &str,
    queue: &str,
    key: &Handle<Key>,
) -> Handle<Queue> {
    let properties = Queue { kms_master_key_id: Some(key.arn()), ..last_resort(queue) };
    let dead_letters = document.add(format!("{name}-dead-letters"), properties);
    policy(document, &format!("{name}-dead-letters"), &dead_letters, None);
    dead_letters
}

/// The queue of events that rules could not deliver; with a key, or else encrypted with one of SQS's own.
pub(crate) fn undelivered(document: &mut Document, name: &str, key: Option<&Handle<Key>>) -> Handle<Queue> {
    let queue = Queue {
        kms_master_key_id: key.map(Handle::arn),
        sqs_managed_sse_enabled: key.is_none().then_some(true),
        ..last_resort(name)
    };
    document.add("undelivered", queue)
}

/// A queue that keeps messages as long as it can, and that nothing reads by itself.
fn last_resort(name: &str) -> Queue {
    Queue {
        name: name.into(),
        delay_seconds: None,
        visibility_timeout_seconds: None,
        message_retention_seconds: LONGEST_RETENTION,
        kms_master_key_id: None,
        sqs_managed_sse_enabled: None,
        redrive_policy: None,
        redrive_allow_policy: None,
    }
}

/// Lets rules, and nobody else, put events on a queue.
pub(crate) fn policy(
    document: &mut Document,
    name: &str,
    queue: &Handle<Queue>,
    rules: impl IntoIterator<Item = Text>,
) {
    let mut statements = vec![tls_only(["sqs:*"], [queue.arn()])];
    if let Ok(rules) = Vec1::try_from_vec(rules.into_iter().collect::<Vec<Text>>()) {
        let send = Statement::allow("Rules", ["sqs:SendMessage"])
            .on([queue.arn()])
            .to(Principal::Service("events.amazonaws.com".into()))
            .when("ArnEquals", "aws:SourceArn", rules);
        statements.push(send);
    }
    let properties = QueuePolicy { queue_url: queue.id(), policy: Policy::of(statements) };
    document.add(format!("{name}-policy"), properties);
}
