//! Whether two paths lead to one file.

use std::fs;
use std::path::{Path, PathBuf};

/// Returns the absolute path with links followed as far as it exists, so that a link stays one.
pub(crate) fn whole(path: &Path) -> PathBuf {
    let canonical = |path: &Path| fs::canonicalize(path).ok();
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    canonical(&absolute)
        .or_else(|| Some(canonical(absolute.parent()?)?.join(absolute.file_name()?)))
        .unwrap_or(absolute)
}
