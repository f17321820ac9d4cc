//! The archive that Lambda unpacks.

use std::io::{Cursor, Write};
use zip::{CompressionMethod, DateTime, ZipWriter, result::ZipResult, write::SimpleFileOptions};

/// The name of what Lambda starts.
const BOOTSTRAP: &str = "bootstrap";

/// An archive with one executable. The same executable gives the same bytes, whenever and wherever it is packed, so that
/// a deployment changes only the functions that did change.
pub(super) fn pack(executable: &[u8]) -> ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file(BOOTSTRAP, options)?;
    archive.write_all(executable)?;
    Ok(archive.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{io::Read, thread::sleep, time::Duration};
    use zip::ZipArchive;

    fn executable() -> Vec<u8> {
        (0..300_000_u32).flat_map(|number| (number / 7).to_le_bytes()).collect()
    }

    #[test]
    fn an_archive_holds_the_executable_alone() {
        let mut archive = ZipArchive::new(Cursor::new(pack(&executable()).unwrap())).unwrap();
        assert_eq!(archive.len(), 1);
        let mut entry = archive.by_name("bootstrap").unwrap();
        assert_eq!(entry.unix_mode(), Some(0o100_755));
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        assert!(content == executable());
    }

    /// An archive's times have a resolution of two seconds.
    #[test]
    fn an_archive_is_the_same_at_another_time() {
        let first = pack(&executable()).unwrap();
        sleep(Duration::from_millis(2_100));
        assert!(first == pack(&executable()).unwrap());
    }
}
