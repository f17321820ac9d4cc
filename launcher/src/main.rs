//! `cargo dora` in a checkout: builds the command line and the functions that it plays worlds through, then starts it.
//!
//! One call of Cargo builds both. A call for each would resolve other features of the crates that they share, and compile
//! the AWS SDK twice.

use std::{
    env,
    ffi::OsString,
    io::{self, Write},
    path::Path,
    process::{Command, ExitCode},
    sync::mpsc,
    thread,
    time::Duration,
};

/// What is built. `cargo build --workspace` builds the same for these, and nothing of theirs anew.
const BUILT: [&str; 6] = ["build", "--package", "cli", "--package", "functions", "--bins"];
/// How long a build may take without a word.
const SILENCE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(message) => {
            say(&format!("error: {message}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode, String> {
    let own =
        env::current_exe().map_err(|error| format!("the folder of this program can't be found: {error}"))?;
    let dora = own.with_file_name(format!("dora{}", env::consts::EXE_SUFFIX));
    build(&dora)?;
    let mut command = Command::new(&dora);
    // Where Cargo is named, `dora` has it build the functions; they are built.
    command.args(env::args_os().skip(1)).env_remove("CARGO");
    start(command).map_err(|error| format!("{} can't be started: {error}", dora.display()))
}

/// Builds what is not built yet; says before that how long the first time takes, and nothing when there is nothing to do.
fn build(dora: &Path) -> Result<(), String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.args(BUILT).current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let first = !dora.exists();
    if first {
        say(
            "Building the command line and the Lambda functions, with the AWS SDK that they call. This takes about five \
             minutes on two cores, once.",
        );
    } else {
        command.arg("--quiet");
    }
    let mut build = command.spawn().map_err(|error| format!("cargo can't be started: {error}"))?;
    let (ended, end) = mpsc::channel::<()>();
    let note = thread::spawn(move || {
        if !first && end.recv_timeout(SILENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
            say(
                "Building what has changed. A new toolchain or version of the AWS SDK takes about five minutes on two cores.",
            );
        }
    });
    let status = build.wait();
    drop(ended);
    // It has nothing left to wait for.
    let _ = note.join();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`cargo {}` failed ({status}); its messages are above", BUILT.join(" "))),
        Err(error) => Err(format!("cargo can't be waited for: {error}")),
    }
}

/// Puts the command in this program's place, so that signals and the terminal are its own.
#[cfg(unix)]
fn start(mut command: Command) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(command.exec())
}

/// Starts the command, and ends as it does.
#[cfg(not(unix))]
fn start(mut command: Command) -> io::Result<ExitCode> {
    let code = command.status()?.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

fn say(message: &str) {
    // Where standard error is closed, nobody is left to tell.
    let _ = writeln!(io::stderr(), "{message}");
}
