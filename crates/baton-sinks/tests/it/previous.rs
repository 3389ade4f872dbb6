//! The c1z sink knows the sync before its own.

use std::path::Path;
use std::sync::Arc;

use baton_c1z::Options;
use baton_model::{FixedClock, Timestamp};
use baton_sinks::{C1z, Sink as _};

use crate::records::{small_sync, write};

fn open(path: &Path) -> Box<C1z> {
    let clock = Arc::new(FixedClock(Timestamp::EPOCH));
    Box::new(C1z::open(path, Options::default(), clock, None).unwrap())
}

#[test]
fn the_sync_before_is_the_one_that_was_finished() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out");
    let mut sink = open(&path);
    assert_eq!(sink.previous().unwrap(), None);
    let sync_id = sink.sync_id().to_string();
    let summary = write(sink.as_mut(), &small_sync());
    assert_eq!(sink.previous().unwrap(), None);
    sink.finish(&summary).unwrap();

    open(&path).abort();
    let previous = open(&path).previous().unwrap().unwrap();
    assert_eq!(previous.sync_id, sync_id);
    assert_eq!(previous.summary, summary);
}
