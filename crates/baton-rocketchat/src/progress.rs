//! How far a sync is: live lines on a terminal, elsewhere a line in the log every minute while a rate limit holds it up.

mod line;
mod log;
mod pace;
mod screen;
mod steps;

use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::MultiProgress;
use rocketchat_http::Client;
use rocketchat_sync::{Options, Progress, Stage};

use crate::words::{all_of, counted, number};

pub(crate) use steps::complete;

/// Keeps what the sync tells.
#[derive(Default)]
pub(crate) struct Board {
    entries: Mutex<Vec<Entry>>,
    workers: usize,
    /// Resource types.
    types: usize,
}

struct Entry {
    stage: Stage,
    done: u64,
    total: Option<u64>,
    begun: Instant,
    took: Option<Duration>,
}

/// A stage as it is at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Standing {
    stage: Stage,
    done: u64,
    total: Option<u64>,
    /// The time since the stage began, or that it took.
    time: Duration,
    is_over: bool,
}

/// Shows how far the sync is until it is dropped.
pub(crate) async fn show(
    board: &Board,
    client: &Client,
    terminal: Option<&MultiProgress>,
) -> Infallible {
    match terminal {
        Some(terminal) => screen::draw(board, client, terminal).await,
        None => log::every_minute(board, client).await,
    }
}

impl Board {
    /// Makes a board for a sync.
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            workers: options.workers,
            types: steps::types(&options.scope).count(),
            ..Self::default()
        }
    }

    /// Says what was read so far, for people.
    pub(crate) fn so_far(&self) -> String {
        let read: Vec<_> = self
            .standings()
            .into_iter()
            .filter(|it| it.total.is_some() && it.stage != Stage::Writing)
            .map(|it| match it.total {
                Some(total) => format!("{} of {}", number(it.done), counted(total, unit(it.stage))),
                None => counted(it.done, unit(it.stage)),
            })
            .collect();
        if read.is_empty() {
            return "nothing read".to_owned();
        }
        let read: Vec<_> = read.iter().map(String::as_str).collect();
        format!("{} read", all_of(&read))
    }

    /// Returns the stages that have begun, in their order.
    fn standings(&self) -> Vec<Standing> {
        let standing = |it: &Entry| Standing {
            stage: it.stage,
            done: it.done,
            total: it.total,
            time: it.took.unwrap_or_else(|| it.begun.elapsed()),
            is_over: it.took.is_some(),
        };
        let mut standings: Vec<_> = self.lock().iter().map(standing).collect();
        standings.sort_by_key(|it| it.stage);
        standings
    }

    fn change(&self, stage: Stage, change: impl FnOnce(&mut Entry)) {
        let mut entries = self.lock();
        if let Some(entry) = entries.iter_mut().find(|it| it.stage == stage) {
            change(entry);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for Board {
    fn begin(&self, stage: Stage) {
        steps::begun(stage, self.types, self.workers);
        self.lock().push(Entry {
            stage,
            done: 0,
            total: None,
            begun: Instant::now(),
            took: None,
        });
    }

    fn count(&self, stage: Stage, done: u64, total: Option<u64>) {
        self.change(stage, |entry| (entry.done, entry.total) = (done, total));
    }

    fn end(&self, stage: Stage) {
        self.change(stage, |entry| entry.took = Some(entry.begun.elapsed()));
    }
}

/// Returns what a stage counts.
fn unit(stage: Stage) -> &'static str {
    match stage {
        Stage::Users => "user",
        Stage::Teams => "team",
        Stage::DormantMemberships => "deactivated user",
        Stage::Writing => "record",
        _ => "step",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_told_in_the_order_of_stages() {
        let board = Board::default();
        assert_eq!(board.so_far(), "nothing read");
        for stage in [Stage::Preflight, Stage::Teams, Stage::Writing, Stage::Users] {
            board.begin(stage);
        }
        board.count(Stage::Teams, 1, Some(1));
        board.count(Stage::Writing, 3, None);
        assert_eq!(board.so_far(), "1 of 1 team read");
        board.count(Stage::Users, 1500, Some(4213));
        assert_eq!(board.so_far(), "1,500 of 4,213 users and 1 of 1 team read");
    }
}
