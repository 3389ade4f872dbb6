//! How many rows the server hands out at once (`rocketchat-api.md` section 3.1).
//!
//! The settings that rule this are private. What they do shows at the end of a list: as many rows as are left there come
//! at once, or not.

use std::fmt;

use rocketchat_api::{Page, Rows, User};
use serde::Serialize;

use crate::Error;

/// The rows at the end of the list that are asked for. More would be a burden, fewer would tell less.
const SAMPLE: u64 = 1000;

/// How a server cuts lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Paging {
    /// Whether whole lists come at once.
    pub whole_lists: bool,
    /// The rows that came at once; there may be more where as many as were asked for came.
    pub rows: u64,
    /// Whether that is the most the server gives.
    pub is_cut: bool,
}

impl Paging {
    /// Asks for the end of a list of `total` rows.
    pub(super) async fn probe(
        total: u64,
        ask: impl AsyncFn(Page) -> Result<Rows<User>, Error>,
    ) -> Result<Self, Error> {
        let sample = total.min(SAMPLE);
        let offset = total - sample;
        let whole = received(&ask(Page { count: 0, offset }).await?);
        if whole >= sample {
            return Ok(Self {
                whole_lists: true,
                rows: whole,
                is_cut: false,
            });
        }
        let rows = received(&ask(Page::largest(offset)).await?);
        Ok(Self {
            whole_lists: false,
            rows,
            is_cut: rows < sample,
        })
    }

    /// Returns the number of requests that a list of `rows` takes; pages share a row, and one more shows the end.
    pub(super) fn requests(&self, rows: u64) -> u64 {
        if self.whole_lists || rows <= 1 {
            return 1;
        }
        2 + (rows - 1).div_ceil(self.rows.saturating_sub(1).max(1))
    }
}

impl fmt::Display for Paging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.whole_lists, self.is_cut) {
            (true, _) => f.write_str("whole lists at once"),
            (false, true) => write!(f, "pages of {} rows", self.rows),
            (false, false) => write!(f, "pages of {} rows or more", self.rows),
        }
    }
}

fn received(rows: &Rows<User>) -> u64 {
    rows.rows.len() as u64
}
