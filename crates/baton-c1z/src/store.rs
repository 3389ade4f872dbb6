//! A c1z file that is about to get another sync.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use baton_model::{Clock, SyncId, Timestamp};

use crate::copy::WorkingCopy;
use crate::target::{Destination, Target};
use crate::{Error, Options, SyncRun, SyncWriter, Unfinished, schema, target, unfinished};

/// A writable working copy of a c1z file. The file itself is replaced when a sync is finished, and never before.
pub struct Store {
    copy: WorkingCopy,
    target: Destination,
    options: Options,
    clock: Arc<dyn Clock>,
}

impl Store {
    /// Returns the file that is replaced when a sync is saved to `path`: the one behind it where that is a symbolic link,
    /// else itself. Who keeps something beside the file has to keep it there, whatever link leads to it.
    pub fn place_of(path: &Path) -> PathBuf {
        target::behind_links(path)
    }

    /// Tells whether a file at `path` could be replaced, without looking into it. Nothing is left behind.
    ///
    /// # Errors
    ///
    /// When it could not.
    pub fn check(path: &Path) -> Result<(), Error> {
        Target::check(&Self::place_of(path)).map(|_| ())
    }

    /// Removes what processes that were killed in the middle of a save left beside the file at `path`. For a caller who
    /// knows that no other process saves to it.
    ///
    /// # Errors
    ///
    /// When something cannot be removed.
    pub fn remove_leftovers(path: &Path) -> Result<(), Error> {
        target::remove_leftovers(&Self::place_of(path))
    }

    /// Opens the file at `path` for adding a sync; one that is missing or empty is new. A symbolic link stays one, and the
    /// file that it leads to is replaced.
    ///
    /// # Errors
    ///
    /// When `path` could not be replaced later, or holds something else than a sound file of the v1 format. So a bad
    /// path is known before any request is made. Nothing is left behind.
    pub fn open(path: &Path, options: Options, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let temp_dir = options.temp_dir.as_deref();
        let path = &Self::place_of(path);
        let target = Destination::seen(path);
        let copy = match Target::check(path)? {
            Target::New => WorkingCopy::empty(path, temp_dir)?,
            Target::Existing => WorkingCopy::extract(path, options.limits, temp_dir)?,
        };
        copy.check_tables()?;
        Ok(Self {
            copy,
            target,
            options,
            clock,
        })
    }

    /// Returns the newest interrupted full sync whose connector kept `value` under `key`, if it can be continued: it began
    /// within the last seven days (`c1z.md` section 3.3), and its identifier is a KSUID.
    ///
    /// # Errors
    ///
    /// When the database is damaged.
    pub fn unfinished(&self, key: &str, value: &[u8]) -> Result<Option<Unfinished>, Error> {
        Unfinished::find(&self.copy, (key, value), self.clock.now())
    }

    /// Tells whether an interrupted sync that was noted elsewhere can be continued in this file: it began within the last
    /// seven days, and the file does not hold it as a finished one.
    ///
    /// # Errors
    ///
    /// When the database is damaged.
    pub fn can_continue(&self, sync_id: SyncId, started_at: Timestamp) -> Result<bool, Error> {
        let sync_id = sync_id.to_string();
        let is_finished = |run: &SyncRun| run.sync_id == sync_id && run.ended_at.is_some();
        let runs = self.copy.run("list syncs", SyncRun::list)?;
        Ok(unfinished::is_recent(started_at, self.clock.now()) && !runs.iter().any(is_finished))
    }

    /// Deletes every interrupted sync whose connector kept something under `key`: any value, or just `value`. Returns how
    /// many they were. Those of other tools stay, and so do finished syncs.
    ///
    /// # Errors
    ///
    /// When the working copy cannot be written.
    pub fn forget(&self, key: &str, value: Option<&[u8]>) -> Result<usize, Error> {
        self.copy.run("delete an unfinished sync", |connection| {
            unfinished::change(connection, |it| unfinished::delete_all(it, key, value))
        })
    }

    /// Adds an interrupted sync, in the place of what the file holds of it.
    ///
    /// # Errors
    ///
    /// When the working copy cannot be written.
    pub fn keep(&self, sync: &Unfinished) -> Result<(), Error> {
        self.copy.run("keep an unfinished sync", |connection| {
            unfinished::change(connection, |it| {
                schema::delete_sync(it, &sync.sync_id.to_string())?;
                sync.insert(it)
            })
        })
    }

    /// Puts the file, with what was forgotten and kept, in the place of the old one. No sync is added.
    ///
    /// # Errors
    ///
    /// When anything cannot be written; then the file stays as it was.
    pub fn save(self) -> Result<(), Error> {
        let target = self.target;
        let mut copy = self.copy;
        copy.run("index the rows", schema::create_indexes)?;
        if !self.options.skip_cleanup {
            copy = copy.compact()?;
        }
        copy.close(|database| target.replace(database))
    }

    /// Starts a sync of the kind that the options name.
    ///
    /// # Errors
    ///
    /// When the system gives no random bytes or the working copy cannot be written.
    pub fn start_sync(self) -> Result<SyncWriter, Error> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| Error::Random(error.into()))?;
        let started_at = self.clock.now();
        self.start(SyncId::new(started_at, random), started_at)
    }

    /// Starts a sync that continues an interrupted one: it keeps identifier and start. Whatever the file holds of it is
    /// deleted, so that it can be written from the beginning.
    ///
    /// # Errors
    ///
    /// When the working copy cannot be written.
    pub fn resume_sync(self, sync_id: SyncId, started_at: Timestamp) -> Result<SyncWriter, Error> {
        self.copy.run("start over", |connection| {
            schema::delete_sync(connection, &sync_id.to_string())
        })?;
        self.start(sync_id, started_at)
    }

    fn start(self, sync_id: SyncId, started_at: Timestamp) -> Result<SyncWriter, Error> {
        let Self {
            copy,
            target,
            options,
            clock,
        } = self;
        SyncWriter::start(copy, target, options, clock, (sync_id, started_at))
    }
}
