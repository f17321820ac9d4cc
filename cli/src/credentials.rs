//! Credentials of AWS that are missing or not valid: what is wrong with them, and what to do.

use anyhow::{Chain, anyhow};
use aws_credential_types::provider::error::CredentialsError;
use functions::runtime::error::Error;
use std::error::Error as StdError;

/// What to do.
const REMEDY: &str = "no valid AWS credentials: sign in with `aws sso login`, or name a profile that has some with --profile or \
                      AWS_PROFILE";

/// The error of credentials that could not be had, if a call failed for that. They are got on the way of a call, so it comes as
/// the cause of the call's failure; of its own causes the last says what is wrong.
pub(crate) fn missing(failure: &(dyn StdError + 'static)) -> Option<anyhow::Error> {
    let missing = Chain::new(failure).find(|cause| cause.is::<CredentialsError>())?;
    Chain::new(missing).last().map(|cause| anyhow!("{REMEDY}: {cause}"))
}

/// The error of credentials that a service did not take.
pub(crate) fn refused(error: &Error) -> Option<anyhow::Error> {
    error.is_expired_credentials().then(|| anyhow!("{REMEDY}: {error}"))
}
