//! The JSON forms, a public format.

use baton_model::Record;
use baton_sinks::{Json, Ndjson, Sink};
use serde_json::Value;

use crate::records::{small_sync, write};

fn json(records: &[Record]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sync.json");
    let mut sink = Box::new(Json::create(&path).unwrap());
    let summary = write(sink.as_mut(), records);
    sink.finish(&summary).unwrap();
    std::fs::read_to_string(path).unwrap()
}

fn ndjson(records: &[Record]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sync.ndjson");
    let mut sink = Box::new(Ndjson::create(&path).unwrap());
    let summary = write(sink.as_mut(), records);
    sink.finish(&summary).unwrap();
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn ndjson_keeps_the_order_of_the_records() {
    insta::assert_snapshot!(ndjson(&small_sync()));
}

#[test]
fn json_gathers_the_records_by_kind() {
    insta::assert_snapshot!(json(&small_sync()));
}

/// Writes `records` after others, so many that no buffer holds them, were written and taken back.
fn restarted(mut sink: Box<dyn Sink>, records: &[Record]) {
    for _ in 0..100 {
        write(sink.as_mut(), &small_sync());
    }
    sink.restart().unwrap();
    let summary = write(sink.as_mut(), records);
    sink.finish(&summary).unwrap();
}

#[test]
fn what_was_written_before_a_restart_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sync");
    let read = || std::fs::read_to_string(&path).unwrap();
    for records in [&small_sync(), &[] as &[_]] {
        restarted(Box::new(Json::create(&path).unwrap()), records);
        assert_eq!(read(), json(records));
        restarted(Box::new(Ndjson::create(&path).unwrap()), records);
        assert_eq!(read(), ndjson(records));
    }
}

#[test]
fn a_sync_without_records_is_valid_too() {
    let document: Value = serde_json::from_str(&json(&[])).unwrap();
    for kind in ["resource_types", "resources", "entitlements", "grants"] {
        assert_eq!(document[kind], Value::Array(Vec::new()), "{kind}");
    }
    assert_eq!(
        ndjson(&[]),
        "{\"kind\":\"summary\",\"resources\":{},\"entitlements\":{},\"grants\":{}}\n"
    );
}

#[test]
fn both_forms_hold_the_same_records() {
    let document: Value = serde_json::from_str(&json(&small_sync())).unwrap();
    let lines = ndjson(&small_sync());
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let (summary, records) = lines.split_last().unwrap();
    for counts in ["resources", "entitlements", "grants"] {
        assert_eq!(document["summary"][counts], summary[counts], "{counts}");
    }
    let kinds = [
        ("resource_type", "resource_types"),
        ("resource", "resources"),
        ("entitlement", "entitlements"),
        ("grant", "grants"),
    ];
    for (kind, list) in kinds {
        let of_kind = records.iter().filter(|record| record["kind"] == kind);
        let of_kind: Vec<_> = of_kind.cloned().collect();
        assert!(!of_kind.is_empty(), "{kind}");
        assert_eq!(document[list], Value::Array(of_kind), "{kind}");
    }
}

#[test]
fn more_than_a_buffer_of_records_comes_out_whole() {
    let one = small_sync().remove(5);
    let many = vec![one; 5000];
    let document: Value = serde_json::from_str(&json(&many)).unwrap();
    assert_eq!(document["grants"].as_array().unwrap().len(), 5000);
    assert_eq!(document["summary"]["grants"]["team"], 5000);
}

#[test]
fn the_same_records_give_the_same_bytes() {
    assert_eq!(json(&small_sync()), json(&small_sync()));
    assert_eq!(ndjson(&small_sync()), ndjson(&small_sync()));
}

#[cfg(unix)]
#[test]
fn only_files_are_replaced_and_links_stay() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    std::fs::write(at("old"), "").unwrap();
    symlink("old", at("link")).unwrap();
    symlink("nowhere", at("astray")).unwrap();
    let socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    for name in ["astray", "socket", ""] {
        assert!(Json::create(&at(name)).is_err(), "{name}");
        assert!(Ndjson::create(&at(name)).is_err(), "{name}");
    }
    assert!(at("astray").is_symlink() && socket.local_addr().is_ok());
    let mut sink = Box::new(Ndjson::create(&at("link")).unwrap());
    let summary = write(sink.as_mut(), &small_sync());
    sink.finish(&summary).unwrap();
    assert!(at("link").is_symlink());
    let text = std::fs::read_to_string(at("old")).unwrap();
    assert_eq!(text, ndjson(&small_sync()));
}
