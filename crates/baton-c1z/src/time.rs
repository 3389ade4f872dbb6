//! Times as the database keeps them (`c1z.md` section 2.5).

use std::fmt;

use baton_model::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};

/// A time as it is stored: a text such as `2026-11-21 19:21:47.86695333`, without a zone.
///
/// We write UTC; other writers use their local time, which the text does not tell. Text that is no time is kept too.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoredTime(String);

impl StoredTime {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads the text, taking it for UTC unless it names a zone.
    ///
    /// Accepts what other readers accept: with or without fraction, a `T`, a zone, a date alone, Unix seconds.
    pub fn timestamp(&self) -> Option<Timestamp> {
        if let Ok(seconds) = self.0.parse() {
            return Timestamp::new(seconds, 0).ok();
        }
        let (date, time) = self
            .0
            .split_once([' ', 'T'])
            .unwrap_or((&self.0, "00:00:00"));
        let zone = if time.contains(['Z', '+', '-']) {
            ""
        } else {
            "Z"
        };
        Timestamp::parse(&format!("{date}T{time}{zone}")).ok()
    }

    /// Tells whether it comes before `other`.
    pub(crate) fn is_before(&self, other: &Self) -> bool {
        match (self.timestamp(), other.timestamp()) {
            (Some(this), Some(other)) => this < other,
            _ => self < other,
        }
    }
}

impl From<Timestamp> for StoredTime {
    fn from(instant: Timestamp) -> Self {
        let mut text = instant.to_string().replacen('T', " ", 1);
        if text.ends_with('Z') {
            text.pop();
        }
        Self(text)
    }
}

impl fmt::Display for StoredTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A time in a column of the database.
pub(crate) struct Column(pub(crate) StoredTime);

impl FromSql for Column {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Text(_) => Ok(Self(StoredTime(value.as_str()?.to_owned()))),
            ValueRef::Integer(seconds) => Ok(Self(StoredTime(seconds.to_string()))),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn writes(seconds: i64, nanos: u32, expected: &str) {
        let instant = Timestamp::new(seconds, nanos).unwrap();
        let stored = StoredTime::from(instant);
        assert_eq!(stored.as_str(), expected);
        assert_eq!(stored.timestamp(), Some(instant));
    }

    #[test]
    fn writes_what_a_real_connector_writes() {
        writes(1_795_288_907, 848_837_788, "2026-11-21 19:21:47.848837788");
        writes(1_795_288_907, 866_953_330, "2026-11-21 19:21:47.86695333");
        writes(1_795_288_907, 0, "2026-11-21 19:21:47");
    }

    #[track_caller]
    fn reads(text: &str, expected: Option<&str>) {
        let instant = expected.map(|text| Timestamp::parse(text).unwrap());
        assert_eq!(StoredTime(text.to_owned()).timestamp(), instant);
    }

    #[test]
    fn reads_what_other_readers_take() {
        reads("2026-11-21T19:21:47", Some("2026-11-21T19:21:47Z"));
        reads("2026-11-21 19:21:47.5Z", Some("2026-11-21T19:21:47.5Z"));
        reads("2026-11-21 19:21:47-05:00", Some("2026-11-22T00:21:47Z"));
        reads("2026-11-21", Some("2026-11-21T00:00:00Z"));
        reads("1795288907", Some("2026-11-21T19:21:47Z"));
        reads("", None);
        reads("soon", None);
    }

    #[test]
    fn compares_instants_and_falls_back_to_text() {
        let time = |text: &str| StoredTime(text.to_owned());
        assert!(time("2026-11-21 19:21:47-05:00").is_before(&time("2026-11-22 00:21:48")));
        assert!(time("a").is_before(&time("b")));
        assert!(!time("b").is_before(&time("b")));
    }
}
