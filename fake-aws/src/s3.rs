//! S3: the objects of a bucket, which Firehose puts and Athena reads.

use crate::archive::{Archive, Extent};
use std::{collections::BTreeMap, io};

/// The objects of a bucket.
#[derive(Debug, Default)]
pub struct Bucket {
    objects: BTreeMap<String, Extent>,
    archive: Archive,
}

impl Bucket {
    /// Puts an object in place of the one with its key.
    ///
    /// # Errors
    /// When it can't be kept on disk.
    pub fn put(&mut self, key: String, object: &[u8]) -> io::Result<()> {
        self.objects.insert(key, self.archive.put(object)?);
        Ok(())
    }

    /// Deletes an object.
    pub fn delete(&mut self, key: &str) {
        self.objects.remove(key);
    }

    /// The keys that begin with a prefix, in order.
    pub fn keys(&self, prefix: &str) -> impl Iterator<Item = &str> {
        self.places(prefix).map(|(key, _)| key)
    }

    /// An object; none if there is none with that key.
    ///
    /// # Errors
    /// An object that can't be read from disk.
    pub fn get(&self, key: &str) -> io::Result<Option<Vec<u8>>> {
        self.objects.get(key).map(|place| self.archive.get(*place)).transpose()
    }

    /// The objects whose keys begin with a prefix, in order of their keys.
    ///
    /// # Errors
    /// An object that can't be read from disk.
    pub fn objects(&self, prefix: &str) -> impl Iterator<Item = io::Result<(&str, Vec<u8>)>> {
        self.places(prefix).map(|(key, place)| Ok((key, self.archive.get(place)?)))
    }

    fn places(&self, prefix: &str) -> impl Iterator<Item = (&str, Extent)> {
        let objects = self.objects.range(prefix.to_owned()..);
        objects.map(|(key, place)| (key.as_str(), *place)).take_while(move |(key, _)| key.starts_with(prefix))
    }
}
