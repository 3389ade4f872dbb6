//! Syncs that were interrupted, and what their connector kept of them (`c1z.md` sections 2.8 and 3.3).
//!
//! What is kept lies in the table for a connector's private state. The token of such a sync is empty, which tells other
//! tools that nothing was collected: they start over inside the same sync, and never take it for a finished one. What the
//! private state means, and which of it may still be used, is the connector's business.

use baton_model::{SyncId, Timestamp};
use rusqlite::{Connection, params};

use crate::copy::WorkingCopy;
use crate::room::Room;
use crate::{Error, StoredTime, SyncKind, SyncRun, schema};

/// The age up to which a sync is continued, in seconds.
const OLDEST: i64 = 7 * 24 * 3600;
/// Most bytes of what was kept: several times what a sync of a million users keeps.
const MOST_KEPT: usize = 1 << 30;

/// A full sync that was interrupted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// Its identifier.
    pub sync_id: SyncId,
    /// When it was started.
    pub started_at: Timestamp,
    /// What its connector kept, by key.
    pub kept: Vec<(String, Vec<u8>)>,
}

impl Unfinished {
    /// Looks for the newest full one that can be continued at `now` and keeps `value` under `key`.
    ///
    /// Those that do not, those whose identifier is no KSUID, and those started too long ago or in the future do not hide
    /// one that can be continued.
    pub(crate) fn find(
        copy: &WorkingCopy,
        (key, value): (&str, &[u8]),
        now: Timestamp,
    ) -> Result<Option<Self>, Error> {
        let mut newest: Option<Self> = None;
        for run in copy.run("list syncs", SyncRun::list)? {
            let Some((sync_id, started_at)) = can_be_continued(&run, now) else {
                continue;
            };
            let is_newer = |it: &Self| (it.started_at, it.sync_id) < (started_at, sync_id);
            if !newest.as_ref().is_none_or(is_newer) {
                continue;
            }
            let is_ours = copy.run("look for what was kept", |connection| {
                keeps(connection, &run.sync_id, (key, Some(value)))
            })?;
            if is_ours {
                newest = Some(Self {
                    sync_id,
                    started_at,
                    kept: Vec::new(),
                });
            }
        }
        // Only of the one that is continued: it can be much.
        newest
            .map(|it| {
                let kept = copy.run("read what was kept", |connection| {
                    kept(connection, &it.sync_id.to_string())
                })?;
                Ok(Self { kept, ..it })
            })
            .transpose()
    }

    /// Puts the sync, and what was kept of it, into the database.
    pub(crate) fn insert(&self, connection: &Connection) -> rusqlite::Result<()> {
        let sync_id = self.sync_id.to_string();
        insert(connection, SyncKind::Full, &sync_id, self.started_at)?;
        let mut statement = connection.prepare(
            "insert into v1_connector_sessions (sync_id, key, value) values (?1, ?2, ?3)",
        )?;
        for (key, value) in &self.kept {
            statement.execute(params![sync_id, key, value])?;
        }
        Ok(())
    }
}

/// Returns identifier and start of a sync that can be continued.
fn can_be_continued(run: &SyncRun, now: Timestamp) -> Option<(SyncId, Timestamp)> {
    let is_candidate = run.ended_at.is_none() && run.is_full();
    let sync_id = run.sync_id.parse().ok().filter(|_| is_candidate)?;
    let started_at = run.started_at.timestamp()?;
    is_recent(started_at, now).then_some((sync_id, started_at))
}

/// Tells whether a sync that began at `started_at` is young enough at `now` to be continued.
pub(crate) fn is_recent(started_at: Timestamp, now: Timestamp) -> bool {
    started_at <= now && now.seconds() - started_at.seconds() <= OLDEST
}

/// Tells whether a sync keeps something under `key`: any value, or just `value`, as bytes or as text.
fn keeps(
    connection: &Connection,
    sync_id: &str,
    (key, value): (&str, Option<&[u8]>),
) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached(
        "select 1 from v1_connector_sessions where sync_id = ?1 and key = ?2 \
         and (?3 is null or cast(value as blob) = ?3)",
    )?;
    statement.exists(params![sync_id, key, value])
}

/// Reads what was kept of a sync. Something else than bytes or text is not ours, and left out.
fn kept(connection: &Connection, sync_id: &str) -> rusqlite::Result<Vec<(String, Vec<u8>)>> {
    let mut statement = connection
        .prepare("select key, value from v1_connector_sessions where sync_id = ?1 order by id")?;
    let mut rows = statement.query([sync_id])?;
    let (mut kept, mut room) = (Vec::new(), Room::of("work that was kept").with(MOST_KEPT));
    while let Some(row) = rows.next()? {
        room.take(row)?;
        let (key, value) = (row.get_ref("key")?, row.get_ref("value")?);
        if let (Ok(key), Ok(value)) = (key.as_str(), value.as_bytes()) {
            kept.push((key.to_owned(), value.to_owned()));
        }
    }
    Ok(kept)
}

/// Deletes every unfinished sync that keeps something under `key`, be it any value or just `value`, whole. Returns how
/// many they were.
pub(crate) fn delete_all(
    connection: &Connection,
    key: &str,
    value: Option<&[u8]>,
) -> rusqlite::Result<usize> {
    let mut deleted = 0;
    let runs = SyncRun::list(connection)?.into_iter();
    for run in runs.filter(|it| it.ended_at.is_none()) {
        if keeps(connection, &run.sync_id, (key, value))? {
            schema::delete_sync(connection, &run.sync_id)?;
            deleted += 1;
        }
    }
    Ok(deleted)
}

/// Adds the row of a sync that begins.
pub(crate) fn insert(
    connection: &Connection,
    kind: SyncKind,
    sync_id: &str,
    started_at: Timestamp,
) -> rusqlite::Result<()> {
    let parent = match kind {
        SyncKind::Partial => SyncRun::newest_full(SyncRun::list(connection)?),
        SyncKind::Full | SyncKind::ResourcesOnly => None,
    };
    let parent = parent.map(|it| it.sync_id).unwrap_or_default();
    connection.execute(
        "insert into v1_sync_runs (sync_id, started_at, sync_token, sync_type, parent_sync_id, grants_backfilled) \
         values (?1, ?2, '', ?3, ?4, 1)",
        params![sync_id, StoredTime::from(started_at).as_str(), kind.as_str(), parent],
    )?;
    Ok(())
}

/// Does `work` in one transaction: row by row would be slow.
pub(crate) fn change<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    connection.execute_batch("begin")?;
    let result = work(connection)?;
    connection.execute_batch("commit")?;
    Ok(result)
}
