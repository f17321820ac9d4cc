//! What can go wrong with one event, and whether trying again helps.

use aws_sdk_sts::{
    error::{ProvideErrorMetadata, SdkError},
    operation::assume_role::AssumeRoleError,
};
use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use metrics_lib::{
    identity::{DeploymentKey, IncidentKey},
    json::Malformed,
    place::Place,
};
use std::error::Error as StdError;

/// Why an event could not be finished. It goes back to its queue, and in the end to the dead-letter queue.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An AWS API refused or failed.
    #[error("{api} failed with {code}: {message}")]
    Aws {
        /// The API, as IAM names it.
        api: &'static str,
        /// The service's error code, or the kind of transport failure.
        code: String,
        /// The service's message, or the chain of causes.
        message: String,
    },
    /// It is too early.
    #[error("not before {until}: {reason}")]
    NotYet {
        /// When it may be tried.
        until: Timestamp,
        /// What is waited for.
        reason: String,
    },
    /// The invocation is about to end.
    #[error("the invocation has no time left for this message")]
    OutOfTime,
    /// The source's API does not show the end of a deployment yet.
    #[error("{} {key} can't be classified yet: {reason}", key.noun())]
    Unfinished {
        /// What it is about.
        key: Box<DeploymentKey>,
        /// What the API shows.
        reason: String,
    },
    /// A query of the lake did not succeed.
    #[error("query {id} ended as {state}: {reason}")]
    Query {
        /// The query's execution id.
        id: String,
        /// `FAILED`, `CANCELLED`, or that it took too long.
        state: String,
        /// What Athena says.
        reason: String,
    },
    /// A row of the lake that we did not write.
    #[error("the lake holds a row that can't be read: row {row} of Athena query {query}: {invalid}")]
    Lake {
        /// The query, whose id Athena shows it by.
        query: String,
        /// The row of its result, from 1.
        row: usize,
        /// What is wrong with the row.
        invalid: metrics_lib::lake::InvalidRecord,
    },
    /// Another invocation is publishing the fact.
    #[error("another invocation holds the claim on {fact} until {until}")]
    Claimed {
        /// The fact.
        fact: String,
        /// When its lease ends.
        until: Timestamp,
    },
    /// The fact lies in the future.
    #[error("{0}")]
    TooNew(#[from] metrics_lib::datum::InvalidDatum),
    /// A message that is no event of ours.
    #[error("the event is malformed at {0}")]
    Malformed(#[from] Malformed),
    /// An event of an account and region that are not configured.
    #[error("account {} is not configured in region {}", .0.account, .0.region)]
    Unconfigured(Place),
    /// An incident that its source describes in a way that we don't understand.
    #[error("{} {key} can't be used: {reason}", key.noun())]
    Incident {
        /// The incident.
        key: Box<IncidentKey>,
        /// What is wrong with it.
        reason: String,
    },
    /// Something of a source that this release does not know.
    #[error("source {0} is not known")]
    UnknownSource(String),
    /// An item of the ledger that we did not write.
    #[error("ledger item {key} can't be read: attribute {attribute}")]
    Ledger {
        /// The item.
        key: String,
        /// The attribute.
        attribute: &'static str,
    },
    /// An item of the ledger that a later release wrote.
    #[error(
        "ledger item {key} has version {version}, and this release reads versions up to {latest}: the functions are older \
         than the ledger"
    )]
    LedgerVersion {
        /// The item.
        key: String,
        /// Its version.
        version: u64,
        /// The latest version that this release reads.
        latest: u32,
    },
    /// The clock can't be read.
    #[error("the clock can't be read: {0}")]
    Clock(String),
}

/// The services that are asked in other accounts.
const OF_ACCOUNTS: [&str; 5] = ["sts:", "codepipeline:", "codeconnections:", "ssm:", "sqs:"];

impl Error {
    /// `Retryable`, if trying again may help as things are, else `NonRetryable`: a stable word for alarms.
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::Aws { .. }
            | Self::NotYet { .. }
            | Self::OutOfTime
            | Self::Unfinished { .. }
            | Self::Query { .. }
            | Self::Claimed { .. }
            | Self::TooNew(_)
            | Self::Clock(_) => "Retryable",
            Self::Malformed(_)
            | Self::Unconfigured { .. }
            | Self::Incident { .. }
            | Self::UnknownSource(_)
            | Self::Lake { .. }
            | Self::Ledger { .. }
            | Self::LedgerVersion { .. } => "NonRetryable",
        }
    }

    /// The kind of the error: a stable word for filters.
    pub fn code(&self) -> &str {
        match self {
            Self::Aws { code, .. } => code,
            Self::NotYet { .. } => "NotYet",
            Self::OutOfTime => "OutOfTime",
            Self::Unfinished { .. } => "Unfinished",
            Self::Query { .. } => "Query",
            Self::Lake { .. } => "Lake",
            Self::Claimed { .. } => "Claimed",
            Self::TooNew(_) => "TooNew",
            Self::Malformed(_) => "Malformed",
            Self::Unconfigured { .. } => "Unconfigured",
            Self::Incident { .. } => "Incident",
            Self::UnknownSource(_) => "UnknownSource",
            Self::Ledger { .. } => "Ledger",
            Self::LedgerVersion { .. } => "LedgerVersion",
            Self::Clock(_) => "Clock",
        }
    }

    /// Whether it is in the order of things: the event came before it could be decided.
    pub fn is_waiting(&self) -> bool {
        matches!(self, Self::NotYet { .. } | Self::OutOfTime | Self::Unfinished { .. } | Self::Claimed { .. })
    }

    /// Whether it is a fault of the account that is read, or that its account is configured no more: nothing is wrong with
    /// this installation.
    pub fn is_of_account(&self) -> bool {
        match self {
            Self::Aws { api, .. } => OF_ACCOUNTS.iter().any(|service| api.starts_with(service)),
            Self::Unconfigured { .. } | Self::Incident { .. } => true,
            _ => false,
        }
    }

    /// Whether it passes by itself: the API was throttled, failed inside, or gave no answer. It tells nothing about what was
    /// asked for.
    pub fn is_passing(&self) -> bool {
        const CODES: [&str; 12] = [
            "Throttl",
            "TooManyRequests",
            "RequestLimitExceeded",
            "SlowDown",
            "InternalError",
            "InternalFailure",
            "InternalServer",
            "ServiceUnavailable",
            "ServiceFailure",
            "Timeout",
            "ResponseError",
            "DispatchFailure",
        ];
        matches!(self, Self::Aws { code, .. } if CODES.iter().any(|passing| code.contains(passing)))
    }

    /// Whether the credentials of the call had expired, so that new ones are needed.
    pub fn is_expired_credentials(&self) -> bool {
        const CODES: [&str; 4] =
            ["ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"];
        matches!(self, Self::Aws { code, .. } if CODES.contains(&code.as_str()))
    }

    /// Makes an error of what a call of an API returned.
    pub fn aws<E, R>(api: &'static str) -> impl FnOnce(SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
        R: std::fmt::Debug + 'static,
    {
        move |error| {
            if let Some(service) = error.as_service_error() {
                return Self::from_metadata(api, service);
            }
            // Credentials are got on the way, so a refused AssumeRole comes as the cause of the call's failure.
            let assume_role = chain(&error).find_map(|cause| cause.downcast_ref::<AssumeRoleError>());
            if let Some(refused) = assume_role {
                return Self::from_metadata("sts:AssumeRole", refused);
            }
            let code = match &error {
                SdkError::TimeoutError(_) => "Timeout",
                SdkError::ResponseError(_) => "ResponseError",
                _ => "DispatchFailure",
            };
            let causes: Vec<_> = chain(&error).map(ToString::to_string).collect();
            Self::Aws { api, code: code.into(), message: causes.join(": ") }
        }
    }

    fn from_metadata(api: &'static str, error: &impl ProvideErrorMetadata) -> Self {
        let code = error.code().unwrap_or("Unknown").to_owned();
        Self::Aws { api, code, message: error.message().unwrap_or_default().to_owned() }
    }
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        Self { error_type: error.error_type().into(), error_message: error.to_string() }
    }
}

fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}
