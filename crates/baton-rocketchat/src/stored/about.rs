//! A sync in a few words.

use baton_c1z::{StoredTime, SyncRun};
use serde::Serialize;

use crate::words::plain;

/// What programs are told of a sync.
#[derive(Serialize)]
pub(crate) struct About<'a> {
    sync_id: &'a str,
    r#type: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    parent_sync_id: &'a str,
    started_at: String,
    /// Null if it is not finished.
    ended_at: Option<String>,
}

impl<'a> From<&'a SyncRun> for About<'a> {
    fn from(run: &'a SyncRun) -> Self {
        Self {
            sync_id: &run.sync_id,
            r#type: &run.sync_type,
            parent_sync_id: &run.parent_sync_id,
            started_at: rfc3339(&run.started_at),
            ended_at: run.ended_at.as_ref().map(rfc3339),
        }
    }
}

/// Returns a sync for people: its identifier, its type, and when it ended.
pub(crate) fn in_words(run: &SyncRun) -> String {
    let ended = run.ended_at.as_ref().map(second).unwrap_or_default();
    let text = format!("{}, {}, ended {ended}", run.sync_id, run.sync_type);
    plain(&text).into_owned()
}

/// Returns a time as RFC 3339, or as it is stored if it is none.
pub(crate) fn rfc3339(it: &StoredTime) -> String {
    it.timestamp()
        .map_or_else(|| it.to_string(), |it| it.to_string())
}

/// Returns a time to the second, as the writer of the file had it: this program has UTC.
pub(crate) fn second(it: &StoredTime) -> String {
    it.as_str().chars().take(19).collect()
}
