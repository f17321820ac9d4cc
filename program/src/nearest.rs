//! What somebody may have meant.

/// The known name that is most like another one; none where none is known.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let alike = |other: &&str| strsim::jaro_winkler(name, other);
    known.into_iter().max_by(|a, b| alike(a).total_cmp(&alike(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let known = ["teams", "trunkBasedRepositories", "repositories", "region"];
        let found = |name: &str| nearest(name, known);
        assert_eq!(found("tems"), Some("teams"));
        assert_eq!(found("repos"), Some("repositories"));
        assert_eq!(found("trunkbased"), Some("trunkBasedRepositories"));
        assert_eq!(nearest("tems", []), None);
    }
}
