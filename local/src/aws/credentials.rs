//! Access keys that carry the account that they belong to.

/// The prefix of keys that belong to a session.
const SESSION: &str = "ASIA";

/// The access key of a session in an account.
pub(crate) fn access_key(account: &str) -> String {
    format!("{SESSION}{account}")
}

/// The account that an access key belongs to; none for a key that isn't ours.
pub(super) fn account(access_key: &str) -> Option<&str> {
    let account = access_key.strip_prefix(SESSION)?;
    (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then_some(account)
}
