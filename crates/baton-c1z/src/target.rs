//! The file that a sync is saved to: looked at before the sync, replaced after it.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

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
        match tempfile::tempfile_in(parent) {
            Ok(_) => Ok(target),
            Err(error) if is_of_directory(&error) => refuse("its directory is not writable"),
            // A full disk or too many open files would be the same in another directory.
            Err(error) => Err(Error::io("create a file in", parent)(error)),
        }
    }
}

/// Tells whether a file cannot be made in a directory because of what the directory is. Some of those that the system itself
/// makes say that there is no such file.
fn is_of_directory(error: &io::Error) -> bool {
    use ErrorKind::{NotFound, PermissionDenied, ReadOnlyFilesystem, Unsupported};
    matches!(
        error.kind(),
        NotFound | PermissionDenied | ReadOnlyFilesystem | Unsupported
    )
}

/// Most links that lead from one to the next; more lead in circles.
const MOST_LINKS: usize = 40;

/// Returns the file that `path` leads to, if it is a symbolic link: that is what is replaced, and the link stays. It need not
/// exist.
pub(crate) fn behind_links(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&path) {
            Ok(to) => path = parent(&path).join(to),
            Err(_) => break,
        }
    }
    path
}

fn parent(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// The file that a sync is saved to, as it was when the sync began.
#[derive(Debug)]
pub(crate) struct Destination {
    path: PathBuf,
    seen: Option<(u64, SystemTime)>,
}

impl Destination {
    /// Looks at the file that is at `path` before it is read.
    pub(crate) fn seen(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            seen: look(path),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Replaces the file, as [`replace`] does. Another program may have written there meanwhile, which is not stopped by our
    /// lock. A sync that took hours is not given up for that, but what is lost is told.
    pub(crate) fn replace(&self, database: &Path) -> Result<(), Error> {
        let now = look(&self.path);
        if now.is_some() && now != self.seen {
            tracing::warn!(path = %self.path.display(), "another program changed the file during the sync; what it wrote is replaced");
        }
        replace(&self.path, database)
    }
}

/// Returns what shows that a file was written: its size and when that was.
fn look(path: &Path) -> Option<(u64, SystemTime)> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.len(), metadata.modified().ok()?))
}

/// Compresses `database` into a new file beside `path` and puts that in the place of `path`.
///
/// Upstream writes to `<path>.tmp` (`c1z.md` section 1.4). Two runs that save to one path at once would write into each
/// other's file there, so the name here has a random part: whoever is last wins, with a whole file.
fn replace(path: &Path, database: &Path) -> Result<(), Error> {
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

/// What stands between the name of a file and the random part of the name that it is saved under. Nobody else's files
/// have it, so that those left by a process that was killed can be removed.
const SAVING: &str = ".saving-";
const SAVING_END: &str = ".tmp";

/// Removes the files that processes which were killed in the middle of a save left beside `path`.
pub(crate) fn remove_leftovers(path: &Path) -> Result<(), Error> {
    let directory = parent(path);
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    let entries = fs::read_dir(directory).map_err(Error::io("look into", directory))?;
    for entry in entries.flatten() {
        let other = entry.file_name();
        let rest = other.as_encoded_bytes().strip_prefix(name);
        let is_leftover = rest.is_some_and(|rest| {
            rest.starts_with(SAVING.as_bytes()) && rest.ends_with(SAVING_END.as_bytes())
        });
        if is_leftover {
            let path = entry.path();
            fs::remove_file(&path).map_err(Error::io("remove", &path))?;
        }
    }
    Ok(())
}

/// Creates a file beside `path` with the mode that the result is to have: that of the file which it replaces, or else one
/// that others may read, as with other Baton tools. It is removed unless it is persisted.
fn temporary(path: &Path) -> Result<NamedTempFile, Error> {
    let mut prefix = path.file_name().unwrap_or_default().to_owned();
    prefix.push(SAVING);
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(SAVING_END);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let directory = parent(path);
    let file = builder
        .tempfile_in(directory)
        .map_err(Error::io("create a file in", directory))?;
    #[cfg(unix)]
    if let Ok(replaced) = fs::metadata(path) {
        let keep = file.as_file().set_permissions(replaced.permissions());
        keep.map_err(Error::io("set the mode of", file.path()))?;
    }
    Ok(file)
}
