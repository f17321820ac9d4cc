//! What somebody may have meant.

/// The known name that is most like another one; none where none is known.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest_first(name, known).into_iter().next()
}

/// The known names, what is most like another one first.
pub fn nearest_first<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let alike = |other: &str| strsim::jaro_winkler(name, other);
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_by(|a, b| alike(b).total_cmp(&alike(a)));
    known
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

    #[test]
    fn all_names_in_order() {
        assert_eq!(nearest_first("region", ["teams", "regions", "region"]), ["region", "regions", "teams"]);
    }
}
