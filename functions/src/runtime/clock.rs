//! The one clock of the functions. On one machine, where time is simulated, it is read from a file.

use crate::runtime::error::Error;
use jiff::Timestamp;
use metrics_lib::contract::env;
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
    /// The clock of [`env::CLOCK_FILE`], the system's if that is not set; `variable` gives the value of an environment
    /// variable.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        variable(env::CLOCK_FILE).map_or(Self::System, |path| Self::File(path.into()))
    }

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
