//! The private directory of a working copy, and those that dead processes left behind.
//!
//! A process that is killed cannot remove its directory, whose database may be large. So a file in it is locked for as long as
//! somebody works there: the lock goes with the process, however that ends, and the next one removes what it finds unlocked.
//! Other Baton connectors name their directories alike, but have no such file; theirs stay.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

use tempfile::TempDir;

use crate::Error;

/// What the names of the directories begin with, as upstream's do (`c1z.md` section 1.4).
const PREFIX: &str = "c1z";
/// The file that is locked.
const MARK: &str = "in-use";

/// A directory that nobody else can look into. It is removed with this.
#[derive(Debug)]
pub(crate) struct Workplace {
    directory: TempDir,
    // Unlocked last. `None` where files cannot be locked.
    _mark: Option<File>,
}

impl Workplace {
    /// Makes a directory in `parent`, or in the system's temporary directory, and removes those of dead processes there.
    pub(crate) fn make(parent: Option<&Path>) -> Result<Self, Error> {
        let parent = parent.map_or_else(std::env::temp_dir, Path::to_owned);
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let directory = builder
            .tempdir_in(&parent)
            .map_err(Error::io("make a temporary directory in", &parent))?;
        remove_abandoned(&parent, directory.path());
        let mark = mark(directory.path()).ok();
        Ok(Self {
            directory,
            _mark: mark,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }
}

/// Makes the file, which has its name only when it is locked.
fn mark(directory: &Path) -> io::Result<File> {
    let unlocked = directory.join("new");
    let file = File::create_new(&unlocked)?;
    match file.try_lock() {
        Ok(()) => fs::rename(&unlocked, directory.join(MARK))?,
        Err(error) => {
            fs::remove_file(&unlocked)?;
            return Err(error.into());
        }
    }
    Ok(file)
}

/// Removes the directories in `parent` that belong to whom `own` does and in which nobody works. What cannot be removed stays:
/// it is no concern of who only wants to work.
fn remove_abandoned(parent: &Path, own: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let is_named_so = entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(PREFIX.as_bytes());
        let path = entry.path();
        if !is_named_so || path == own || !is_ours(&path, own) {
            continue;
        }
        if let Ok(true) = is_abandoned(&path) {
            match fs::remove_dir_all(&path) {
                Ok(()) => {
                    tracing::debug!(path = %path.display(), "removed the working files of a dead process");
                }
                Err(error) => {
                    tracing::debug!(path = %path.display(), %error, "cannot remove working files");
                }
            }
        }
    }
}

fn is_abandoned(directory: &Path) -> io::Result<bool> {
    let mark = File::open(directory.join(MARK))?;
    match mark.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Tells whether it is a directory, and no link to one, of the same user.
#[cfg(unix)]
fn is_ours(path: &Path, own: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (fs::symlink_metadata(path), fs::symlink_metadata(own)) {
        (Ok(it), Ok(own)) => it.is_dir() && it.uid() == own.uid(),
        _ => false,
    }
}

/// Elsewhere the temporary directory is a user's own.
#[cfg(not(unix))]
fn is_ours(path: &Path, _: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|it| it.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_dead_processes_left_is_removed() {
        let parent = tempfile::tempdir().unwrap();
        let names = || {
            let entries = fs::read_dir(parent.path()).unwrap();
            let mut names: Vec<_> = entries.map(|it| it.unwrap().path()).collect();
            names.sort();
            names
        };
        let make = |name: &str, file: Option<&str>| {
            let path = parent.path().join(name);
            fs::create_dir(&path).unwrap();
            if let Some(file) = file {
                fs::write(path.join(file), "").unwrap();
            }
            path
        };
        let mut stay = vec![
            make("c1z-of-others", Some("db")),
            make("c1z-just-begun", Some("new")),
            make("other", Some(MARK)),
            parent.path().join("c1z-file"),
        ];
        fs::write(parent.path().join("c1z-file"), "").unwrap();
        let dead = make("c1z-dead", Some(MARK));
        fs::write(dead.join("db"), "much").unwrap();
        #[cfg(unix)]
        {
            let elsewhere = tempfile::tempdir().unwrap().keep();
            fs::write(elsewhere.join(MARK), "").unwrap();
            let link = parent.path().join("c1z-link");
            std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
            stay.push(link);
        }

        let first = Workplace::make(Some(parent.path())).unwrap();
        let second = Workplace::make(Some(parent.path())).unwrap();
        stay.extend([first.path().to_owned(), second.path().to_owned()]);
        stay.sort();
        assert_eq!(names(), stay);
        let own = first.path().to_owned();
        drop(first);
        assert!(!own.exists());
        drop(second);
        #[cfg(unix)]
        fs::remove_dir_all(fs::read_link(parent.path().join("c1z-link")).unwrap()).unwrap();
    }
}
