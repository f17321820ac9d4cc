//! The functions' binaries, for the machines that Lambda runs them on.

use super::{options::Options, zig::Zig};
use crate::{rustc, snapshots::root};
use anyhow::{Context, bail};
use serde_json::Value;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
};

/// The C library of Lambda's runtime `provided.al2023`.
const GLIBC: &str = "2.34";

/// Builds the functions' binary, and reads it.
pub(super) fn run(zig: &Zig, options: &Options) -> anyhow::Result<Vec<u8>> {
    let machine = Machine::this()?;
    let mut command = zig.cargo();
    command
        .args([
            "--package",
            "functions",
            "--bin",
            "functions",
            "--locked",
            "--message-format",
            "json-render-diagnostics",
        ])
        .args(["--profile", options.profile()])
        .args(["--target", &format!("{}.{GLIBC}", options.architecture.target())])
        .arg("--target-dir")
        .arg(zig.target_folder())
        .env("CARGO_ENCODED_RUSTFLAGS", machine.remapped("--remap-path-prefix").join("\u{1f}"))
        // Without optimisation, the C code of the TLS library names its files.
        .env("TARGET_CFLAGS", machine.remapped("-ffile-prefix-map").join(" "))
        // See docs/design/packaging.md.
        .env("AWS_LC_SYS_NO_JITTER_ENTROPY", "1")
        .stderr(Stdio::inherit());
    let output = command.output().context("cargo-zigbuild can't be started")?;
    if !output.status.success() {
        bail!("the functions can't be built; cargo's messages are above");
    }
    for line in String::from_utf8(output.stdout)?.lines() {
        let message: Value = serde_json::from_str(line).context("cargo's message is not JSON")?;
        if let Some(executable) = message["executable"].as_str() {
            let content = fs::read(executable).with_context(|| format!("{executable} can't be read"))?;
            machine.ensure_unnamed(&content)?;
            return Ok(content);
        }
    }
    bail!("cargo named no executable")
}

/// The folders of this machine that a compiler sees; none may show in what is built, or it would differ elsewhere.
struct Machine {
    folders: [(PathBuf, &'static str); 3],
}

impl Machine {
    fn this() -> anyhow::Result<Self> {
        let cargo = env::var_os("CARGO_HOME").map(PathBuf::from);
        let cargo = cargo.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
        Ok(Self {
            folders: [
                (rustc::sysroot(&rustc::pinned())?.context("rustc can't be started")?, "rust"),
                (cargo.context("neither CARGO_HOME nor a home folder is known")?, "cargo"),
                (root().canonicalize()?, "dora"),
            ],
        })
    }

    /// Flags for a compiler, which calls them so.
    fn remapped(&self, flag: &str) -> Vec<String> {
        let remapped = |(folder, name): &(PathBuf, &str)| format!("{flag}={}={name}", folder.display());
        self.folders.iter().map(remapped).collect()
    }

    fn ensure_unnamed(&self, content: &[u8]) -> anyhow::Result<()> {
        let holds = |folder: &Path| {
            let folder = folder.as_os_str().as_encoded_bytes();
            content.windows(folder.len()).any(|window| window == folder)
        };
        let named = self.folders.iter().find(|(folder, _)| holds(folder));
        match named {
            None => Ok(()),
            Some((folder, _)) => {
                bail!("the functions' binary holds a path of this machine: {}", folder.display())
            }
        }
    }
}
