//! A c1z file that is about to get another sync.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use baton_model::Clock;

use crate::copy::WorkingCopy;
use crate::target::Target;
use crate::{Error, Options, SyncWriter};

/// A writable working copy of a c1z file. The file itself is replaced when a sync is finished, and never before.
pub struct Store {
    copy: WorkingCopy,
    target: PathBuf,
    options: Options,
    clock: Arc<dyn Clock>,
}

impl Store {
    /// Opens the file at `path` for adding a sync; one that is missing or empty is new.
    ///
    /// # Errors
    ///
    /// When `path` could not be replaced later, or holds something else than a sound file of the v1 format. So a bad
    /// path is known before any request is made. Nothing is left behind.
    pub fn open(path: &Path, options: Options, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let temp_dir = options.temp_dir.as_deref();
        let copy = match Target::check(path)? {
            Target::New => WorkingCopy::empty(path, temp_dir)?,
            Target::Existing => WorkingCopy::extract(path, options.limits, temp_dir)?,
        };
        Ok(Self {
            copy,
            target: path.to_owned(),
            options,
            clock,
        })
    }

    /// Starts a full sync.
    ///
    /// # Errors
    ///
    /// When the system gives no random bytes or the working copy cannot be written.
    pub fn start_sync(self) -> Result<SyncWriter, Error> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(Error::Random)?;
        SyncWriter::start(self.copy, self.target, self.options, self.clock, random)
    }
}
