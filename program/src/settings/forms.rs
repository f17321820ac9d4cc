//! What the texts of settings must look like.

use std::net::IpAddr;

/// The longest prefix: S3's names have 63 characters, IAM's 64.
pub const LONGEST_PREFIX: usize = 16;
/// What no bucket's name may begin with. Source: Amazon S3 user guide, "General purpose bucket naming rules".
const RESERVED: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];

pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text is formed like a region's name: `eu-west-1`.
pub fn is_region(text: &str) -> bool {
    let mut parts = text.split('-');
    let allowed = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let number =
        parts.next_back().is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    number && parts.clone().count() >= 2 && parts.all(allowed)
}

pub(super) fn is_name(text: &str) -> bool {
    !text.trim().is_empty()
}

pub(super) fn is_prefix(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.len() <= LONGEST_PREFIX
        && text.bytes().all(allowed)
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
        && !text.ends_with('-')
        && !RESERVED.iter().any(|reserved| format!("{text}-").starts_with(reserved))
}

pub(super) fn is_cidr(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let (Ok(address), Ok(bits)) = (address.parse::<IpAddr>(), bits.parse::<u8>()) else { return false };
    bits <= if address.is_ipv4() { 32 } else { 128 }
}

/// An address that Markdown takes as it is.
pub(super) fn is_url(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_graphic() && !b"()<>\"\\".contains(&byte);
    text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(allowed))
}

pub(super) fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && domain.contains('.'))
}
