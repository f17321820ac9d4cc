//! Builds metrics-lib where there is no operating system: the proof that it does no I/O.

use crate::{cargo::cargo, rustc};
use anyhow::{Context, bail};
use std::{
    io::{self, Write},
    path::PathBuf,
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
    let pinned = rustc::pinned();
    if rustc::has_target(&pinned, TARGET)? {
        return Ok(Some(Compiler::Pinned));
    }
    for compiler in [pinned, PathBuf::from("/usr/bin/rustc")] {
        let source =
            rustc::sysroot(&compiler)?.map(|sysroot| sysroot.join("lib/rustlib/src/rust/library/Cargo.lock"));
        if source.is_some_and(|source| source.exists()) {
            return Ok(Some(Compiler::WithSource(compiler)));
        }
    }
    Ok(None)
}
