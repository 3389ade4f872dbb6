//! How rows are read: page by page, so that neither a statement is held nor a whole table.

use std::collections::VecDeque;
use std::path::Path;

use prost::DecodeError;
use rusqlite::{Row, params};

use crate::Error;
use crate::copy::WorkingCopy;

/// Rows and bytes fetched in one go.
const PAGE_ROWS: usize = 1000;
const PAGE_BYTES: usize = 1 << 20;

/// Most bytes of a row. A decoded message can take 64 times as much memory, which limits what a forged one can do; those
/// that connectors write have some hundred bytes, and pass through messages of 4 MiB (`c1z.md` section 6.5).
pub(crate) const LONGEST_ROW: u32 = 16 << 20;

/// Most bytes of what is written of a record. A reader weighs the identifier of the sync and the time too, which every row has
/// besides: 27 bytes, and 29 at most.
pub(crate) const LONGEST_RECORD: usize = LONGEST_ROW as usize - 64;

/// A kind of row. Only this crate has them.
pub trait Stored: Sized {
    /// The table.
    const TABLE: &'static str;

    /// Reads a row.
    fn read(row: &Row<'_>) -> Result<Self, Unreadable>;

    /// Returns the number of the row.
    fn id(&self) -> i64;
}

/// Why a row cannot be read.
#[derive(Debug)]
pub enum Unreadable {
    /// A column is missing or of another type.
    Column(rusqlite::Error),
    /// A message cannot be decoded.
    Message(DecodeError),
}

/// Returns how many bytes the texts and blobs of a row have.
pub(crate) fn weight(row: &Row<'_>) -> usize {
    let columns = 0..row.as_ref().column_count();
    let lengths = columns.filter_map(|at| Some(row.get_ref(at).ok()?.as_bytes().ok()?.len()));
    lengths.sum()
}

/// Reads a row, and returns how many bytes it has.
pub(crate) fn read<T: Stored>(row: &Row<'_>, origin: &Path) -> Result<(T, usize), Error> {
    let weight = weight(row);
    if weight > LONGEST_ROW as usize {
        return Err(Error::Content {
            path: origin.to_owned(),
            table: T::TABLE,
            id: row.get("id").unwrap_or_default(),
            problem: "has more than 16 MiB",
        });
    }
    let item = T::read(row).map_err(|error| error.explain::<T>(row, origin))?;
    Ok((item, weight))
}

impl Unreadable {
    /// Says which row of which file it is.
    fn explain<T: Stored>(self, row: &Row<'_>, origin: &Path) -> Error {
        match self {
            Self::Column(error) => Error::database("read rows", origin)(error),
            Self::Message(source) => Error::Message {
                path: origin.to_owned(),
                table: T::TABLE,
                id: row.get("id").unwrap_or_default(),
                source: source.into(),
            },
        }
    }
}

impl From<rusqlite::Error> for Unreadable {
    fn from(error: rusqlite::Error) -> Self {
        Self::Column(error)
    }
}

impl From<DecodeError> for Unreadable {
    fn from(error: DecodeError) -> Self {
        Self::Message(error)
    }
}

/// Streams the rows of one sync in their order. After an error there is nothing more.
#[derive(Debug)]
pub struct Rows<'r, T> {
    copy: &'r WorkingCopy,
    sync: String,
    page: VecDeque<T>,
    last: i64,
    exhausted: bool,
}

impl<'r, T: Stored> Rows<'r, T> {
    pub(crate) fn new(copy: &'r WorkingCopy, sync: &str) -> Self {
        Self {
            copy,
            sync: sync.to_owned(),
            page: VecDeque::new(),
            last: i64::MIN,
            exhausted: false,
        }
    }

    /// Reads the next rows, none if there are no more.
    fn fetch(&mut self) -> Result<(), Error> {
        let failed = |error| Error::database("read rows", self.copy.origin())(error);
        let sql = format!(
            "select * from {} where sync_id = ?1 and id > ?2 order by id",
            T::TABLE
        );
        let mut statement = self
            .copy
            .connection()
            .prepare_cached(&sql)
            .map_err(failed)?;
        let mut rows = statement
            .query(params![self.sync, self.last])
            .map_err(failed)?;
        let mut size = 0;
        while self.page.len() < PAGE_ROWS && size < PAGE_BYTES {
            let Some(row) = rows.next().map_err(failed)? else {
                break;
            };
            let (item, weight) = read::<T>(row, self.copy.origin())?;
            self.last = item.id();
            size += weight;
            self.page.push_back(item);
        }
        Ok(())
    }
}

impl<T: Stored> Iterator for Rows<'_, T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.is_empty() && !self.exhausted {
            let fetched = self.fetch();
            self.exhausted = fetched.is_err() || self.page.is_empty();
            if let Err(error) = fetched {
                self.page.clear();
                return Some(Err(error));
            }
        }
        self.page.pop_front().map(Ok)
    }
}
