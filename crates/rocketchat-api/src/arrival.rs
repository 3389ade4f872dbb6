//! Reading an answer while it arrives.

use std::fmt;

use serde::de::DeserializeOwned;

use crate::endpoint::Body;
use crate::splitter::{LONGEST_ELEMENT, Splitter};
use crate::{Answer, Endpoint, Error};

/// The most rows that one answer may have. As many rows of real users are far longer than any answer should be; a server that
/// sends tiny ones without end must not fill the memory.
const MOST_ROWS: usize = 1_000_000;

/// The answer of an endpoint, part by part.
///
/// The rows of a list are decoded as soon as they are there, and their text is dropped; everything else of the body is the
/// caller's to keep until the [end](Self::end).
pub struct Arrival<E: Endpoint> {
    splitter: Option<Splitter>,
    rows: Vec<<E::Body as Body>::Row>,
    failed: Option<Failed>,
}

/// A row that cannot be read.
struct Failed {
    row: usize,
    source: serde_json::Error,
}

impl<E: Endpoint> Arrival<E> {
    /// Waits for an answer.
    pub fn new() -> Self {
        Self {
            splitter: None,
            rows: Vec::new(),
            failed: None,
        }
    }

    /// Begins with an answer; what there was of an earlier one is forgotten. Returns whether the body is to be
    /// [taken](Self::take): that of a failure, and one without a list, is only of use as a whole.
    pub fn begin(&mut self, status: u16, content_type: Option<&str>) -> bool {
        let is_json = content_type.is_none_or(Answer::names_json);
        let is_list = Answer::is_success(status) && is_json;
        let name = <E::Body as Body>::ROWS.filter(|_| is_list);
        *self = Self {
            splitter: name.map(Splitter::new),
            ..Self::new()
        };
        self.splitter.is_some()
    }

    /// Takes the next part of the body, and gives to `rest` what is no row.
    pub fn take(&mut self, bytes: &[u8], rest: &mut Vec<u8>) {
        let Some(splitter) = &mut self.splitter else {
            return rest.extend_from_slice(bytes);
        };
        let (rows, failed) = (&mut self.rows, &mut self.failed);
        splitter.take(bytes, rest, |row| {
            if failed.is_some() {
                return;
            }
            match read_row(row, rows.len()) {
                Ok(row) => rows.push(row),
                Err(source) => {
                    let row = rows.len();
                    *failed = Some(Failed { row, source });
                }
            }
        });
    }

    /// Ends with an answer whose body is what was left of it.
    ///
    /// # Errors
    /// As [`decode`](crate::decode).
    pub fn end(self, rest: &Answer<'_>) -> Result<E::Output, Error> {
        if !Answer::is_success(rest.status) || !rest.is_json() {
            return Err(Error::read(E::NAME, rest));
        }
        let malformed = |row, source| Error::Malformed {
            endpoint: E::NAME,
            status: rest.status,
            row,
            source,
        };
        let lists = self.splitter.as_ref().map(Splitter::arrays);
        match serde_json::from_slice::<E::Body>(rest.body) {
            Ok(body) => {
                let output = body.into_output(self.rows);
                match (output, self.failed, lists) {
                    (None, ..) if lists != Some(0) || says_no(rest.body) => {
                        Err(Error::read(E::NAME, rest))
                    }
                    (_, Some(failed), _) => Err(malformed(Some(failed.row), failed.source)),
                    (Some(output), _, None | Some(1)) => Ok(output),
                    (_, _, lists) => Err(malformed(None, not_one::<E>(lists))),
                }
            }
            // A refusal with status 200 lacks the data; it is worth more than "missing field".
            Err(source) => match Error::read(E::NAME, rest) {
                refused @ Error::Refused { .. } if says_no(rest.body) => Err(refused),
                _ => Err(malformed(None, source)),
            },
        }
    }
}

impl<E: Endpoint> Default for Arrival<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: Endpoint> fmt::Debug for Arrival<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrival")
            .field("endpoint", &E::NAME)
            .field("rows", &self.rows.len())
            .finish_non_exhaustive()
    }
}

/// Decodes a row, behind so many others.
fn read_row<R: DeserializeOwned>(row: &[u8], before: usize) -> serde_json::Result<R> {
    use serde::de::Error as _;
    if row.len() > LONGEST_ELEMENT {
        let problem = format!("it is longer than {LONGEST_ELEMENT} bytes");
        return Err(serde_json::Error::custom(problem));
    }
    if before >= MOST_ROWS {
        let problem = format!("the list has more than {MOST_ROWS} rows");
        return Err(serde_json::Error::custom(problem));
    }
    serde_json::from_slice(row)
}

/// Says that there is no list in the body, or more than one.
fn not_one<E: Endpoint>(lists: Option<u32>) -> serde_json::Error {
    use serde::de::Error as _;
    let name = <E::Body as Body>::ROWS.unwrap_or_default();
    match lists {
        Some(0) | None => serde_json::Error::missing_field(name),
        Some(_) => serde_json::Error::duplicate_field(name),
    }
}

fn says_no(body: &[u8]) -> bool {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    body.get("success") == Some(&serde_json::Value::Bool(false))
}
