//! Files and paths that are refused, with a reason, and left as they are.

use std::fs;
use std::io::Write;
use std::path::Path;

use baton_c1z::{Error, ErrorKind, Limits, Options, Reader, Store};

use crate::support::{Place, clock, files_in, pack, vector_path, write_c1z};

/// Opens a file of these bytes for reading and for writing, and returns how that is refused.
#[track_caller]
fn refusal(bytes: &[u8], limits: Limits) -> Error {
    let place = Place::new();
    fs::write(place.file(), bytes).unwrap();
    let error = place
        .open(Options {
            limits,
            ..place.options()
        })
        .err()
        .expect("refused for writing");
    let reading = Reader::open(&place.file(), limits, place.options().temp_dir.as_deref())
        .expect_err("refused for reading");
    assert_eq!(error.to_string(), reading.to_string());
    assert!(
        error.to_string().contains("sync.c1z"),
        "{error} names the file"
    );
    assert!(error.hint().is_some());
    assert_eq!(place.bytes(), bytes, "the file is as it was");
    assert_eq!(files_in(place.directory()), ["sync.c1z"]);
    place.assert_no_working_copy();
    error
}

#[track_caller]
fn check(bytes: &[u8], kind: ErrorKind, reason: &str) {
    let error = refusal(bytes, Limits::default());
    assert_eq!(error.kind(), kind, "{error}");
    let mut chain = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        chain = format!("{chain}: {cause}");
        source = cause.source();
    }
    assert!(chain.contains(reason), "{chain}");
}

fn tiny() -> Vec<u8> {
    fs::read(vector_path("tiny.c1z")).unwrap()
}

#[test]
fn other_files() {
    check(
        b"PK\x03\x04 something else",
        ErrorKind::Format,
        "is not a c1z file",
    );
    check(b"C1Z", ErrorKind::Format, "is not a c1z file");
    check(
        b"C1Z3\0\0\0\0\x10pebble",
        ErrorKind::Format,
        "Pebble format",
    );
    assert!(matches!(
        refusal(b"C1Z3\0", Limits::default()),
        Error::Pebble { .. }
    ));
}

#[test]
fn damaged_containers() {
    let tiny = tiny();
    check(
        &tiny[..tiny.len() - 1],
        ErrorKind::Damaged,
        "it ends too early",
    );
    check(&tiny[..9], ErrorKind::Damaged, "it ends too early");
    check(
        &[tiny.as_slice(), b"and more"].concat(),
        ErrorKind::Damaged,
        "is damaged",
    );
    let mut flipped = tiny.clone();
    let last = flipped.last_mut().unwrap();
    *last ^= 1;
    check(&flipped, ErrorKind::Damaged, "checksum");
    check(b"C1ZF\0not zstd at all", ErrorKind::Damaged, "is damaged");
}

#[test]
fn containers_without_a_database() {
    let place = Place::new();
    write_c1z(&place.file(), &b"this is no database. ".repeat(500));
    check(&place.bytes(), ErrorKind::Damaged, "file is not a database");
    let mut database = zstd::decode_all(&tiny()[5..]).unwrap();
    database.truncate(5000);
    write_c1z(&place.file(), &database);
    check(&place.bytes(), ErrorKind::Damaged, "malformed");
}

#[test]
fn forged_tables() {
    let place = Place::new();
    pack(&place.file(), |connection| {
        connection
            .execute_batch("create view V1_GRANTS as select 1 as id, 'x' as sync_id, zeroblob(1000000000) as data")
            .unwrap();
    });
    check(
        &place.bytes(),
        ErrorKind::Damaged,
        "no connector makes what it has: CREATE VIEW V1_GRANTS as",
    );
}

#[test]
fn columns_of_the_wrong_type_are_an_error_when_read() {
    let place = Place::new();
    pack(&place.file(), |connection| {
        connection
            .execute_batch(
                "create table v1_resources (id integer primary key, resource_type_id, external_id, \
                 parent_resource_type_id, parent_resource_id, data, sync_id, discovered_at); \
                 insert into v1_resources values (1, 'a', 'a:b', null, null, x'', 's', '2026-01-01'); \
                 insert into v1_resources values (2, 'a', 'a:c', null, null, x'ffff', 's', '2026-01-01'); \
                 insert into v1_resources values (3, 'a', 7, null, null, x'', 't', '2026-01-01');",
            )
            .unwrap();
    });
    let reader = place.reader();
    let rows: Vec<_> = reader.resources("s").collect();
    assert_eq!(rows.len(), 1, "nothing follows an error");
    let error = rows[0].as_ref().unwrap_err();
    assert!(
        error.to_string().starts_with("row 2 of v1_resources in "),
        "{error}"
    );
    assert_eq!(error.kind(), ErrorKind::Damaged);
    let error = reader.resources("t").next().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Damaged);
    assert_eq!(reader.resources("u").count(), 0);
}

/// Compresses zeroes, telling their number or not.
fn bomb(size: usize, told: bool, window_log: u32) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(b"C1ZF\0".to_vec(), 3).unwrap();
    encoder.window_log(window_log).unwrap();
    encoder.include_contentsize(told).unwrap();
    if told {
        encoder.set_pledged_src_size(Some(size as u64)).unwrap();
    }
    encoder.write_all(&vec![0; size]).unwrap();
    encoder.finish().unwrap()
}

#[track_caller]
fn too_large(bytes: &[u8], limits: Limits, expected: &str) {
    let error = refusal(bytes, limits);
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.to_string().ends_with(expected), "{error}");
}

#[test]
fn bombs() {
    let limits = Limits {
        window: 1 << 20,
        decoded: 1 << 20,
    };
    let over = (1 << 20) + 1;
    too_large(
        &bomb(over, true, 20),
        limits,
        "its content of 1048577 bytes exceeds the limit of 1048576 bytes",
    );
    too_large(
        &bomb(over, false, 20),
        limits,
        "its content exceeds the limit of 1048576 bytes",
    );
    too_large(
        &bomb(1000, false, 21),
        limits,
        "its window of 2097152 bytes exceeds the limit of 1048576 bytes",
    );
}

#[test]
fn bombs_behind_a_harmless_first_frame() {
    let limits = Limits {
        window: 1 << 20,
        decoded: 1 << 20,
    };
    let second = |bomb: Vec<u8>| {
        [
            b"C1ZF\0".to_vec(),
            zstd::encode_all(&b""[..], 3).unwrap(),
            bomb[5..].to_vec(),
        ]
        .concat()
    };
    too_large(
        &second(bomb((1 << 20) + 1, true, 20)),
        limits,
        "its content exceeds the limit of 1048576 bytes",
    );
    let error = refusal(&second(bomb(1000, false, 24)), limits);
    assert_eq!(error.kind(), ErrorKind::Damaged);
}

#[test]
fn a_file_within_the_limits_is_read() {
    let limits = Limits {
        window: 1 << 17,
        decoded: 106_496,
    };
    assert!(Reader::open(&vector_path("tiny.c1z"), limits, None).is_ok());
    too_large(
        &tiny(),
        Limits {
            window: 1 << 16,
            ..limits
        },
        "its window of 131072 bytes exceeds the limit of 65536 bytes",
    );
    too_large(
        &tiny(),
        Limits {
            decoded: 106_495,
            ..limits
        },
        "its content of 106496 bytes exceeds the limit of 106495 bytes",
    );
}

#[track_caller]
fn refused_path(path: &Path, expected: &str) {
    let error = Store::open(path, Options::default(), clock("2026-06-01T08:00:00Z"))
        .err()
        .expect("refused");
    assert_eq!(error.kind(), ErrorKind::Target, "{error}");
    assert_eq!(
        error.to_string(),
        format!("cannot write to {}: {expected}", path.display())
    );
    assert!(error.hint().is_some());
}

#[test]
fn paths_that_cannot_be_written() {
    let place = Place::new();
    refused_path(place.directory(), "it is a directory");
    refused_path(
        &place.directory().join("no/such/sync.c1z"),
        "its directory does not exist",
    );
    fs::write(place.file(), "").unwrap();
    refused_path(
        &place.file().join("sync.c1z"),
        "its parent is not a directory",
    );
    assert_eq!(files_in(place.directory()), ["sync.c1z"]);
}

#[cfg(target_os = "linux")]
#[test]
fn directories_without_permission_and_files_that_are_devices() {
    // Not even root makes files there.
    refused_path(
        Path::new("/proc/self/sync.c1z"),
        "its directory is not writable",
    );
    refused_path(Path::new("/dev/null"), "it is not a regular file");
}

/// Whoever runs out of something is not told to choose another directory.
#[cfg(unix)]
#[test]
fn a_machine_that_has_no_more_of_something_is_not_blamed_on_the_path() {
    const CHILD: &str = "BATON_C1Z_TEST_WITHOUT_FILES";
    if std::env::var_os(CHILD).is_some() {
        let place = Place::new();
        let mut open = Vec::new();
        while let Ok(file) = fs::File::open("/dev/null") {
            open.push(file);
        }
        let error = Store::check(&place.file()).unwrap_err();
        drop(open);
        assert_eq!(error.kind(), ErrorKind::System, "{error}");
        let expected = format!("cannot create a file in {}", place.directory().display());
        assert_eq!(error.to_string(), expected);
        return;
    }
    // In a process of its own, so that other tests have theirs.
    let mut child = std::process::Command::new("sh");
    child
        .args(["-c", "ulimit -n 64 && exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "refuse::a_machine_that_has_no_more_of_something_is_not_blamed_on_the_path",
        ])
        .env(CHILD, "1");
    let output = child.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && told.contains("1 passed"),
        "{told}"
    );
}

#[test]
fn a_missing_file_cannot_be_read() {
    let place = Place::new();
    let error = Reader::open(&place.file(), Limits::default(), None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::System);
    assert!(error.to_string().starts_with("cannot open "), "{error}");
}

#[test]
fn a_missing_temporary_directory_is_an_error() {
    let place = Place::new();
    let options = Options {
        temp_dir: Some(place.directory().join("none")),
        ..Options::default()
    };
    let error = place.open(options).err().expect("refused");
    assert!(error.to_string().ends_with("none"), "{error}");
}
