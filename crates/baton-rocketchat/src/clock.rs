//! The wall clock.

use std::time::{SystemTime, UNIX_EPOCH};

use baton_model::{Clock, Timestamp};

/// Reads the machine's clock.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
        // A clock that is off by thousands of years: the start of 1970 shows that as well as anything.
        Timestamp::new(seconds, since.subsec_nanos()).unwrap_or(Timestamp::EPOCH)
    }
}
