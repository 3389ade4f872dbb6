//! The directory of a file, whose names have to reach the disk too.

use std::fs::File;
use std::path::Path;

/// Returns the directory that holds `path`.
pub(crate) fn parent(path: &Path) -> &Path {
    path.parent()
        .filter(|it| !it.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Makes the names in a directory outlast a power failure. Not every system and file system can; the files themselves do
/// anyway.
pub(crate) fn sync(directory: &Path) {
    let _ = File::open(directory).and_then(|it| it.sync_all());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_name_lies_in_the_working_directory() {
        assert_eq!(parent(Path::new("sync.json")), Path::new("."));
        assert_eq!(parent(Path::new("out/sync.json")), Path::new("out"));
        assert_eq!(parent(Path::new("/sync.json")), Path::new("/"));
    }
}
