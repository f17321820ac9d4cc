//! zig, the C compiler and linker for Lambda's machines, by way of cargo-zigbuild. Python packages ship both.

use crate::{rustc, snapshots::root};
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// cargo-zigbuild and zig, in a virtual environment of their own.
pub(super) struct Zig {
    folder: PathBuf,
    /// zig itself.
    zig: PathBuf,
}

/// What the machine lacks, and the remedy.
#[derive(Debug, thiserror::Error)]
pub(super) enum Missing {
    #[error("Rust's standard library for {0} is missing: run `rustup target add {0}`")]
    Target(&'static str),
    #[error(
        "no Python with venv to install zig with: install it (Debian: `apt-get install python3 python3-venv`)\n{0}"
    )]
    Python(String),
    #[error("zig can't be installed: pip needs a package index that has xtask/zig/requirements.txt\n{0}")]
    Packages(String),
}

impl Zig {
    /// Installs what is not there yet.
    pub(super) fn install(target: &'static str) -> anyhow::Result<Self> {
        if !rustc::has_target(&rustc::pinned(), target)? {
            return Err(Missing::Target(target).into());
        }
        let folder = root().canonicalize()?.join("target/zig");
        let environment = folder.join("venv");
        let requirements = root().join("xtask/zig/requirements.txt");
        let done = environment.join("requirements.txt");
        let python = environment.join("bin/python");
        if fs::read(&done).ok() != Some(fs::read(&requirements)?) {
            fs::create_dir_all(&folder)?;
            output(Command::new("python3").args(["-m", "venv"]).arg(&environment))
                .map_err(Missing::Python)?;
            let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
            output(Command::new(&python).args(install).arg(&requirements)).map_err(Missing::Packages)?;
            fs::copy(&requirements, &done)?;
        }
        let place = "import ziglang; print(ziglang.__path__[0])";
        let packages = output(Command::new(&python).args(["-c", place])).map_err(Missing::Packages)?;
        Ok(Self { folder, zig: Path::new(packages.trim_end()).join("zig") })
    }

    /// Where Cargo builds: by itself, because a target folder can be used by one Cargo at a time.
    pub(super) fn target_folder(&self) -> PathBuf {
        self.folder.join("build")
    }

    /// `cargo zigbuild`, in the workspace's folder.
    pub(super) fn cargo(&self) -> Command {
        let mut command = Command::new(self.folder.join("venv/bin/cargo-zigbuild"));
        command
            .arg("zigbuild")
            .current_dir(root())
            .env("CARGO_ZIGBUILD_ZIG_PATH", &self.zig)
            .env("CARGO_ZIGBUILD_CACHE_DIR", self.folder.join("cache"))
            .env("ZIG_GLOBAL_CACHE_DIR", self.folder.join("cache/zig"));
        command
    }
}

/// What a program prints, or what it said when it failed.
fn output(command: &mut Command) -> Result<String, String> {
    let name = format!("{command:?}");
    let output = command.output().map_err(|error: io::Error| format!("{name}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    Err(format!("{name}: {said}{}", String::from_utf8_lossy(&output.stderr)))
}
