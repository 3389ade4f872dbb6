//! A stored sync, once more.

use baton_c1z::{LeftOut, Reader, SyncRun};
use baton_model::Summary;

use crate::{Error, Sink};

/// What was exported.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exported {
    /// The sync.
    pub sync: SyncRun,
    /// What it holds.
    pub summary: Summary,
    /// What records cannot say of it; empty for files that were written from records.
    pub left_out: LeftOut,
}

/// Writes a finished sync of a file into `sink`, as if it had just been read: the sync `sync_id`, or the one that ended last,
/// of whatever type. Every resource, entitlement and grant of it is handed over.
///
/// # Errors
/// The file holds no such sync or it is not finished, a row of it cannot be read, or the sink fails; then nothing is visible.
pub fn export(
    reader: &Reader,
    sync_id: Option<&str>,
    mut sink: Box<dyn Sink>,
) -> Result<Exported, Error> {
    let written = write(reader, sync_id, sink.as_mut());
    match written {
        Ok(exported) => {
            sink.finish(&exported.summary)?;
            Ok(exported)
        }
        Err(error) => {
            sink.abort();
            Err(error)
        }
    }
}

fn write(reader: &Reader, sync_id: Option<&str>, sink: &mut dyn Sink) -> Result<Exported, Error> {
    let sync = reader.finished(sync_id)?;
    let mut records = reader.records(&sync.sync_id);
    let mut summary = Summary::default();
    for record in records.by_ref() {
        let record = record?;
        sink.write(&record)?;
        summary.add(&record);
    }
    Ok(Exported {
        left_out: records.left_out().clone(),
        sync,
        summary,
    })
}
