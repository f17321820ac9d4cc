//! Builds metrics-lib where there is no operating system: the proof that it does no I/O.

use crate::{checks::cargo, snapshots::root};
use anyhow::{Context, bail};
use std::{
    env,
    io::{self, Write},
    path::{Path, PathBuf},
    process::Command,
};

const TARGET: &str = "wasm32-unknown-unknown";

/// A compiler that can build for the target.
enum Compiler {
    /// The pinned toolchain has the target's standard library.
    Pinned,
    /// Another compiler, which has the standard library's source.
    WithSource(PathBuf),
}

/// Builds metrics-lib for the target. Where no compiler can, says so and what to install.
pub(crate) fn check() -> anyhow::Result<()> {
    let mut command = cargo();
    command.args(["build", "--package", "metrics-lib", "--locked", "--target", TARGET]);
    match compiler()? {
        Some(Compiler::Pinned) => {}
        Some(Compiler::WithSource(compiler)) => {
            // Stable compilers build the standard library too, if asked like this; nothing that is shipped is so built.
            command.args(["-Zbuild-std=std,panic_abort", "--target-dir", "target/wasm"]);
            command.env("RUSTC", compiler).env("RUSTC_BOOTSTRAP", "1");
        }
        None => {
            writeln!(
                io::stderr(),
                "not checked: metrics-lib for {TARGET}. Run `rustup target add {TARGET}`, or, where rustup can't \
                 download, install Debian's rustc-web and rust-web-src"
            )?;
            return Ok(());
        }
    }
    if !command.status().context("cargo can't be started")?.success() {
        bail!("metrics-lib does not build for {TARGET}");
    }
    Ok(())
}

fn compiler() -> anyhow::Result<Option<Compiler>> {
    let pinned = env::var_os("RUSTC").map_or_else(|| PathBuf::from("rustc"), PathBuf::from);
    if output(&pinned, &["--print", "target-libdir", "--target", TARGET])?.is_some_and(|path| path.exists()) {
        return Ok(Some(Compiler::Pinned));
    }
    for compiler in [pinned, PathBuf::from("/usr/bin/rustc")] {
        let sysroot = output(&compiler, &["--print", "sysroot"])?;
        let source = sysroot.map(|sysroot| sysroot.join("lib/rustlib/src/rust/library/Cargo.lock"));
        if source.is_some_and(|source| source.exists()) {
            return Ok(Some(Compiler::WithSource(compiler)));
        }
    }
    Ok(None)
}

/// The path that a compiler prints; none if there is no such compiler.
fn output(compiler: &Path, arguments: &[&str]) -> anyhow::Result<Option<PathBuf>> {
    match Command::new(compiler).args(arguments).current_dir(root()).output() {
        Ok(output) if output.status.success() => {
            Ok(Some(PathBuf::from(String::from_utf8(output.stdout)?.trim_end())))
        }
        Ok(_) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("{} can't be started", compiler.display())),
    }
}
