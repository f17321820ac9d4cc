//! The one clock of the single-machine cloud: the functions read it from a file, everything else from here.

use jiff::Timestamp;
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Mutex,
    sync::PoisonError,
};

/// The simulated present.
#[derive(Debug)]
pub struct Clock {
    file: PathBuf,
    now: Mutex<Timestamp>,
}

impl Clock {
    /// A clock that starts at an instant.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn new(file: PathBuf, now: Timestamp) -> io::Result<Self> {
        fs::write(&file, now.to_string())?;
        Ok(Self { file, now: Mutex::new(now) })
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the present, unless that is past: time does not run back.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn advance_to(&self, time: Timestamp) -> io::Result<()> {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if time > *now {
            // The functions read only while they run, and they don't run while time passes.
            fs::write(&self.file, time.to_string())?;
            *now = time;
        }
        Ok(())
    }

    /// The file that the functions read.
    pub fn file(&self) -> &Path {
        &self.file
    }
}
