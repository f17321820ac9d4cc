//! How many invocations run at once: what Lambda's limit for an account does to the pollers of queues.
//!
//! A poller receives a batch, invokes the function and waits for its end; a queue has as many pollers as its maximum
//! concurrency says. What is above the account's limit is throttled: the poller tries again, ever more rarely, until the
//! visibility timeout is over and the messages are in the queue again, received once more. Sources: AWS Lambda developer
//! guide, "Configuring scaling behavior for SQS event source mappings"; operator guide, "Handling errors for an SQS event
//! source". How soon a poller tries again is not documented.

use crate::queue::{Queue, Received};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// How long a poller waits at first after it was throttled.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(1);

/// Lambda's limit for an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How many invocations run at once.
    pub invocations: usize,
    /// How long each of them takes.
    pub duration: SignedDuration,
}

/// The pollers of all queues. Without a limit an invocation takes no time.
#[derive(Debug, Default)]
pub(crate) struct Concurrency {
    pub(crate) limit: Option<Limit>,
    /// The invocations that run: of which queue, and until when.
    running: Vec<(usize, Timestamp)>,
    throttled: Vec<Throttled>,
    /// The queues, by number, whose functions get nothing to run with.
    pub(crate) without: BTreeSet<usize>,
    /// How often an invocation was throttled.
    pub(crate) throttles: u64,
}

/// A batch whose invocation was throttled.
#[derive(Debug)]
struct Throttled {
    queue: usize,
    batch: Vec<Received>,
    again: Timestamp,
    pause: SignedDuration,
}

impl Concurrency {
    /// When the pollers of a queue, known by its number, have something to do.
    pub(crate) fn next(&self, number: usize, queue: &Queue, now: Timestamp) -> Option<Timestamp> {
        let ends =
            || self.running.iter().filter(|(of, end)| *of == number && *end > now).map(|(_, end)| *end);
        let held = || self.throttled.iter().filter(|throttled| throttled.queue == number);
        let is_free = ends().count() + held().count() < queue.plan().maximum_concurrency as usize;
        let free = if is_free { Some(Timestamp::MIN) } else { ends().min() };
        let received = queue.next_visible().zip(free).map(|(visible, free)| visible.max(free));
        received.into_iter().chain(held().map(|throttled| throttled.again)).min()
    }

    /// The batch that a queue's function is to be invoked with now; empty if there is none, or if it is throttled.
    pub(crate) fn take(&mut self, number: usize, queue: &mut Queue, now: Timestamp) -> Vec<Received> {
        self.running.retain(|(_, end)| *end > now);
        let is_due = |throttled: &Throttled| throttled.queue == number && throttled.again <= now;
        let (batch, pause) = match self.throttled.iter().position(is_due) {
            Some(index) => {
                let Throttled { batch, pause, .. } = self.throttled.swap_remove(index);
                (batch, pause * 2)
            }
            None => (queue.receive(now), FIRST_PAUSE),
        };
        let Some(hidden_until) = batch.first().map(Received::hidden_until) else { return batch };
        if hidden_until <= now {
            return Vec::new();
        }
        if !self.without.contains(&number) {
            let Some(limit) = self.limit else { return batch };
            if self.running.len() < limit.invocations {
                self.running.push((number, now + limit.duration));
                return batch;
            }
        }
        self.throttles += 1;
        let again = hidden_until.min(now + pause);
        self.throttled.push(Throttled { queue: number, batch, again, pause });
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use program::plan;

    /// Of six messages, two a batch, with two pollers, which are sent at 0 s and hidden for 60 s: when which are handed to
    /// the function up to 130 s, how often each was received, and how often the function was throttled.
    fn check(limit: Option<(usize, i64)>, expected: &str) {
        let mut queue = Queue::new(plan::Queue {
            name: "q".into(),
            delay: SignedDuration::ZERO,
            visibility_timeout: SignedDuration::from_secs(60),
            max_receive_count: 5,
            dead_letter_queue: "q-dead-letters".into(),
            retention: SignedDuration::from_hours(24),
            batch_size: 2,
            maximum_concurrency: 2,
        });
        ["a", "b", "c", "d", "e", "f"]
            .into_iter()
            .for_each(|body| queue.send(body.into(), Timestamp::UNIX_EPOCH));
        let limit = limit.map(|(invocations, seconds)| Limit {
            invocations,
            duration: SignedDuration::from_secs(seconds),
        });
        let mut concurrency = Concurrency { limit, ..Concurrency::default() };
        let (mut told, mut now) = (Vec::new(), Timestamp::UNIX_EPOCH);
        while let Some(next) = concurrency.next(0, &queue, now)
            && next.as_second() <= 130
        {
            now = now.max(next);
            for message in concurrency.take(0, &mut queue, now) {
                told.push(format!("{}{}@{}", message.body, message.receives, now.as_second()));
                queue.delete(&message);
            }
        }
        assert_eq!(format!("{}; {} throttled", told.join(" "), concurrency.throttles), expected, "{limit:?}");
    }

    #[test]
    fn limits() {
        check(None, "a1@0 b1@0 c1@0 d1@0 e1@0 f1@0; 0 throttled");
        // Two pollers are all that there are.
        check(Some((5, 10)), "a1@0 b1@0 c1@0 d1@0 e1@10 f1@10; 0 throttled");
        // The second poller tries again after 1, 3, 7 and 15 s.
        check(Some((1, 10)), "a1@0 b1@0 e1@10 f1@10 c1@31 d1@31; 5 throttled");
        // What is throttled for as long as it is hidden is received again.
        check(Some((1, 50)), "a1@0 b1@0 e1@50 f1@50 c3@120 d3@120; 12 throttled");
        check(Some((0, 10)), "; 32 throttled");
    }
}
