//! The sync that a new one can be compared with before it is finished. What difference is too much is the caller's
//! business.

use baton_model::Summary;

use crate::copy::WorkingCopy;
use crate::{Error, Stats, StoredTime, SyncRun};

/// The newest finished full sync that a file already holds; of those with the most resource types, because one of some types
/// only is full to the letter too, and says nothing of the others.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
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
        let mut best: Option<(u64, Self)> = None;
        for run in runs.into_iter().filter(SyncRun::is_full) {
            // Rows of unfinished ones need not be counted.
            let Some(ended_at) = run.ended_at.clone() else {
                continue;
            };
            let stats = copy.run("count rows", |connection| Stats::of(connection, &run))?;
            let types = stats.resource_types;
            let previous = Self {
                sync_id: run.sync_id,
                ended_at,
                summary: stats.into(),
            };
            let is_better = |(most, other): &(u64, Self)| {
                let other = (most, &other.ended_at, &other.sync_id);
                other < (&types, &previous.ended_at, &previous.sync_id)
            };
            if best.as_ref().is_none_or(is_better) {
                best = Some((types, previous));
            }
        }
        Ok(best.map(|(_, previous)| previous))
    }
}
