//! Interrupted syncs: which one is continued, which are deleted, and that everything else in the file stays.

use std::fs;

use baton_c1z::{Store, Unfinished};
use baton_model::{SyncId, Timestamp};

use crate::support::{Place, database, dump, files_in, tiny};

const KEY: &str = "test/subject";

/// The time that files are opened at, minus some days.
fn days_ago(days: i64) -> Timestamp {
    let now = Timestamp::parse("2026-06-01T08:00:00Z").unwrap();
    Timestamp::new(now.seconds() - days * 24 * 3600, 0).unwrap()
}

fn unfinished(number: u8, days: i64, subject: &str) -> Unfinished {
    let started_at = days_ago(days);
    Unfinished {
        sync_id: SyncId::new(started_at, [number; 16]),
        started_at,
        kept: vec![
            (KEY.to_owned(), subject.as_bytes().to_vec()),
            ("test/work/a".to_owned(), vec![0, 255, number]),
        ],
    }
}

fn keep(place: &Place, syncs: &[Unfinished]) {
    let store = place.open(place.options()).unwrap();
    for sync in syncs {
        store.keep(sync).unwrap();
    }
    store.save().unwrap();
}

/// Changes the database with a statement of SQL.
fn tamper(place: &Place, sql: &str) {
    let database = database(&place.file());
    database.connection.execute_batch(sql).unwrap();
    database.pack(&place.file());
}

fn find(place: &Place) -> Option<Unfinished> {
    let store = place.open(place.options()).unwrap();
    store.unfinished(KEY, b"ours").unwrap()
}

#[test]
fn the_newest_of_the_same_subject_is_found() {
    let place = Place::new();
    let expected = unfinished(2, 3, "ours");
    let others = [
        unfinished(1, 5, "ours"),
        expected.clone(),
        unfinished(3, 1, "theirs"),
    ];
    keep(&place, &others);
    assert_eq!(find(&place), Some(expected));
    place.assert_no_working_copy();
}

#[test]
fn what_cannot_be_continued_does_not_hide_what_can() {
    let place = Place::new();
    let expected = unfinished(2, 7, "ours");
    let others = [
        expected.clone(),
        unfinished(3, 2, "ours"),
        unfinished(4, 1, "ours"),
        unfinished(5, 3, "ours"),
        unfinished(6, -1, "ours"),
        unfinished(7, 8, "ours"),
    ];
    keep(&place, &others);
    let [_, no_ksuid, partial, ended, ..] = others.map(|it| it.sync_id);
    tamper(
        &place,
        &format!(
            "update v1_sync_runs set sync_id = 'zz' where sync_id = '{no_ksuid}';
             update v1_connector_sessions set sync_id = 'zz' where sync_id = '{no_ksuid}';
             update v1_sync_runs set sync_type = 'partial' where sync_id = '{partial}';
             update v1_sync_runs set ended_at = started_at where sync_id = '{ended}'"
        ),
    );
    assert_eq!(find(&place), Some(expected));
}

#[test]
fn starts_are_compared_as_instants() {
    let place = Place::new();
    let (older, newer) = (unfinished(2, 3, "ours"), unfinished(1, 2, "ours"));
    keep(&place, &[older, newer.clone()]);
    // The same instant, in a form that sorts before every other one as text.
    let sql = format!(
        "update v1_sync_runs set started_at = '{}' where sync_id = '{}'",
        newer.started_at.seconds(),
        newer.sync_id
    );
    tamper(&place, &sql);
    assert_eq!(find(&place), Some(newer));
}

#[test]
fn a_sync_is_continued_unless_it_is_old_or_finished() {
    let place = Place::new();
    let finished: SyncId = place.add(place.options(), &tiny()).parse().unwrap();
    let store = place.open(place.options()).unwrap();
    let other = SyncId::new(days_ago(1), [1; 16]);
    for (sync_id, days, expected) in [
        (other, 1, true),
        (other, 6, true),
        (other, 8, false),
        (other, -1, false),
        (finished, 1, false),
    ] {
        let can = store.can_continue(sync_id, days_ago(days)).unwrap();
        assert_eq!(can, expected, "{sync_id} {days}");
    }
}

#[test]
fn only_marked_syncs_are_forgotten_and_they_whole() {
    let place = Place::new();
    let finished = place.add(place.options(), &tiny());
    let foreign = Unfinished {
        kept: vec![("other/key".to_owned(), b"ours".to_vec())],
        ..unfinished(9, 1, "")
    };
    let all = [
        unfinished(1, 2, "ours"),
        unfinished(2, 20, "theirs"),
        foreign.clone(),
    ];
    keep(&place, &all);
    let foreign = foreign.sync_id.to_string();
    let before = dump(&place.reader(), &finished);
    // As if another tool had gone on with it.
    tamper(
        &place,
        &format!(
            "insert into v1_resource_types (external_id, data, sync_id, discovered_at)
             select external_id, data, '{}', discovered_at from v1_resource_types where sync_id = '{finished}'",
            all[0].sync_id
        ),
    );
    for (value, expected) in [(Some(b"ours".as_slice()), 1), (None, 1), (None, 0)] {
        let store = place.open(place.options()).unwrap();
        assert_eq!(store.forget(KEY, value).unwrap(), expected);
        store.save().unwrap();
    }
    let left: Vec<_> = place.reader().syncs().unwrap();
    let left: Vec<_> = left.iter().map(|it| it.sync_id.as_str()).collect();
    assert_eq!(left, [finished.as_str(), &foreign]);
    assert_eq!(dump(&place.reader(), &finished), before);
    let database = database(&place.file());
    assert_eq!(
        database.number("select count(*) from v1_connector_sessions"),
        1
    );
    assert_eq!(database.number("select count(*) from v1_resource_types"), 3);
    assert_eq!(database.number("pragma freelist_count"), 0);
}

/// Another tool may have copied the table, and written bytes as text.
#[test]
fn what_is_found_can_be_forgotten() {
    for (value, cast) in [
        (Some(b"ours".as_slice()), "text"),
        (Some(b"ours"), "blob"),
        (None, "text"),
    ] {
        let place = Place::new();
        keep(&place, &[unfinished(1, 2, "ours")]);
        tamper(
            &place,
            &format!(
                "update v1_connector_sessions set value = cast(value as {cast}) where key = '{KEY}'"
            ),
        );
        assert!(find(&place).is_some());
        let store = place.open(place.options()).unwrap();
        assert_eq!(store.forget(KEY, value).unwrap(), 1, "{cast}");
        store.save().unwrap();
        assert_eq!(find(&place), None, "{cast}");
        assert!(place.reader().syncs().unwrap().is_empty());
    }
}

#[test]
fn a_kept_sync_looks_like_one_that_has_just_begun() {
    let place = Place::new();
    let sync = unfinished(1, 2, "ours");
    keep(&place, &[unfinished(1, 2, "before"), sync.clone()]);
    let runs = place.reader().syncs().unwrap();
    let [run] = &runs[..] else {
        panic!("one sync");
    };
    assert_eq!(run.sync_id, sync.sync_id.to_string());
    assert_eq!(run.started_at.as_str(), "2026-05-30 08:00:00");
    assert_eq!((run.sync_token.as_str(), &run.ended_at), ("", &None));
    assert_eq!(run.sync_type, "full");
    assert!(run.grants_backfilled && !run.supports_diff);
}

#[test]
fn a_continued_sync_keeps_its_name_and_loses_its_rows() {
    let place = Place::new();
    let sync = unfinished(1, 2, "ours");
    keep(&place, std::slice::from_ref(&sync));
    let store = place.open(place.options()).unwrap();
    let mut writer = store.resume_sync(sync.sync_id, sync.started_at).unwrap();
    assert_eq!(writer.started_at(), sync.started_at);
    for record in tiny() {
        writer.put(&record).unwrap();
    }
    writer.finish().unwrap();
    let runs = place.reader().syncs().unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].sync_id, sync.sync_id.to_string());
    assert_eq!(runs[0].started_at.as_str(), "2026-05-30 08:00:00");
    assert!(runs[0].ended_at.is_some());
    let database = database(&place.file());
    assert_eq!(
        database.number("select count(*) from v1_connector_sessions"),
        0
    );
}

#[test]
fn what_a_killed_save_left_is_removed_and_nothing_else() {
    let place = Place::new();
    place.add(place.options(), &tiny());
    let others = [
        "sync.c1z.backup.tmp",
        "sync.c1z.saving-x",
        "other.c1z.saving-a1B2c3.tmp",
        "sync.c1z.tmp",
    ];
    for name in others.iter().chain(&["sync.c1z.saving-a1B2c3.tmp"]) {
        fs::write(place.directory().join(name), "half a file").unwrap();
    }
    Store::remove_leftovers(&place.file()).unwrap();
    let mut expected: Vec<_> = others.iter().chain(&["sync.c1z"]).collect();
    expected.sort();
    assert_eq!(
        files_in(place.directory()).iter().collect::<Vec<_>>(),
        expected
    );
}

/// Leftovers are told by a name that saving really uses.
#[cfg(unix)]
#[test]
fn a_save_writes_under_the_name_of_a_leftover() {
    let place = Place::new();
    let writer = place.open(place.options()).unwrap().start_sync().unwrap();
    // Saving waits for nobody, so the name is seen in its error: the directory is gone.
    let moved = place.directory().with_extension("moved");
    fs::rename(place.directory(), &moved).unwrap();
    let error = writer.finish().unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    fs::rename(&moved, place.directory()).unwrap();
    assert!(source.contains("sync.c1z.saving-"), "{source}");
    assert!(source.contains(".tmp"), "{source}");
}
