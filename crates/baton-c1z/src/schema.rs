//! Tables and indexes (`c1z.md` sections 2.2 to 2.4).
//!
//! The declared types matter: Go readers turn a text into a time only in a column declared `datetime`. Late columns
//! stand last in migrated files, so columns are addressed by name everywhere.

use rusqlite::{Connection, Result};

/// Tables in the order in which upstream creates them.
const TABLES: [(&str, &str); 7] = [
    (
        "v1_resource_types",
        "id integer primary key, external_id text not null, data blob not null, sync_id text not null, \
         discovered_at datetime not null",
    ),
    (
        "v1_resources",
        "id integer primary key, resource_type_id text not null, external_id text not null, \
         parent_resource_type_id text, parent_resource_id text, data blob not null, sync_id text not null, \
         discovered_at datetime not null",
    ),
    (
        "v1_entitlements",
        "id integer primary key, resource_type_id text not null, resource_id text not null, \
         external_id text not null, data blob not null, sync_id text not null, discovered_at datetime not null",
    ),
    (
        "v1_sync_runs",
        "id integer primary key, sync_id text not null, started_at datetime not null, ended_at datetime, \
         sync_token text not null, sync_type text not null default 'full', \
         parent_sync_id text not null default '', linked_sync_id text not null default '', \
         supports_diff integer not null default 0, grants_backfilled integer not null default 0, stats text, \
         ingest_invariant_generation text not null default '', \
         ingest_invariant_coverage text not null default '', ingest_invariant_mode text not null default ''",
    ),
    (
        "v1_grants",
        "id integer primary key, resource_type_id text not null, resource_id text not null, \
         entitlement_id text not null, principal_resource_type_id text not null, \
         principal_resource_id text not null, external_id text not null, expansion blob, \
         needs_expansion integer not null default 0, data blob not null, sync_id text not null, \
         discovered_at datetime not null",
    ),
    (
        "v1_assets",
        "id integer primary key, external_id text not null, content_type text not null, data blob not null, \
         sync_id text not null, discovered_at datetime not null",
    ),
    (
        "v1_connector_sessions",
        "id integer primary key, sync_id text not null, key text not null, value blob not null",
    ),
];

/// Tables whose rows belong to a sync, the list of syncs last, so that an interrupted deletion can be repeated.
const TABLES_BY_SYNC: [&str; 7] = [
    "v1_grants",
    "v1_entitlements",
    "v1_resources",
    "v1_resource_types",
    "v1_assets",
    "v1_connector_sessions",
    "v1_sync_runs",
];

/// Tables of the records of a sync, those first whose rows refer to others.
const TABLES_OF_RECORDS: [&str; 4] = [
    "v1_grants",
    "v1_entitlements",
    "v1_resources",
    "v1_resource_types",
];

/// Columns that older writers did not know, in the order in which they came.
const LATE_COLUMNS: [(&str, &str, &str); 11] = [
    ("v1_sync_runs", "sync_type", "text not null default 'full'"),
    ("v1_sync_runs", "parent_sync_id", "text not null default ''"),
    ("v1_sync_runs", "linked_sync_id", "text not null default ''"),
    (
        "v1_sync_runs",
        "supports_diff",
        "integer not null default 0",
    ),
    (
        "v1_sync_runs",
        "grants_backfilled",
        "integer not null default 0",
    ),
    ("v1_sync_runs", "stats", "text"),
    (
        "v1_sync_runs",
        "ingest_invariant_generation",
        "text not null default ''",
    ),
    (
        "v1_sync_runs",
        "ingest_invariant_coverage",
        "text not null default ''",
    ),
    (
        "v1_sync_runs",
        "ingest_invariant_mode",
        "text not null default ''",
    ),
    ("v1_grants", "expansion", "blob"),
    ("v1_grants", "needs_expansion", "integer not null default 0"),
];

/// Name, and whether it is unique, and what it covers.
///
/// The second and third index of `v1_resources` have each other's names. That is how upstream is, and since it creates
/// indexes by name where they are missing, it has to stay so.
const INDEXES: [(&str, bool, &str); 16] = [
    (
        "idx_resource_types_external_sync_v1",
        true,
        "v1_resource_types (external_id, sync_id)",
    ),
    (
        "idx_resources_resource_type_id_v1",
        false,
        "v1_resources (resource_type_id)",
    ),
    (
        "idx_resources_external_sync_v1",
        false,
        "v1_resources (parent_resource_type_id, parent_resource_id)",
    ),
    (
        "idx_resources_parent_resource_id_v1",
        true,
        "v1_resources (external_id, sync_id)",
    ),
    (
        "idx_entitlements_resource_id_v1",
        false,
        "v1_entitlements (resource_type_id, resource_id)",
    ),
    (
        "idx_entitlements_external_sync_v1",
        true,
        "v1_entitlements (external_id, sync_id)",
    ),
    ("idx_sync_runs_sync_id_v1", true, "v1_sync_runs (sync_id)"),
    (
        "idx_grants_resource_type_id_resource_id_v1",
        false,
        "v1_grants (resource_type_id, resource_id)",
    ),
    (
        "idx_grants_principal_id_v1",
        false,
        "v1_grants (principal_resource_type_id, principal_resource_id)",
    ),
    (
        "idx_grants_entitlement_id_principal_id_v1",
        false,
        "v1_grants (entitlement_id, principal_resource_type_id, principal_resource_id)",
    ),
    (
        "idx_grants_external_sync_v1",
        true,
        "v1_grants (external_id, sync_id)",
    ),
    (
        "idx_grants_entitlement_sync_grant_v1",
        false,
        "v1_grants (entitlement_id, sync_id, id)",
    ),
    (
        "idx_grants_sync_expansion_v1",
        false,
        "v1_grants (sync_id) where expansion is not null",
    ),
    (
        "idx_grants_sync_needs_expansion_v1",
        false,
        "v1_grants (sync_id) where needs_expansion = 1",
    ),
    (
        "idx_assets_external_sync_v1",
        true,
        "v1_assets (external_id, sync_id)",
    ),
    (
        "idx_session_store_sync_key_v1",
        true,
        "v1_connector_sessions (sync_id, key)",
    ),
];

/// Creates the tables that are missing and adds the columns that older files lack.
pub(crate) fn complete_tables(connection: &Connection) -> Result<()> {
    for (name, columns) in TABLES {
        connection.execute_batch(&format!("create table if not exists {name} ({columns})"))?;
    }
    for (table, column, definition) in LATE_COLUMNS {
        if !connection.column_exists(None, table, column)? {
            connection.execute_batch(&format!(
                "alter table {table} add column {column} {definition}"
            ))?;
        }
    }
    Ok(())
}

/// Returns the names of the tables.
pub(crate) fn tables() -> impl Iterator<Item = &'static str> {
    TABLES.into_iter().map(|(name, _)| name)
}

/// Deletes the records of a sync, but not the sync.
pub(crate) fn delete_records(connection: &Connection, sync: &str) -> Result<()> {
    delete_from(&TABLES_OF_RECORDS, connection, sync)
}

/// Deletes a sync and everything of it.
pub(crate) fn delete_sync(connection: &Connection, sync: &str) -> Result<()> {
    delete_from(&TABLES_BY_SYNC, connection, sync)
}

fn delete_from(tables: &[&str], connection: &Connection, sync: &str) -> Result<()> {
    for table in tables {
        connection.execute(&format!("delete from {table} where sync_id = ?1"), [sync])?;
    }
    Ok(())
}

/// Drops our indexes: building them once after many rows is faster than keeping them up to date.
///
/// Those of expandable grants are made instead: no row of ours comes into them, and later each would read the whole table.
pub(crate) fn drop_indexes(connection: &Connection) -> Result<()> {
    for (name, unique, covers) in INDEXES {
        if covers.contains(" where ") {
            create_index(connection, name, unique, covers)?;
        } else {
            connection.execute_batch(&format!("drop index if exists {name}"))?;
        }
    }
    Ok(())
}

/// Creates the indexes that are missing.
pub(crate) fn create_indexes(connection: &Connection) -> Result<()> {
    INDEXES
        .iter()
        .try_for_each(|(name, unique, covers)| create_index(connection, name, *unique, covers))
}

fn create_index(connection: &Connection, name: &str, unique: bool, covers: &str) -> Result<()> {
    let unique = if unique { "unique" } else { "" };
    connection.execute_batch(&format!(
        "create {unique} index if not exists {name} on {covers}"
    ))
}
