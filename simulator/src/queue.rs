//! A queue with the semantics of Amazon SQS standard queues, in simulated time.
//!
//! A message waits for its delay, is received, stays hidden for the visibility timeout, and comes back unless it was
//! deleted; what was received too often goes to the dead-letter queue instead. Source: Amazon SQS developer guide,
//! "visibility timeout", "delay queues" and "dead-letter queues".

use jiff::Timestamp;
use program::plan;
use std::{collections::BTreeMap, sync::Arc};

/// How many messages of a standard queue may be received and not deleted; the queue hands out no more until one is deleted
/// or visible again. Source: Amazon SQS developer guide, "Amazon SQS message quotas".
const MOST_IN_FLIGHT: usize = 120_000;

/// A queue in front of a function.
#[derive(Debug)]
pub struct Queue {
    plan: plan::Queue,
    /// The messages by when each can be received next, and in order of sending.
    messages: BTreeMap<(Timestamp, u64), Message>,
    dead: Vec<DeadLetter>,
    sent: u64,
}

#[derive(Debug)]
struct Message {
    body: Arc<str>,
    sent: Timestamp,
    first_received: Option<Timestamp>,
    receives: u32,
}

/// A message that was received and is hidden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// What identifies the message, for as long as it lives.
    pub id: String,
    /// Its place in the queue.
    key: (Timestamp, u64),
    /// Its body.
    pub body: Arc<str>,
    /// When it was sent.
    pub sent: Timestamp,
    /// When it was received for the first time.
    pub first_received: Timestamp,
    /// How often it was received, this time included.
    pub receives: u32,
}

/// A message in the dead-letter queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its body.
    pub body: Arc<str>,
    /// When it was sent.
    pub sent: Timestamp,
    /// When it was put there.
    pub at: Timestamp,
    /// How often it had been received.
    pub receives: u32,
}

impl Received {
    /// When the message can be received again, unless it is deleted before.
    pub fn hidden_until(&self) -> Timestamp {
        self.key.0
    }
}

impl Queue {
    /// An empty queue.
    pub fn new(plan: plan::Queue) -> Self {
        Self { plan, messages: BTreeMap::new(), dead: Vec::new(), sent: 0 }
    }

    /// How the queue is configured.
    pub fn plan(&self) -> &plan::Queue {
        &self.plan
    }

    /// Sends a message.
    pub fn send(&mut self, body: Arc<str>, now: Timestamp) {
        let message = Message { body, sent: now, first_received: None, receives: 0 };
        self.messages.insert((now + self.plan.delay, self.sent), message);
        self.sent += 1;
    }

    /// When a message can be received next.
    pub fn next_visible(&self) -> Option<Timestamp> {
        self.messages.keys().next().map(|&(visible, _)| visible)
    }

    /// How many messages there are, hidden ones included.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether no message waits.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// When the oldest message was sent, of those that SQS counts the age of: what was received more than three times is left
    /// out. Source: Amazon SQS developer guide, "Available CloudWatch metrics for Amazon SQS".
    pub fn oldest(&self) -> Option<Timestamp> {
        let counted = self.messages.values().filter(|message| message.receives <= 3);
        counted.map(|message| message.sent).min()
    }

    /// Receives what is visible, as many messages as a batch holds.
    pub fn receive(&mut self, now: Timestamp) -> Vec<Received> {
        let mut batch = Vec::new();
        let room = MOST_IN_FLIGHT.saturating_sub(self.in_flight(now));
        while batch.len() < self.plan.batch_size.min(room)
            && let Some(entry) = self.messages.first_entry()
            && entry.key().0 <= now
        {
            let number = entry.key().1;
            let mut message = entry.remove();
            if message.receives >= self.plan.max_receive_count {
                let Message { body, sent, receives, .. } = message;
                self.dead.push(DeadLetter { body, sent, at: now, receives });
                continue;
            }
            message.receives += 1;
            let first_received = *message.first_received.get_or_insert(now);
            let key = (now + self.plan.visibility_timeout, number);
            batch.push(Received {
                id: format!("{}-{number}", self.plan.name),
                key,
                body: Arc::clone(&message.body),
                sent: message.sent,
                first_received,
                receives: message.receives,
            });
            self.messages.insert(key, message);
        }
        batch
    }

    /// How many messages were received and are hidden; counted only where there may be too many.
    fn in_flight(&self, now: Timestamp) -> usize {
        if self.messages.len() <= MOST_IN_FLIGHT - self.plan.batch_size {
            return 0;
        }
        let hidden = self.messages.iter().filter(|((visible, _), _)| *visible > now);
        hidden.filter(|(_, message)| message.receives > 0).count()
    }

    /// Deletes a message that was received.
    pub fn delete(&mut self, received: &Received) {
        self.messages.remove(&received.key);
    }

    /// Puts the messages of the dead-letter queue back, as new ones; returns how many.
    pub fn redrive(&mut self, now: Timestamp) -> usize {
        let dead = std::mem::take(&mut self.dead);
        let moved = dead.len();
        dead.into_iter().for_each(|letter| self.send(letter.body, now));
        moved
    }

    /// The dead-letter queue.
    pub fn dead_letters(&self) -> &[DeadLetter] {
        &self.dead
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn queue() -> Queue {
        Queue::new(plan::Queue {
            name: "q".into(),
            delay: SignedDuration::from_secs(10),
            visibility_timeout: SignedDuration::from_secs(60),
            max_receive_count: 2,
            dead_letter_queue: "q-dead-letters".into(),
            retention: SignedDuration::from_hours(24),
            batch_size: 2,
            maximum_concurrency: 10,
        })
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn bodies(queue: &mut Queue, second: i64) -> Vec<String> {
        queue.receive(at(second)).into_iter().map(|message| message.body.to_string()).collect()
    }

    #[test]
    fn a_message_waits_for_its_delay() {
        let mut queue = queue();
        queue.send("a".into(), at(0));
        assert_eq!(queue.next_visible(), Some(at(10)));
        assert!(bodies(&mut queue, 9).is_empty());
        assert_eq!(bodies(&mut queue, 10), ["a"]);
    }

    #[test]
    fn a_received_message_is_hidden_and_comes_back() {
        let mut queue = queue();
        queue.send("a".into(), at(0));
        assert_eq!(bodies(&mut queue, 10), ["a"]);
        assert!(bodies(&mut queue, 69).is_empty());
        let again = queue.receive(at(70));
        assert_eq!((again[0].receives, again[0].first_received), (2, at(10)));
    }

    #[test]
    fn a_deleted_message_does_not_come_back() {
        let mut queue = queue();
        queue.send("a".into(), at(0));
        let received = queue.receive(at(10));
        queue.delete(&received[0]);
        assert!(queue.is_empty());
        assert!(queue.dead_letters().is_empty());
    }

    #[test]
    fn a_message_that_was_received_too_often_is_a_dead_letter() {
        let mut queue = queue();
        queue.send("a".into(), at(0));
        assert_eq!((bodies(&mut queue, 10).len(), bodies(&mut queue, 70).len()), (1, 1));
        assert!(bodies(&mut queue, 130).is_empty());
        let dead = DeadLetter { body: "a".into(), sent: at(0), at: at(130), receives: 2 };
        assert_eq!(queue.dead_letters(), [dead]);
        assert!(queue.is_empty());
    }

    #[test]
    fn a_dead_letter_that_is_put_back_is_a_new_message() {
        let mut queue = queue();
        queue.send("a".into(), at(0));
        [10, 70, 130].into_iter().for_each(|second| drop(queue.receive(at(second))));
        assert_eq!((queue.redrive(at(200)), queue.redrive(at(200))), (1, 0));
        assert_eq!(queue.receive(at(210))[0].receives, 1);
        assert!(queue.dead_letters().is_empty());
    }

    #[test]
    fn no_more_messages_are_in_flight_than_sqs_allows() {
        let mut queue = queue();
        queue.plan.batch_size = MOST_IN_FLIGHT / 2;
        (0..=MOST_IN_FLIGHT).for_each(|_| queue.send("a".into(), at(0)));
        let mut received = Vec::new();
        let mut receive = |queue: &mut Queue, second| {
            let batch = queue.receive(at(second));
            let count = batch.len();
            received.extend(batch);
            (count, received.pop())
        };
        assert_eq!(receive(&mut queue, 10).0, MOST_IN_FLIGHT / 2);
        assert_eq!(receive(&mut queue, 10).0, MOST_IN_FLIGHT / 2);
        let (none, last) = receive(&mut queue, 10);
        assert_eq!(none, 0);
        queue.delete(&last.unwrap());
        assert_eq!(receive(&mut queue, 10).0, 1);
        // They are visible again.
        assert_eq!(receive(&mut queue, 70).0, MOST_IN_FLIGHT / 2);
    }

    #[test]
    fn a_batch_has_no_more_messages_than_configured() {
        let mut queue = queue();
        ["a", "b", "c"].into_iter().for_each(|body| queue.send(body.into(), at(0)));
        assert_eq!(bodies(&mut queue, 10), ["a", "b"]);
        assert_eq!(bodies(&mut queue, 10), ["c"]);
    }
}
