//! What repositories are called: hosts of repositories compare names without case, and so does everything here.

use serde::{Deserialize, Serialize};
use std::{
    cmp::Ordering,
    collections::BTreeSet,
    fmt::{self, Display, Formatter},
    hash::{Hash, Hasher},
};

/// The name of a repository of a Git host, as somebody wrote it, or of the owner of repositories.
///
/// Names that differ in the case of letters are equal, as they are at GitHub, GitLab and Bitbucket. All three allow
/// letters, digits, `.`, `_` and `-` of ASCII only, so no other letter has a case here. Source: GitHub Docs, "Troubleshooting
/// cloning errors" (names of repositories are not case-sensitive); GitLab Docs, "Reserved project and group names".
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GitName(String);

impl GitName {
    /// A name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name as it was written, for people.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in lower case, for keys of what is stored and searched: equal names have equal keys.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// The owner, if the name is `owner/name`.
    pub fn owner(&self) -> Option<Self> {
        self.0.split_once('/').map(|(owner, _)| Self::new(owner))
    }

    fn folded(&self) -> impl Iterator<Item = u8> {
        self.0.bytes().map(|byte| byte.to_ascii_lowercase())
    }
}

impl PartialEq for GitName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for GitName {}

impl PartialOrd for GitName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for GitName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded().cmp(other.folded())
    }
}

impl Hash for GitName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded().for_each(|byte| byte.hash(state));
        state.write_u8(0xff);
    }
}

impl Display for GitName {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for GitName {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

/// The one spelling of each name, whatever the case in which it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spellings(BTreeSet<GitName>);

impl Spellings {
    /// Keeps the spelling of a name that is met for the first time; of a known name, the first one stays.
    pub fn keep(&mut self, name: &str) {
        self.0.insert(name.into());
    }

    /// A name in its one spelling; as it is if nothing is known of it.
    pub fn of<'a>(&'a self, name: &'a str) -> &'a str {
        self.known(name).unwrap_or(name)
    }

    /// The one spelling of a name, if anything is known of it.
    pub fn known(&self, name: &str) -> Option<&str> {
        self.0.get(&name.into()).map(GitName::as_str)
    }

    /// Every spelling.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(GitName::as_str)
    }
}

impl<T: AsRef<str>> FromIterator<T> for Spellings {
    /// The spellings of names: of each, the first one counts.
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        let mut spellings = Self::default();
        names.into_iter().for_each(|name| spellings.keep(name.as_ref()));
        spellings
    }
}

/// Of some names the one that somebody means who writes it so: as it is written, or else but for its case. Where only the
/// case tells names apart, as that of objects of S3, it does.
pub fn meant<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let names: BTreeSet<&str> = names.into_iter().filter(|name| name.eq_ignore_ascii_case(written)).collect();
    names.get(written).or_else(|| names.first()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_compare_without_case() {
        fn check(one: &str, other: &str, expected: bool) {
            let (one, other) = (GitName::new(one), GitName::new(other));
            assert_eq!(one == other, expected, "{one} {other}");
            assert_eq!(one.cmp(&other).is_eq(), expected, "{one} {other}");
            assert_eq!(one.key() == other.key(), expected, "{one} {other}");
            assert_eq!(HashSet::from([one, other]).len(), if expected { 1 } else { 2 });
        }
        check("acme/Shop", "ACME/shop", true);
        check("acme/shop", "acme/shops", false);
        check("acme/shop", "acme-shop", false);
        check("acme/a_b", "acme/a-b", false);
        check("", "a", false);
    }

    #[test]
    fn owners() {
        assert_eq!(GitName::new("Acme/shop").owner(), Some(GitName::new("acme")));
        assert_eq!(GitName::new("acme/group/shop").owner(), Some(GitName::new("acme")));
        assert_eq!(GitName::new("shop").owner(), None);
    }

    #[test]
    fn one_spelling_of_each_name() {
        fn check(names: &[&str], name: &str, expected: &str) {
            assert_eq!(names.iter().collect::<Spellings>().of(name), expected, "{names:?} {name}");
        }
        check(&[], "acme/Shop", "acme/Shop");
        check(&["acme/shop"], "acme/shop", "acme/shop");
        check(&["acme/Shop"], "ACME/shop", "acme/Shop");
        check(&["acme/Shop", "acme/shop"], "acme/shop", "acme/Shop");
        check(&["acme/shop"], "acme/shops", "acme/shops");
        check(&["acme/web", "acme/Shop"], "acme/SHOP", "acme/Shop");
    }

    #[test]
    fn every_spelling_once() {
        let spellings: Spellings = ["acme/web", "acme/Shop", "acme/shop"].into_iter().collect();
        assert_eq!(spellings.all().collect::<Vec<_>>(), ["acme/Shop", "acme/web"]);
    }

    #[test]
    fn names_have_no_case() {
        fn check(written: &str, expected: Option<&str>) {
            assert_eq!(
                meant(written, ["acme/shop", "Acme/Cart", "bucket/A", "bucket/a"]),
                expected,
                "{written}"
            );
        }
        check("acme/shop", Some("acme/shop"));
        check("ACME/Shop", Some("acme/shop"));
        check("acme/cart", Some("Acme/Cart"));
        // Where only the case tells names apart, it does.
        check("bucket/a", Some("bucket/a"));
        check("bucket/A", Some("bucket/A"));
        check("acme/shops", None);
    }
}
