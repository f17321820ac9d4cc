//! The repository that a delivery is about.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// A repository, as it is in every payload.
#[derive(Deserialize)]
pub(super) struct Repository {
    // It outlives the repository's names.
    pub(super) id: Option<u64>,
    pub(super) full_name: String,
    // Seconds in pushes, text elsewhere.
    created_at: Option<Value>,
    pushed_at: Option<Value>,
}

impl Repository {
    /// Its name, `owner/name`, if it is one.
    pub(super) fn name(&self) -> Option<&str> {
        is_repository(&self.full_name).then_some(self.full_name.as_str())
    }

    pub(super) fn created(&self) -> Option<Timestamp> {
        self.created_at.as_ref().and_then(time)
    }

    pub(super) fn pushed(&self) -> Option<Timestamp> {
        self.pushed_at.as_ref().and_then(time)
    }
}

/// Whether a text is a repository of GitHub's, `owner/name`.
pub fn is_repository(text: &str) -> bool {
    let is_name = |name: &str, longest: usize| {
        (1..=longest).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
    };
    text.split_once('/').is_some_and(|(owner, name)| is_name(owner, 39) && is_name(name, 100))
}

fn time(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Number(seconds) => Timestamp::from_second(seconds.as_i64()?).ok(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories() {
        fn check(text: &str, expected: bool) {
            assert_eq!(is_repository(text), expected, "{text:?}");
        }
        check("acme/shop", true);
        check("Acme-Corp/shop.js_2", true);
        check("acme", false);
        check("acme/", false);
        check("/shop", false);
        check("acme/shop/x", false);
        check("acme/sh op", false);
        check("acme/shop'--", false);
        check("äcme/shop", false);
        check(&format!("{}/shop", "a".repeat(40)), false);
    }
}
