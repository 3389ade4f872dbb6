//! Reading a list whole although the server cuts pages as it likes (`rocketchat-api.md` sections 3 and 7.4).
//!
//! `count=0` asks for everything. An administrator can switch that off, and then the answer is one short page that looks
//! like success; only `total` tells. From there on the list is read in pages of the server's own size, advancing by the
//! rows received.
//!
//! There is no snapshot: rows may come and go between two pages. Each page starts with the last row of the one before,
//! which proves that nothing moved in between. In a list that the server cannot sort, new rows may also land on pages
//! that were read already, so there the number of rows must not change either. In the end the number of different rows
//! must equal `total`. Whether to read again after an [`Imbalance`] is left to the caller.

use std::collections::HashSet;
use std::sync::Arc;

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
    fn id(&self) -> Arc<str>;
}

/// Walks through a list and proves that it was read whole.
#[derive(Debug)]
pub struct Pager {
    /// Whether pages overlap. A server that gives one row at a time cannot do that.
    overlapping: bool,
    /// Whether the number of rows must stay as it is.
    constant: bool,
    step: Step,
    seen: HashSet<Arc<str>>,
    last: Option<Arc<str>>,
    first_total: Option<u64>,
    total: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Ask for everything.
    All,
    /// Ask for a page; `overlap` when its first row has to be the last one seen.
    Page {
        overlap: bool,
    },
    Done,
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
    /// The number of rows changed while a list without order was read.
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
}

impl Pager {
    /// Reads a list that the server sorts by id.
    pub fn sorted() -> Self {
        Self::new(true)
    }

    /// Reads a list that comes in storage order.
    pub fn unsorted() -> Self {
        Self::new(false)
    }

    fn new(sorted: bool) -> Self {
        Self {
            overlapping: true,
            constant: !sorted,
            step: Step::All,
            seen: HashSet::new(),
            last: None,
            first_total: None,
            total: 0,
        }
    }

    /// Returns the part to ask for next, or `None` when the list is whole.
    pub fn next_page(&self) -> Option<Page> {
        match self.step {
            Step::All => Some(Page::ALL),
            Step::Page { overlap } => Some(Page {
                count: AS_MANY_AS_ALLOWED,
                offset: self.received() - u64::from(overlap),
            }),
            Step::Done => None,
        }
    }

    /// Gives up asking for everything at once, because the server failed on it, and goes on in pages.
    ///
    /// Returns false when it was not asking for everything: then the failure is real.
    pub fn refuse_all(&mut self) -> bool {
        let was_all = self.step == Step::All;
        if was_all {
            self.step = Step::Page { overlap: false };
        }
        was_all
    }

    /// Takes the answer to [`next_page`](Self::next_page) and returns its new rows.
    ///
    /// # Errors
    /// The list is not whole and cannot become so; start over with a new pager.
    pub fn accept<T: Row>(&mut self, page: Rows<T>) -> Result<Vec<T>, Imbalance> {
        let mut rows = page.rows;
        if self.step == (Step::Page { overlap: true }) {
            self.check_overlap(rows.first())?;
            rows.remove(0);
        }
        self.check_total(page.total)?;
        for row in &rows {
            let id = row.id();
            if !self.seen.insert(Arc::clone(&id)) {
                return Err(Imbalance::Repeated { id: id.to_string() });
            }
            self.last = Some(id);
        }
        self.step = self.step_after(rows.len())?;
        Ok(rows)
    }

    /// Returns the ids of the rows received.
    pub fn seen(&self) -> &HashSet<Arc<str>> {
        &self.seen
    }

    /// Returns the number of different rows received.
    pub fn received(&self) -> u64 {
        self.seen.len() as u64
    }

    fn check_overlap<T: Row>(&self, first: Option<&T>) -> Result<(), Imbalance> {
        let found = first.map(Row::id);
        if found == self.last {
            return Ok(());
        }
        Err(Imbalance::Shifted {
            offset: self.received() - 1,
            expected: self.last.as_deref().unwrap_or_default().to_owned(),
            found: found.map(|id| id.to_string()),
        })
    }

    fn check_total(&mut self, total: u64) -> Result<(), Imbalance> {
        self.total = total;
        let before = *self.first_total.get_or_insert(total);
        if self.constant && before != total {
            return Err(Imbalance::Changed {
                before,
                after: total,
            });
        }
        Ok(())
    }

    fn step_after(&mut self, fresh: usize) -> Result<Step, Imbalance> {
        let (received, total) = (self.received(), self.total);
        if received > total {
            return Err(Imbalance::Excess { received, total });
        }
        if received == total {
            return Ok(Step::Done);
        }
        match self.step {
            // A page that holds nothing but the overlap: the server gives one row at a time, so do without.
            Step::Page { overlap: true } if fresh == 0 => {
                self.overlapping = false;
                self.constant = true;
                self.check_total(total)?;
                Ok(Step::Page { overlap: false })
            }
            Step::Page { .. } if fresh == 0 => Err(Imbalance::Short { received, total }),
            _ => Ok(Step::Page {
                overlap: self.overlapping && received > 0,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, PartialEq)]
    struct Item(Arc<str>);

    impl Row for Item {
        fn id(&self) -> Arc<str> {
            Arc::clone(&self.0)
        }
    }

    /// The server's side of the bargain, from `rocketchat-api.md` section 3.1.
    #[derive(Debug, Clone)]
    struct Server {
        upper: u64,
        default: u64,
        infinite: bool,
    }

    impl Server {
        fn answer(&self, list: &[Item], page: Page) -> Rows<Item> {
            let count = page.count.min(self.upper);
            let count = if count == 0 && !self.infinite {
                self.default
            } else {
                count
            };
            let take = if count == 0 {
                usize::MAX
            } else {
                usize::try_from(count).unwrap()
            };
            let skip = usize::try_from(page.offset).unwrap();
            Rows {
                rows: list.iter().skip(skip).take(take).cloned().collect(),
                total: list.len() as u64,
            }
        }
    }

    fn items(numbers: impl IntoIterator<Item = u32>) -> Vec<Item> {
        numbers
            .into_iter()
            .map(|n| Item(Arc::from(format!("{n:08}"))))
            .collect()
    }

    fn read(
        mut pager: Pager,
        mut list: impl FnMut() -> Vec<Item>,
        server: &Server,
    ) -> Result<Vec<Item>, Imbalance> {
        let mut read = Vec::new();
        while let Some(page) = pager.next_page() {
            read.extend(pager.accept(server.answer(&list(), page))?);
        }
        Ok(read)
    }

    fn servers() -> impl Strategy<Value = Server> {
        (1u64..40, 1u64..40, any::<bool>()).prop_map(|(upper, default, infinite)| Server {
            upper,
            default,
            infinite,
        })
    }

    proptest! {
        #[test]
        fn any_limits_lead_to_the_same_rows(server in servers(), length in 0u32..300, sorted: bool, no_all: bool) {
            let list = items(0..length);
            let mut pager = if sorted { Pager::sorted() } else { Pager::unsorted() };
            if no_all {
                prop_assert!(pager.refuse_all());
                prop_assert!(!pager.refuse_all());
            }
            prop_assert_eq!(read(pager, || list.clone(), &server).unwrap(), list);
        }

        #[test]
        fn a_row_present_throughout_is_never_missed(
            server in servers(),
            length in 1u32..120,
            changes in proptest::collection::vec((any::<bool>(), 0u32..120), 0..12),
        ) {
            let mut list = items((0..length).map(|n| n * 2));
            let start = list.clone();
            let mut changes = changes.into_iter();
            let mut removed = Vec::new();
            let result = read(Pager::sorted(), || {
                let now = list.clone();
                match changes.next() {
                    Some((true, at)) if !list.is_empty() => removed.push(list.remove(at as usize % list.len())),
                    Some((_, at)) => {
                        list.push(items([at * 2 + 1]).remove(0));
                        list.sort_by(|a, b| a.0.cmp(&b.0));
                        list.dedup();
                    }
                    None => {}
                }
                now
            }, &server);
            if let Ok(rows) = result {
                for item in start.iter().filter(|item| !removed.contains(item)) {
                    prop_assert!(rows.contains(item), "{:?} was there all the time", item);
                }
            }
        }
    }

    fn check(pager: &mut Pager, ids: &[u32], total: u64) -> Result<usize, Imbalance> {
        pager
            .accept(Rows {
                rows: items(ids.iter().copied()),
                total,
            })
            .map(|rows| rows.len())
    }

    #[test]
    fn a_deleted_row_before_the_cursor_shows() {
        let mut pager = Pager::sorted();
        assert_eq!(check(&mut pager, &[1, 2, 3], 6), Ok(3));
        assert_eq!(
            pager.next_page(),
            Some(Page {
                count: AS_MANY_AS_ALLOWED,
                offset: 2
            })
        );
        let shifted = check(&mut pager, &[4, 5, 6], 5).unwrap_err();
        assert_eq!(
            shifted.to_string(),
            r#"rows moved between two pages: expected "00000003" at row 2, found Some("00000004")"#
        );
    }

    #[test]
    fn a_lying_total_shows() {
        let mut pager = Pager::unsorted();
        assert_eq!(check(&mut pager, &[1, 2], 3), Ok(2));
        assert_eq!(check(&mut pager, &[2], 3), Ok(0));
        assert_eq!(
            check(&mut pager, &[], 3),
            Err(Imbalance::Short {
                received: 2,
                total: 3
            })
        );
        assert_eq!(
            check(&mut Pager::sorted(), &[1, 2], 1),
            Err(Imbalance::Excess {
                received: 2,
                total: 1
            })
        );
    }

    #[test]
    fn a_server_that_ignores_offset_shows() {
        for mut pager in [Pager::sorted(), Pager::unsorted()] {
            assert_eq!(check(&mut pager, &[1, 2], 4), Ok(2));
            assert!(matches!(
                check(&mut pager, &[1, 2], 4),
                Err(Imbalance::Shifted { .. })
            ));
        }
        let mut pager = Pager::unsorted();
        assert_eq!(check(&mut pager, &[1, 2], 4), Ok(2));
        let repeated = Imbalance::Repeated {
            id: "00000001".to_owned(),
        };
        assert_eq!(check(&mut pager, &[2, 1], 4), Err(repeated));
    }

    /// The number of rows stays the same, so that only the overlap can tell.
    #[test]
    fn an_unsorted_list_that_lost_one_row_and_got_another_shows() {
        let mut pager = Pager::unsorted();
        assert_eq!(check(&mut pager, &[1, 2], 4), Ok(2));
        assert!(matches!(
            check(&mut pager, &[3, 4, 5], 4),
            Err(Imbalance::Shifted { .. })
        ));
    }

    #[test]
    fn an_unsorted_list_must_not_change_its_length() {
        let mut pager = Pager::unsorted();
        assert_eq!(check(&mut pager, &[1, 2], 4), Ok(2));
        assert_eq!(
            check(&mut pager, &[2, 3], 3),
            Err(Imbalance::Changed {
                before: 4,
                after: 3
            })
        );
    }
}
