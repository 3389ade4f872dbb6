//! A sync that is being written can be compared with the one before it.

use std::fs;

use baton_c1z::{ErrorKind, Previous};
use baton_model::{Record, Summary};

use crate::support::{Place, database, tiny, vector_path};

/// The sync in the vector `tiny`.
const TINY: &str = "3MQhslJNOzAJeSXY4046np2VlTJ";

/// Counts that `tiny` does not have, but that can be believed.
const INVENTED: &str = r#"{"resource_types":1,"resources":7,"resources_by_resource_type":{"x":7}}"#;

fn with_tiny() -> Place {
    let place = Place::new();
    fs::copy(vector_path("tiny.c1z"), place.file()).unwrap();
    place
}

/// Changes the database of the file.
fn change(place: &Place, sql: &str) {
    let raw = database(&place.file());
    raw.connection.execute_batch(sql).unwrap();
    raw.pack(&place.file());
}

/// Adds the row of a sync of this type that began after all others, and ended if `finished`.
fn add_run(place: &Place, id: &str, sync_type: &str, finished: bool) {
    let ended = if finished {
        "'2027-01-01 00:00:01'"
    } else {
        "null"
    };
    change(
        place,
        &format!(
            "insert into v1_sync_runs (sync_id, started_at, ended_at, sync_token, sync_type, grants_backfilled, stats) \
             values ('{id}', '2027-01-01 00:00:00', {ended}, '', '{sync_type}', 1, '{INVENTED}')"
        ),
    );
}

/// Starts a sync and asks for the one before it.
fn previous(place: &Place) -> Option<Previous> {
    let writer = place.open(place.options()).unwrap().start_sync().unwrap();
    writer.previous().unwrap()
}

#[track_caller]
fn check(place: &Place, sync_id: &str, summary: &Summary) {
    let previous = previous(place).unwrap();
    assert_eq!(
        (previous.sync_id.as_str(), &previous.summary),
        (sync_id, summary)
    );
}

fn count(records: &[Record]) -> Summary {
    let mut summary = Summary::default();
    for record in records {
        summary.add(record);
    }
    summary
}

#[test]
fn a_new_file_has_none() {
    let place = Place::new();
    assert_eq!(previous(&place), None);
    fs::write(place.file(), "").unwrap();
    assert_eq!(previous(&place), None);
    fs::write(place.file(), b"C1ZF\0").unwrap();
    assert_eq!(previous(&place), None);
}

#[test]
fn a_finished_sync_is_counted() {
    let place = Place::new();
    let sync_id = place.add(place.options(), &tiny());
    let previous = previous(&place).unwrap();
    assert_eq!(previous.sync_id, sync_id);
    assert_eq!(previous.ended_at.as_str(), "2026-06-01 08:00:03.25");
    assert_eq!(previous.summary, count(&tiny()));
}

#[test]
fn a_type_without_resources_is_present() {
    let place = Place::new();
    let types = &tiny()[..3];
    let sync_id = place.add(place.options(), types);
    check(&place, &sync_id, &count(types));
    change(&place, "update v1_sync_runs set stats = null");
    check(&place, &sync_id, &count(types));
}

#[test]
fn the_sync_that_is_being_written_does_not_count() {
    let place = with_tiny();
    let mut writer = place.open(place.options()).unwrap().start_sync().unwrap();
    let before = writer.previous().unwrap().unwrap();
    for record in &tiny()[..5] {
        writer.put(record).unwrap();
    }
    assert_eq!(writer.previous().unwrap().unwrap(), before);
    for record in &tiny()[5..] {
        writer.put(record).unwrap();
    }
    assert_eq!(before.sync_id, TINY);
    assert_eq!(writer.finish().unwrap().grants, 2, "asking changes nothing");
}

#[test]
fn newer_syncs_that_are_unfinished_or_not_full_do_not_count() {
    let place = with_tiny();
    add_run(&place, "unfinished", "full", false);
    for kind in [
        "partial",
        "resources_only",
        "partial_upserts",
        "partial_deletions",
        "novel",
    ] {
        add_run(&place, kind, kind, true);
    }
    check(&place, TINY, &count(&tiny()));
    change(
        &place,
        &format!("delete from v1_sync_runs where sync_id = '{TINY}'"),
    );
    assert_eq!(previous(&place), None);
    add_run(&place, "finished", "full", true);
    assert_eq!(previous(&place).unwrap().sync_id, "finished");
}

#[test]
fn a_file_of_unfinished_syncs_has_none() {
    let place = with_tiny();
    change(&place, "update v1_sync_runs set ended_at = null");
    assert_eq!(previous(&place), None);
    assert_eq!(place.reader().newest_finished().unwrap(), None);
}

#[test]
fn the_newest_is_the_one_that_ended_last() {
    let place = with_tiny();
    // The clock of these tests runs months before the vector was written.
    let types: Vec<_> = tiny()
        .into_iter()
        .filter(|it| matches!(it, Record::ResourceType(_)))
        .collect();
    let second = place.add(place.options(), &types);
    check(&place, TINY, &count(&tiny()));
    change(
        &place,
        &format!("update v1_sync_runs set ended_at = '2025-01-01' where sync_id = '{TINY}'"),
    );
    assert_eq!(previous(&place).unwrap().sync_id, second);
}

#[test]
fn one_of_all_types_counts_before_a_newer_one_of_some() {
    let place = with_tiny();
    add_run(&place, "one type", "full", true);
    check(&place, TINY, &count(&tiny()));
    change(
        &place,
        &format!("delete from v1_sync_runs where sync_id = '{TINY}'"),
    );
    assert_eq!(previous(&place).unwrap().sync_id, "one type");
}

#[test]
fn stored_counts_are_believed_and_damaged_ones_counted_again() {
    let place = with_tiny();
    let invented = Summary {
        resources: [("x".into(), 7)].into(),
        ..Summary::default()
    };
    let set = |stats: &str| change(&place, &format!("update v1_sync_runs set stats = {stats}"));
    set(&format!("'{INVENTED}'"));
    check(&place, TINY, &invented);
    for damaged in [
        "null",
        "''",
        "'soon'",
        "'{}'",
        "'[]'",
        "7",
        "x'00ff'",
        "cast(x'7bff' as text)",
        r#"'{"resource_types":"3"}'"#,
        r#"'{"resource_types":3,"resources":4,"entitlements":2,"grants":2}'"#,
    ] {
        set(damaged);
        check(&place, TINY, &count(&tiny()));
        let reader = place.reader();
        let run = reader.newest_finished().unwrap().unwrap();
        assert_eq!(
            reader.stats(&run).unwrap(),
            reader.count(TINY).unwrap(),
            "{damaged}"
        );
    }
}

#[test]
fn damaged_counts_do_not_keep_a_sync_from_being_added() {
    let place = with_tiny();
    change(&place, "update v1_sync_runs set stats = x'00ff'");
    place.add(place.options(), &tiny());
    assert_eq!(place.reader().syncs().unwrap().len(), 2);
}

#[test]
fn a_damaged_list_of_syncs_is_an_error() {
    let place = with_tiny();
    change(&place, "update v1_sync_runs set sync_type = x'00ff'");
    let writer = place.open(place.options()).unwrap().start_sync().unwrap();
    let error = writer.previous().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Damaged, "{error}");
}
