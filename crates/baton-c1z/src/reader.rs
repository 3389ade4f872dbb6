//! Reads a c1z file, and never changes it.

use std::path::Path;

use baton_model::ResourceId;
use rusqlite::{Connection, Result as SqlResult, Row};

use crate::copy::WorkingCopy;
use crate::room::Room;
use crate::rows::{self, Rows};
use crate::time::Column;
use crate::{Error, Limits, Records, Stats, StoredTime, SyncKind, stored};

/// A row of `v1_sync_runs`: one sync that the file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SyncRun {
    /// The order within the table.
    pub id: i64,
    /// The identifier, a KSUID in files of any age that converters take.
    pub sync_id: String,
    /// When it began.
    pub started_at: StoredTime,
    /// When it ended; `None` if it is not finished.
    pub ended_at: Option<StoredTime>,
    /// The state of the writer, as JSON.
    pub sync_token: String,
    /// What it covers: `full`, `resources_only`, `partial` or another word.
    pub sync_type: String,
    /// The sync that it adds to, or empty.
    pub parent_sync_id: String,
    /// The other half of a difference, or empty.
    pub linked_sync_id: String,
    /// Whether it can be compared with another.
    pub supports_diff: bool,
    /// Whether expansions stand in their own column.
    pub grants_backfilled: bool,
    /// The counts as stored, as JSON; `None` if they are missing or no text. [`Reader::stats`] reads them.
    pub stats: Option<String>,
    /// Which set of checks was run on the data, or empty.
    pub ingest_invariant_generation: String,
    /// Which checks of the set, as a JSON array, or empty.
    pub ingest_invariant_coverage: String,
    /// How they were run, or empty.
    pub ingest_invariant_mode: String,
}

impl SyncRun {
    /// Lists all syncs in the order of their rows.
    pub(crate) fn list(connection: &Connection) -> SqlResult<Vec<Self>> {
        let mut statement = connection.prepare("select * from v1_sync_runs order by id")?;
        let mut rows = statement.query([])?;
        let (mut runs, mut room) = (Vec::new(), Room::of("list of syncs"));
        while let Some(row) = rows.next()? {
            room.take(row)?;
            runs.push(Self::read(row)?);
        }
        Ok(runs)
    }

    /// Picks the one that ended last, none if all are unfinished (`c1z.md` section 3.4).
    pub(crate) fn newest_finished(runs: impl IntoIterator<Item = Self>) -> Option<Self> {
        let finished = runs.into_iter().filter(|run| run.ended_at.is_some());
        finished.max_by(|a, b| (&a.ended_at, &a.sync_id).cmp(&(&b.ended_at, &b.sync_id)))
    }

    /// Picks the newest finished one that is full.
    pub(crate) fn newest_full(runs: impl IntoIterator<Item = Self>) -> Option<Self> {
        Self::newest_finished(runs.into_iter().filter(Self::is_full))
    }

    /// Tells whether it is full to the letter: a part of what there is, or a type that we do not know, means something else
    /// (`c1z.md` section 3.2).
    pub fn is_full(&self) -> bool {
        self.sync_type == SyncKind::Full.as_str()
    }

    fn read(row: &Row<'_>) -> SqlResult<Self> {
        Ok(Self {
            id: row.get("id")?,
            sync_id: row.get("sync_id")?,
            started_at: row.get::<_, Column>("started_at")?.0,
            ended_at: row.get::<_, Option<Column>>("ended_at")?.map(|it| it.0),
            sync_token: row.get("sync_token")?,
            sync_type: row.get("sync_type")?,
            parent_sync_id: row.get("parent_sync_id")?,
            linked_sync_id: row.get("linked_sync_id")?,
            supports_diff: row.get("supports_diff")?,
            grants_backfilled: row.get("grants_backfilled")?,
            // Something else than text is as good as nothing: the rows can be counted.
            stats: row.get_ref("stats")?.as_str().ok().map(str::to_owned),
            ingest_invariant_generation: row.get("ingest_invariant_generation")?,
            ingest_invariant_coverage: row.get("ingest_invariant_coverage")?,
            ingest_invariant_mode: row.get("ingest_invariant_mode")?,
        })
    }
}

/// A c1z file, opened for reading.
///
/// The file is decompressed into a private directory, which is removed with the reader.
#[derive(Debug)]
pub struct Reader {
    copy: WorkingCopy,
}

impl Reader {
    /// Opens the file at `path`; the working copy is made in `temp_dir`, or the system's temporary directory.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is damaged, beyond `limits`, or of another format.
    pub fn open(path: &Path, limits: Limits, temp_dir: Option<&Path>) -> Result<Self, Error> {
        WorkingCopy::extract(path, limits, temp_dir).map(|copy| Self { copy })
    }

    /// Lists all syncs, unfinished ones too, in the order of their rows. One that was continued comes last, with its old start.
    ///
    /// # Errors
    ///
    /// When the database is damaged.
    pub fn syncs(&self) -> Result<Vec<SyncRun>, Error> {
        self.copy.run("list syncs", SyncRun::list)
    }

    /// Returns the sync that ended last, of whatever type: the one that the `baton` command shows
    /// (`c1z.md` section 3.4).
    ///
    /// # Errors
    ///
    /// When the database is damaged.
    pub fn newest_finished(&self) -> Result<Option<SyncRun>, Error> {
        self.syncs().map(SyncRun::newest_finished)
    }

    /// Returns the finished sync `sync_id`, or the one that ended last.
    ///
    /// # Errors
    ///
    /// When there is none, it is not finished, or the database is damaged.
    pub fn finished(&self, sync_id: Option<&str>) -> Result<SyncRun, Error> {
        let found = match sync_id {
            None => self.newest_finished()?,
            Some(id) => self.syncs()?.into_iter().find(|run| run.sync_id == id),
        };
        let path = self.copy.origin().to_owned();
        match found {
            Some(run) if run.ended_at.is_some() => Ok(run),
            Some(SyncRun { sync_id, .. }) => Err(Error::NotFinished { path, sync_id }),
            None => Err(Error::NoSync {
                path,
                sync_id: sync_id.map(str::to_owned),
            }),
        }
    }

    /// Streams a sync in the vocabulary of `baton-model`: resource types, resources, entitlements, grants.
    pub fn records(&self, sync_id: &str) -> Records<'_> {
        Records::new(self, sync_id)
    }

    /// Returns the name of a resource for people; `None` if the sync does not hold it.
    ///
    /// # Errors
    ///
    /// When the row cannot be read, or the database is damaged.
    pub fn display_name(&self, sync_id: &str, id: &ResourceId) -> Result<Option<String>, Error> {
        let origin = self.copy.origin();
        let failed = |error| Error::database("look for a resource", origin)(error);
        let sql = "select * from v1_resources where external_id = ?1 and sync_id = ?2 and resource_type_id = ?3";
        let statement = self.copy.connection().prepare_cached(sql);
        let mut statement = statement.map_err(failed)?;
        let key = (id.to_string(), sync_id, id.resource_type().as_str());
        let mut rows = statement.query(key).map_err(failed)?;
        let Some(row) = rows.next().map_err(failed)? else {
            return Ok(None);
        };
        // Not only the name: what is too large to be decoded is found out there.
        let (row, _) = stored::read::<rows::Resource>(row, origin)?;
        Ok(Some(row.message.display_name))
    }

    pub(crate) fn copy(&self) -> &WorkingCopy {
        &self.copy
    }

    /// Returns the counts of a sync: the stored ones if they can be read, else fresh ones.
    ///
    /// Other readers believe whatever can be read. Here stored counts without any resource type, or whose parts do not
    /// make up the whole, are counted again too.
    ///
    /// # Errors
    ///
    /// When the database is damaged.
    pub fn stats(&self, sync: &SyncRun) -> Result<Stats, Error> {
        self.copy
            .run("count rows", |connection| Stats::of(connection, sync))
    }

    /// Counts the rows of a sync.
    ///
    /// # Errors
    ///
    /// When the database is damaged.
    pub fn count(&self, sync_id: &str) -> Result<Stats, Error> {
        self.copy
            .run("count rows", |connection| Stats::count(connection, sync_id))
    }

    /// Streams the resource types of a sync.
    pub fn resource_types(&self, sync_id: &str) -> Rows<'_, rows::ResourceType> {
        Rows::new(&self.copy, sync_id)
    }

    /// Streams the resources of a sync.
    pub fn resources(&self, sync_id: &str) -> Rows<'_, rows::Resource> {
        Rows::new(&self.copy, sync_id)
    }

    /// Streams the entitlements of a sync.
    pub fn entitlements(&self, sync_id: &str) -> Rows<'_, rows::Entitlement> {
        Rows::new(&self.copy, sync_id)
    }

    /// Streams the grants of a sync.
    pub fn grants(&self, sync_id: &str) -> Rows<'_, rows::Grant> {
        Rows::new(&self.copy, sync_id)
    }
}
