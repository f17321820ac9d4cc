//! Access keys that carry the role that they belong to.

use metrics_lib::place::Place;
use std::fmt;

/// The prefix of keys that belong to a session.
const SESSION: &str = "ASIA";
/// What a read role's part of a key begins with.
const READ: &str = "read:";
/// The operator's part of a key.
const OPERATOR: &str = "operator:";

/// Who calls: a role, by the account that it is in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Caller {
    /// The account.
    pub(crate) account: String,
    /// The role.
    pub(crate) role: Role,
}

/// A role of the plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// That of a function.
    Function(String),
    /// The read role of a region.
    Read(String),
    /// People who operate the installation.
    Operator,
}

/// The access key of a function of the operations account, for who calls in its place.
pub fn function_key(account: &str, function: &str) -> String {
    Caller::function(account, function).access_key()
}

/// The access key of the read role of a region of a tooling account, for who calls in its place.
pub fn reader_key(place: &Place) -> String {
    Caller::reader(place).access_key()
}

impl Caller {
    /// The role of a function of the operations account.
    pub(crate) fn function(account: &str, function: &str) -> Self {
        Self { account: account.to_owned(), role: Role::Function(function.to_owned()) }
    }

    /// The read role of a region of a tooling account.
    pub(crate) fn reader(place: &Place) -> Self {
        Self { account: place.account.clone(), role: Role::Read(place.region.clone()) }
    }

    /// Whoever operates the installation.
    pub(crate) fn operator(account: &str) -> Self {
        Self { account: account.to_owned(), role: Role::Operator }
    }

    /// Whether it is whoever operates the installation.
    pub(crate) fn is_operator(&self) -> bool {
        self.role == Role::Operator
    }

    /// The access key of a session under the role.
    pub(crate) fn access_key(&self) -> String {
        let Self { account, role } = self;
        match role {
            Role::Function(function) => format!("{SESSION}{account}{function}"),
            Role::Read(region) => format!("{SESSION}{account}{READ}{region}"),
            Role::Operator => format!("{SESSION}{account}{OPERATOR}"),
        }
    }

    /// Who an access key belongs to; none for a key that isn't ours.
    pub(super) fn of(access_key: &str) -> Option<Self> {
        let (account, role) = access_key.strip_prefix(SESSION)?.split_at_checked(12)?;
        if !account.bytes().all(|byte| byte.is_ascii_digit()) || role.is_empty() {
            return None;
        }
        Some(match role.strip_prefix(READ) {
            Some(region) => Self::reader(&Place::new(account, region)),
            None if role == OPERATOR => Self::operator(account),
            None => Self::function(account, role),
        })
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.role {
            Role::Function(function) => write!(f, "{function}"),
            Role::Read(region) => write!(f, "the read role of {region} in {}", self.account),
            Role::Operator => write!(f, "the operator of {}", self.account),
        }
    }
}
