//! Which syncs a file holds after a new one.

use std::fs;

use baton_c1z::Options;
use baton_model::Record;

use crate::support::{Place, database, tiny, vector_path};

fn ids(place: &Place) -> Vec<String> {
    place
        .reader()
        .syncs()
        .unwrap()
        .into_iter()
        .map(|run| run.sync_id)
        .collect()
}

#[test]
fn the_third_sync_drives_out_the_first() {
    let place = Place::new();
    fs::copy(vector_path("tiny.c1z"), place.file()).unwrap();
    let first = ids(&place);
    let second = place.add(place.options(), &tiny());
    assert_eq!(ids(&place), [first[0].clone(), second.clone()]);
    let third = place.add(place.options(), &tiny());
    assert_eq!(ids(&place), [second.clone(), third.clone()]);

    let database = database(&place.file());
    for table in [
        "v1_resource_types",
        "v1_resources",
        "v1_entitlements",
        "v1_grants",
        "v1_sync_runs",
    ] {
        let count = |sync: &str| {
            database.number(&format!(
                "select count(*) from {table} where sync_id = '{sync}'"
            ))
        };
        assert_eq!(count(&first[0]), 0, "{table}");
        assert_eq!(count(&second), count(&third), "{table}");
        assert_ne!(count(&third), 0, "{table}");
    }
    assert_eq!(database.number("pragma freelist_count"), 0);
}

#[test]
fn the_number_of_syncs_is_a_choice() {
    for (keep_syncs, expected) in [(0, 1), (1, 1), (3, 3)] {
        let place = Place::new();
        for _ in 0..4 {
            place.add(
                Options {
                    keep_syncs,
                    ..place.options()
                },
                &tiny(),
            );
        }
        assert_eq!(ids(&place).len(), expected);
    }
}

#[test]
fn cleaning_up_can_be_skipped() {
    let place = Place::new();
    for _ in 0..4 {
        place.add(
            Options {
                skip_cleanup: true,
                ..place.options()
            },
            &tiny(),
        );
    }
    assert_eq!(ids(&place).len(), 4);
}

#[test]
fn unfinished_syncs_and_rows_of_none_stay() {
    let place = Place::new();
    let old = place.add(place.options(), &tiny());
    let raw = database(&place.file());
    raw.connection
        .execute("update v1_sync_runs set ended_at = null", [])
        .unwrap();
    raw.connection
        .execute("update v1_grants set sync_id = 'none' where id = 2", [])
        .unwrap();
    raw.pack(&place.file());

    let new = place.add(
        Options {
            keep_syncs: 1,
            ..place.options()
        },
        &tiny(),
    );
    assert_eq!(ids(&place), [old.clone(), new]);
    assert_eq!(place.reader().grants(&old).count(), 1);
    assert_eq!(place.reader().grants("none").count(), 1);
    assert_eq!(
        place.reader().newest_finished().unwrap().unwrap().sync_id,
        ids(&place)[1]
    );
}

#[test]
fn the_newest_finished_sync_is_the_one_that_ended_last() {
    let place = Place::new();
    let none: [Record; 0] = [];
    let sync = place.add(place.options(), &tiny());
    // Its clock starts at the same second but ticks less often.
    place.add(place.options(), &none);
    let newest = place.reader().newest_finished().unwrap().unwrap();
    assert_eq!(newest.sync_id, sync);
    assert_eq!(newest.ended_at.unwrap().as_str(), "2026-06-01 08:00:03.25");
}
