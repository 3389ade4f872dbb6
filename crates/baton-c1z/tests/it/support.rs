//! Helpers: vectors, raw databases, made-up records, clocks.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use baton_c1z::{Limits, Options, Reader, Store, StoredTime};
use baton_model::{
    AccountType, Clock, Email, Entitlement, EntitlementId, Grant, Profile, Purpose, Record,
    Resource, ResourceId, ResourceTrait, ResourceType, Status, Timestamp, Trait, UserTrait,
};
use rusqlite::Connection;
use serde_json::{Map, Value};
use tempfile::TempDir;

pub(crate) fn vector_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/vectors")
        .join(name)
}

pub(crate) fn vector(name: &str) -> Value {
    serde_json::from_reader(File::open(vector_path(&format!("{name}.json"))).unwrap()).unwrap()
}

/// The database inside a file, taken out by other means than ours.
pub(crate) fn database(c1z: &Path) -> Database {
    let bytes = fs::read(c1z).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("raw");
    fs::write(
        &path,
        zstd::decode_all(bytes.strip_prefix(b"C1ZF\0").unwrap()).unwrap(),
    )
    .unwrap();
    Database {
        connection: Connection::open(path).unwrap(),
        directory,
    }
}

pub(crate) struct Database {
    pub(crate) connection: Connection,
    directory: TempDir,
}

impl Database {
    pub(crate) fn number(&self, sql: &str) -> i64 {
        self.connection
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    }

    pub(crate) fn text(&self, sql: &str) -> String {
        self.connection
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    }

    /// Puts the database, with whatever was changed in it, into a file.
    pub(crate) fn pack(self, c1z: &Path) {
        self.connection.close().unwrap();
        write_c1z(c1z, &fs::read(self.directory.path().join("raw")).unwrap());
    }
}

/// Makes a file out of a database that `fill` writes.
pub(crate) fn pack(c1z: &Path, fill: impl FnOnce(&Connection)) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("raw");
    let connection = Connection::open(&path).unwrap();
    fill(&connection);
    connection.close().unwrap();
    write_c1z(c1z, &fs::read(path).unwrap());
}

/// Wraps any bytes as the content of a c1z file.
pub(crate) fn write_c1z(path: &Path, content: &[u8]) {
    fs::write(
        path,
        [b"C1ZF\0".as_slice(), &zstd::encode_all(content, 3).unwrap()].concat(),
    )
    .unwrap();
}

pub(crate) fn files_in(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Two directories: one for the file, one for working copies, which must be empty in the end.
pub(crate) struct Place {
    target: TempDir,
    temp: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            target: tempfile::tempdir().unwrap(),
            temp: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn directory(&self) -> &Path {
        self.target.path()
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.target.path().join("sync.c1z")
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        File::open(self.file())
            .unwrap()
            .read_to_end(&mut bytes)
            .unwrap();
        bytes
    }

    pub(crate) fn options(&self) -> Options {
        Options {
            temp_dir: Some(self.temp.path().to_owned()),
            ..Options::default()
        }
    }

    pub(crate) fn open(&self, options: Options) -> Result<Store, baton_c1z::Error> {
        open_at(&self.file(), options)
    }

    /// Adds a sync and returns its identifier.
    pub(crate) fn add(&self, options: Options, records: &[Record]) -> String {
        let mut writer = self.open(options).unwrap().start_sync().unwrap();
        for record in records {
            writer.put(record).unwrap();
        }
        let id = writer.sync_id().to_string();
        writer.finish().unwrap();
        id
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader::open(&self.file(), Limits::default(), Some(self.temp.path())).unwrap()
    }

    #[track_caller]
    pub(crate) fn assert_no_working_copy(&self) {
        assert_eq!(files_in(self.temp.path()), Vec::<String>::new());
    }
}

pub(crate) fn open_at(file: &Path, options: Options) -> Result<Store, baton_c1z::Error> {
    Store::open(file, options, clock("2026-06-01T08:00:00.25Z"))
}

/// Starts at an instant and moves on by a second whenever it is asked.
struct Ticking(Timestamp, AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        let elapsed = self.1.fetch_add(1, Ordering::Relaxed);
        Timestamp::new(self.0.seconds() + elapsed, self.0.nanos()).unwrap()
    }
}

pub(crate) fn clock(start: &str) -> Arc<dyn Clock> {
    Arc::new(Ticking(Timestamp::parse(start).unwrap(), AtomicI64::new(0)))
}

pub(crate) fn resource_type(id: &'static str, name: &str, kind: Trait) -> ResourceType {
    ResourceType {
        id: id.into(),
        display_name: name.to_owned(),
        traits: vec![kind],
        skip_entitlements_and_grants: kind == Trait::User,
    }
}

pub(crate) fn profile(attributes: &[(&'static str, &str)]) -> Profile {
    let mut profile = Profile::default();
    for (name, value) in attributes {
        profile.set(*name, *value);
    }
    profile
}

pub(crate) fn user(id: &str, name: &str) -> Resource {
    Resource {
        id: ResourceId::new("user", id),
        display_name: name.to_owned(),
        description: String::new(),
        status: Some(Status::Enabled),
        created_at: Some(Timestamp::parse("2024-01-02T03:04:05Z").unwrap()),
        details: ResourceTrait::User(UserTrait {
            emails: vec![Email {
                address: format!("{id}@example.com"),
                is_primary: true,
            }],
            login: Some(id.to_owned()),
            last_login: None,
            account_type: AccountType::Human,
        }),
        profile: profile(&[("user_id", id)]),
    }
}

pub(crate) fn entitlement(
    of: &Resource,
    slug: &'static str,
    name: &str,
    description: &str,
) -> Entitlement {
    Entitlement {
        id: EntitlementId::new(of.id.clone(), slug),
        display_name: name.to_owned(),
        description: description.to_owned(),
        grantable_to: vec!["user".into()],
        purpose: Purpose::Assignment,
    }
}

pub(crate) fn grant(of: &Entitlement, principal: &Resource) -> Grant {
    Grant {
        entitlement: of.id.clone(),
        principal: principal.id.clone(),
    }
}

/// What `tiny` holds, as far as the vocabulary can say it: all but some details of the two users.
pub(crate) fn tiny() -> Vec<Record> {
    let plain = |id, name: &str, description: &str, details, profile| Resource {
        id,
        display_name: name.to_owned(),
        description: description.to_owned(),
        status: None,
        created_at: None,
        details,
        profile,
    };
    let admin = profile(&[("role_id", "admin")]);
    let admin = plain(
        ResourceId::new("role", "admin"),
        "Admin",
        "",
        ResourceTrait::Role,
        admin,
    );
    let team = profile(&[("team_name", "Engineering"), ("team_id", "t-eng")]);
    let team = plain(
        ResourceId::new("team", "t-eng"),
        "Engineering",
        "Engineering team",
        ResourceTrait::Group,
        team,
    );
    let (alice, bob) = (
        user("u-alice", "Alice Example"),
        user("u-bob", "Bob Example"),
    );
    let member = entitlement(
        &team,
        "member",
        "Engineering Team Member",
        "Member of the Engineering team",
    );
    let assigned = entitlement(&admin, "assigned", "Admin Role", "Assigned the Admin role");
    let grants = [grant(&member, &bob), grant(&assigned, &alice)];
    let types = [
        resource_type("user", "User", Trait::User),
        resource_type("team", "Team", Trait::Group),
        resource_type("role", "Role", Trait::Role),
    ];
    let types = types.into_iter().map(Record::ResourceType);
    let resources = [admin, team, alice, bob].into_iter().map(Record::Resource);
    let entitlements = [member, assigned].into_iter().map(Record::Entitlement);
    types
        .chain(resources)
        .chain(entitlements)
        .chain(grants.into_iter().map(Record::Grant))
        .collect()
}

/// Reads all rows of a sync into the form that the vectors have, blobs as hex.
pub(crate) fn dump(reader: &Reader, sync: &str) -> Map<String, Value> {
    let mut tables = Map::new();
    let types = reader.resource_types(sync).map(|row| {
        let row = row.unwrap();
        serde_json::json!({
            "id": row.id, "external_id": row.external_id, "data": hex(&row.data), "sync_id": row.sync_id,
            "discovered_at": row.discovered_at.as_str(),
        })
    });
    tables.insert("v1_resource_types".to_owned(), types.collect());
    let resources = reader.resources(sync).map(|row| {
        let row = row.unwrap();
        serde_json::json!({
            "id": row.id, "resource_type_id": row.resource_type_id, "external_id": row.external_id,
            "parent_resource_type_id": row.parent_resource_type_id, "parent_resource_id": row.parent_resource_id,
            "data": hex(&row.data), "sync_id": row.sync_id, "discovered_at": row.discovered_at.as_str(),
        })
    });
    tables.insert("v1_resources".to_owned(), resources.collect());
    let entitlements = reader.entitlements(sync).map(|row| {
        let row = row.unwrap();
        serde_json::json!({
            "id": row.id, "resource_type_id": row.resource_type_id, "resource_id": row.resource_id,
            "external_id": row.external_id, "data": hex(&row.data), "sync_id": row.sync_id,
            "discovered_at": row.discovered_at.as_str(),
        })
    });
    tables.insert("v1_entitlements".to_owned(), entitlements.collect());
    let grants = reader.grants(sync).map(|row| {
        let row = row.unwrap();
        serde_json::json!({
            "id": row.id, "resource_type_id": row.resource_type_id, "resource_id": row.resource_id,
            "entitlement_id": row.entitlement_id, "principal_resource_type_id": row.principal_resource_type_id,
            "principal_resource_id": row.principal_resource_id, "external_id": row.external_id,
            "expansion": row.expansion_data.as_deref().map(hex), "needs_expansion": u8::from(row.needs_expansion),
            "data": hex(&row.data), "sync_id": row.sync_id, "discovered_at": row.discovered_at.as_str(),
        })
    });
    tables.insert("v1_grants".to_owned(), grants.collect());
    let runs = reader.syncs().unwrap().into_iter().filter(|run| run.sync_id == sync).map(|run| {
        serde_json::json!({
            "id": run.id, "sync_id": run.sync_id, "started_at": run.started_at.as_str(),
            "ended_at": run.ended_at.as_ref().map(StoredTime::as_str), "sync_token": run.sync_token,
            "sync_type": run.sync_type, "parent_sync_id": run.parent_sync_id, "linked_sync_id": run.linked_sync_id,
            "supports_diff": u8::from(run.supports_diff), "grants_backfilled": u8::from(run.grants_backfilled),
            "stats": run.stats, "ingest_invariant_generation": run.ingest_invariant_generation,
            "ingest_invariant_coverage": run.ingest_invariant_coverage,
            "ingest_invariant_mode": run.ingest_invariant_mode,
        })
    });
    tables.insert("v1_sync_runs".to_owned(), runs.collect());
    tables
}

/// Takes the rows of a vector, with blobs reduced to their hex.
pub(crate) fn vector_rows(vector: &Value, table: &str) -> Value {
    let rows = vector["tables"][table]["rows"]
        .as_array()
        .unwrap()
        .iter()
        .cloned()
        .map(|mut row| {
            for column in row.as_object_mut().unwrap().values_mut() {
                if let Some(hex) = column.get("hex") {
                    *column = hex.clone();
                }
            }
            row
        });
    rows.collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}
