//! How pieces of work lie in the file, as the private state of an unfinished sync (`c1z.md` section 2.2).

use std::borrow::Cow;

use baton_c1z::Unfinished;
use baton_model::Timestamp;
use serde::{Deserialize, Serialize};

use super::lines::{Header, Pieces};
use crate::Piece;

/// The name of a connector, which begins all of its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Connector(pub(super) &'static str);

impl Connector {
    /// Returns the key under which a sync says what is synced. It marks the unfinished syncs that are the connector's.
    pub(super) fn subject(self) -> String {
        format!("{}/subject", self.0)
    }

    /// Returns what stands before the key of a piece of work.
    fn work(self) -> String {
        format!("{}/work/", self.0)
    }
}

#[derive(Serialize, Deserialize)]
struct Value<'a> {
    at: Cow<'a, str>,
    value: Cow<'a, str>,
}

/// Makes an unfinished sync out of pieces of work.
pub(super) fn unfinished(
    connector: Connector,
    header: &Header,
    pieces: &Pieces,
) -> serde_json::Result<Unfinished> {
    let subject = (connector.subject(), header.subject.clone().into_bytes());
    let before = connector.work();
    let work = pieces.iter().map(|(key, piece)| {
        let value = Value {
            at: piece.kept_at.to_string().into(),
            value: piece.value.as_str().into(),
        };
        Ok((format!("{before}{key}"), serde_json::to_vec(&value)?))
    });
    Ok(Unfinished {
        sync_id: header.sync_id,
        started_at: header.started_at,
        kept: std::iter::once(Ok(subject))
            .chain(work)
            .collect::<serde_json::Result<_>>()?,
    })
}

/// Returns the pieces of work of an unfinished sync. What is none is left out.
pub(super) fn pieces(connector: Connector, sync: &Unfinished) -> Pieces {
    let before = connector.work();
    let piece = |(key, value): &(String, Vec<u8>)| {
        let value: Value<'_> = serde_json::from_slice(value).ok()?;
        let piece = Piece {
            kept_at: Timestamp::parse(&value.at).ok()?,
            value: value.value.into_owned(),
        };
        Some((key.strip_prefix(&before)?.to_owned(), piece))
    };
    sync.kept.iter().filter_map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::super::lines::tests::{header, piece};
    use super::*;

    const CONNECTOR: Connector = Connector("example");

    #[test]
    fn what_goes_into_the_file_comes_out_of_it() {
        let expected = Pieces::from([
            ("team/a".to_owned(), piece("[\"\u{e9}\\n\"]", 1)),
            ("users/0".to_owned(), piece("", 2)),
        ]);
        let mut sync = unfinished(CONNECTOR, &header(1), &expected).unwrap();
        assert_eq!(pieces(CONNECTOR, &sync), expected);
        assert!(pieces(Connector("other"), &sync).is_empty());
        for (key, value) in [("other/work/x", "{}"), ("example/work/y", "rubbish")] {
            sync.kept.push((key.to_owned(), value.as_bytes().to_vec()));
        }
        assert_eq!(pieces(CONNECTOR, &sync), expected);
    }

    /// Files of earlier versions have them.
    #[test]
    fn the_names_of_keys_stay() {
        let work = Pieces::from([("users/0".to_owned(), piece("", 2))]);
        let sync = unfinished(CONNECTOR, &header(1), &work).unwrap();
        let keys: Vec<_> = sync.kept.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["example/subject", "example/work/users/0"]);
    }
}
