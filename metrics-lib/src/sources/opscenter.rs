//! `OpsCenter`: its `OpsItem`s.

pub(super) mod references;

use crate::place::Place;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The id of an `OpsItem`: `oi-` and 12 hexadecimal digits, kept in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OpsItemId(String);

/// What the id of an `OpsItem` begins with, in any case.
pub(crate) const OPS_ITEM_PREFIX: &str = "oi-";

/// A text that is not the id of an `OpsItem`.
#[derive(Debug, thiserror::Error)]
#[error("\"{0}\" is not an OpsItem id: `oi-` and 12 hexadecimal digits")]
pub struct InvalidOpsItemId(String);

impl OpsItemId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OpsItemId {
    type Err = InvalidOpsItemId;

    fn from_str(id: &str) -> Result<Self, Self::Err> {
        let valid = id.split_at_checked(OPS_ITEM_PREFIX.len()).is_some_and(|(prefix, digits)| {
            prefix.eq_ignore_ascii_case(OPS_ITEM_PREFIX)
                && digits.len() == 12
                && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        if valid { Ok(Self(id.to_ascii_lowercase())) } else { Err(InvalidOpsItemId(id.into())) }
    }
}

impl TryFrom<String> for OpsItemId {
    type Error = InvalidOpsItemId;

    fn try_from(id: String) -> Result<Self, Self::Error> {
        id.parse()
    }
}

impl From<OpsItemId> for String {
    fn from(id: OpsItemId) -> Self {
        id.0
    }
}

impl fmt::Display for OpsItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What identifies an `OpsItem`: ids are unique in an account and region only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpsItemKey {
    /// The account and region that the `OpsItem` was created in.
    #[serde(flatten)]
    pub place: Place,
    /// Its id.
    pub ops_item_id: OpsItemId,
}

impl fmt::Display for OpsItemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, ops_item_id } = self;
        write!(f, "{}/{}/{ops_item_id}", place.account, place.region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ops_item_ids() {
        fn check(id: &str, expected: Option<&str>) {
            let found = id.parse().ok().map(|id: OpsItemId| String::from(id));
            assert_eq!(found.as_deref(), expected, "{id:?}");
        }
        check("oi-0123456789ab", Some("oi-0123456789ab"));
        check("OI-0123456789AB", Some("oi-0123456789ab"));
        check("oi-0123456789a", None);
        check("oi-0123456789abc", None);
        check("oi-0123456789ag", None);
        check(" oi-0123456789ab", None);
        check("oi-éééééé", None);
    }
}
