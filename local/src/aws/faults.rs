//! Faults that are asked for: what makes an operation fail, and how often.

use super::AwsError;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// How an operation fails.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// It is refused, without effect.
    Refused(AwsError),
    /// It takes effect, and the answer is an error all the same.
    AfterEffect(AwsError),
    /// It takes effect, and then the calling process dies.
    CrashAfterEffect,
}

impl Fault {
    /// The service's quota is exceeded.
    pub fn throttled() -> Self {
        Self::Refused(AwsError::new("ThrottlingException", "Rate exceeded"))
    }

    /// A policy does not allow it.
    pub fn access_denied() -> Self {
        Self::Refused(AwsError::new(
            "AccessDeniedException",
            "User is not authorized to perform this operation",
        ))
    }

    /// The session's credentials have expired.
    pub fn expired_credentials() -> Self {
        let message = "The security token included in the request is expired";
        Self::Refused(AwsError::new("ExpiredTokenException", message))
    }

    /// The service is broken, and it is unknown what it did.
    pub fn internal_error() -> Self {
        Self::Refused(AwsError::new("InternalFailure", "The request processing has failed").with_status(500))
    }
}

/// The faults that are asked for, by operation (`codepipeline:GetPipelineExecution`).
#[derive(Debug, Default)]
pub struct Faults {
    next: BTreeMap<String, Vec<(Option<Fault>, usize)>>,
    quotas: BTreeMap<String, Quota>,
    /// How many calls were above their quota.
    pub over_quota: u64,
}

/// How often an operation can be called in a second, and in which second it was called how often.
#[derive(Debug)]
struct Quota {
    most: usize,
    second: i64,
    calls: usize,
}

impl Faults {
    /// Makes the next calls of an operation fail; after those that were asked for before.
    pub fn add(&mut self, operation: &str, fault: Fault, calls: usize) {
        self.next.entry(operation.to_owned()).or_default().push((Some(fault), calls));
    }

    /// Spares the next calls of an operation; after those that were asked for before.
    pub fn spare(&mut self, operation: &str, calls: usize) {
        if calls > 0 {
            self.next.entry(operation.to_owned()).or_default().push((None, calls));
        }
    }

    /// Throttles an operation: what is called more often in a second is refused.
    pub fn limit(&mut self, operation: &str, calls: usize) {
        self.quotas.insert(operation.to_owned(), Quota { most: calls, second: 0, calls: 0 });
    }

    /// Forgets every fault that was asked for.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The fault of this call of an operation, if it is to fail.
    pub(super) fn take(&mut self, operation: &str, now: Timestamp) -> Option<Fault> {
        if self.quotas.get_mut(operation).is_some_and(|quota| !quota.allows(now)) {
            self.over_quota += 1;
            return Some(Fault::throttled());
        }
        let faults = self.next.get_mut(operation)?;
        let (fault, calls) = faults.first_mut()?;
        let fault = fault.clone();
        *calls -= 1;
        if *calls == 0 {
            faults.remove(0);
        }
        fault
    }
}

impl Quota {
    /// Whether another call is within the quota; it counts.
    fn allows(&mut self, now: Timestamp) -> bool {
        if self.second != now.as_second() {
            (self.second, self.calls) = (now.as_second(), 0);
        }
        self.calls += 1;
        self.calls <= self.most
    }
}
