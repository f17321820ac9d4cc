//! Keeps on disk what grows with a world, so that memory holds no more of it than where it is.

use crate::AwsError;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
};

/// A file without a name, to whose end everything is written. It goes with the archive.
#[derive(Debug, Default)]
pub(super) struct Archive {
    file: Option<File>,
    end: u64,
}

/// Where something is in its archive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    start: u64,
    length: usize,
}

impl Archive {
    /// Keeps bytes.
    pub(super) fn put(&mut self, bytes: &[u8]) -> io::Result<Extent> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(tempfile::tempfile()?),
        };
        let place = Extent { start: self.end, length: bytes.len() };
        file.seek(SeekFrom::Start(place.start))?;
        file.write_all(bytes)?;
        self.end += bytes.len() as u64;
        Ok(place)
    }

    /// The bytes at a place of this archive.
    pub(super) fn get(&self, place: Extent) -> io::Result<Vec<u8>> {
        let mut file = self.file.as_ref().ok_or(io::ErrorKind::NotFound)?;
        let mut bytes = vec![0; place.length];
        file.seek(SeekFrom::Start(place.start))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Keeps a value as JSON.
    pub(super) fn put_json(&mut self, value: &impl Serialize) -> io::Result<Extent> {
        self.put(&serde_json::to_vec(value)?)
    }

    /// The value whose JSON is at a place of this archive.
    pub(super) fn json<T: DeserializeOwned>(&self, place: Extent) -> io::Result<T> {
        Ok(serde_json::from_slice(&self.get(place)?)?)
    }
}

impl From<io::Error> for AwsError {
    fn from(error: io::Error) -> Self {
        let message = format!("the stand-in for AWS can't use its temporary files: {error}");
        Self::new("InternalFailure", message).with_status(500)
    }
}
