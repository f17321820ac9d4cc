//! Versions of stored formats: see docs/design/formats.md.

use serde::{Deserialize, Serialize};

/// The version of something stored: one that this release reads. What is written has the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Version<const LATEST: u32>(u32);

/// A version that this release does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableVersion {
    /// A later release wrote it.
    #[error(
        "it has version {version}, and this release reads versions up to {latest}: it is older than what it reads"
    )]
    Later {
        /// The version.
        version: u64,
        /// The latest that is read.
        latest: u32,
    },
    /// Nothing has version 0.
    #[error("it has version 0, which there never was")]
    Zero,
}

impl<const LATEST: u32> Default for Version<LATEST> {
    fn default() -> Self {
        Self(LATEST)
    }
}

impl<const LATEST: u32> TryFrom<u64> for Version<LATEST> {
    type Error = UnreadableVersion;

    fn try_from(version: u64) -> Result<Self, UnreadableVersion> {
        match u32::try_from(version) {
            Ok(0) => Err(UnreadableVersion::Zero),
            Ok(readable) if readable <= LATEST => Ok(Self(readable)),
            Ok(_) | Err(_) => Err(UnreadableVersion::Later { version, latest: LATEST }),
        }
    }
}

impl<const LATEST: u32> From<Version<LATEST>> for u64 {
    fn from(Version(version): Version<LATEST>) -> Self {
        version.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        fn check(json: &str, expected: Result<u32, &str>) {
            let found = serde_json::from_str::<Version<2>>(json);
            let found = found.map(|Version(version)| version).map_err(|error| error.to_string());
            let is_expected = match (&found, expected) {
                (Ok(found), Ok(expected)) => *found == expected,
                (Err(found), Err(expected)) => found.starts_with(expected),
                _ => false,
            };
            assert!(is_expected, "{json}: {found:?}, not {expected:?}");
        }
        check("1", Ok(1));
        check("2", Ok(2));
        check("0", Err("it has version 0, which there never was"));
        check(
            "3",
            Err("it has version 3, and this release reads versions up to 2: it is older than what it reads"),
        );
        check("4294967297", Err("it has version 4294967297, and"));
        check("-1", Err("invalid value"));
        check("\"1\"", Err("invalid type"));
        assert_eq!(serde_json::to_string(&Version::<2>::default()).ok().as_deref(), Some("2"));
    }
}
