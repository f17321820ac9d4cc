//! Files and parts of documents that follow from the code. A test compares them; where snapshots are accepted
//! (`INSTA_UPDATE=always`), it writes them.

use std::{env, fs, path::Path};

/// A whole file.
pub(crate) fn file(path: &Path, expected: &str) {
    if env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
        fs::write(path, expected).unwrap();
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    let mut lines = found.lines().zip(expected.lines());
    let first = lines.find(|(found, expected)| found != expected);
    assert!(
        found == expected,
        "{} is old, `cargo xtask test --only settings --bless` writes it; first {first:#?}",
        path.display()
    );
}

/// A part of a document, between `<!-- written: NAME -->` and `<!-- end -->`.
pub(crate) fn section(path: &Path, name: &str, expected: &str) {
    let text = fs::read_to_string(path).unwrap();
    let begin = format!("<!-- written: {name} -->\n");
    let (before, rest) =
        text.split_once(&begin).unwrap_or_else(|| panic!("{} has no {begin}", path.display()));
    let (_, after) = rest.split_once("<!-- end -->").unwrap_or_else(|| panic!("{begin} has no end"));
    file(path, &format!("{before}{begin}{expected}<!-- end -->{after}"));
}
