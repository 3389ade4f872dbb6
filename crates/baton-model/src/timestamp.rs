//! Instants.

use std::fmt;

use serde::{Serialize, Serializer};

/// An instant in UTC with nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    seconds: i64,
    nanos: u32,
}

/// A text is not an RFC 3339 date and time, or a number is out of range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a date and time: {0:?}")]
pub struct ParseTimestampError(String);

impl Timestamp {
    /// The start of 1970.
    pub const EPOCH: Self = Self {
        seconds: 0,
        nanos: 0,
    };

    /// The seconds from the start of year 1 to the last one that the library for times can print, 9999-12-30T22:00:00Z.
    const RANGE: std::ops::Range<i64> = -62_135_596_800..253_402_207_201;

    /// Makes the instant `seconds` and `nanos` after the start of 1970: from the start of year 1 to 26 hours before the end of
    /// year 9999.
    ///
    /// # Errors
    /// It is earlier or later, or `nanos` is a second or more.
    pub fn new(seconds: i64, nanos: u32) -> Result<Self, ParseTimestampError> {
        if nanos < 1_000_000_000 && Self::RANGE.contains(&seconds) {
            return Ok(Self { seconds, nanos });
        }
        Err(ParseTimestampError(format!("{seconds}.{nanos:09}")))
    }

    /// Reads an RFC 3339 text such as `2026-06-01T08:15:30.221Z`, the form that Rocket.Chat answers with.
    ///
    /// # Errors
    /// It is no such text, or an instant that [`Timestamp::new`] refuses.
    pub fn parse(text: &str) -> Result<Self, ParseTimestampError> {
        let error = || ParseTimestampError(text.chars().take(64).collect());
        // A sign before the year is not of RFC 3339, and the parser has trouble with the first of its years.
        if text.starts_with(['+', '-']) {
            return Err(error());
        }
        let parsed: jiff::Timestamp = text.parse().map_err(|_| error())?;
        let mut seconds = parsed.as_second();
        let mut nanos = parsed.subsec_nanosecond();
        if nanos < 0 {
            seconds -= 1;
            nanos += 1_000_000_000;
        }
        let nanos = u32::try_from(nanos).map_err(|_| error())?;
        Self::new(seconds, nanos).map_err(|_| error())
    }

    /// Returns the whole seconds since the start of 1970.
    pub fn seconds(self) -> i64 {
        self.seconds
    }

    /// Returns the nanoseconds within the second.
    pub fn nanos(self) -> u32 {
        self.nanos
    }
}

impl fmt::Display for Timestamp {
    /// Writes RFC 3339 in UTC with as many decimals as needed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = i32::try_from(self.nanos).map_err(|_| fmt::Error)?;
        let instant = jiff::Timestamp::new(self.seconds, nanos).map_err(|_| fmt::Error)?;
        instant.fmt(f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, seconds: i64, nanos: u32) {
        let parsed = Timestamp::parse(text).unwrap();
        assert_eq!((parsed.seconds(), parsed.nanos()), (seconds, nanos));
        assert_eq!(parsed.to_string(), text);
        assert_eq!(Timestamp::new(seconds, nanos).unwrap(), parsed);
    }

    #[test]
    fn round_trips_what_rocket_chat_writes() {
        check("2026-06-01T08:15:30.221Z", 1_780_301_730, 221_000_000);
        check("1970-01-01T00:00:00Z", 0, 0);
        check("1969-12-31T23:59:59.9Z", -1, 900_000_000);
        check("0001-01-01T00:00:00Z", -62_135_596_800, 0);
        let last = "9999-12-30T22:00:00.999999999Z";
        check(last, 253_402_207_200, 999_999_999);
    }

    #[test]
    fn refuses_what_is_no_instant() {
        for text in [
            "",
            "yesterday",
            "2026-06-01",
            "2026-13-01T00:00:00Z",
            "0000-12-31T23:59:59Z",
            "9999-12-30T22:00:01Z",
            "9999-12-31T23:59:59Z",
            "0001-01-01T00:00:00+01:00",
            "-009999-01-02T01:59:58.5Z",
            "+002026-06-01T08:15:30Z",
        ] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
        assert!(Timestamp::new(0, 1_000_000_000).is_err());
        assert!(Timestamp::new(i64::MAX, 0).is_err());
        assert!(Timestamp::new(-62_135_596_801, 0).is_err());
        assert!(Timestamp::new(253_402_207_201, 0).is_err());
    }
}
