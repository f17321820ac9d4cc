//! What repositories are called: hosts of repositories compare names without case, and so does everything here.

use std::collections::BTreeMap;

/// The one spelling of each name, whatever the case in which it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spellings(BTreeMap<String, String>);

impl Spellings {
    /// Keeps the spelling of a name that is met for the first time; of a known name, the first one stays.
    pub fn keep(&mut self, name: &str) {
        self.0.entry(folded(name)).or_insert_with(|| name.to_owned());
    }

    /// A name in its one spelling; as it is if nothing is known of it.
    pub fn of<'a>(&'a self, name: &'a str) -> &'a str {
        self.known(name).unwrap_or(name)
    }

    /// The one spelling of a name, if anything is known of it.
    pub fn known(&self, name: &str) -> Option<&str> {
        self.0.get(&folded(name)).map(String::as_str)
    }

    /// Every spelling.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(String::as_str)
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

/// A name without its case, by which names are compared.
pub fn folded(name: &str) -> String {
    name.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        check(&["gruppe/Bücher"], "Gruppe/BÜCHER", "gruppe/Bücher");
        check(&["acme/web", "acme/Shop"], "acme/SHOP", "acme/Shop");
    }

    #[test]
    fn every_spelling_once() {
        let spellings: Spellings = ["acme/web", "acme/Shop", "acme/shop"].into_iter().collect();
        assert_eq!(spellings.all().collect::<Vec<_>>(), ["acme/Shop", "acme/web"]);
    }
}
