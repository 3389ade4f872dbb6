//! Adds one sync to a working copy, and saves it.

use std::fmt;
use std::sync::Arc;

use baton_model::{
    Clock, Entitlement, EntitlementId, Grant, Record, Resource, ResourceType, Summary, SyncId,
    Timestamp,
};
use prost::Message as _;
use rusqlite::{Connection, OptionalExtension, params};

use crate::batch::Batch;
use crate::copy::WorkingCopy;
use crate::known::{Known, Number};
use crate::stored::LONGEST_RECORD;
use crate::stub::{Stub, Stubs};
use crate::target::Destination;
use crate::{
    Error, Options, Previous, Stats, StoredTime, SyncKind, encode, retention, schema, unfinished,
};

/// Provenance of the checks, as upstream writes it for this engine (`c1z.md` section 6.4). Both hold here: no
/// exclusion group is ever written (I5), and there are no enqueued pages (I10). Syncs of a part go without.
const INVARIANTS: [&str; 3] = ["1", r#"["I5","I10"]"#, "connector"];

/// A sync that is being written.
///
/// Dropped without [`finish`](Self::finish), it leaves the file as it was.
pub struct SyncWriter {
    copy: WorkingCopy,
    target: Destination,
    options: Options,
    clock: Arc<dyn Clock>,
    id: SyncId,
    id_text: String,
    started_at: Timestamp,
    known: Known,
    stubs: Stubs,
    summary: Summary,
    batch: Batch,
    /// Room for the identifier of a record.
    id_buffer: String,
    failed: bool,
}

impl SyncWriter {
    pub(crate) fn start(
        copy: WorkingCopy,
        target: Destination,
        options: Options,
        clock: Arc<dyn Clock>,
        (id, started_at): (SyncId, Timestamp),
    ) -> Result<Self, Error> {
        let some_types = options.some_types;
        let writer = Self {
            copy,
            target,
            options,
            clock,
            id,
            id_text: id.to_string(),
            started_at,
            known: Known::new(some_types),
            stubs: Stubs::default(),
            summary: Summary::default(),
            batch: Batch::default(),
            id_buffer: String::new(),
            failed: false,
        };
        writer
            .copy
            .run("start a sync", |connection| writer.start_rows(connection))?;
        Ok(writer)
    }

    fn start_rows(&self, connection: &Connection) -> rusqlite::Result<()> {
        // Building the indexes once after the rows is faster than keeping them up to date.
        schema::drop_indexes(connection)?;
        connection.execute_batch("begin")?;
        unfinished::insert(
            connection,
            self.options.kind,
            &self.id_text,
            self.started_at,
        )
    }

    /// Returns the identifier of the sync.
    pub fn sync_id(&self) -> SyncId {
        self.id
    }

    /// Returns when the sync was started: one that continues another keeps the start of that.
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// Returns the finished full sync that this one can be compared with, of those that the file already holds: the newest of
    /// those with the most resource types, see [`Previous`]. `None` if it holds none, as a new file does.
    ///
    /// So both can be compared before this one is finished, without opening the file a second time.
    /// Syncs of a part, differences and unfinished syncs, this one included, do not count. The counts are the stored
    /// ones where they are of use (see [`Reader::stats`](crate::Reader::stats)), else the rows are counted.
    ///
    /// # Errors
    ///
    /// When the database is damaged.
    pub fn previous(&self) -> Result<Option<Previous>, Error> {
        Previous::find(&self.copy)
    }

    /// Adds a record.
    ///
    /// # Errors
    ///
    /// When it refers to something that was not written before, has the identifier of an earlier one, or cannot be
    /// stored. A refused record leaves no trace; after a failed write, or a record of more than 16 MiB, the sync cannot be
    /// finished.
    pub fn put(&mut self, record: &Record) -> Result<(), Error> {
        if self.failed {
            return Err(Error::Failed);
        }
        let mut result = match record {
            Record::ResourceType(it) => self.put_type(it),
            Record::Resource(it) => self.put_resource(it),
            Record::Entitlement(it) => self.put_entitlement(it),
            Record::Grant(it) => self.put_grant(it),
        };
        if result.is_ok() && self.batch.longest() > LONGEST_RECORD {
            result = Err(too_long(record));
        }
        if result.is_ok() && self.batch.is_full() {
            result = self.insert();
        }
        self.failed = matches!(
            result,
            Err(Error::Database { .. } | Error::RecordLength { .. })
        );
        result?;
        self.summary.add(record);
        Ok(())
    }

    fn put_type(&mut self, it: &ResourceType) -> Result<(), Error> {
        self.known.check_type(it)?;
        let message = encode::resource_type(it);
        self.batch
            .resource_types
            .text(it.id.as_str())
            .data(|buffer| message.encode_raw(buffer));
        self.known.add_type(it);
        Ok(())
    }

    fn put_resource(&mut self, it: &Resource) -> Result<(), Error> {
        self.known.check_resource(it)?;
        let kind = it.id.resource_type().as_str();
        join(&mut self.id_buffer, &[kind, it.id.resource()]);
        self.batch
            .resources
            .text(kind)
            .text(&self.id_buffer)
            .data(|buffer| encode::resource(it, buffer));
        self.known.add_resource(it);
        Ok(())
    }

    fn put_entitlement(&mut self, it: &Entitlement) -> Result<(), Error> {
        let id = it.id.to_string();
        let number = self.known.check_entitlement(it, &id)?;
        let message = encode::entitlement(it, self.known.grantable_types(it)?);
        let data = self.resource_data(number)?;
        let resource = it.id.resource();
        self.batch
            .entitlements
            .text(resource.resource_type().as_str())
            .text(resource.resource())
            .text(&id)
            .data(|buffer| encode::embed_first(&data, &message, buffer));
        self.known.add_entitlement(it);
        Ok(())
    }

    fn put_grant(&mut self, it: &Grant) -> Result<(), Error> {
        let (resource, principal) = (it.entitlement.resource(), &it.principal);
        let kind = resource.resource_type().as_str();
        let principal_kind = principal.resource_type().as_str();
        let (slug, principal_id) = (it.entitlement.slug(), principal.resource());
        if it.entitlement.is_whole() {
            join(&mut self.id_buffer, &[slug, principal_kind, principal_id]);
        } else {
            let of = resource.resource();
            join(
                &mut self.id_buffer,
                &[kind, of, slug, principal_kind, principal_id],
            );
        }
        let parts = self.known.check_grant(it, &self.id_buffer)?;
        let stub = match self.stubs.get(parts.0) {
            Some(stub) => stub,
            None => self.make_stub(parts.0, &it.entitlement)?,
        };
        self.batch
            .grants
            .text(kind)
            .text(resource.resource())
            .text(&stub.id)
            .text(principal_kind)
            .text(principal.resource())
            .text(&self.id_buffer)
            .data(|buffer| encode::grant(&stub.encoded, principal, &self.id_buffer, buffer));
        self.known.add_grant(it, parts);
        Ok(())
    }

    /// Encodes an entitlement as grants embed it.
    fn make_stub(&mut self, number: Number, it: &EntitlementId) -> Result<Arc<Stub>, Error> {
        let id = it.to_string();
        let resource = self.resource_data(self.known.resource_of(it)?)?;
        let mut encoded = Vec::new();
        encode::embed_first(&resource, &encode::entitlement_stub(&id), &mut encoded);
        Ok(self.stubs.add(number, Stub { id, encoded }))
    }

    /// Reads the message of a resource.
    fn resource_data(&mut self, number: Number) -> Result<Vec<u8>, Error> {
        if self.batch.resource_row(number).is_none() {
            self.insert()?;
        }
        let row = self.batch.resource_row(number);
        self.copy.run("read a resource", |connection| {
            connection
                .prepare_cached("select data from v1_resources where id = ?1")?
                .query_row([row], |row| row.get(0))
        })
    }

    /// Inserts the rows that wait.
    fn insert(&mut self) -> Result<(), Error> {
        let now = StoredTime::from(self.clock.now());
        self.copy.run("add rows", |connection| {
            self.batch.insert(connection, &self.id_text, &now)
        })
    }

    /// Forgets every record put so far. The sync itself goes on, with its identifier and the time of its start.
    ///
    /// For a list that has to be read again from the beginning. After a failed write there is no way back: then this
    /// fails too.
    ///
    /// # Errors
    ///
    /// When the rows cannot be deleted; then the sync cannot be finished.
    pub fn restart(&mut self) -> Result<(), Error> {
        if self.failed {
            return Err(Error::Failed);
        }
        self.known = Known::new(self.options.some_types);
        self.stubs = Stubs::default();
        self.summary = Summary::default();
        self.batch = Batch::default();
        let deleted = self.copy.run("delete rows", |connection| {
            schema::delete_records(connection, &self.id_text)
        });
        self.failed = deleted.is_err();
        deleted
    }

    /// Ends the sync, deletes syncs that are too many, and puts the new file in the place of the old one.
    ///
    /// The steps have upstream's order (`c1z.md` section 2.8).
    ///
    /// # Errors
    ///
    /// When anything cannot be written; then the old file stays as it was.
    pub fn finish(mut self) -> Result<Stats, Error> {
        if self.failed {
            return Err(Error::Failed);
        }
        self.insert()?;
        self.copy.run("checkpoint the sync", |connection| {
            self.checkpoint(connection)
        })?;
        self = self.clean_up()?;
        if let Err(error) = self.copy.run("index the rows", schema::create_indexes) {
            return Err(self.explain(error)?);
        }
        let stats = Stats::from(&self.summary);
        self.copy
            .run("end the sync", |connection| self.end(connection, &stats))?;
        let target = self.target;
        self.copy.close(|database| target.replace(database))?;
        tracing::debug!(path = %target.path().display(), sync.id = self.id_text, "saved the sync");
        Ok(stats)
    }

    fn checkpoint(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection.execute(
            "update v1_sync_runs set supports_diff = ?3, sync_token = ?2 where sync_id = ?1",
            params![
                self.id_text,
                self.token(),
                self.options.kind == SyncKind::Full
            ],
        )?;
        connection.execute_batch("commit")
    }

    /// Makes the token of a finished sync (`c1z.md` section 2.8).
    ///
    /// It counts the steps that upstream would have taken: one for each kind of listing and for starting and
    /// expanding, two for each type (its resources, its static entitlements), two for each resource that is asked for
    /// entitlements and grants; without those, one for each type and three others; for single resources, one for each.
    /// The flag 32 says that upstream's own checks were not run.
    fn token(&self) -> String {
        let types = self.summary.resources.len() as u64;
        let resources: u64 = self.summary.resources.values().sum();
        let (steps, flag, quality) = match self.options.kind {
            SyncKind::Full => (
                7 + 2 * types + 2 * self.known.asked_resources(&self.summary),
                "",
                r#""source_cache_replay_blocked":true,"reason_flags":32"#,
            ),
            SyncKind::ResourcesOnly => (
                3 + types,
                r#""should_skip_entitlements_and_grants":true,"#,
                "",
            ),
            SyncKind::Partial => (
                2 + resources,
                r#""should_fetch_related_resources":true,"#,
                "",
            ),
        };
        format!(
            r#"{{"current_action_id":{steps},{flag}"completed_actions_count":{steps},"ingest_quality":{{{quality}}},"version":1}}"#
        )
    }

    fn clean_up(mut self) -> Result<Self, Error> {
        if self.options.skip_cleanup {
            return Ok(self);
        }
        let keep = self.options.keep_syncs;
        // The new sync counts among those that are kept only if it is of their kind.
        let older = match self.options.kind {
            SyncKind::Full => keep.saturating_sub(1),
            SyncKind::ResourcesOnly | SyncKind::Partial => keep.max(1),
        };
        let deleted = self.copy.run("delete old syncs", |connection| {
            retention::prune(connection, &self.id_text, older)
        })?;
        let free_pages: i64 = self.copy.run("count free pages", |connection| {
            connection.query_row("pragma freelist_count", [], |row| row.get(0))
        })?;
        if deleted > 0 || free_pages > 0 {
            self.copy = self.copy.compact()?;
        }
        Ok(self)
    }

    /// Turns the refusal of an index into the identifier that occurs twice.
    ///
    /// Different records can have the same identifier, since its parts are joined without escaping. What an older sync holds
    /// twice is damage of the file, and stays the error that it is.
    fn explain(&self, error: Error) -> Result<Error, Error> {
        let tables = [
            ("resource", "v1_resources"),
            ("entitlement", "v1_entitlements"),
            ("grant", "v1_grants"),
        ];
        for (what, table) in tables {
            let sql = format!(
                "select external_id from {table} where sync_id = ?1 group by external_id having count(*) > 1 limit 1"
            );
            let twice = self.copy.run("look for duplicates", |connection| {
                connection
                    .query_row(&sql, [&self.id_text], |row| row.get(0))
                    .optional()
            })?;
            if let Some(id) = twice {
                return Ok(Error::Duplicate { what, id });
            }
        }
        Ok(error)
    }

    fn end(&self, connection: &Connection, stats: &Stats) -> rusqlite::Result<()> {
        let stats = serde_json::to_string(stats)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        connection.execute(
            "update v1_sync_runs set ended_at = ?2, stats = ?3 where sync_id = ?1",
            params![
                self.id_text,
                StoredTime::from(self.clock.now()).as_str(),
                stats
            ],
        )?;
        if self.options.kind != SyncKind::Full {
            return Ok(());
        }
        let [generation, coverage, mode] = INVARIANTS;
        connection.execute(
            "update v1_sync_runs set ingest_invariant_generation = ?2, ingest_invariant_coverage = ?3, \
             ingest_invariant_mode = ?4 where sync_id = ?1",
            params![self.id_text, generation, coverage, mode],
        )?;
        Ok(())
    }
}

/// Refuses a record that nobody could read.
fn too_long(record: &Record) -> Error {
    let (what, id) = match record {
        Record::ResourceType(it) => ("resource type", it.id.to_string()),
        Record::Resource(it) => ("resource", it.id.to_string()),
        Record::Entitlement(it) => ("entitlement", it.id.to_string()),
        Record::Grant(it) => ("grant", it.id()),
    };
    Error::RecordLength { what, id }
}

/// Writes the parts of an identifier, joined with colons, into `buffer`.
fn join(buffer: &mut String, parts: &[&str]) {
    buffer.clear();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            buffer.push(':');
        }
        buffer.push_str(part);
    }
}

impl fmt::Debug for SyncWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncWriter")
            .field("target", &self.target)
            .field("id", &self.id_text)
            .finish_non_exhaustive()
    }
}
