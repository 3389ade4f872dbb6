//! The form of a journal: lines of JSON, first one that says which sync it is of, then one for each piece of work.
//!
//! Each process that goes on with a sync writes the first line once more before its pieces. A process that dies leaves one
//! line unfinished at most. Only whole lines count, up to the first that is something else.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};

use baton_model::{SyncId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Piece;

/// Pieces of work, by key.
pub(super) type Pieces = BTreeMap<String, Piece>;

/// Which sync a journal is of, and who writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) sync_id: SyncId,
    pub(super) started_at: Timestamp,
    /// What is synced: work for another workspace or account must not be used.
    pub(super) subject: String,
    pub(super) pid: u32,
}

/// What a journal says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) header: Header,
    pub(super) pieces: Pieces,
    /// Where the part ends that counts, in bytes.
    pub(super) end: u64,
}

#[derive(Serialize, Deserialize)]
struct HeaderLine<'a> {
    sync_id: Cow<'a, str>,
    started_at: Cow<'a, str>,
    subject: Cow<'a, str>,
    pid: u32,
}

#[derive(Serialize, Deserialize)]
struct PieceLine<'a> {
    key: Cow<'a, str>,
    at: Cow<'a, str>,
    value: Cow<'a, str>,
}

impl Header {
    /// Tells whether both are of the same sync of the same thing.
    pub(super) fn is_same_sync(&self, other: &Self) -> bool {
        (self.sync_id, &self.subject) == (other.sync_id, &other.subject)
    }

    /// Puts it into a line.
    pub(super) fn line(&self) -> serde_json::Result<String> {
        line(&HeaderLine {
            sync_id: self.sync_id.to_string().into(),
            started_at: self.started_at.to_string().into(),
            subject: self.subject.as_str().into(),
            pid: self.pid,
        })
    }

    fn parse(line: &[u8]) -> Option<Self> {
        let line: HeaderLine<'_> = serde_json::from_slice(line).ok()?;
        Some(Self {
            sync_id: line.sync_id.parse().ok()?,
            started_at: Timestamp::parse(&line.started_at).ok()?,
            subject: line.subject.into_owned(),
            pid: line.pid,
        })
    }
}

impl Contents {
    /// Reads a whole file as a journal, see [`Contents::parse`].
    pub(super) fn read(file: &mut File) -> io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(0))?;
        file.read_to_end(&mut bytes)?;
        Ok(Self::parse(&bytes))
    }

    /// Reads a journal; `None` if its first line is not whole, or not of a journal.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut lines = bytes
            .split_inclusive(|byte| *byte == b'\n')
            .filter(|line| line.ends_with(b"\n"));
        let first = lines.next()?;
        let mut contents = Self {
            header: Header::parse(first)?,
            pieces: Pieces::new(),
            end: first.len() as u64,
        };
        for line in lines {
            if !contents.add(line) {
                break;
            }
            contents.end += line.len() as u64;
        }
        Some(contents)
    }

    /// Adds what a line says; `false` if it is not of this journal.
    fn add(&mut self, line: &[u8]) -> bool {
        if let Some((key, piece)) = parse_piece(line) {
            self.pieces.insert(key, piece);
            return true;
        }
        let Some(header) = Header::parse(line).filter(|it| it.is_same_sync(&self.header)) else {
            return false;
        };
        self.header = header;
        true
    }
}

fn parse_piece(line: &[u8]) -> Option<(String, Piece)> {
    let line: PieceLine<'_> = serde_json::from_slice(line).ok()?;
    let piece = Piece {
        kept_at: Timestamp::parse(&line.at).ok()?,
        value: line.value.into_owned(),
    };
    Some((line.key.into_owned(), piece))
}

/// Puts a piece of work into a line.
pub(super) fn piece_line(key: &str, piece: &Piece) -> serde_json::Result<String> {
    line(&PieceLine {
        key: key.into(),
        at: piece.kept_at.to_string().into(),
        value: piece.value.as_str().into(),
    })
}

fn line(content: &impl Serialize) -> serde_json::Result<String> {
    let mut line = serde_json::to_string(content)?;
    line.push('\n');
    Ok(line)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn time(seconds: i64) -> Timestamp {
        Timestamp::new(1_780_000_000 + seconds, 0).unwrap()
    }

    pub(crate) fn header(pid: u32) -> Header {
        Header {
            sync_id: SyncId::new(time(0), [7; 16]),
            started_at: time(0),
            subject: "https://chat.example.com as x".to_owned(),
            pid,
        }
    }

    pub(crate) fn piece(value: &str, seconds: i64) -> Piece {
        Piece {
            value: value.to_owned(),
            kept_at: time(seconds),
        }
    }

    fn text() -> String {
        [
            header(1).line().unwrap(),
            piece_line("old", &piece("1", 1)).unwrap(),
            piece_line("team/a", &piece("{\"members\":[\"\u{e9}\\n\n\"]}", 2)).unwrap(),
            header(2).line().unwrap(),
            piece_line("old", &piece("2", 3)).unwrap(),
        ]
        .concat()
    }

    /// However much of the text reached the disk, whole lines count, and nothing else.
    #[test]
    fn a_torn_line_does_not_count() {
        let text = text();
        let ends: Vec<u64> = text
            .bytes()
            .zip(1..)
            .filter_map(|(byte, end)| (byte == b'\n').then_some(end))
            .collect();
        assert_eq!(ends.len(), 5);
        for length in 0..=text.len() {
            let found = Contents::parse(&text.as_bytes()[..length]);
            let end = ends.iter().rev().find(|end| **end <= length as u64);
            assert_eq!(found.as_ref().map(|it| it.end), end.copied(), "{length}");
            let Some(found) = found else { continue };
            let (old, team) = (found.pieces.get("old"), found.pieces.get("team/a"));
            let whole = ends.iter().filter(|it| **it <= found.end).count();
            assert_eq!(found.header, header(if whole < 4 { 1 } else { 2 }));
            let expected = match whole {
                1 => None,
                2..=4 => Some(piece("1", 1)),
                _ => Some(piece("2", 3)),
            };
            assert_eq!(old, expected.as_ref(), "{length}");
            assert_eq!(team.is_some(), whole >= 3, "{length}");
        }
    }

    #[test]
    fn values_come_back_as_they_were() {
        let contents = Contents::parse(text().as_bytes()).unwrap();
        let value = "{\"members\":[\"\u{e9}\\n\n\"]}";
        assert_eq!(contents.pieces["team/a"], piece(value, 2));
    }

    #[test]
    fn nothing_counts_from_a_line_on_that_is_something_else() {
        let mut other = header(3);
        other.subject.push('y');
        let other = other.line().unwrap();
        let good = text();
        for bad in [
            "\0\0\n",
            "{}\n",
            "\n",
            "{\"key\":\"a\",\"at\":\"\",\"value\":\"\"}\n",
            &other,
        ] {
            let bytes = [good.as_bytes(), bad.as_bytes(), good.as_bytes()].concat();
            assert_eq!(
                Contents::parse(&bytes),
                Contents::parse(good.as_bytes()),
                "{bad:?}"
            );
        }
        let torn = [good.as_bytes(), b"{\"key\":\"\xc3\n", good.as_bytes()].concat();
        assert_eq!(Contents::parse(&torn), Contents::parse(good.as_bytes()));
    }

    #[test]
    fn rubbish_is_no_journal() {
        for text in ["", "\n", "{", "{}\n", "[1]\n", "\0\0\n"] {
            assert_eq!(Contents::parse(text.as_bytes()), None, "{text:?}");
        }
        let piece = piece_line("a", &piece("1", 1)).unwrap();
        assert_eq!(Contents::parse(piece.as_bytes()), None);
    }
}
