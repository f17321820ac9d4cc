//! The one clock: the processes of functions read it from a file, everything else from here.

use jiff::Timestamp;
use std::{
    fs::File,
    io::{self, Seek, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The simulated present.
#[derive(Debug)]
pub struct Clock {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    now: Timestamp,
}

impl Clock {
    /// A clock that starts at an instant.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn new(path: PathBuf, now: Timestamp) -> io::Result<Self> {
        let mut state = State { file: File::create(&path)?, now };
        state.write()?;
        Ok(Self { path, state: Mutex::new(state) })
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        self.lock().now
    }

    /// Sets the present, unless that is past: time does not run back.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn advance_to(&self, time: Timestamp) -> io::Result<()> {
        let mut state = self.lock();
        if time > state.now {
            state.now = time;
            // Functions read only while they run. Time passes while none does, or while one waits for an answer.
            state.write()?;
        }
        Ok(())
    }

    /// The file that functions read.
    pub fn file(&self) -> &Path {
        &self.path
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Writes over what is there, always as many bytes: to truncate a file makes some file systems wait for the disk.
    fn write(&mut self) -> io::Result<()> {
        self.file.rewind()?;
        write!(self.file, "{:.9}", self.now)
    }
}
