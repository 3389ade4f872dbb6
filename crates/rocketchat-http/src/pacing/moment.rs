//! Time as the pacer counts it.
//!
//! Local instants are microseconds since the pacer was made; instants of the server's clock are microseconds since
//! 1970. Both are plain `i64`, because the difference of the two is what the pacer has to find out.

use std::time::Duration;

pub(crate) const SECOND: i64 = 1_000_000;

/// When a request left and when its answer was complete, on the local clock. The server dealt with it in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trip {
    pub(crate) sent: i64,
    pub(crate) received: i64,
}

/// Converts to microseconds; what does not fit becomes the largest number.
pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// Converts from microseconds; a negative number becomes zero.
pub(crate) fn duration(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}
