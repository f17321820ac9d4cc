//! Faults that are asked for: what makes an operation fail, and how often.

use crate::AwsError;
use std::{collections::BTreeMap, time::Duration};

/// How an operation fails.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// It is refused, without effect.
    Refused(AwsError),
    /// It takes effect, and the answer is an error all the same.
    AfterEffect(AwsError),
    /// It takes effect, and then the calling process dies.
    CrashAfterEffect,
    /// It takes effect, and is answered so much later, in real time: what a caller waits for, it waits for in real time.
    Late(Duration),
}

impl Fault {
    /// The service's quota is exceeded.
    pub fn throttled() -> Self {
        Self::Refused(Self::throttling())
    }

    pub(super) fn throttling() -> AwsError {
        AwsError::new("ThrottlingException", "Rate exceeded")
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

    /// Forgets every fault that was asked for.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The fault of this call of an operation, if it is to fail.
    pub(super) fn take(&mut self, operation: &str) -> Option<Fault> {
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
