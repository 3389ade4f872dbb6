//! Instants with the millisecond resolution that Rocket.Chat's documents have.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Serialize, Serializer};

/// An instant: milliseconds since the start of 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

impl Moment {
    /// Reads an ISO-8601 text such as `2026-06-01T08:15:30.221Z`; `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let instant: jiff::Timestamp = text.parse().ok()?;
        Some(Self(instant.as_millisecond()))
    }

    /// Returns the instant `duration` later.
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis(duration)))
    }

    pub(crate) fn of(time: SystemTime) -> Self {
        match time.duration_since(UNIX_EPOCH) {
            Ok(since) => Self(millis(since)),
            Err(before) => Self(-millis(before.duration())),
        }
    }

    pub(crate) fn system_time(self) -> SystemTime {
        let distance = Duration::from_millis(self.0.unsigned_abs());
        let time = if self.0 < 0 {
            UNIX_EPOCH.checked_sub(distance)
        } else {
            UNIX_EPOCH.checked_add(distance)
        };
        time.unwrap_or(UNIX_EPOCH)
    }
}

/// Returns whole milliseconds, as far as an `i64` reaches.
pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl fmt::Display for Moment {
    /// Writes ISO-8601 with milliseconds and `Z`, as every date in an answer is written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fallback = if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        };
        let instant = jiff::Timestamp::from_millisecond(self.0).unwrap_or(fallback);
        write!(f, "{instant:.3}")
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, millis: i64) {
        assert_eq!(Moment::parse(text), Some(Moment(millis)));
        assert_eq!(Moment(millis).to_string(), text);
        assert_eq!(Moment::of(Moment(millis).system_time()), Moment(millis));
    }

    #[test]
    fn writes_and_reads_the_form_of_the_answers() {
        check("2026-06-01T08:15:30.221Z", 1_780_301_730_221);
        check("1970-01-01T00:00:00.000Z", 0);
        check("1969-12-31T23:59:59.900Z", -100);
    }

    #[test]
    fn refuses_other_texts() {
        assert_eq!(Moment::parse("yesterday"), None);
        assert_eq!(Moment::parse(""), None);
    }
}
