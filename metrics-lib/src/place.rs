//! Where in AWS something is.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An account and one of its regions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The account's id, 12 digits. What an account says counts for what is its own.
    pub account: String,
    /// The region.
    pub region: String,
}

impl Place {
    /// A region of an account.
    pub fn new(account: impl Into<String>, region: impl Into<String>) -> Self {
        Self { account: account.into(), region: region.into() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.account, self.region)
    }
}
