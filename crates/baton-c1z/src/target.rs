//! The file that a sync is saved to: looked at before the sync, replaced after it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

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
pub(crate) fn replace(path: &Path, database: &Path) -> Result<(), Error> {
    let temporary = temporary(path);
    let saved = write(&temporary, database)
        .and_then(|()| fs::rename(&temporary, path).map_err(Error::io("replace", path)));
    if saved.is_err() {
        // Best effort: the first error is the one that matters.
        let _ = fs::remove_file(&temporary);
        return saved;
    }
    // Makes the new name last through a power failure; not every file system can, and the file is complete anyway.
    let _ = File::open(parent(path)).and_then(|directory| directory.sync_all());
    Ok(())
}

fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    PathBuf::from(name)
}

fn write(temporary: &Path, database: &Path) -> Result<(), Error> {
    let mut source = File::open(database).map_err(Error::io("open", database))?;
    let size = source
        .metadata()
        .map_err(Error::io("look at", database))?
        .len();
    let mut file = create(temporary).map_err(Error::io("create", temporary))?;
    container::encode(&mut source, size, &mut file).map_err(Error::io("write", temporary))?;
    file.sync_all().map_err(Error::io("write", temporary))
}

/// Creates the file anew, in place of what an interrupted run may have left, so that its mode is ours.
fn create(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o644);
    options.open(path)
}
