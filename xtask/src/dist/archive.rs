//! A compressed archive whose bytes depend on its files alone.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

/// A file, with the path that it has below the folder of the archive.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
    mode: u32,
}

impl Entry {
    /// Returns a file that anybody may run.
    pub(super) fn program(path: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self {
            path: path.into(),
            bytes,
            mode: 0o755,
        }
    }

    /// Returns a file that anybody may read.
    pub(super) fn text(path: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self {
            path: path.into(),
            bytes,
            mode: 0o644,
        }
    }

    /// Gives the file at `path` the mode of this one.
    pub(super) fn set_mode(&self, path: &Path) -> anyhow::Result<()> {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(self.mode))
            .with_context(|| format!("cannot change {}", path.display()))
    }
}

/// Packs the files below `folder`, by path, all of them root's and changed at `time`.
pub(super) fn pack(folder: &str, entries: &[Entry], time: u64) -> anyhow::Result<Vec<u8>> {
    let mut entries: Vec<_> = entries.iter().collect();
    entries.sort_by_key(|it| it.path.as_str());
    // The header of the compression has neither a name nor a time.
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::best()));
    for entry in entries {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_size(entry.bytes.len() as u64);
        header.set_mode(entry.mode);
        header.set_mtime(time);
        header.set_uid(0);
        header.set_gid(0);
        builder
            .append_data(
                &mut header,
                format!("{folder}/{}", entry.path),
                entry.bytes.as_slice(),
            )
            .with_context(|| format!("cannot pack {}", entry.path))?;
    }
    Ok(builder.into_inner()?.finish()?)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;
    use tar::Archive;

    use super::*;

    fn files() -> Vec<Entry> {
        vec![
            Entry::text("man/man1/b.1", b"page".to_vec()),
            Entry::program("a", vec![0; 100_000]),
            Entry::text("LICENSE", b"text".to_vec()),
        ]
    }

    #[test]
    fn files_are_laid_out_by_path_below_one_folder() {
        let packed = pack("a-1.0", &files(), 1_700_000_000).unwrap();
        let mut archive = Archive::new(GzDecoder::new(packed.as_slice()));
        let mut seen = Vec::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            let header = entry.header();
            assert_eq!(header.mtime().unwrap(), 1_700_000_000);
            assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
            let path = entry.path().unwrap().display().to_string();
            seen.push((path, entry.header().mode().unwrap(), bytes.len()));
        }
        let expected = [
            ("a-1.0/LICENSE", 0o644, 4),
            ("a-1.0/a", 0o755, 100_000),
            ("a-1.0/man/man1/b.1", 0o644, 4),
        ];
        assert_eq!(
            seen,
            expected.map(|(path, mode, size)| (path.to_owned(), mode, size))
        );
    }

    #[test]
    fn order_of_the_files_does_not_matter() {
        let mut reversed = files();
        reversed.reverse();
        let packed = pack("a-1.0", &files(), 1).unwrap();
        assert_eq!(packed, pack("a-1.0", &reversed, 1).unwrap());
        assert_ne!(packed, pack("a-1.0", &reversed, 2).unwrap());
    }
}
