//! What tests take from outside: programs that are installed, and packages that are fetched into `target/`.

mod moto;

pub(crate) use moto::Moto;

use serde_json::Value;
use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::{Mutex, PoisonError},
};

/// Something from outside, or why it can't be had.
pub(crate) type Outside<T> = Result<T, String>;

/// The folder for what is fetched.
pub(crate) fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/outside")
}

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command) -> Outside<()> {
    let name = format!("{command:?}");
    let output = command.output().map_err(|error| format!("{name}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{name}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// Runs a script of this folder in Python with a task on its standard input, to its end.
pub(crate) fn ask(python: &Path, script: &str, task: &Value) -> Output {
    feed(Command::new(python).arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(script)), task)
}

/// Runs a script of this folder in Node with the folder of its packages, and a task on its standard input, to its end.
pub(crate) fn ask_node(script: &str, packages: &Path, task: &Value) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
    feed(Command::new("node").arg(script).arg(packages), task)
}

/// Runs a program with a task on its standard input, to its end.
pub(crate) fn feed(program: &mut Command, task: &Value) -> Output {
    let mut process =
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    process.stdin.take().unwrap().write_all(task.to_string().as_bytes()).unwrap();
    process.wait_with_output().unwrap()
}

/// A Python with the packages that a file of this folder asks for, in a virtual environment of its own.
pub(crate) fn python(name: &str, requirements: &str) -> Outside<PathBuf> {
    // Several tests ask for the same.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = target().join(name);
    let python = folder.join("bin/python");
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join(requirements);
    let done = folder.join("requirements.txt");
    if fs::read(&done).ok() != fs::read(&requirements).ok() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
        run(Command::new(&python).args(install).arg(&requirements))?;
        fs::copy(&requirements, &done).map_err(|error| error.to_string())?;
    }
    Ok(python)
}

/// The program of a Go module of this folder.
pub(crate) fn go(name: &str) -> Outside<PathBuf> {
    let program = target().join(name);
    let build = ["build", "-mod=readonly", "-o"];
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    run(Command::new("go").args(build).arg(&program).arg(".").current_dir(module))?;
    Ok(program)
}

/// What is there; where it is not, the test is skipped and says so, but in CI it fails.
pub(crate) fn or_skip<T>(test: &str, outside: Outside<T>) -> Option<T> {
    match outside {
        Ok(value) => Some(value),
        Err(reason) => {
            assert!(env::var_os("CI").is_none(), "{test} must run in CI: {reason}");
            // The test harness keeps what a test prints; this line is for people.
            let _ = writeln!(std::io::stderr(), "{test} was skipped: {reason}");
            None
        }
    }
}
