//! A stored sync comes out as it went in.

use std::path::Path;
use std::sync::Arc;

use baton_c1z::{Limits, Options, Reader};
use baton_model::{Attributes, FixedClock, Record, Timestamp};
use baton_sinks::{C1z, Csv, Error, Ndjson, Sink, Tee, export};

use crate::records::{names, small_sync, write};

/// Records in the order in which a file hands them out.
fn sorted() -> Vec<Record> {
    let mut records = small_sync();
    records.sort_by_key(|it| match it {
        Record::ResourceType(_) => 0,
        Record::Resource(_) => 1,
        Record::Entitlement(_) => 2,
        Record::Grant(_) => 3,
    });
    records
}

fn c1z(path: &Path) -> Box<dyn Sink> {
    let clock = Arc::new(FixedClock(Timestamp::EPOCH));
    Box::new(C1z::open(path, Options::default(), clock, None).unwrap())
}

fn add(path: &Path, records: &[Record]) {
    let mut sink = c1z(path);
    let summary = write(sink.as_mut(), records);
    sink.finish(&summary).unwrap();
}

fn reader(path: &Path) -> Reader {
    Reader::open(path, Limits::default(), None).unwrap()
}

#[test]
fn an_export_is_what_the_sync_itself_would_have_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let others: Vec<Box<dyn Sink>> = vec![
        Box::new(Ndjson::create(&path("synced.ndjson")).unwrap()),
        Box::new(Csv::create(&path("synced"), Attributes::default()).unwrap()),
    ];
    let mut tee = Box::new(Tee::new(c1z(&path("sync.c1z")), others));
    let summary = write(tee.as_mut(), &sorted());
    tee.finish(&summary).unwrap();

    let reader = reader(&path("sync.c1z"));
    let sink = Box::new(Ndjson::create(&path("exported.ndjson")).unwrap());
    let exported = export(&reader, None, sink).unwrap();
    assert_eq!(exported.summary, summary);
    assert_eq!(exported.sync, reader.finished(None).unwrap());
    assert!(exported.left_out.is_empty());
    let sink = Box::new(Csv::create(&path("exported"), Attributes::default()).unwrap());
    export(&reader, Some(&exported.sync.sync_id), sink).unwrap();

    let read = |name: &str| std::fs::read_to_string(path(name)).unwrap();
    assert_eq!(read("exported.ndjson"), read("synced.ndjson"));
    for name in names(&path("synced")) {
        let of = |folder| std::fs::read_to_string(path(folder).join(&name)).unwrap();
        assert_eq!(of("exported"), of("synced"), "{name}");
    }
}

/// Into another c1z file, all of it comes back once more.
#[test]
fn an_export_can_be_exported() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    add(&path("a.c1z"), &small_sync());
    export(&reader(&path("a.c1z")), None, c1z(&path("b.c1z"))).unwrap();
    let copy = reader(&path("b.c1z"));
    let sync = copy.finished(None).unwrap().sync_id;
    let records: Vec<_> = copy.records(&sync).map(Result::unwrap).collect();
    assert_eq!(records, sorted());
}

#[test]
fn a_sync_that_is_not_there_leaves_no_output() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    add(&path("a.c1z"), &small_sync());
    let sink = Box::new(Csv::create(&path("out"), Attributes::default()).unwrap());
    let Err(Error::C1z(error)) = export(&reader(&path("a.c1z")), Some("none"), sink) else {
        panic!("there is no such sync");
    };
    assert!(matches!(error, baton_c1z::Error::NoSync { .. }));
    assert_eq!(names(dir.path()), ["a.c1z"]);
}
