//! Small trees of files for tests.

use std::fs;
use std::path::Path;

use crate::workspace::Workspace;

/// A workspace that is removed when this is dropped.
pub(crate) struct Tree {
    folder: tempfile::TempDir,
}

impl Tree {
    /// Writes files, each by its path and its text.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn workspace(&self) -> Workspace {
        Workspace::open_at(self.path().to_owned()).unwrap()
    }
}
