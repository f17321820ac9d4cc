//! `cargo xtask package`: the functions as Lambda takes them, in one archive.

mod archive;
mod build;
mod options;
mod zig;

pub(crate) use options::Options;

use crate::snapshots::root;
use anyhow::{Context, ensure};
use std::{
    fs,
    io::{self, Write},
    path::Path,
    process::{Command, ExitCode},
};
use zig::{Missing, Zig};

/// How the command ends when the machine lacks something: `EX_UNAVAILABLE` of `sysexits.h`.
const UNAVAILABLE: u8 = 69;

/// Builds the functions and packs them; prints how large they are. What the machine lacks is said with its remedy.
///
/// # Errors
/// When the functions can't be built, or hold a path of this machine.
pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let zig = match Zig::install(options.architecture.target()) {
        Ok(zig) => zig,
        Err(error) => match error.downcast::<Missing>() {
            Ok(missing) => {
                writeln!(io::stderr(), "error: {missing}")?;
                return Ok(ExitCode::from(UNAVAILABLE));
            }
            Err(error) => return Err(error),
        },
    };
    if !zig.target_folder().join(options.architecture.target()).join(options.profile()).is_dir() {
        writeln!(io::stderr(), "{}", announcement(options))?;
    }
    let binary = build::run(&zig, options)?;
    let archive = archive::pack(&binary).context("the functions can't be packed")?;
    let folder = root().join("target").join(options.profile());
    clear(&folder)?;
    fs::create_dir_all(&folder)?;
    let file = folder.join("functions.zip");
    fs::write(&file, &archive).with_context(|| format!("{} can't be written", file.display()))?;
    let (target, packed, unpacked) =
        (options.architecture.target(), megabytes(archive.len()), megabytes(binary.len()));
    writeln!(io::stdout(), "the functions for {target}: {packed}, unpacked {unpacked}")?;
    if !options.debug {
        template()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What is said before the first build, of which most is the AWS SDK.
fn announcement(options: &Options) -> String {
    let target = options.architecture.target();
    let (how, minutes) = if options.debug { ("without optimisation", 4) } else { ("optimised", 10) };
    format!(
        "Building the functions for {target}, {how}, with the AWS SDK that they call. This takes about {minutes} minutes on two \
         cores the first time."
    )
}

/// Writes the template of the tooling stack, for a StackSet.
fn template() -> anyhow::Result<()> {
    let program = ["run", "--quiet", "--locked", "--package", "program", "--", "tooling-template"];
    let output = Command::new(env!("CARGO")).args(program).current_dir(root()).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let file = root().join("target/cloudformation/tooling.json");
    fs::create_dir_all(file.parent().context("the file is in a folder")?)?;
    fs::write(&file, output.stdout).with_context(|| format!("{} can't be written", file.display()))
}

/// Removes what an earlier build has left: another version's archives would be taken for this one's.
fn clear(folder: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} can't be emptied", folder.display()))
        }
        _ => Ok(()),
    }
}

fn megabytes(bytes: usize) -> String {
    format!("{}.{:02} MB", bytes / 1_000_000, bytes % 1_000_000 / 10_000)
}
