//! Files that people ask for.

use anyhow::Context;
use std::{
    fs, io,
    path::{Path, PathBuf},
    process,
};

/// That a file can be written, before there is anything to write.
pub(crate) fn check(file: &Path) -> anyhow::Result<()> {
    let check = || {
        if file.is_dir() {
            return Err(io::Error::from(io::ErrorKind::IsADirectory));
        }
        let beside = beside(file);
        fs::write(&beside, "")?;
        fs::remove_file(beside)
    };
    check().with_context(|| format!("{} can't be written", file.display()))
}

/// Writes a file: whoever looks at it sees the old text or the new one. Returns its place.
pub(crate) fn write(file: &Path, text: &str) -> anyhow::Result<PathBuf> {
    let place = || {
        let beside = beside(file);
        fs::write(&beside, text)?;
        fs::rename(&beside, file)?;
        file.canonicalize()
    };
    place().with_context(|| format!("{} can't be written", file.display()))
}

/// What is written first, and then becomes the file.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", process::id()));
    file.with_file_name(name)
}
