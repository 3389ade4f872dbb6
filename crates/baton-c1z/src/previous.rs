//! The sync that a new one can be compared with before it is finished. What difference is too much is the caller's
//! business.

use baton_model::Summary;

use crate::copy::WorkingCopy;
use crate::{Error, Stats, StoredTime, SyncRun};

/// The newest finished full sync that a file already holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previous {
    /// Its identifier.
    pub sync_id: String,
    /// When it ended.
    pub ended_at: StoredTime,
    /// What it holds.
    pub summary: Summary,
}

impl Previous {
    /// Looks for it among the syncs of `copy`.
    pub(crate) fn find(copy: &WorkingCopy) -> Result<Option<Self>, Error> {
        let runs = copy.run("list syncs", SyncRun::list)?;
        let Some(run) = SyncRun::newest_full(runs) else {
            return Ok(None);
        };
        let stats = copy.run("count rows", |connection| Stats::of(connection, &run))?;
        Ok(run.ended_at.map(|ended_at| Self {
            sync_id: run.sync_id,
            ended_at,
            summary: stats.into(),
        }))
    }
}
