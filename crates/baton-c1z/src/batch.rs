//! Rows that are inserted together: one at a time, a look for the prepared statement would take as long as the insertion.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Result};

use crate::StoredTime;
use crate::known::{Number, RowId};

/// How many bytes wait before they are inserted; they should stay in the cache of a processor.
const ENOUGH: usize = 128 << 10;

/// Rows of all tables that wait to be inserted.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) resource_types: Rows,
    pub(crate) resources: Rows,
    pub(crate) entitlements: Rows,
    pub(crate) grants: Rows,
    /// Where the resources are that were inserted, in the order of their numbers.
    resource_rows: Vec<RowId>,
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            resource_types: Rows::new(
                "insert into v1_resource_types (sync_id, discovered_at, external_id, data) values (?1, ?2, ?3, ?4)",
                2,
            ),
            resources: Rows::new(
                "insert into v1_resources (sync_id, discovered_at, resource_type_id, external_id, data) \
                 values (?1, ?2, ?3, ?4, ?5)",
                3,
            ),
            entitlements: Rows::new(
                "insert into v1_entitlements (sync_id, discovered_at, resource_type_id, resource_id, external_id, data) \
                 values (?1, ?2, ?3, ?4, ?5, ?6)",
                4,
            ),
            grants: Rows::new(
                "insert into v1_grants (sync_id, discovered_at, resource_type_id, resource_id, entitlement_id, \
                 principal_resource_type_id, principal_resource_id, external_id, data) \
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                7,
            ),
            resource_rows: Vec::new(),
        }
    }
}

impl Batch {
    /// Tells whether it is time to insert the rows.
    pub(crate) fn is_full(&self) -> bool {
        let tables = [&self.grants, &self.resources, &self.entitlements];
        tables.map(|rows| rows.bytes.len()).iter().sum::<usize>() >= ENOUGH
    }

    /// Returns most bytes that a row had so far.
    pub(crate) fn longest(&self) -> usize {
        let others = [&self.resources, &self.entitlements, &self.grants];
        others
            .iter()
            .fold(self.resource_types.longest, |most, rows| {
                most.max(rows.longest)
            })
    }

    /// Inserts all rows that wait.
    pub(crate) fn insert(
        &mut self,
        connection: &Connection,
        sync: &str,
        now: &StoredTime,
    ) -> Result<()> {
        let resource_rows = &mut self.resource_rows;
        self.resource_types.insert(connection, sync, now, |_| ())?;
        self.resources
            .insert(connection, sync, now, |row| resource_rows.push(row))?;
        self.entitlements.insert(connection, sync, now, |_| ())?;
        self.grants.insert(connection, sync, now, |_| ())
    }

    /// Returns the row of a resource; `None` while it waits.
    pub(crate) fn resource_row(&self, resource: Number) -> Option<RowId> {
        self.resource_rows
            .get(usize::try_from(resource).ok()?)
            .copied()
    }
}

/// Rows of one table. The last column of each is its message, the others are texts.
#[derive(Debug)]
pub(crate) struct Rows {
    /// The first two parameters are the sync and the time, the others the columns.
    sql: &'static str,
    columns: usize,
    /// All values, one behind the other.
    bytes: Vec<u8>,
    /// Where each value ends.
    ends: Vec<usize>,
    /// Most bytes that a row had so far.
    longest: usize,
}

impl Rows {
    fn new(sql: &'static str, columns: usize) -> Self {
        Self {
            sql,
            columns,
            bytes: Vec::new(),
            ends: Vec::new(),
            longest: 0,
        }
    }

    /// Adds a column of text.
    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        self.bytes.extend_from_slice(value.as_bytes());
        self.ends.push(self.bytes.len());
        self
    }

    /// Adds the last column: the message that `encode` adds to a buffer.
    pub(crate) fn data(&mut self, encode: impl FnOnce(&mut Vec<u8>)) {
        let row = self.ends.len() / self.columns * self.columns;
        let start = row.checked_sub(1).and_then(|last| self.ends.get(last));
        let start = start.copied().unwrap_or_default();
        encode(&mut self.bytes);
        self.ends.push(self.bytes.len());
        self.longest = self.longest.max(self.bytes.len() - start);
    }

    /// Inserts the rows and tells of each where it is.
    fn insert(
        &mut self,
        connection: &Connection,
        sync: &str,
        now: &StoredTime,
        mut inserted: impl FnMut(RowId),
    ) -> Result<()> {
        if self.ends.is_empty() {
            return Ok(());
        }
        let mut statement = connection.prepare_cached(self.sql)?;
        statement.raw_bind_parameter(1, sync)?;
        statement.raw_bind_parameter(2, now.as_str())?;
        let mut start = 0;
        for row in self.ends.chunks_exact(self.columns) {
            for (column, end) in row.iter().enumerate() {
                let value = self.bytes.get(start..*end).unwrap_or_default();
                let value = if column + 1 < self.columns {
                    ValueRef::Text(value)
                } else {
                    ValueRef::Blob(value)
                };
                statement.raw_bind_parameter(column + 3, ToSqlOutput::Borrowed(value))?;
                start = *end;
            }
            statement.raw_execute()?;
            inserted(connection.last_insert_rowid());
        }
        self.bytes.clear();
        self.ends.clear();
        Ok(())
    }
}
