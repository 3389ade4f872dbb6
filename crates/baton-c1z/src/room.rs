//! Room for what has to be in memory as a whole: forged files could fill it.

use rusqlite::{Error, Result, Row, ffi};

use crate::stored::weight;

/// Most bytes of a list. Those that connectors write have some hundred.
const LONGEST_LIST: usize = 64 << 20;
/// What an entry takes beside its texts.
const ENTRY: usize = 512;

/// The room that is left for a list.
#[derive(Debug)]
pub(crate) struct Room {
    what: &'static str,
    left: usize,
}

impl Room {
    /// Makes room for a list; `what` says of what.
    pub(crate) fn of(what: &'static str) -> Self {
        Self {
            what,
            left: LONGEST_LIST,
        }
    }

    /// Makes room for something larger.
    pub(crate) fn with(self, left: usize) -> Self {
        Self { left, ..self }
    }

    /// Takes the room that a row needs.
    ///
    /// # Errors
    /// There is none left.
    pub(crate) fn take(&mut self, row: &Row<'_>) -> Result<()> {
        let left = self.left.checked_sub(weight(row) + ENTRY);
        self.left = left.ok_or_else(|| {
            let words = format!("the {} is too long", self.what);
            Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_TOOBIG), Some(words))
        })?;
        Ok(())
    }
}
