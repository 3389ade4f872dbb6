//! Reading a list whole although the server cuts pages as it likes (`rocketchat-api.md` sections 3 and 7.4).
//!
//! `count=0` asks for everything. An administrator can switch that off, and then the answer is one short page that looks
//! like success; only `total` tells. From there on the list is read in pages of the server's own size, advancing by the
//! rows received, until a page comes that holds nothing new: a `total` that is too low does not end a list either.
//!
//! One lie stays hidden: an answer to `count=0` that is cut, with a `total` that is wrong by exactly what was cut off.
//!
//! There is no snapshot: rows may come and go between two pages. [`SortedPager`] and [`UnsortedPager`] prove that what
//! they let through was the list at one moment, or say what does not balance. Whether to read again after an
//! [`Imbalance`] is left to the caller.

mod sorted;
#[cfg(test)]
mod testing;
mod unsorted;

use std::sync::Arc;

pub use sorted::SortedPager;
pub use unsorted::UnsortedPager;

/// More rows than any server hands out at once: the server cuts it to its own limit without a word.
const AS_MANY_AS_ALLOWED: u64 = 1_000_000;

/// The part of a list to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The number of rows; 0 asks for all.
    pub count: u64,
    /// The number of rows to pass over.
    pub offset: u64,
}

impl Page {
    /// The whole list.
    pub const ALL: Self = Self {
        count: 0,
        offset: 0,
    };

    /// One row, for what the server says of the list as a whole.
    pub const ONE: Self = Self {
        count: 1,
        offset: 0,
    };

    /// The largest page that the server allows, from `offset` on.
    pub const fn largest(offset: u64) -> Self {
        Self {
            count: AS_MANY_AS_ALLOWED,
            offset,
        }
    }
}

/// One answer of a paged list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows<T> {
    /// The rows of this answer.
    pub rows: Vec<T>,
    /// The number of rows in the whole list, counted by the server in a query of its own.
    pub total: u64,
}

/// A row with an identity.
pub trait Row {
    /// Returns what tells the row from every other one in the list.
    fn id(&self) -> &Arc<str>;
}

/// What was counted while a list was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows that the first answer announced.
    pub announced_first: u64,
    /// Rows that the last answer announced.
    pub announced_last: u64,
    /// Rows received; the row that two pages share counts twice.
    pub received: u64,
    /// Different rows received.
    pub unique: u64,
    /// Answers received.
    pub pages: u64,
    /// Pages that did not continue the ones before, because rows had moved.
    pub shifts: u64,
}

impl Tally {
    /// Counts an answer. Returns the rows that the one before announced, if there was one.
    fn add(&mut self, received: usize, total: u64) -> Option<u64> {
        let before = (self.pages > 0).then_some(self.announced_last);
        if before.is_none() {
            self.announced_first = total;
        }
        self.announced_last = total;
        self.received += received as u64;
        self.pages += 1;
        before
    }
}

/// The list changed while it was read, or the server contradicts itself: what was read is not the whole list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Imbalance {
    /// Rows moved between two pages.
    #[error("rows moved between two pages: expected {expected:?} at row {offset}, found {found:?}")]
    Shifted {
        /// The position of the row.
        offset: u64,
        /// The row that stood there before.
        expected: String,
        /// The row that stands there now, if any.
        found: Option<String>,
    },
    /// A row came twice.
    #[error("the row {id:?} came twice")]
    Repeated {
        /// The row.
        id: String,
    },
    /// A list that is sorted by id came in another order.
    #[error("the rows are not sorted by id: {after:?} came after {before:?}")]
    Disordered {
        /// A row.
        before: String,
        /// The one that came next.
        after: String,
    },
    /// The number of rows changed while the list was read.
    #[error("the list went from {before} to {after} rows while it was read")]
    Changed {
        /// The number at first.
        before: u64,
        /// The number later.
        after: u64,
    },
    /// No more rows came although more were announced.
    #[error("the server announces {total} rows and hands out no more than {received}")]
    Short {
        /// The different rows received.
        received: u64,
        /// The rows announced.
        total: u64,
    },
    /// More rows came than were announced.
    #[error("the server announces {total} rows and handed out {received}")]
    Excess {
        /// The different rows received.
        received: u64,
        /// The rows announced.
        total: u64,
    },
    /// Pages of one row cannot overlap.
    #[error(
        "the server hands out one row at a time, and then nothing shows whether rows moved between two answers"
    )]
    OneByOne,
    /// Two readings of the same list gave different rows.
    #[error("two readings in a row gave different rows")]
    Disagreement,
}

impl Imbalance {
    /// Says that the number of rows received is not the one announced.
    fn of(received: u64, total: u64) -> Self {
        if received < total {
            Self::Short { received, total }
        } else {
            Self::Excess { received, total }
        }
    }
}
