//! Checksums in the form that `sha256sum --check` reads: one file a line.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};
use ring::digest::{SHA256, digest};

/// Returns the checksums of files, given by name and content.
pub(super) fn of(files: &[(String, Vec<u8>)]) -> String {
    files.iter().fold(String::new(), |mut text, (name, bytes)| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}  {name}", sum(bytes));
        text
    })
}

/// Reads the files again and compares.
///
/// # Errors
/// A file is missing or is not the one that was summed up.
pub(super) fn check(folder: &Path, sums: &str) -> anyhow::Result<()> {
    for line in sums.lines() {
        let (expected, name) = line
            .split_once("  ")
            .with_context(|| format!("no checksum: {line}"))?;
        let bytes = fs::read(folder.join(name)).with_context(|| format!("cannot read {name}"))?;
        ensure!(
            sum(&bytes) == expected,
            "the checksum of {name} is another one"
        );
    }
    Ok(())
}

fn sum(bytes: &[u8]) -> String {
    let sum = digest(&SHA256, bytes);
    sum.as_ref().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_checked_by_reading_it_back() {
        let folder = tempfile::tempdir().unwrap();
        let files = [
            ("a".to_owned(), b"abc".to_vec()),
            ("b".to_owned(), Vec::new()),
        ];
        let sums = of(&files);
        // From FIPS 180-4, and of nothing.
        assert_eq!(
            sums,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a\n\
             e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  b\n"
        );
        let missing = check(folder.path(), &sums).unwrap_err();
        assert_eq!(missing.to_string(), "cannot read a");
        for (name, bytes) in &files {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        check(folder.path(), &sums).unwrap();
        fs::write(folder.path().join("b"), "changed").unwrap();
        let changed = check(folder.path(), &sums).unwrap_err();
        assert_eq!(changed.to_string(), "the checksum of b is another one");
    }
}
