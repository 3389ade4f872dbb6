//! The file that Baton reads.

use std::path::Path;
use std::sync::Arc;

use baton_c1z::{Options, Previous, Store, SyncWriter};
use baton_model::{Clock, Record, Summary, SyncId};

use crate::{Error, Sink};

/// Adds a finished full sync to a c1z file.
pub struct C1z {
    writer: SyncWriter,
}

impl C1z {
    /// Starts a sync in a working copy of `path`; the file itself is replaced when the sync is finished.
    ///
    /// # Errors
    /// The file is no c1z file of the SQLite format, or cannot be replaced.
    pub fn open(path: &Path, options: Options, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let writer = Store::open(path, options, clock)?.start_sync()?;
        Ok(Self { writer })
    }

    /// Returns the identifier of the sync.
    pub fn sync_id(&self) -> SyncId {
        self.writer.sync_id()
    }

    /// Returns the newest finished full sync that the file already holds, to compare this one with before it is
    /// finished; `None` if there is none.
    ///
    /// # Errors
    /// The database is damaged.
    pub fn previous(&self) -> Result<Option<Previous>, Error> {
        Ok(self.writer.previous()?)
    }
}

impl Sink for C1z {
    fn write(&mut self, record: &Record) -> Result<(), Error> {
        Ok(self.writer.put(record)?)
    }

    fn restart(&mut self) -> Result<(), Error> {
        Ok(self.writer.restart()?)
    }

    fn finish(self: Box<Self>, _summary: &Summary) -> Result<(), Error> {
        self.writer.finish()?;
        Ok(())
    }

    fn abort(self: Box<Self>) {}
}
