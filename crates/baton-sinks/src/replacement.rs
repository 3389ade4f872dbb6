//! Files that appear under their name only when they are whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Seek as _, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::Error;
use crate::directory::{self, parent};

/// A file under a temporary name beside its target, readable by its owner only: it holds personal data.
pub(crate) struct Replacement {
    file: BufWriter<NamedTempFile>,
    target: PathBuf,
}

impl Replacement {
    /// Starts a file that will replace `target`, or the file that it leads to if it is a link.
    ///
    /// # Errors
    /// The directory is missing or not writable, or something else than a file has the name: a device would be gone.
    pub(crate) fn create(target: &Path) -> Result<Self, Error> {
        let target = &followed(target).map_err(Error::io(target))?;
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let prefix = format!(".{name:.60}.");
        let made = tempfile::Builder::new()
            .prefix(&prefix)
            .tempfile_in(parent(target));
        let file = made.map_err(Error::io(target))?;
        Ok(Self {
            file: BufWriter::new(file),
            target: target.to_owned(),
        })
    }

    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Takes back everything that was written.
    pub(crate) fn empty(&mut self) -> Result<(), Error> {
        let empty = |file: &mut BufWriter<NamedTempFile>| {
            file.rewind()?;
            file.get_ref().as_file().set_len(0)
        };
        empty(&mut self.file).map_err(Error::io(&self.target))
    }

    /// Puts everything that was written on disk.
    pub(crate) fn sync(&mut self) -> Result<(), Error> {
        let flushed = self.file.flush();
        let synced = flushed.and_then(|()| self.file.get_ref().as_file().sync_all());
        synced.map_err(Error::io(&self.target))
    }

    /// Gives the file, which is on disk, its name. It gets the mode of the file that it replaces.
    pub(crate) fn commit(self) -> Result<(), Error> {
        let target = self.target;
        let file = self
            .file
            .into_inner()
            .map_err(|error| Error::io(&target)(error.into_error()))?;
        if let Ok(old) = fs::metadata(&target) {
            let kept = file.as_file().set_permissions(old.permissions());
            kept.map_err(Error::io(&target))?;
        }
        file.persist(&target)
            .map_err(|error| Error::io(&target)(error.error))?;
        directory::sync(parent(&target));
        Ok(())
    }

    /// Makes room for data that goes into the file later: on the same file system, without a name.
    pub(crate) fn spool(&self) -> Result<BufWriter<File>, Error> {
        tempfile::tempfile_in(parent(&self.target))
            .map(BufWriter::new)
            .map_err(Error::io(&self.target))
    }
}

/// Follows links to the file that can be replaced, if there is one.
fn followed(target: &Path) -> io::Result<PathBuf> {
    match fs::metadata(target) {
        Ok(it) if it.is_dir() => Err(ErrorKind::IsADirectory.into()),
        Ok(it) if !it.is_file() => Err(io::Error::other("it is not a regular file")),
        Ok(_) => target.canonicalize(),
        // A link that leads nowhere stays what it is.
        Err(error) if error.kind() == ErrorKind::NotFound && target.is_symlink() => Err(error),
        // The directory is looked at when the file is made.
        Err(_) => Ok(target.to_owned()),
    }
}

impl Write for Replacement {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
