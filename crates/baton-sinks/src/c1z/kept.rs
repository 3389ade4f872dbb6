//! How pieces of work lie in the file, as the private state of an unfinished sync (`c1z.md` section 2.2).

use std::borrow::Cow;

use baton_c1z::Unfinished;
use baton_model::Timestamp;
use serde::{Deserialize, Serialize};

use super::lines::{Header, Pieces};
use crate::Piece;

/// The key under which a sync says what is synced. It marks the unfinished syncs that are ours.
pub(super) const SUBJECT: &str = "rocketchat/subject";
/// What stands before the key of a piece of work.
const WORK: &str = "rocketchat/work/";

#[derive(Serialize, Deserialize)]
struct Value<'a> {
    at: Cow<'a, str>,
    value: Cow<'a, str>,
}

/// Makes an unfinished sync out of pieces of work.
pub(super) fn unfinished(header: &Header, pieces: &Pieces) -> serde_json::Result<Unfinished> {
    let subject = (SUBJECT.to_owned(), header.subject.clone().into_bytes());
    let work = pieces.iter().map(|(key, piece)| {
        let value = Value {
            at: piece.kept_at.to_string().into(),
            value: piece.value.as_str().into(),
        };
        Ok((format!("{WORK}{key}"), serde_json::to_vec(&value)?))
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
pub(super) fn pieces(sync: &Unfinished) -> Pieces {
    let piece = |(key, value): &(String, Vec<u8>)| {
        let value: Value<'_> = serde_json::from_slice(value).ok()?;
        let piece = Piece {
            kept_at: Timestamp::parse(&value.at).ok()?,
            value: value.value.into_owned(),
        };
        Some((key.strip_prefix(WORK)?.to_owned(), piece))
    };
    sync.kept.iter().filter_map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::super::lines::tests::{header, piece};
    use super::*;

    #[test]
    fn what_goes_into_the_file_comes_out_of_it() {
        let expected = Pieces::from([
            ("team/a".to_owned(), piece("[\"\u{e9}\\n\"]", 1)),
            ("users/0".to_owned(), piece("", 2)),
        ]);
        let mut sync = unfinished(&header(1), &expected).unwrap();
        assert_eq!(pieces(&sync), expected);
        for (key, value) in [("other/work/x", "{}"), ("rocketchat/work/y", "rubbish")] {
            sync.kept.push((key.to_owned(), value.as_bytes().to_vec()));
        }
        assert_eq!(pieces(&sync), expected);
    }
}
