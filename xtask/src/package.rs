//! `cargo xtask package`: the functions as Lambda takes them, one archive each.

mod archive;
mod build;
mod options;
mod zig;

pub(crate) use options::Options;

use crate::snapshots::root;
use anyhow::{Context, ensure};
use build::Binary;
use comfy_table::{CellAlignment, Table, presets::NOTHING};
use std::{
    fs,
    io::{self, Write},
    path::Path,
    process::{Command, ExitCode},
};
use zig::{Missing, Zig};

/// How the command ends when the machine lacks something: `EX_UNAVAILABLE` of `sysexits.h`.
const UNAVAILABLE: u8 = 69;

/// Builds the functions and packs each; prints how large they are. What the machine lacks is said with its remedy.
///
/// # Errors
/// When a function can't be built, or holds a path of this machine.
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
    let binaries = build::run(&zig, options)?;
    let folder = root().join("target").join(options.profile());
    if options.functions.is_empty() {
        clear(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let mut sizes = Vec::new();
    for Binary { function, content } in &binaries {
        let archive = archive::pack(content).with_context(|| format!("{function} can't be packed"))?;
        let file = folder.join(format!("{function}.zip"));
        fs::write(&file, &archive).with_context(|| format!("{} can't be written", file.display()))?;
        sizes.push((function.as_str(), archive.len(), content.len()));
    }
    print(&sizes, options)?;
    if options.functions.is_empty() {
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

/// Removes the archives of an earlier build: one of a function that there is no more must not stay.
fn clear(folder: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} can't be emptied", folder.display()))
        }
        _ => Ok(()),
    }
}

fn print(sizes: &[(&str, usize, usize)], options: &Options) -> io::Result<()> {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header([options.architecture.target(), "zip", "unpacked"]);
    for (function, archive, content) in sizes {
        table.add_row([(*function).to_owned(), megabytes(*archive), megabytes(*content)]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    writeln!(io::stdout(), "{table}")
}

fn megabytes(bytes: usize) -> String {
    format!("{}.{:02} MB", bytes / 1_000_000, bytes % 1_000_000 / 10_000)
}
