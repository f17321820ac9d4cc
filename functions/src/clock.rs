//! The one clock of the functions. On one machine, where time is simulated, it is read from a file.

use crate::error::Error;
use jiff::Timestamp;
use std::{fs, path::PathBuf};

/// Where the present comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The system.
    System,
    /// A file that holds an instant, RFC 3339.
    File(PathBuf),
}

impl Clock {
    /// The present.
    ///
    /// # Errors
    /// [`Error::Clock`], if the file can't be read or holds something else.
    pub fn now(&self) -> Result<Timestamp, Error> {
        match self {
            Self::System => Ok(Timestamp::now()),
            Self::File(path) => {
                let text = fs::read_to_string(path)
                    .map_err(|error| Error::Clock(format!("{}: {error}", path.display())))?;
                text.trim().parse().map_err(|error| Error::Clock(format!("{}: {error}", path.display())))
            }
        }
    }
}
