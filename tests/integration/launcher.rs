//! `cargo dora` in a checkout: what is built before `dora` starts.

use crate::scene::binaries;
use std::{
    collections::BTreeSet,
    env, fs,
    path::Path,
    process::{Command, Output},
    time::{Duration, Instant},
};

/// After this long the launcher says that it builds.
const SILENCE: Duration = Duration::from_secs(5);

fn run(launcher: &Path) -> Output {
    Command::new(launcher).arg("--version").output().unwrap()
}

#[test]
fn nothing_is_said_where_all_is_built() {
    let begin = Instant::now();
    let output = run(&binaries().path("launcher").unwrap());
    assert_eq!(output.stdout, run(&binaries().path("dora").unwrap()).stdout);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.is_empty() || begin.elapsed() > SILENCE, "{said}");
}

/// What is missing here is `dora` beside the launcher.
#[test]
fn the_first_build_is_announced() {
    let folder = tempfile::tempdir().unwrap();
    let launcher = folder.path().join("launcher");
    fs::copy(binaries().path("launcher").unwrap(), &launcher).unwrap();
    let said = String::from_utf8(run(&launcher).stderr).unwrap();
    let first = said.lines().next().unwrap();
    for part in ["command line", "Lambda functions", "AWS SDK", "minutes on two cores"] {
        assert!(first.contains(part), "{said}");
    }
}

/// Crates of the selected packages, each with the features that it is built with.
fn crates(selection: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["tree", "--locked", "--offline", "--edges", "normal,build", "--prefix", "none"])
        .args(["--format", "{p} {f}"])
        .args(selection)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    tree.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
}

/// A crate that only `xtask` has must not turn on features of those that the command line has too: Cargo would compile
/// them, and the whole AWS SDK above them, once for `cargo dora` and once more for the tests.
#[test]
fn what_cargo_dora_builds_is_what_the_workspace_builds() {
    let built = crates(&["--package", "cli", "--package", "functions"]);
    assert!(built.iter().any(|it| it.starts_with("aws-sdk-ssm ")), "{built:?}");
    let workspace = crates(&["--workspace"]);
    let others: Vec<_> = built.difference(&workspace).collect();
    assert!(others.is_empty(), "built with other features: {others:#?}");
}
