//! Files that somebody made to do harm, given to every command that reads one.

use std::fs;
use std::path::Path;

use rocketchat_sim::{Account, Action, Fault};
use rusqlite::Connection;
use serde_json::json;

use crate::binary::{Binary, server};
use crate::terminal;

/// What steers a terminal: a sequence that clears it, as two characters and as one, and what turns the line around.
const STEERING: &str = "\u{1b}[2J\u{9b}2J\u{7f}\u{202e}";

/// The commands, with what they take beside the file.
const COMMANDS: [&[&str]; 12] = [
    &["show"],
    &["show", "users"],
    &["show", "users", "--user", "alice"],
    &["show", "grants"],
    &["show", "syncs"],
    &["show", "syncs", "--output-format", "json"],
    &["show", "users", "--output-format", "csv"],
    &["show", "stats", "--output-format", "ndjson"],
    &["export", "--sink", "json=out.json"],
    &["export", "--sink", "csv=out"],
    &["export", "--sync", "none", "--sink", "ndjson=none.ndjson"],
    &[],
];

/// Makes a file out of another connector's, with changes to its database.
fn forge(file: &Path, change: &str) {
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("../baton-c1z/tests/vectors/tiny.c1z");
    let bytes = fs::read(tiny).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let raw = directory.path().join("db");
    fs::write(&raw, zstd::decode_all(&bytes[5..]).unwrap()).unwrap();
    let connection = Connection::open(&raw).unwrap();
    connection.execute_batch(change).unwrap();
    connection.close().unwrap();
    let content = zstd::encode_all(&fs::read(&raw).unwrap()[..], 3).unwrap();
    fs::write(file, [b"C1ZF\0", content.as_slice()].concat()).unwrap();
}

/// Runs every command on a terminal, and asserts that nothing of the file steers it.
async fn assert_harmless(binary: &Binary) -> Vec<String> {
    let before = fs::read(binary.path("sync.c1z")).unwrap();
    let mut shown = Vec::new();
    for command in COMMANDS {
        let run = terminal::run(binary.command(command), 200).await;
        assert!(
            matches!(run.code, Some(0 | 2 | 14)),
            "{command:?}: {}",
            run.raw
        );
        // A command line that is refused would show nothing of the file.
        assert!(!run.raw.contains("unknown "), "{command:?}: {}", run.raw);
        for steering in ["\u{1b}[2J", "\u{9b}", "\u{7f}"] {
            assert!(!run.raw.contains(steering), "{command:?}: {:?}", run.raw);
        }
        shown.push(run.raw);
    }
    assert_eq!(fs::read(binary.path("sync.c1z")).unwrap(), before);
    shown
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_identifiers_do_not_steer_a_terminal() {
    let binary = Binary::unreachable().with("TERM", "xterm");
    // Names within messages have to keep their length, so that these are in the columns.
    forge(
        &binary.path("sync.c1z"),
        &format!(
            "update v1_sync_runs set sync_id = '../{STEERING}/x', started_at = '{STEERING}', sync_type = '{STEERING}'; \
             update v1_resource_types set sync_id = '../{STEERING}/x'; \
             update v1_resources set sync_id = '../{STEERING}/x', data = cast(replace(data, 'Alice Example', x'1b5b324ac29b324a7f2020202e') as blob); \
             update v1_entitlements set sync_id = '../{STEERING}/x'; \
             update v1_grants set sync_id = '../{STEERING}/x'"
        ),
    );
    let shown = assert_harmless(&binary).await;
    assert!(shown[4].contains("../\u{fffd}[2J"), "{:?}", shown[4]);
    assert_eq!(
        binary.files(),
        ["out", "out.json", "sync.c1z"],
        "no identifier is a path"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_does_not_steer_the_terminal_of_who_validates() {
    let server = server().await;
    let info = json!({ "version": format!("8.6.1{STEERING}"), "success": true });
    let info = Action::answer(200, "application/json", info.to_string());
    server.inject(Fault::new("info", 1, info).times(usize::MAX));
    server.update(|it| {
        for role in &mut it.roles {
            role.name = Some(format!("{}{STEERING}", role.id));
        }
    });
    let binary = Binary::for_account(&server, Account::Reader).with("TERM", "xterm");
    for (arguments, harmless) in [
        (&["validate"][..], "\u{fffd}[2J\u{fffd}2J\u{fffd}\u{fffd}"),
        (
            &["validate", "--output-format", "json"],
            "\u{fffd}2J\u{fffd}",
        ),
    ] {
        let run = terminal::run(binary.command(arguments), 200).await;
        assert_eq!(run.code, Some(0), "{}", run.raw);
        for steering in ["\u{1b}[2J", "\u{9b}", "\u{7f}"] {
            assert!(!run.raw.contains(steering), "{arguments:?}: {:?}", run.raw);
        }
        assert!(run.raw.contains(harmless), "{arguments:?}: {:?}", run.raw);
    }
    // What is read from a file later steers no terminal either.
    let run = binary.run(&["validate"]).await;
    assert!(
        !run.stdout.contains(['\u{1b}', '\u{202e}']),
        "{:?}",
        run.stdout
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_sqlite_says_does_not_steer_a_terminal() {
    let binary = Binary::unreachable().with("TERM", "xterm");
    for change in [
        format!(
            "create trigger \"{STEERING}\" before insert on v1_grants begin select raise(ignore); end"
        ),
        format!(
            "pragma writable_schema = on; update sqlite_master set name = '{STEERING}', sql = 'create table {STEERING}'"
        ),
    ] {
        forge(&binary.path("sync.c1z"), &change);
        let shown = assert_harmless(&binary).await;
        assert!(shown.iter().all(|it| it.contains("error: ")), "{shown:?}");
        assert_eq!(binary.files(), ["sync.c1z"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_file_is_told_before_any_request() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    forge(
        &binary.path("sync.c1z"),
        "create table x as select * from v1_grants; drop table v1_grants; create view v1_grants as select * from x",
    );
    let run = binary.run(&[]).await;
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(
        run.error()
            .contains("is damaged: no connector makes what it has: CREATE VIEW"),
        "{}",
        run.error()
    );
    assert!(
        run.error()
            .contains("hint: the file was left as it is; move it away"),
        "{}",
        run.error()
    );
    assert_eq!(server.log().len(), 0);
    assert_eq!(binary.files(), ["sync.c1z"]);
}
