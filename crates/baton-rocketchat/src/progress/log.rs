//! Lines in the log while rate limits hold a sync up: hours of silence look like a fault.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::{Duration, Instant};

use baton_model::{Clock as _, Timestamp};
use rocketchat_http::Client;
use rocketchat_sync::Stage;

use super::pace::{Pace, Wait};
use super::{Board, Standing};
use crate::clock::SystemClock;
use crate::words::rounded_up;

/// The time between two lines about the same stage.
const EVERY: Duration = Duration::from_mins(1);

/// The time between two looks whether anything waits.
const LOOK: Duration = Duration::from_millis(250);

/// Logs what the stages wait for, until it is dropped: each at its first wait, then once a minute while it waits.
pub(super) async fn every_minute(board: &Board, client: &Client) -> Infallible {
    let mut said: BTreeMap<Stage, Instant> = BTreeMap::new();
    loop {
        tokio::time::sleep(LOOK).await;
        for standing in board.standings().iter().filter(|it| !it.is_over) {
            let last = said.get(&standing.stage);
            if last.is_none_or(|it| it.elapsed() >= EVERY)
                && let Some(wait) = Pace::of(standing.stage, client).wait
            {
                log(standing, &wait);
                said.insert(standing.stage, Instant::now());
            }
        }
    }
}

fn log(standing: &Standing, wait: &Wait) {
    let seconds = rounded_up(wait.left);
    tracing::info!(
        wait.seconds = seconds,
        wait.until = %later(SystemClock.now(), seconds),
        done = standing.done,
        total = standing.total,
        "waiting for the rate limit of {}",
        wait.endpoint
    );
}

fn later(now: Timestamp, seconds: u64) -> Timestamp {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    Timestamp::new(now.seconds().saturating_add(seconds), 0).unwrap_or(now)
}
