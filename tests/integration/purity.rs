//! metrics-lib decides and does nothing else: it depends on nothing that does I/O.

use std::{env, process::Command};

/// Everything that metrics-lib may be built with.
const ALLOWED: [&str; 13] = [
    "defmt",
    "itoa",
    "jiff",
    "jiff-core",
    "memchr",
    "metrics-lib",
    "serde",
    "serde_core",
    "serde_derive",
    "serde_json",
    "thiserror",
    "thiserror-impl",
    "zmij",
];
/// What runs in the compiler only.
const BUILD_TIME: [&str; 6] = ["jiff-static", "proc-macro2", "quote", "syn", "unicode-ident", "autocfg"];

#[test]
fn metrics_lib_depends_on_nothing_that_does_io() {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "tree",
            "--package",
            "metrics-lib",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        .args(["--locked", "--offline"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    let found: Vec<&str> = tree.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(found.contains(&"metrics-lib"), "{}", String::from_utf8_lossy(&output.stderr));
    let foreign: Vec<_> =
        found.into_iter().filter(|name| !ALLOWED.contains(name) && !BUILD_TIME.contains(name)).collect();
    assert!(foreign.is_empty(), "metrics-lib depends on {foreign:?}");
}
