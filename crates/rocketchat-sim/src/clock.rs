//! The server's own clock.
//!
//! The simulated server stands for another machine, so it has a clock of its own. It reads the time of day once, at the
//! start, and follows tokio's clock from there: a test that pauses or advances tokio's time moves the server too.

use std::time::SystemTime;

use tokio::time::Instant;

use crate::Moment;

/// Tells the server's time. Copies run alike, so that a change of the workspace can take one along.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    started: Moment,
    since: Instant,
}

impl Clock {
    /// Starts a clock that is `skew_ms` milliseconds ahead of the real time (behind it when negative).
    pub(crate) fn start(skew_ms: i64) -> Self {
        let real = Moment::of(SystemTime::now());
        Self {
            started: Moment(real.0.saturating_add(skew_ms)),
            since: Instant::now(),
        }
    }

    /// Returns the server's present instant.
    pub fn now(&self) -> Moment {
        self.started.after(self.since.elapsed())
    }
}
