//! Databases that no connector makes.
//!
//! SQLite does what a schema says: a trigger can drop the rows that are written, a view hand out others than are stored, and
//! so can rules and defaults of columns. Damaged pages can lead in circles. Such a file is refused as a whole, since it is not
//! only read but may get another sync, which others will believe.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Result};

use crate::schema;

/// Says what is wrong with a database, if something is.
type Finding = Result<Option<String>>;

/// Looks for pages that lead in circles, belong to two tables or to none, and for rows that cannot be read.
///
/// That takes one pass over the database, as does counting its rows. Without it such passes could be endless.
pub(crate) fn damaged_page(connection: &Connection) -> Finding {
    let found: String = connection.query_row("pragma quick_check(1)", [], |row| row.get(0))?;
    // A line before it names the database.
    let found = found.lines().last().unwrap_or_default();
    Ok((found != "ok").then(|| found.to_owned()))
}

/// Looks for anything but tables and indexes. What an entry calls itself counts for nothing: SQLite goes by its text.
pub(crate) fn active_part(connection: &Connection) -> Finding {
    let found = connection
        .query_row(
            "select sql from sqlite_master where sql not like 'create table %' \
             and sql not like 'create index %' and sql not like 'create unique index %'",
            [],
            |row| row.get::<_, String>(0),
        )
        .optional()?;
    Ok(found.map(|sql| {
        let start: String = sql.chars().take(60).collect();
        format!("no connector makes what it has: {start}")
    }))
}

/// Looks for columns and rules of our tables that differ from upstream's, so that what is written there would be something
/// else than what is asked for. Further columns do no harm, and newer writers may have some.
pub(crate) fn changed_table(connection: &Connection) -> Finding {
    let model = Connection::open_in_memory()?;
    schema::complete_tables(&model)?;
    for table in schema::tables() {
        let found = columns(connection, table)?;
        for (name, column) in columns(&model, table)? {
            if found.get(&name) != Some(&column) {
                return Ok(Some(format!("the column {name} of {table} is another one")));
            }
        }
        // Indexes that are made apart cannot change what is written, only refuse it.
        let mut rules =
            connection.prepare("select 1 from pragma_index_list(?1) where origin <> 'c'")?;
        if rules.exists([table])? {
            return Ok(Some(format!("{table} has rules of its own")));
        }
    }
    Ok(None)
}

/// What matters about a column.
#[derive(Debug, PartialEq)]
struct Column {
    kind: String,
    default: Option<String>,
    /// The place in the primary key.
    key: i64,
    /// Whether it is computed.
    hidden: i64,
}

/// Returns the columns of a table by their names.
fn columns(connection: &Connection, table: &str) -> Result<BTreeMap<String, Column>> {
    let mut statement = connection.prepare(
        "select lower(name), lower(type), dflt_value, pk, hidden from pragma_table_xinfo(?1)",
    )?;
    let columns = statement.query_map([table], |row| {
        let column = Column {
            kind: row.get(1)?,
            default: row.get(2)?,
            key: row.get(3)?,
            hidden: row.get(4)?,
        };
        Ok((row.get(0)?, column))
    })?;
    columns.collect()
}
