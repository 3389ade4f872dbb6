//! A sync that begins again equals one that never wrote the first part.

use baton_c1z::{ErrorKind, Options, SyncWriter};
use baton_model::Record;
use serde_json::Value;

use crate::support::{Place, database, dump, tiny, user};

fn start(place: &Place, options: Options) -> SyncWriter {
    place.open(options).unwrap().start_sync().unwrap()
}

fn put(writer: &mut SyncWriter, records: &[Record]) {
    for record in records {
        writer.put(record).unwrap();
    }
}

/// Puts users of whom no trace may be left, and begins again.
fn begin_twice(writer: &mut SyncWriter) {
    put(writer, &tiny());
    for number in 0..500 {
        let ghost = user(&format!("ghost-{number}"), "Ghost");
        writer.put(&Record::Resource(ghost)).unwrap();
    }
    writer.restart().unwrap();
}

/// Reads the rows of a sync, all but what differs between two runs.
fn rows(place: &Place, sync: &str) -> Value {
    let mut tables = dump(&place.reader(), sync);
    for row in tables
        .values_mut()
        .flat_map(|it| it.as_array_mut().unwrap())
    {
        for column in ["sync_id", "discovered_at", "ended_at"] {
            row.as_object_mut().unwrap().remove(column);
        }
    }
    tables.into()
}

#[test]
fn nothing_is_left_of_what_was_put_before() {
    let place = Place::new();
    let mut writer = start(&place, place.options());
    begin_twice(&mut writer);
    put(&mut writer, &tiny());
    let id = writer.sync_id().to_string();
    writer.finish().unwrap();

    let plain = Place::new();
    let expected = plain.add(plain.options(), &tiny());
    assert_eq!(rows(&place, &id), rows(&plain, &expected));
    let database = database(&place.file());
    assert_eq!(database.number("pragma freelist_count"), 0);
    assert_eq!(database.text("pragma integrity_check"), "ok");
    place.assert_no_working_copy();
}

#[test]
fn records_before_the_restart_are_not_known_after_it() {
    let place = Place::new();
    let mut writer = start(&place, place.options());
    begin_twice(&mut writer);
    let orphan = Record::Resource(user("u-bob", "Bob"));
    assert_eq!(
        writer.put(&orphan).unwrap_err().kind(),
        ErrorKind::Record,
        "its type was forgotten"
    );
    let stats = writer.finish().unwrap();
    assert_eq!(stats, baton_c1z::Stats::default());
}

#[test]
fn entitlements_inside_grants_are_encoded_afresh() {
    let place = Place::new();
    let mut writer = start(&place, place.options());
    put(&mut writer, &tiny());
    writer.restart().unwrap();
    let renamed: Vec<_> = tiny()
        .into_iter()
        .map(|record| match record {
            Record::Resource(mut it) => {
                it.display_name = format!("New {}", it.display_name);
                Record::Resource(it)
            }
            other => other,
        })
        .collect();
    put(&mut writer, &renamed);
    let id = writer.sync_id().to_string();
    writer.finish().unwrap();
    let plain = Place::new();
    let expected = plain.add(plain.options(), &renamed);
    assert_eq!(rows(&place, &id), rows(&plain, &expected));
}

#[test]
fn an_earlier_sync_stays_as_it_was() {
    let place = Place::new();
    let earlier = place.add(place.options(), &tiny());
    let before = rows(&place, &earlier);
    let mut writer = start(&place, place.options());
    begin_twice(&mut writer);
    let previous = writer.previous().unwrap().unwrap();
    assert_eq!(previous.sync_id, earlier);
    put(&mut writer, &tiny());
    writer.finish().unwrap();
    assert_eq!(rows(&place, &earlier), before);
}

#[test]
fn the_start_of_the_sync_stays() {
    let place = Place::new();
    let mut writer = start(&place, place.options());
    begin_twice(&mut writer);
    let id = writer.sync_id();
    writer.finish().unwrap();
    let runs = place.reader().syncs().unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].sync_id, id.to_string());
    assert_eq!(runs[0].started_at.as_str(), "2026-06-01 08:00:00.25");
}
