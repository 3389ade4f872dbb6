//! Files that somebody made to do harm: they are refused in time, or read as what they are, and a sync that is added to one
//! is whole.

use std::fs;
use std::time::{Duration, Instant};

use baton_c1z::{Error, ErrorKind, Limits, Reader};
use baton_model::{Profile, ProfileValue, Record, Resource, ResourceId, ResourceTrait};
use baton_proto::connector::v2;
use prost::Message as _;
use rusqlite::{Connection, params};

use crate::support::{Place, database, files_in, pack, tiny, user, vector_path, write_c1z};

/// The identifier of the sync in `tiny`.
const SYNC: &str = "3MQhslJNOzAJeSXY4046np2VlTJ";

/// Makes `tiny` with changes to its database.
fn forged(change: &str) -> Place {
    let place = Place::new();
    fs::copy(vector_path("tiny.c1z"), place.file()).unwrap();
    let database = database(&place.file());
    database.connection.execute_batch(change).unwrap();
    database.pack(&place.file());
    place
}

#[track_caller]
fn check_refused(error: &Error, place: &Place, before: &[u8], expected: &str) {
    let text = format!("{error:?} {error}");
    assert!(text.contains(expected), "{text}");
    assert_eq!(error.kind(), ErrorKind::Damaged, "{text}");
    assert_eq!(place.bytes(), before, "the file is as it was");
    assert_eq!(files_in(place.directory()), ["sync.c1z"]);
    place.assert_no_working_copy();
}

/// A file that can be read, and to which nothing is added.
#[track_caller]
fn refused_for_writing(change: &str, expected: &str) {
    let place = forged(change);
    let before = place.bytes();
    assert_eq!(place.reader().syncs().unwrap().len(), 1);
    let error = place.open(place.options()).err().expect("refused");
    check_refused(&error, &place, &before, expected);
}

/// A file that is not even read.
#[track_caller]
fn refused(place: &Place, expected: &str) {
    let before = place.bytes();
    let temp = place.options().temp_dir;
    let error = Reader::open(&place.file(), Limits::default(), temp.as_deref()).unwrap_err();
    check_refused(&error, place, &before, expected);
    let error = place.open(place.options()).err().expect("refused");
    check_refused(&error, place, &before, expected);
}

#[test]
fn schemas_that_act() {
    for (change, expected) in [
        (
            "create trigger t before insert on v1_grants begin select raise(ignore); end",
            "no connector makes what it has: CREATE TRIGGER t",
        ),
        ("create view harmless as select 1", "CREATE VIEW harmless"),
        (
            "create virtual table words using fts5(word)",
            "CREATE VIRTUAL TABLE words",
        ),
        // It calls itself an index.
        (
            "pragma writable_schema = on; insert into sqlite_master values ('index', 'i', 'v1_grants', 0, \
             'create trigger t before insert on v1_grants begin select raise(ignore); end')",
            "malformed database schema",
        ),
    ] {
        refused(&forged(change), expected);
    }
}

/// Makes a table anew with a changed definition.
fn redefined(table: &str, from: &str, to: &str) -> String {
    let place = Place::new();
    place.add(place.options(), &tiny());
    let database = database(&place.file());
    let sql = database.text(&format!(
        "select sql from sqlite_master where name = '{table}'"
    ));
    assert!(sql.contains(from), "{sql}");
    format!("drop table {table}; {}", sql.replacen(from, to, 1))
}

#[test]
fn tables_that_keep_something_else_than_they_are_told() {
    for (table, from, to, expected) in [
        // A new grant would give other entitlements away.
        (
            "v1_grants",
            "expansion blob",
            "expansion blob default x'0a0161'",
            "the column expansion of v1_grants",
        ),
        (
            "v1_grants",
            "data blob not null",
            "data blob generated always as (x'0a0161')",
            "the column data of v1_grants",
        ),
        (
            "v1_grants",
            "external_id text",
            "external_id integer",
            "the column external_id of v1_grants",
        ),
        // Only the last grant of each principal would be left.
        (
            "v1_grants",
            "discovered_at datetime not null",
            "discovered_at datetime not null, unique (principal_resource_id) on conflict replace",
            "v1_grants has rules of its own",
        ),
        (
            "v1_assets",
            "content_type text not null, ",
            "",
            "the column content_type of v1_assets",
        ),
    ] {
        refused_for_writing(&redefined(table, from, to), expected);
    }
    // A sync that was interrupted would look finished. The reader has to find one.
    let runs = redefined(
        "v1_sync_runs",
        "ended_at datetime",
        "ended_at datetime default '2026-01-01'",
    );
    let row = format!(
        "insert into v1_sync_runs (sync_id, started_at, sync_token) values ('{SYNC}', '', '')"
    );
    refused_for_writing(
        &format!("{runs}; {row}"),
        "the column ended_at of v1_sync_runs",
    );
}

#[test]
fn rows_do_not_go_with_others() {
    let change = format!(
        "{}; create table x (id integer references v1_sync_runs (id) on delete cascade, keep text); \
         insert into x values (1, 'this')",
        redefined(
            "v1_grants",
            "discovered_at datetime not null",
            "discovered_at datetime not null references v1_sync_runs (id) on delete cascade",
        )
    );
    let place = forged(&change);
    let options = baton_c1z::Options {
        keep_syncs: 1,
        ..place.options()
    };
    let sync = place.add(options, &tiny());
    let reader = place.reader();
    assert_eq!(reader.syncs().unwrap().len(), 1, "the older one is gone");
    let records: Result<Vec<_>, _> = reader.records(&sync).collect();
    assert_eq!(records.unwrap(), tiny());
    assert_eq!(database(&place.file()).text("select keep from x"), "this");
}

/// Returns `tiny`'s database after changes to its bytes.
fn with_bytes(change: impl FnOnce(&mut Vec<u8>)) -> Place {
    let place = Place::new();
    let bytes = fs::read(vector_path("tiny.c1z")).unwrap();
    let mut content = zstd::decode_all(&bytes[5..]).unwrap();
    change(&mut content);
    write_c1z(&place.file(), &content);
    place
}

/// Pages that lead to themselves would be read again and again, each time more often.
#[test]
fn pages_that_lead_in_circles() {
    let place = Place::new();
    pack(&place.file(), |connection| {
        connection
            .execute_batch(
                "pragma page_size = 512; create table v1_grants (id integer primary key, resource_type_id text not null, \
                 resource_id text, entitlement_id text, principal_resource_type_id text, principal_resource_id text, \
                 external_id text, data blob, sync_id text, discovered_at datetime); \
                 with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000) \
                 insert into v1_grants (resource_type_id) select 'some words that take room' from n",
            )
            .unwrap();
    });
    let raw = database(&place.file());
    let root =
        usize::try_from(raw.number("select rootpage from sqlite_master where name = 'v1_grants'"))
            .unwrap();
    drop(raw);
    let bytes = place.bytes();
    let mut content = zstd::decode_all(&bytes[5..]).unwrap();
    // Every child of the root is its first one, and every child of that is it again.
    let cells = |content: &[u8], page: usize| {
        let start = (page - 1) * 512;
        assert_eq!(content[start], 5, "an inner page");
        let count = usize::from(u16::from_be_bytes([content[start + 3], content[start + 4]]));
        let cell = move |at: usize| start + 12 + 2 * at;
        let offsets = (0..count)
            .map(cell)
            .map(|at| start + usize::from(u16::from_be_bytes([content[at], content[at + 1]])));
        offsets.chain([start + 8]).collect::<Vec<_>>()
    };
    let children = cells(&content, root);
    let first = content[children[0]..children[0] + 4].to_vec();
    for child in children {
        content[child..child + 4].copy_from_slice(&first);
    }
    let started = Instant::now();
    write_c1z(&place.file(), &content);
    refused(&place, "is damaged: Tree 2 page 2 cell");
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn headers_that_lie() {
    // More pages than there are.
    refused(
        &with_bytes(|content| content[28..32].copy_from_slice(&9999_u32.to_be_bytes())),
        "malformed",
    );
    refused(&with_bytes(|content| content[16] = 3), "not a database");
    refused(&with_bytes(|content| content.truncate(4096)), "malformed");
}

#[test]
fn a_database_with_a_log_of_its_own_is_read_and_written() {
    let place = with_bytes(|content| content[18..20].copy_from_slice(&[2, 2]));
    assert_eq!(place.reader().records(SYNC).flatten().count(), 11);
    let sync = place.add(place.options(), &tiny());
    assert_eq!(place.reader().count(&sync).unwrap().grants, 2);
    place.assert_no_working_copy();
}

#[test]
fn utf_16_is_read_and_written() {
    let place = Place::new();
    let data = v2::Grant {
        id: "g".to_owned(),
        annotations: vec![
            prost_types::Any::from_msg(&v2::GrantExpandable {
                entitlement_ids: vec!["team:x:member".to_owned()],
                ..v2::GrantExpandable::default()
            })
            .unwrap(),
        ],
        ..v2::Grant::default()
    }
    .encode_to_vec();
    pack(&place.file(), |connection| {
        connection
            .execute_batch(
                "pragma encoding = 'UTF-16le'; \
                 create table v1_sync_runs (id integer primary key, sync_id text not null, started_at datetime not null, \
                 ended_at datetime, sync_token text not null); \
                 insert into v1_sync_runs values (1, 's', '2026-01-01', '2026-01-02', ''); \
                 create table v1_grants (id integer primary key, resource_type_id text not null, \
                 resource_id text not null, entitlement_id text not null, principal_resource_type_id text not null, \
                 principal_resource_id text not null, external_id text not null, data blob not null, \
                 sync_id text not null, discovered_at datetime not null);",
            )
            .unwrap();
        connection
            .execute(
                "insert into v1_grants values (1, 'role', 'r', 'role:r:x', 'team', 'x', 'g', ?1, 's', '2026-01-01')",
                [&data],
            )
            .unwrap();
    });
    let grant = place.reader().grants("s").next().unwrap().unwrap();
    assert_eq!(grant.expansion.unwrap().entitlement_ids, ["team:x:member"]);
    let sync = place.add(place.options(), &tiny());
    let reader = place.reader();
    assert_eq!(
        reader.count(&sync).unwrap(),
        reader
            .stats(&reader.finished(Some(&sync)).unwrap())
            .unwrap()
    );
    assert_eq!(
        reader
            .records(&sync)
            .collect::<Result<Vec<_>, _>>()
            .unwrap(),
        tiny()
    );
}

/// Adds a row to the resources of `tiny`, with this message.
fn with_resource(data: &[u8], external_id: &str) -> Place {
    let place = Place::new();
    fs::copy(vector_path("tiny.c1z"), place.file()).unwrap();
    let database = database(&place.file());
    database
        .connection
        .execute(
            "insert into v1_resources (id, resource_type_id, external_id, data, sync_id, discovered_at) \
             values (99, 'user', ?1, ?2, ?3, '2026-01-01')",
            params![external_id, data, SYNC],
        )
        .unwrap();
    database.pack(&place.file());
    place
}

#[track_caller]
fn refused_row(place: &Place, expected: &str) {
    let reader = place.reader();
    let error = reader.resources(SYNC).find_map(Result::err).unwrap();
    assert!(
        error.to_string().starts_with("row 99 of v1_resources in "),
        "{error}"
    );
    let text = format!("{error} {error:?}");
    assert!(text.contains(expected), "{text}");
    assert_eq!(error.kind(), ErrorKind::Damaged);
    assert!(reader.records(SYNC).any(|it| it.is_err()));
    let name = reader.display_name(SYNC, &ResourceId::new("user", "x"));
    assert!(!matches!(name, Ok(Some(_))), "its name alone is not read");
    let compared =
        baton_c1z::diff::compare((&reader, SYNC), (&reader, SYNC), |_| Ok::<_, Error>(()));
    assert!(compared.is_err(), "not taken for the same");
}

#[test]
fn messages_without_end() {
    let mut value = prost_types::Value::default();
    for _ in 0..200 {
        let list = prost_types::ListValue {
            values: vec![value],
        };
        value = prost_types::Value {
            kind: Some(prost_types::value::Kind::ListValue(list)),
        };
    }
    let deep = v2::Resource {
        profile: Some(prost_types::Struct {
            fields: [("x".to_owned(), value)].into(),
        }),
        ..v2::Resource::default()
    };
    refused_row(
        &with_resource(&deep.encode_to_vec(), "user:x"),
        "RecursionLimitReached",
    );
    // A length of more bytes than there are, and of more than memory has.
    for length in [&[0x7F][..], &[0xFF; 9], &[0xFF, 0xFF, 0xFF, 0xFF, 0x0F]] {
        let data = [&[0x1A], length, &[1]].concat();
        refused_row(&with_resource(&data, "user:x"), "DecodeError");
    }
}

#[test]
fn rows_that_fill_memory() {
    refused_row(
        &with_resource(&vec![0; 17 << 20], "user:x"),
        "has more than 16 MiB",
    );
    refused_row(
        &with_resource(&[], &"x".repeat(17 << 20)),
        "has more than 16 MiB",
    );
    let sound = v2::Resource {
        description: "x".repeat(17 << 20),
        ..v2::Resource::default()
    };
    refused_row(
        &with_resource(&sound.encode_to_vec(), "user:x"),
        "has more than 16 MiB",
    );
}

#[test]
fn lists_that_fill_memory() {
    let syncs = forged(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 70) \
         insert into v1_sync_runs (sync_id, started_at, ended_at, sync_token) \
         select i, '2026-01-01', '2026-01-02', printf('%.*c', 1000000, 'x') from n",
    );
    let before = syncs.bytes();
    assert!(before.len() < 100_000, "{}", before.len());
    let temp = syncs.options().temp_dir;
    let error = Reader::open(&syncs.file(), Limits::default(), temp.as_deref())
        .and_then(|reader| reader.syncs())
        .unwrap_err();
    check_refused(&error, &syncs, &before, "the list of syncs is too long");

    let types = forged(
        "update v1_sync_runs set stats = null; \
         with recursive n(i) as (select 1 union all select i + 1 from n where i < 70) \
         insert into v1_resource_types (external_id, data, sync_id, discovered_at) \
         select printf('%d%.*c', i, 1000000, 'x'), x'', sync_id, '' from v1_sync_runs, n",
    );
    let reader = types.reader();
    let error = reader.stats(&reader.syncs().unwrap()[0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Damaged);
    assert!(format!("{error:?}").contains("the list of types is too long"));
}

#[test]
fn a_record_that_nobody_could_read_is_not_written() {
    let place = Place::new();
    let mut large = user("u-large", "Large");
    large
        .profile
        .set("note", ProfileValue::from("x".repeat(9 << 20).as_str()));
    let mut writer = place.open(place.options()).unwrap().start_sync().unwrap();
    writer.put(&tiny()[0]).unwrap();
    let error = writer.put(&Record::Resource(large)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "resource user:u-large has more than 16 MiB"
    );
    assert_eq!(error.kind(), ErrorKind::Record);
    assert!(writer.finish().is_err());
    assert!(files_in(place.directory()).is_empty());
}

/// Makes a resource whose row has this many bytes, but for what every row of a sync has.
fn of_length(bytes: usize) -> Record {
    let id = ResourceId::new("user", "u-long");
    let mut it = Resource {
        display_name: "Long".to_owned(),
        details: ResourceTrait::Other,
        profile: Profile::default(),
        ..user("u-long", "Long")
    };
    let mut note = |length: usize| {
        it.profile
            .set("note", ProfileValue::from("x".repeat(length).as_str()));
        let mut row = format!("{}{id}", id.resource_type()).into_bytes();
        baton_c1z::encode::resource(&it, &mut row);
        (it.clone(), row.len())
    };
    let (_, too_long) = note(bytes);
    let (it, length) = note(bytes - (too_long - bytes));
    assert_eq!(length, bytes);
    Record::Resource(it)
}

/// Whatever is written can be read: identifier of the sync and time count for readers too.
#[test]
fn the_longest_record_can_be_read() {
    let is_written = |length: usize| {
        let place = Place::new();
        let mut writer = place.open(place.options()).unwrap().start_sync().unwrap();
        writer.put(&tiny()[0]).unwrap();
        match writer.put(&of_length(length)) {
            Ok(()) => {
                let sync = writer.sync_id().to_string();
                writer.finish().unwrap();
                let reader = place.reader();
                let records: Result<Vec<_>, _> = reader.records(&sync).collect();
                assert_eq!(records.unwrap().len(), 2, "{length}");
                true
            }
            Err(error) => {
                assert!(matches!(error, Error::RecordLength { .. }), "{error}");
                false
            }
        }
    };
    let room = [64, 63, 57, 56, 55, 30, 0];
    let written = room.map(|room| is_written((16 << 20) - room));
    assert!(written[0] && !written[6], "{written:?}");
}

/// The file is what is wrong, not the records: a connector must not take its own for contradictory.
#[test]
fn duplicates_in_an_older_sync_are_damage() {
    let place = forged(
        "drop index idx_grants_external_sync_v1; \
         insert into v1_grants (resource_type_id, resource_id, entitlement_id, principal_resource_type_id, \
         principal_resource_id, external_id, data, sync_id, discovered_at) \
         select resource_type_id, resource_id, entitlement_id, principal_resource_type_id, principal_resource_id, \
         external_id, data, sync_id, discovered_at from v1_grants limit 1",
    );
    let before = place.bytes();
    let mut writer = place.open(place.options()).unwrap().start_sync().unwrap();
    for record in tiny() {
        writer.put(&record).unwrap();
    }
    let error = writer.finish().unwrap_err();
    check_refused(&error, &place, &before, "cannot index the rows");
}

#[test]
fn frames_beside_the_one_with_the_database() {
    let bytes = fs::read(vector_path("tiny.c1z")).unwrap();
    let skippable = b"\x50\x2a\x4d\x18\x03\0\0\0abc";
    let place = Place::new();
    for parts in [
        [&bytes[..5], skippable, &bytes[5..]],
        [&bytes, skippable, b""],
        [&bytes, &zstd::encode_all(&b""[..], 3).unwrap(), b""],
    ] {
        fs::write(place.file(), parts.concat()).unwrap();
        assert_eq!(place.reader().syncs().unwrap().len(), 1);
    }
    let cut = &skippable[..9];
    let one_byte = b"\x28";
    for garbage in [cut, one_byte, b"\0\0\0\0", b"C1ZF\0"] {
        fs::write(place.file(), [&bytes, garbage].concat()).unwrap();
        refused(&place, "is damaged");
    }
    // Says that it needs the dictionary 7.
    fs::write(place.file(), b"C1ZF\0\x28\xb5\x2f\xfd\x01\x38\x07\x01\0\0").unwrap();
    refused(&place, "ictionary");
}

/// What stands in columns that no writer leaves empty, or fills with something else.
#[test]
fn anything_in_any_column_is_an_error_at_worst() {
    for value in ["null", "x'ff'", "1e308", "-1", "'text'", "zeroblob(70000)"] {
        let place = Place::new();
        pack(&place.file(), |connection| fill_with(connection, value));
        let temp = place.options().temp_dir;
        let Ok(reader) = Reader::open(&place.file(), Limits::default(), temp.as_deref()) else {
            continue;
        };
        for sync in ["1", "s", ""] {
            let _ = (reader.records(sync).count(), reader.count(sync));
            let _ =
                baton_c1z::diff::compare((&reader, sync), (&reader, sync), |_| Ok::<_, Error>(()));
        }
        if let Err(error) = reader.syncs() {
            assert_eq!(error.kind(), ErrorKind::Damaged, "{value}");
        }
        drop(reader);
        let _ = place.open(place.options());
        place.assert_no_working_copy();
    }
}

fn fill_with(connection: &Connection, value: &str) {
    let place = Place::new();
    place.add(place.options(), &[]);
    let model = database(&place.file());
    let mut names = model
        .connection
        .prepare("select name from sqlite_master where type = 'table'")
        .unwrap();
    let names: Vec<String> = names
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for name in names {
        let mut columns = model
            .connection
            .prepare("select name from pragma_table_info(?1)")
            .unwrap();
        let columns: Vec<String> = columns
            .query_map([&name], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let values = vec![value; columns.len()];
        connection
            .execute_batch(&format!(
                "create table {name} ({}); insert into {name} values ({})",
                columns.join(", "),
                values.join(", ")
            ))
            .unwrap();
    }
}
