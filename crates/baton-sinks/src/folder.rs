//! Directories that appear under their name only when they are whole.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::Error;
use crate::directory::{self, parent};

/// A directory under a temporary name beside its target, for its owner only: it holds personal data.
#[derive(Debug)]
pub(crate) struct Folder {
    target: PathBuf,
    temporary: TempDir,
    /// All that it may hold.
    names: &'static [&'static str],
}

impl Folder {
    /// Starts a directory that will replace `target` and hold the files `names`.
    ///
    /// # Errors
    /// The directory above is missing or not writable, or `target` cannot be replaced: it holds something else, is no
    /// directory, or a file system is mounted there.
    pub(crate) fn create(target: &Path, names: &'static [&'static str]) -> Result<Self, Error> {
        // The rename would else replace a link, not what it leads to.
        let target = match fs::symlink_metadata(target) {
            Ok(_) => target.canonicalize().map_err(Error::io(target))?,
            Err(_) => target.to_owned(),
        };
        let parent = parent(&target);
        if target.exists() {
            check_replaceable(&target, parent, names)?;
        }
        let mut builder = tempfile::Builder::new();
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let prefix = format!(".{name:.60}.");
        builder.prefix(&prefix);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let temporary = builder.tempdir_in(parent).map_err(Error::io(&target))?;
        Ok(Self {
            target,
            temporary,
            names,
        })
    }

    /// Returns the path that a file will have.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.target.join(name)
    }

    /// Makes one of the files, in the place of an earlier one: what is still to come from its writer goes nowhere.
    pub(crate) fn file(&self, name: &str) -> Result<File, Error> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let path = self.temporary.path().join(name);
        remove_file(&path)
            .and_then(|()| options.open(&path))
            .map_err(Error::io(&self.path(name)))
    }

    /// Gives the directory its name. Its files are on disk already.
    ///
    /// Where the system can exchange two directories there is one under the name at any time; elsewhere there is none for
    /// a moment. Directory and files keep the modes that they had.
    pub(crate) fn commit(self) -> Result<(), Error> {
        let Self {
            target,
            temporary,
            names,
        } = self;
        let parent = parent(&target);
        // What the files are called; before the directory itself has its name.
        directory::sync(temporary.path());
        if !target.exists() {
            fs::rename(temporary.path(), &target).map_err(Error::io(&target))?;
            // It has another name now.
            let _ = temporary.keep();
            directory::sync(parent);
            return Ok(());
        }
        // Something may have come into it meanwhile.
        check_replaceable(&target, parent, names)?;
        keep_modes(&target, temporary.path(), names).map_err(Error::io(&target))?;
        let old = replace(&target, temporary.path(), exchange).map_err(Error::io(&target))?;
        let _ = temporary.keep();
        directory::sync(parent);
        if let Err(error) = remove(&old, names) {
            tracing::warn!(path = %old.display(), %error, "cannot remove what an earlier sync left");
        }
        Ok(())
    }
}

/// Refuses a directory that holds anything but regular files called like ours.
fn check_replaceable(
    target: &Path,
    parent: &Path,
    names: &'static [&'static str],
) -> Result<(), Error> {
    if is_mount(target, parent).map_err(Error::io(target))? {
        return Err(Error::Mounted {
            path: target.to_owned(),
        });
    }
    for entry in fs::read_dir(target).map_err(Error::io(target))? {
        let entry = entry.map_err(Error::io(target))?;
        let is_file = entry.file_type().map_err(Error::io(target))?.is_file();
        let name = entry.file_name();
        if !is_file || !names.iter().any(|it| name == **it) {
            return Err(Error::Foreign {
                path: target.to_owned(),
                found: name.to_string_lossy().into_owned(),
            });
        }
    }
    Ok(())
}

/// Tells whether a file system is mounted at `target`, which then cannot be renamed.
#[cfg(unix)]
fn is_mount(target: &Path, parent: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    Ok(fs::metadata(target)?.dev() != fs::metadata(parent)?.dev())
}

#[cfg(not(unix))]
fn is_mount(_: &Path, _: &Path) -> io::Result<bool> {
    Ok(false)
}

/// Gives the new directory, and those of its files that the old one has too, the modes of the old ones.
fn keep_modes(old: &Path, new: &Path, names: &[&str]) -> io::Result<()> {
    for name in names {
        match fs::metadata(old.join(name)) {
            Ok(it) => fs::set_permissions(new.join(name), it.permissions())?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    fs::set_permissions(new, fs::metadata(old)?.permissions())
}

type Exchange = fn(&Path, &Path) -> io::Result<()>;

/// Puts the directory `new` in the place of `target`, and returns where the old one is now.
fn replace(target: &Path, new: &Path, exchange: Exchange) -> io::Result<PathBuf> {
    match exchange(target, new) {
        Ok(()) => return Ok(new.to_owned()),
        Err(error) if is_impossible(&error) => {}
        Err(error) => return Err(error),
    }
    let mut aside = new.as_os_str().to_owned();
    aside.push(".old");
    let aside = PathBuf::from(aside);
    fs::rename(target, &aside)?;
    match fs::rename(new, target) {
        Ok(()) => Ok(aside),
        Err(error) => {
            // The first error tells more than one from here.
            let _ = fs::rename(&aside, target);
            Err(error)
        }
    }
}

/// Tells that the system or this file system cannot exchange directories, as `InvalidInput` and the others say.
fn is_impossible(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidInput, Unsupported};
    matches!(error.kind(), InvalidInput | Unsupported)
}

#[cfg(target_os = "linux")]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(not(target_os = "linux"))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Removes a directory and those of its files that are ours; with anything else in it, it stays.
fn remove(directory: &Path, names: &[&str]) -> io::Result<()> {
    for name in names {
        remove_file(&directory.join(name))?;
    }
    fs::remove_dir(directory)
}

/// Removes a file, if there is one.
fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_in(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<_> = entries
            .map(|it| it.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Where directories cannot be exchanged, the result is the same.
    #[test]
    fn two_renames_do_as_well() {
        let place = tempfile::tempdir().unwrap();
        let (target, new) = (place.path().join("out"), place.path().join("new"));
        for directory in [&target, &new] {
            fs::create_dir(directory).unwrap();
        }
        fs::write(target.join("a"), "old").unwrap();
        fs::write(new.join("a"), "new").unwrap();
        let old = replace(
            &target,
            &new,
            |_, _| Err(io::ErrorKind::InvalidInput.into()),
        )
        .unwrap();
        assert_eq!(fs::read_to_string(target.join("a")).unwrap(), "new");
        assert_eq!(fs::read_to_string(old.join("a")).unwrap(), "old");
        remove(&old, &["a", "b"]).unwrap();
        assert_eq!(names_in(place.path()), ["out"]);
    }

    #[test]
    fn a_replacement_that_fails_leaves_the_old_directory() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("out");
        fs::create_dir(&target).unwrap();
        let failing: [Exchange; 2] = [
            |_, _| Err(io::ErrorKind::Unsupported.into()),
            |_, _| Err(io::ErrorKind::PermissionDenied.into()),
        ];
        for exchange in failing {
            assert!(replace(&target, &place.path().join("missing"), exchange).is_err());
            assert_eq!(names_in(place.path()), ["out"]);
        }
    }

    #[test]
    fn what_is_not_ours_is_never_removed() {
        let place = tempfile::tempdir().unwrap();
        for name in ["a", "late"] {
            fs::write(place.path().join(name), "").unwrap();
        }
        assert!(remove(place.path(), &["a"]).is_err());
        assert_eq!(names_in(place.path()), ["late"]);
    }
}
