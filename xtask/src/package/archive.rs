//! The archive that Lambda unpacks.

use flate2::{Compression, write::DeflateEncoder};
use rawzip::{CompressionMethod, ZipArchiveWriter, time::UtcDateTime};
use std::io::Write;

/// The name of what Lambda starts.
const BOOTSTRAP: &str = "bootstrap";
/// The first day of an archive's calendar, in seconds since 1970: without a time, an entry would be of no day at all.
const FIRST_DAY: i64 = 315_532_800;

/// An archive with one executable. The same executable gives the same bytes, whenever and wherever it is packed, so that
/// a deployment changes only the functions that did change.
pub(super) fn pack(executable: &[u8]) -> Result<Vec<u8>, rawzip::Error> {
    let mut archive = ZipArchiveWriter::new(Vec::new());
    let file = archive
        .new_file(BOOTSTRAP)
        .compression_method(CompressionMethod::DEFLATE)
        .last_modified(UtcDateTime::from_unix(FIRST_DAY))
        .unix_permissions(0o100_755);
    let (mut entry, config) = file.start()?;
    let mut content = config.wrap(DeflateEncoder::new(&mut entry, Compression::best()));
    content.write_all(executable)?;
    let (encoder, descriptor) = content.finish()?;
    encoder.finish()?;
    entry.finish(descriptor)?;
    archive.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::bufread::DeflateDecoder;
    use rawzip::ZipArchive;
    use std::{io::Read, thread::sleep, time::Duration};

    fn executable() -> Vec<u8> {
        (0..300_000_u32).flat_map(|number| (number / 7).to_le_bytes()).collect()
    }

    #[test]
    fn an_archive_holds_the_executable_alone() {
        let packed = pack(&executable()).unwrap();
        let archive = ZipArchive::from_slice(&packed).unwrap();
        let mut entries = archive.entries();
        let entry = entries.next_entry().unwrap().unwrap();
        assert_eq!(entry.file_path().as_ref(), b"bootstrap");
        assert_eq!(entry.mode().value(), 0o100_755);
        assert_eq!(entry.last_modified().to_string(), "1980-01-01T00:00:00Z");
        let file = archive.get_entry(entry.wayfinder()).unwrap();
        let mut content = Vec::new();
        file.verifying_reader(DeflateDecoder::new(file.data())).read_to_end(&mut content).unwrap();
        assert!(content == executable());
        assert!(entries.next_entry().unwrap().is_none());
    }

    /// An archive's times have a resolution of two seconds.
    #[test]
    fn an_archive_is_the_same_at_another_time() {
        let first = pack(&executable()).unwrap();
        sleep(Duration::from_millis(2_100));
        assert!(first == pack(&executable()).unwrap());
    }
}
