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
    /// The rows that came when all were asked for.
    #[serde(skip)]
    pub(super) first: u64,
    /// The rows that came when as many as allowed were asked for.
    #[serde(skip)]
    pub(super) page: u64,
}

impl Paging {
    /// Asks for the end of a list of `total` rows.
    pub(super) async fn probe(
        total: u64,
        ask: impl AsyncFn(Page) -> Result<Rows<User>, Error>,
    ) -> Result<Self, Error> {
        let sample = total.min(SAMPLE);
        let offset = total - sample;
        let first = received(&ask(Page { count: 0, offset }).await?);
        let page = received(&ask(Page::largest(offset)).await?);
        let whole_lists = first >= sample;
        Ok(Self {
            whole_lists,
            rows: if whole_lists { first } else { page },
            is_cut: !whole_lists && page < sample,
            first,
            page,
        })
    }

    /// Tells whether so many rows come when all are asked for. Where whole lists do not come, short ones still do.
    pub(super) fn is_whole(&self, rows: u64) -> bool {
        self.whole_lists || rows <= self.first.max(1)
    }

    /// Returns the number of requests that a list of `rows` takes where all of them are asked for first; pages share a row,
    /// and one more shows the end.
    pub(super) fn requests(&self, rows: u64) -> u64 {
        if self.is_whole(rows) {
            return 1;
        }
        2 + self.pages(rows - self.first.max(1))
    }

    /// The same where nothing limits requests: then users are first asked for a page, which shows how many there are, and
    /// more than `longest` are read in pages even if they would come at once.
    pub(super) fn unlimited_requests(&self, rows: u64, longest: u64) -> u64 {
        if rows <= self.page.max(1) {
            1
        } else if rows > longest {
            2 + self.pages(rows - self.page.max(1))
        } else {
            1 + self.requests(rows)
        }
    }

    /// Tells whether a page may hold more of a list of `rows` than came: no more were asked for.
    pub(super) fn may_be_longer(&self, rows: u64) -> bool {
        self.page >= SAMPLE && rows > self.page
    }

    /// Returns the number of pages that hold so many rows beside those seen before.
    fn pages(&self, rows: u64) -> u64 {
        rows.div_ceil(self.page.saturating_sub(1).max(1))
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
