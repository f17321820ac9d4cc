//! What the Rust compiler says about itself.

use crate::snapshots::root;
use anyhow::Context;
use std::{
    env, io,
    path::{Path, PathBuf},
    process::Command,
};

/// The pinned toolchain's compiler.
pub(crate) fn pinned() -> PathBuf {
    env::var_os("RUSTC").map_or_else(|| PathBuf::from("rustc"), PathBuf::from)
}

/// Whether a compiler has the standard library of a target.
pub(crate) fn has_target(compiler: &Path, target: &str) -> anyhow::Result<bool> {
    let folder = print(compiler, &["--print", "target-libdir", "--target", target])?;
    Ok(folder.is_some_and(|folder| folder.exists()))
}

/// The folder of a compiler; none if there is no such compiler.
pub(crate) fn sysroot(compiler: &Path) -> anyhow::Result<Option<PathBuf>> {
    print(compiler, &["--print", "sysroot"])
}

/// The path that a compiler prints; none if there is no such compiler.
fn print(compiler: &Path, arguments: &[&str]) -> anyhow::Result<Option<PathBuf>> {
    match Command::new(compiler).args(arguments).current_dir(root()).output() {
        Ok(output) if output.status.success() => {
            Ok(Some(PathBuf::from(String::from_utf8(output.stdout)?.trim_end())))
        }
        Ok(_) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("{} can't be started", compiler.display())),
    }
}
