//! What is left of a world that is interrupted: nothing.

use super::WORLD;
use crate::scene::binaries;
use std::{
    fs,
    io::{BufRead, BufReader, Lines},
    path::Path,
    process::{Child, ChildStderr, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

/// Starts `dora`, with its own folder for what is temporary.
fn start(arguments: &[&str], temporary: &Path) -> (Child, Lines<BufReader<ChildStderr>>) {
    let mut process = Command::new(binaries().path("dora").unwrap())
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("TMPDIR", temporary)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(process.stderr.take().unwrap()).lines();
    (process, said)
}

/// Sends a signal, and returns the exit code.
fn end(mut process: Child, signal: &str) -> Option<i32> {
    let sent = Command::new("kill").args([signal, &process.id().to_string()]).status().unwrap();
    assert!(sent.success());
    process.wait().unwrap().code()
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

/// How many processes were told of a folder.
fn processes_of(folder: &Path) -> usize {
    let processes = fs::read_dir("/proc").unwrap();
    let environments = processes.filter_map(|process| fs::read(process.unwrap().path().join("environ")).ok());
    let folder = folder.to_str().unwrap();
    environments.filter(|environment| String::from_utf8_lossy(environment).contains(folder)).count()
}

/// Neither folders nor processes, and the exit code tells the signal. No terminal is there: so progress comes in lines, and
/// the first tells that the world is being played.
#[test]
fn of_a_world_that_is_played() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let (process, said) = start(&["demo", "--days", "365"], folder);
        let told: Vec<String> = said.map(Result::unwrap).take(2).collect();
        assert!(told[1].contains(" % of ") && told[1].ends_with(" to go"), "{told:?}");
        assert!(!is_empty(folder));
        assert!(processes_of(folder) > 1);
        assert_eq!(end(process, signal), Some(code));
        assert!(is_empty(folder));
        let killed = Instant::now();
        while processes_of(folder) > 0 {
            assert!(killed.elapsed() < Duration::from_secs(10), "processes are left");
            sleep(Duration::from_millis(50));
        }
    }
}

/// The page is served when the world is played.
#[test]
fn of_a_page_that_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let (process, said) = start(&["replay", WORLD, "--serve"], folder.path());
    let mut said = said.map(Result::unwrap);
    assert!(said.any(|line| line.starts_with("page: http://")));
    assert_eq!(end(process, "-INT"), Some(130));
    assert!(is_empty(folder.path()));
}
