//! How far a pass over executions or `OpsItem`s has come, and how fast it may go.

use super::check_time;
use crate::{
    ledger::{Owner, Subject},
    runtime::error::Error,
};
use jiff::Timestamp;
use lambda_runtime::tracing::{error, info, warn};
use std::{fmt::Display, time::Duration};
use tokio::time::{Interval, MissedTickBehavior, interval};

/// The most things a second that a rate limit makes sense for.
const FASTEST: u32 = 1000;

/// How many things are done in a pass, and how fast.
#[derive(Debug)]
pub(super) struct RateLimit<'a> {
    owner: Owner<'a>,
    left: usize,
    interval: Option<Interval>,
}

impl<'a> RateLimit<'a> {
    /// As many as the invocation has time for.
    pub(super) fn unlimited(owner: Owner<'a>) -> Self {
        Self { owner, left: usize::MAX, interval: None }
    }

    /// A number of things at the most, and so many a second.
    pub(super) fn limited(owner: Owner<'a>, most: usize, per_second: Option<u32>) -> Self {
        let interval = per_second.filter(|rate| *rate > 0).map(|rate| {
            let mut interval = interval(Duration::from_secs(1) / rate.min(FASTEST));
            interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
            interval
        });
        Self { owner, left: most, interval }
    }

    /// Waits until the next thing may be done. Whether there is one in this pass.
    pub(super) async fn next(&mut self) -> bool {
        if self.left == 0 || check_time(self.owner).is_err() {
            return false;
        }
        self.left -= 1;
        if let Some(interval) = &mut self.interval {
            interval.tick().await;
        }
        true
    }
}

/// How far a pass has come.
#[derive(Debug)]
pub(super) struct Progress {
    /// Where the next pass goes on: everything that changed last before this instant was tried.
    pub(super) next: Timestamp,
    /// How many things were done.
    pub(super) done: usize,
    /// What failed.
    pub(super) failures: Vec<Failure>,
}

/// Something that a pass could not do.
#[derive(Debug)]
pub(super) struct Failure {
    /// What it is.
    pub(super) subject: Subject,
    /// What changed last before this instant is done.
    pub(super) since: Timestamp,
    /// What went wrong.
    pub(super) error: Error,
}

/// Something that failed, for whoever asked for it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failed {
    /// The execution or `OpsItem`.
    pub what: String,
    /// `Retryable` or `NonRetryable`.
    pub error_type: String,
    /// What went wrong.
    pub message: String,
}

impl Failed {
    /// What failed, and how.
    pub(super) fn new(what: &impl Display, error: &Error) -> Self {
        let (error_type, message) = (error.error_type().to_owned(), error.to_string());
        Self { what: what.to_string(), error_type, message }
    }
}

impl Progress {
    /// Of a pass up to an instant, if nothing stops it.
    pub(super) fn until(end: Timestamp) -> Self {
        Self { next: end, done: 0, failures: Vec::new() }
    }

    /// Takes note of what became of something that changed last at an instant.
    ///
    /// # Errors
    /// Credentials that have expired: with new ones, all is to be tried again.
    pub(super) fn note(
        &mut self,
        subject: Subject,
        since: Timestamp,
        result: Result<(), Error>,
    ) -> Result<(), Error> {
        match result {
            Ok(()) => self.done += 1,
            Err(error) if error.is_expired_credentials() => return Err(error),
            Err(error) => self.failures.push(Failure { subject, since, error }),
        }
        Ok(())
    }

    /// The pass ends before what changed last at an instant.
    pub(super) fn stop(&mut self, changed: Timestamp) {
        self.next = changed;
    }

    /// Everything that changed last before this instant is done.
    pub(super) fn reached(&self) -> Timestamp {
        let failed = self.failures.iter().map(|failure| failure.since);
        failed.min().unwrap_or(self.next).min(self.next)
    }
}

/// What has failed first.
#[derive(Debug)]
pub(super) struct FirstFailure(Result<(), Error>);

impl Default for FirstFailure {
    fn default() -> Self {
        Self(Ok(()))
    }
}

impl FirstFailure {
    /// Takes note of a result, and logs what failed. An account that can't be read fails no run.
    pub(super) fn note(&mut self, result: Result<(), Error>) {
        let Err(error) = result else { return };
        let (error_type, code) = (error.error_type(), error.code());
        if error.is_waiting() {
            info!(error.type = error_type, error.code = code, reason = %error, "the next run goes on");
            return;
        }
        if error.is_of_account() && !error.is_expired_credentials() {
            warn!(error.type = error_type, error.code = code, error.message = %error, "an account can't be read");
            return;
        }
        error!(error.type = error_type, error.code = code, error.message = %error, "a step failed");
        // Expired credentials are thrown away at the end of a run, so they are told in any case.
        if self.0.is_ok() || error.is_expired_credentials() {
            self.0 = Err(error);
        }
    }

    /// What has failed first, if anything has.
    pub(super) fn first(self) -> Result<(), Error> {
        self.0
    }
}
