//! What a part of the product must not do: metrics-lib depends on nothing that does I/O, and in the command line one file
//! writes to the terminal.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Everything that metrics-lib may be built with.
const ALLOWED: [&str; 14] = [
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
    "serde_path_to_error",
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

/// Everything else goes through it, so that names do nothing on a terminal.
#[test]
fn one_file_of_the_command_line_writes_to_the_terminal() {
    const WAYS: [&str; 6] = ["stdout()", "stderr()", "print!", "println!", "eprint!", "eprintln!"];
    let sources = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../cli/src"));
    let mut found = Vec::new();
    for file in rust_files(sources) {
        let text = fs::read_to_string(&file).unwrap();
        let direct = text.replace("output::stdout()", "").replace("output::stderr()", "");
        if WAYS.iter().any(|way| direct.contains(way)) {
            found.push(file.strip_prefix(sources).unwrap().display().to_string());
        }
    }
    assert_eq!(found, ["output.rs"]);
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] });
    files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}
