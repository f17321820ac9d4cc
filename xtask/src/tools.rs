//! The tools of `tools.txt`, at the versions that are pinned there.

use crate::{cargo::cargo, snapshots::root};
use anyhow::{Context, bail};
use std::{env, ffi::OsString, fs, path::PathBuf, process::Command};

/// Where they are installed.
fn folder() -> PathBuf {
    root().join("target/tools")
}

/// Every tool, with its version.
fn pinned() -> anyhow::Result<Vec<(String, String)>> {
    let text = fs::read_to_string(root().join("tools.txt")).context("tools.txt can't be read")?;
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let tools = lines.map(|line| {
        let (name, version) = line.split_once(' ').with_context(|| format!("tools.txt: {line}"))?;
        Ok((name.to_owned(), version.trim().to_owned()))
    });
    tools.collect()
}

/// Installs tools that are not there at their versions: those of some names, or all.
pub(crate) fn install(names: &[String]) -> anyhow::Result<()> {
    let pinned = pinned()?;
    if let Some(unknown) = names.iter().find(|name| !pinned.iter().any(|(pinned, _)| pinned == *name)) {
        bail!("tools.txt does not pin {unknown}");
    }
    for (name, version) in pinned {
        if (!names.is_empty() && !names.contains(&name)) || tool(&name)?.is_ok() {
            continue;
        }
        let status = cargo()
            .args(["install", "--locked", "--root"])
            .arg(folder())
            .arg(format!("{name}@{version}"))
            .status()
            .context("cargo can't be started")?;
        if !status.success() {
            bail!("{name} {version} can't be installed");
        }
    }
    Ok(())
}

/// A tool at its pinned version, as a command in the workspace's folder; or why there is none.
pub(crate) fn tool(name: &str) -> anyhow::Result<Result<Command, String>> {
    let version = pinned()?.into_iter().find_map(|(pinned, version)| (pinned == name).then_some(version));
    let version = version.with_context(|| format!("tools.txt does not pin {name}"))?;
    let command = || {
        let mut command = Command::new(name);
        command.current_dir(root()).env("PATH", path());
        command
    };
    let found = command().arg("--version").output();
    let found = found.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    Ok(match found.split_whitespace().last() {
        Some(found) if found == version => Ok(command()),
        Some(found) => {
            Err(format!("{name} {found} is installed, {version} is pinned: run `cargo xtask tools`"))
        }
        None => Err(format!("{name} {version} is not installed: run `cargo xtask tools`")),
    })
}

/// `PATH`, with the installed tools first.
fn path() -> OsString {
    let others = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder().join("bin")).chain(env::split_paths(&others));
    env::join_paths(folders).unwrap_or(others)
}
