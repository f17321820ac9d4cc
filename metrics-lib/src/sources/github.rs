//! GitHub: what its deliveries tell, trimmed to what lead time needs: no messages, no names of people, no addresses.
//!
//! Source: GitHub documentation, "Webhook events and payloads": `push`, `pull_request`, `pull_request_review` and `repository`.

mod names;
mod pull_request;
mod push;
mod repository;
mod review;
#[cfg(test)]
mod tests;

pub use names::RepositoryNames;
pub use repository::is_repository;

use crate::{json, lake::Change, rules::ReworkRule};
use jiff::Timestamp;
use names::{NamedPayload, names};
use pull_request::{PullRequestPayload, pull_request};
use push::{PushPayload, push};
use review::{ReviewPayload, review};
use serde::Deserialize;
use std::collections::BTreeSet;

/// How long a branch's name may be, in bytes: GitHub takes 255, and a record must stay within Firehose's limit.
const LONGEST_BRANCH: usize = 1024;

/// A body that is not the payload of its event.
#[derive(Debug, thiserror::Error)]
#[error("not a payload of event {event}: {reason}")]
pub struct InvalidPayload {
    event: String,
    reason: String,
}

impl InvalidPayload {
    fn new(event: &str, reason: impl Into<String>) -> Self {
        Self { event: event.to_owned(), reason: reason.into() }
    }

    /// A field that is needed can't be read.
    fn unreadable(event: &str, field: &str) -> Self {
        Self::new(event, format!("{field} can't be read"))
    }
}

/// What is marked of commits, as their messages are not kept.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// The authors that are bots, by name or user name.
    pub bots: BTreeSet<String>,
    /// Which messages are of rework.
    pub rework: ReworkRule,
}

/// What a delivery tells.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// The changes; none if it tells of nothing that matters.
    pub changes: Vec<Change>,
    /// The names of its repository, if it has them.
    pub names: Option<RepositoryNames>,
}

/// Reads what a payload tells.
///
/// # Errors
/// [`InvalidPayload`], when the body is not a payload of the event.
pub fn read(event: &str, body: &[u8], now: Timestamp, marks: &Marks) -> Result<Delivered, InvalidPayload> {
    match event {
        "push" => {
            let payload: PushPayload<'_> = parse(event, body)?;
            let names = names(&payload.repository, None);
            Ok(Delivered { changes: push(payload, now, marks)?, names })
        }
        "pull_request" => {
            let payload: PullRequestPayload = parse(event, body)?;
            let names = names(&payload.repository, None);
            Ok(Delivered { changes: pull_request(payload)?, names })
        }
        "pull_request_review" => {
            let payload: ReviewPayload = parse(event, body)?;
            let names = names(&payload.repository, None);
            Ok(Delivered { changes: review(payload, marks)?, names })
        }
        // Of what is known of no other event, nothing can be wrong.
        _ => Ok(json::read::<NamedPayload>(body).map_or_else(
            |_| Delivered::default(),
            |NamedPayload { repository, changes }| Delivered {
                changes: Vec::new(),
                names: names(&repository, changes.filter(|_| event == "repository")),
            },
        )),
    }
}

fn parse<'a, T: Deserialize<'a>>(event: &str, body: &'a [u8]) -> Result<T, InvalidPayload> {
    json::read(body).map_err(|fault| InvalidPayload::new(event, fault.to_string()))
}
