//! What a part of the product must not do: metrics-lib depends on nothing that does I/O, fake-aws on nothing of the product's,
//! and in the command line one file writes to the terminal.

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

/// The crates that a crate is built with, itself included.
fn built_with(package: &str) -> Vec<String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--package", package, "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(["--locked", "--offline"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    let found: Vec<_> =
        tree.lines().filter_map(|line| Some(line.split_whitespace().next()?.to_owned())).collect();
    assert!(found.iter().any(|name| name == package), "{}", String::from_utf8_lossy(&output.stderr));
    found
}

#[test]
fn metrics_lib_depends_on_nothing_that_does_io() {
    let mut foreign = built_with("metrics-lib");
    foreign.retain(|name| !ALLOWED.contains(&name.as_str()) && !BUILD_TIME.contains(&name.as_str()));
    assert!(foreign.is_empty(), "metrics-lib depends on {foreign:?}");
}

/// What stands in for AWS knows nothing of what is tried on it.
#[test]
fn the_stand_ins_for_aws_know_no_product() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let mut own = built_with("fake-aws");
    own.retain(|name| name != "fake-aws" && root.join(name).join("Cargo.toml").is_file());
    assert!(own.is_empty(), "fake-aws depends on {own:?}");
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
