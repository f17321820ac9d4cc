//! The messages that this process knows to be too early.

use jiff::Timestamp;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Until when each message has to wait. SQS gives a message back after its visibility timeout, whatever it waits for; until its
/// time has come, nothing has to be asked to say that it is too early.
#[derive(Debug, Default)]
pub struct Waiting(Mutex<HashMap<String, (Timestamp, String)>>);

impl Waiting {
    /// How many messages are remembered at the most.
    const MOST: usize = 10_000;

    /// Until when a message has to wait now, and for what.
    pub fn until(&self, message: &str, now: Timestamp) -> Option<(Timestamp, String)> {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.get(message).filter(|(until, _)| now < *until).cloned()
    }

    /// Remembers that a message has to wait.
    pub fn note(&self, message: &str, until: Timestamp, reason: &str) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= Self::MOST {
            waiting.clear();
        }
        waiting.insert(message.to_owned(), (until, reason.to_owned()));
    }

    /// Forgets a message that is done.
    pub fn forget(&self, message: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(message);
    }
}
