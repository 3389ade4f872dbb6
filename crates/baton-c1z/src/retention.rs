//! Which older syncs go when a new one is added (`c1z.md` section 3.1).

use std::collections::BTreeSet;

use rusqlite::{Connection, Result};

use crate::{SyncRun, schema};

/// Deletes the syncs that are too many, while the sync `running` is still open, and returns how many that were. `older` finished
/// full ones stay beside it.
pub(crate) fn prune(connection: &Connection, running: &str, older: usize) -> Result<usize> {
    let others: Vec<_> = SyncRun::list(connection)?
        .into_iter()
        .filter(|run| run.sync_id != running)
        .collect();
    let doomed = doomed(&others, older);
    for sync in &doomed {
        schema::delete_sync(connection, sync)?;
    }
    Ok(doomed.len())
}

/// Chooses among the syncs, given in the order of their rows. Unfinished ones are never chosen: they may be resumed.
fn doomed(runs: &[SyncRun], keep: usize) -> BTreeSet<&str> {
    let finished = || runs.iter().filter(|run| run.ended_at.is_some());
    let full: Vec<_> = finished()
        .filter(|run| Kind::of(run) == Kind::Full)
        .collect();
    let diffs: Vec<_> = finished()
        .filter(|run| Kind::of(run) == Kind::Diff)
        .collect();

    let (too_old, _) = full.split_at(full.len().saturating_sub(keep));
    let mut doomed: Vec<&SyncRun> = too_old.to_vec();
    if let Some(newest) = too_old.last() {
        let ended_before = |run: &&SyncRun| {
            run.ended_at
                .as_ref()
                .is_some_and(|end| end.is_before(&newest.started_at))
        };
        doomed.extend(
            finished()
                .filter(|run| Kind::of(run) == Kind::Partial)
                .filter(ended_before),
        );
    }
    if let [_, _, .., last] = diffs.as_slice() {
        let stays = |run: &SyncRun| run.id == last.id || run.sync_id == last.linked_sync_id;
        doomed.extend(diffs.iter().filter(|run| !stays(run)));
    }
    doomed.into_iter().map(|run| run.sync_id.as_str()).collect()
}

/// What matters about the type of a sync.
#[derive(PartialEq)]
enum Kind {
    /// Everything, or a type that we do not know.
    Full,
    /// A part of what there is.
    Partial,
    /// One half of a difference between two syncs.
    Diff,
}

impl Kind {
    fn of(run: &SyncRun) -> Self {
        match run.sync_type.as_str() {
            "partial" | "resources_only" => Self::Partial,
            "partial_upserts" | "partial_deletions" => Self::Diff,
            _ => Self::Full,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StoredTime;

    /// Makes a run that started at second `id` and took one second; `#` before the type leaves it unfinished.
    fn run(id: i64, kind: &str) -> SyncRun {
        let time = |second| StoredTime::from(baton_model::Timestamp::new(second, 0).unwrap());
        let (unfinished, kind) = kind
            .strip_prefix('#')
            .map_or((false, kind), |kind| (true, kind));
        let (kind, linked) = kind.split_once('>').unwrap_or((kind, ""));
        SyncRun {
            id,
            sync_id: id.to_string(),
            started_at: time(id * 10),
            ended_at: (!unfinished).then(|| time(id * 10 + 1)),
            sync_token: String::new(),
            sync_type: kind.to_owned(),
            parent_sync_id: String::new(),
            linked_sync_id: linked.to_owned(),
            supports_diff: false,
            grants_backfilled: true,
            stats: None,
            ingest_invariant_generation: String::new(),
            ingest_invariant_coverage: String::new(),
            ingest_invariant_mode: String::new(),
        }
    }

    #[track_caller]
    fn check(kinds: &[&str], keep: usize, expected: &[&str]) {
        let runs: Vec<_> = kinds
            .iter()
            .zip(1..)
            .map(|(kind, id)| run(id, kind))
            .collect();
        assert_eq!(
            doomed(&runs, keep).into_iter().collect::<Vec<_>>(),
            expected
        );
    }

    #[test]
    fn full_and_unknown_syncs_count_and_the_oldest_go() {
        check(&["full", "full", "full"], 1, &["1", "2"]);
        check(&["full", "novel", "full"], 2, &["1"]);
        check(&["full"], 1, &[]);
        check(&["full", "full"], 0, &["1", "2"]);
    }

    #[test]
    fn unfinished_syncs_stay_and_do_not_count() {
        check(&["#full", "full", "#full", "full"], 1, &["2"]);
        check(&["#partial", "full", "#partial_upserts"], 0, &["2"]);
    }

    #[test]
    fn partial_syncs_go_with_the_full_one_after_them() {
        check(&["partial", "full", "partial", "full"], 1, &["1", "2"]);
        check(&["partial", "resources_only", "full"], 1, &[]);
        check(&["resources_only", "full"], 0, &["1", "2"]);
    }

    #[test]
    fn the_last_pair_of_differences_stays() {
        check(&["partial_upserts", "partial_deletions"], 1, &[]);
        check(
            &[
                "partial_upserts",
                "partial_deletions",
                "partial_upserts",
                "partial_deletions>3",
            ],
            1,
            &["1", "2"],
        );
        check(
            &["partial_upserts", "partial_deletions", "partial_upserts"],
            1,
            &["1", "2"],
        );
    }
}
