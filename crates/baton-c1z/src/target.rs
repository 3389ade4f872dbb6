//! The file that a sync is saved to: looked at before the sync, replaced after it.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::{Error, container};

/// What stands at the path of the target.
#[derive(Debug, PartialEq)]
pub(crate) enum Target {
    /// Nothing, or an empty file.
    New,
    /// A file with content.
    Existing,
}

impl Target {
    /// Looks at `path` and at whether it could be replaced, and leaves nothing behind.
    pub(crate) fn check(path: &Path) -> Result<Self, Error> {
        let refuse = |reason| {
            Err(Error::Target {
                path: path.to_owned(),
                reason,
            })
        };
        let target = match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => return refuse("it is a directory"),
            Ok(metadata) if !metadata.is_file() => return refuse("it is not a regular file"),
            Ok(metadata) if metadata.len() > 0 => Self::Existing,
            Ok(_) => Self::New,
            Err(error) if error.kind() == ErrorKind::NotFound => Self::New,
            Err(error) if error.kind() == ErrorKind::NotADirectory => {
                return refuse("its parent is not a directory");
            }
            Err(error) => return Err(Error::io("look at", path)(error)),
        };
        let parent = parent(path);
        if !parent.is_dir() {
            return refuse("its directory does not exist");
        }
        // The only sure way to know whether a file can be made is to make one; this one has no name to stay under.
        if tempfile::tempfile_in(parent).is_err() {
            return refuse("its directory is not writable");
        }
        Ok(target)
    }
}

fn parent(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Compresses `database` into a new file beside `path` and puts that in the place of `path`.
///
/// Upstream writes to `<path>.tmp` (`c1z.md` section 1.4). Two runs that save to one path at once would write into each
/// other's file there, so the name here has a random part: whoever is last wins, with a whole file.
pub(crate) fn replace(path: &Path, database: &Path) -> Result<(), Error> {
    let mut temporary = temporary(path)?;
    let mut source = File::open(database).map_err(Error::io("open", database))?;
    let size = source
        .metadata()
        .map_err(Error::io("look at", database))?
        .len();
    container::encode(&mut source, size, temporary.as_file_mut())
        .and_then(|()| temporary.as_file().sync_all())
        .map_err(Error::io("write", temporary.path()))?;
    temporary
        .persist(path)
        .map_err(|refused| Error::io("replace", path)(refused.error))?;
    // Makes the new name last through a power failure; not every file system can, and the file is complete anyway.
    let _ = File::open(parent(path)).and_then(|directory| directory.sync_all());
    Ok(())
}

/// Creates a file beside `path` with the mode that the result is to have. It is removed unless it is persisted.
fn temporary(path: &Path) -> Result<NamedTempFile, Error> {
    let mut prefix = path.file_name().unwrap_or_default().to_owned();
    prefix.push(".");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let directory = parent(path);
    builder
        .tempfile_in(directory)
        .map_err(Error::io("create a file in", directory))
}
