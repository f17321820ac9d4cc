//! Worlds: what happened in an organisation's accounts, as JSON lines, recorded or made up.
//!
//! `docs/REPLAY.md` describes the format. A world is read twice: once to check all of it, before anything is sent, and
//! once to play it line by line, so that one of any length takes the memory of one line.

mod config;
mod line;
mod recorded;
mod shape;

pub use config::Header;
pub use line::{Delivery, Entry, Line};

use config::Places;
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek},
    path::{Path, PathBuf},
    sync::Arc,
};

/// A world.
#[derive(Clone, Debug)]
pub enum World {
    /// In a file that can be read twice.
    File(PathBuf),
    /// From a pipe: its name, and a copy of all that came through, in a file without a name.
    Piped(PathBuf, Arc<File>),
    /// In memory: its name and its lines.
    Lines(String, Vec<String>),
}

/// What is wrong with a world, and where.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// The file can't be read.
    #[error("{} can't be read", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A line that is not as it should be.
    #[error("{world}, line {line}{}: {reason}", place(path))]
    Line {
        /// The world's file or name.
        world: String,
        /// The line's number, from 1 on.
        line: usize,
        /// The path of the field, from the line's object on; empty for the line as a whole.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
}

fn place(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!(", {path}") }
}

/// A fault of a line: the path of the field, and what is wrong with it.
#[derive(Debug)]
struct Malformed {
    path: String,
    reason: String,
}

impl Malformed {
    fn new(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { path: path.into(), reason: reason.into() }
    }
}

impl World {
    /// The world in a file; `-` is standard input. What comes through a pipe is copied to a temporary file first, since
    /// it can be read only once.
    ///
    /// # Errors
    /// [`WorldError::Io`].
    pub fn open(path: &Path) -> Result<Self, WorldError> {
        let io = |source| WorldError::Io { file: path.to_owned(), source };
        if path == Path::new("-") {
            let name = PathBuf::from("standard input");
            return copied(io::stdin().lock()).map(|copy| Self::Piped(name, copy)).map_err(io);
        }
        let file = File::open(path).map_err(io)?;
        if file.metadata().map_err(io)?.is_file() {
            return Ok(Self::File(path.to_owned()));
        }
        copied(file).map(|copy| Self::Piped(path.to_owned(), copy)).map_err(io)
    }

    /// Checks every line, and returns what must be known before the first is played.
    ///
    /// # Errors
    /// [`WorldError`], for the first line that is not as it should be.
    pub fn check(&self) -> Result<Header, WorldError> {
        let mut places = Places::default();
        let mut first = None;
        let mut latest = None;
        let mut count = 0;
        for line in self.lines()? {
            let line = line?;
            if latest.is_some_and(|latest| line.at < latest) {
                let reason = format!("{} is before the line before", line.at);
                return Err(self.fault(line.number, Malformed::new("at", reason)));
            }
            latest = Some(line.at);
            count += 1;
            match &line.entry {
                Entry::Config(_) if count > 1 => {
                    let fault = Malformed::new("config", "only the first line can hold the configuration");
                    return Err(self.fault(line.number, fault));
                }
                entry => places.see(entry),
            }
            first.get_or_insert(line);
        }
        let Some(first) = first else {
            return Err(self.fault(1, Malformed::new("", "the world is empty")));
        };
        let number = first.number;
        Header::new(first, &places, count).map_err(|fault| self.fault(number, fault))
    }

    /// The lines, in order. What came from a pipe is read by one reader after the other.
    ///
    /// # Errors
    /// [`WorldError::Io`], when the file can't be opened. Each line may be a [`WorldError`] too.
    pub fn lines(&self) -> Result<impl Iterator<Item = Result<Line, WorldError>>, WorldError> {
        let texts: Box<dyn Iterator<Item = io::Result<String>>> = match self {
            Self::File(path) => Box::new(lines_of(path, File::open(path))?),
            Self::Piped(name, copy) => Box::new(lines_of(name, begin_again(copy))?),
            Self::Lines(_, lines) => Box::new(lines.iter().cloned().map(Ok)),
        };
        let numbered = texts.enumerate().map(|(index, text)| (index + 1, text));
        let filled = numbered.filter(|(_, text)| text.as_ref().map_or(true, |text| !text.trim().is_empty()));
        Ok(filled.map(|(number, text)| {
            let text = text.map_err(|error| self.fault(number, Malformed::new("", error.to_string())))?;
            // Some editors begin a file with a byte order mark.
            let text = text.strip_prefix('\u{feff}').filter(|_| number == 1).unwrap_or(&text);
            Line::parse(number, text).map_err(|fault| self.fault(number, fault))
        }))
    }

    fn fault(&self, line: usize, Malformed { path, reason }: Malformed) -> WorldError {
        let world = match self {
            Self::File(path) | Self::Piped(path, _) => path.display().to_string(),
            Self::Lines(name, _) => name.clone(),
        };
        WorldError::Line { world, line, path, reason }
    }
}

/// A copy of all that can be read.
fn copied(mut source: impl Read) -> io::Result<Arc<File>> {
    let mut copy = tempfile::tempfile()?;
    io::copy(&mut source, &mut copy)?;
    Ok(Arc::new(copy))
}

/// A file from its beginning on.
fn begin_again(mut file: &File) -> io::Result<File> {
    file.rewind()?;
    file.try_clone()
}

/// The lines of an opened file.
fn lines_of(
    name: &Path,
    file: io::Result<File>,
) -> Result<impl Iterator<Item = io::Result<String>> + use<>, WorldError> {
    let file = file.map_err(|source| WorldError::Io { file: name.to_owned(), source })?;
    Ok(BufReader::new(file).lines())
}

#[cfg(test)]
mod tests;
