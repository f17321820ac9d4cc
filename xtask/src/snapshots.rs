//! Checks of insta's snapshots: none is pending, and every one is used by a test.

use anyhow::{Context, bail};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The workspace's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The file that insta writes the snapshots to which tests use.
pub(crate) struct References(String);

impl References {
    /// An empty file.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let folder = root().canonicalize()?.join("target");
        fs::create_dir_all(&folder)?;
        let file = folder.join("snapshot-references.txt");
        fs::write(&file, "").with_context(|| format!("{} can't be written", file.display()))?;
        Ok(Self(file.to_str().context("the workspace's path is not UTF-8")?.to_owned()))
    }

    /// The file's path.
    pub(crate) fn path(&self) -> &str {
        &self.0
    }

    /// Fails if a snapshot is pending or unused.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let used: BTreeSet<PathBuf> = fs::read_to_string(&self.0)?
            .lines()
            .filter_map(|line| Path::new(line).canonicalize().ok())
            .collect();
        let mut problems = Vec::new();
        for file in files(&root().canonicalize()?)? {
            let name = file.to_string_lossy();
            if name.ends_with(".snap.new") || name.ends_with(".pending-snap") {
                problems.push(format!("pending snapshot: {name}"));
            } else if name.ends_with(".snap") && !used.contains(&file) {
                problems.push(format!("snapshot that no test uses: {name}"));
            }
        }
        if problems.is_empty() {
            return Ok(());
        }
        bail!("{}", problems.join("\n"))
    }
}

/// The files in a folder and its folders, but of no build.
pub(crate) fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if entry.file_type()?.is_dir() {
            if name != "target" && name != ".git" {
                files.extend(self::files(&entry.path())?);
            }
        } else {
            files.push(entry.path());
        }
    }
    Ok(files)
}

/// Takes out of the snapshots in which line of a file they are asserted: that changes with every line above.
pub(crate) fn forget_lines() -> anyhow::Result<()> {
    for file in files(&root().canonicalize()?)? {
        if file.extension().is_none_or(|extension| extension != "snap") {
            continue;
        }
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let Some(header_end) = text.find("\n---\n") else { continue };
        let (header, snapshot) = text.split_at(header_end);
        let kept: Vec<&str> = header.lines().filter(|line| !line.starts_with("assertion_line: ")).collect();
        if kept.len() < header.lines().count() {
            fs::write(&file, kept.join("\n") + snapshot)?;
        }
    }
    Ok(())
}
