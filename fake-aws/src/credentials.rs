//! Access keys that carry who they belong to.

use std::fmt;

/// The prefix of keys of a role's session. Source: IAM user guide, "IAM identifiers": "Understanding unique ID prefixes".
const SESSION: &str = "ASIA";
/// The prefix of keys of a user.
const USER: &str = "AKIA";

/// Who calls, and the account that they are in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Caller {
    /// The account.
    pub account: String,
    /// Who it is.
    pub principal: Principal,
}

/// A principal of an account, by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Principal {
    /// A role.
    Role(String),
    /// A user.
    User(String),
}

impl Caller {
    /// A role of an account.
    pub fn role(account: &str, name: &str) -> Self {
        Self { account: account.to_owned(), principal: Principal::Role(name.to_owned()) }
    }

    /// A user of an account.
    pub fn user(account: &str, name: &str) -> Self {
        Self { account: account.to_owned(), principal: Principal::User(name.to_owned()) }
    }

    /// Whether it is a user, and no role.
    pub(super) fn is_user(&self) -> bool {
        matches!(self.principal, Principal::User(_))
    }

    /// An access key of theirs.
    pub fn access_key(&self) -> String {
        let Self { account, principal } = self;
        match principal {
            Principal::Role(name) => format!("{SESSION}{account}{name}"),
            Principal::User(name) => format!("{USER}{account}{name}"),
        }
    }

    /// Who an access key belongs to; none for a key that isn't ours.
    pub(super) fn of(access_key: &str) -> Option<Self> {
        let (prefix, rest) = access_key.split_at_checked(SESSION.len())?;
        let (account, name) = rest.split_at_checked(12)?;
        if !account.bytes().all(|byte| byte.is_ascii_digit()) || name.is_empty() {
            return None;
        }
        match prefix {
            SESSION => Some(Self::role(account, name)),
            USER => Some(Self::user(account, name)),
            _ => None,
        }
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.principal {
            Principal::Role(name) => write!(f, "role {name} of {}", self.account),
            Principal::User(name) => write!(f, "user {name} of {}", self.account),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_whose_it_is() {
        for caller in [Caller::role("111111111111", "reader"), Caller::user("111111111111", "reader")] {
            assert_eq!(Caller::of(&caller.access_key()), Some(caller));
        }
        for other in ["", "AKIAIOSFODNN7EXAMPLE", "ASIA111111111111", "AROA111111111111reader"] {
            assert_eq!(Caller::of(other), None, "{other}");
        }
    }
}
