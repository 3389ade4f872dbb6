//! Time as the pacer counts it.
//!
//! Local instants are microseconds since the pacer was made; instants of the server's clock are microseconds since
//! 1970. Both are plain `i64`, because the difference of the two is what the pacer has to find out.

use std::time::Duration;

pub(crate) const SECOND: i64 = 1_000_000;

/// The longest time that is counted with, some ten thousand years. An answer can ask for any wait; as long as each is
/// cut to this, no sum of a few of them with dates up to the year 9999 leaves the range of an `i64`.
const LONGEST: i64 = 10_000 * 366 * 24 * 60 * 60 * SECOND;

/// When a request left and when its answer was complete, on the local clock. The server dealt with it in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trip {
    pub(crate) sent: i64,
    pub(crate) received: i64,
}

/// Converts to microseconds; what is longer becomes [`LONGEST`].
pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).map_or(LONGEST, |micros| micros.min(LONGEST))
}

/// Converts from microseconds; a negative number becomes zero.
pub(crate) fn duration(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}
