//! The wall clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use baton_model::{Clock, Timestamp};

/// Returns the time since the start of 1970 by the machine's clock; none if it is before that.
pub(crate) fn since_1970() -> Duration {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default()
}

/// Reads the machine's clock.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = since_1970();
        let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
        // A clock that is off by thousands of years: the start of 1970 shows that as well as anything.
        Timestamp::new(seconds, since.subsec_nanos()).unwrap_or(Timestamp::EPOCH)
    }
}
