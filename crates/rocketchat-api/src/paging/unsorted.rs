//! A list that comes in storage order.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Imbalance, Page, Row, Rows, Tally};

/// Walks through a list that the server cannot sort.
///
/// The order is that of storage: new rows come last and removed ones let the others move up, but nothing promises that.
/// Pages overlap by one row, which shows a move; no row may come twice, and the number of rows must stay as it is and be
/// the number received.
#[derive(Debug)]
pub struct UnsortedPager {
    step: Step,
    seen: HashSet<Arc<str>>,
    last: Option<Arc<str>>,
    /// The most rows that came in one page.
    page_size: usize,
    tally: Tally,
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

impl UnsortedPager {
    /// Starts a reading.
    pub fn new() -> Self {
        Self {
            step: Step::All,
            seen: HashSet::new(),
            last: None,
            page_size: 0,
            tally: Tally::default(),
        }
    }

    /// Returns the part to ask for next, or `None` when the list is whole.
    pub fn next_page(&self) -> Option<Page> {
        match self.step {
            Step::All => Some(Page::ALL),
            Step::Page { overlap } => Some(Page::largest(self.tally.unique - u64::from(overlap))),
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
        let before = self.tally.add(rows.len(), page.total);
        if self.step != Step::All {
            self.page_size = self.page_size.max(rows.len());
        }
        if self.step == (Step::Page { overlap: true }) {
            self.check_overlap(rows.first())?;
            rows.remove(0);
        }
        if let Some(before) = before.filter(|before| *before != page.total) {
            return Err(Imbalance::Changed {
                before,
                after: page.total,
            });
        }
        for row in &rows {
            let id = row.id();
            if !self.seen.insert(Arc::clone(id)) {
                return Err(Imbalance::Repeated { id: id.to_string() });
            }
            self.last = Some(Arc::clone(id));
        }
        self.tally.unique = self.seen.len() as u64;
        self.step = self.step_after(rows.len())?;
        Ok(rows)
    }

    /// Returns the ids of the rows received.
    pub fn into_seen(self) -> HashSet<Arc<str>> {
        self.seen
    }

    /// Returns what was counted so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    fn check_overlap<T: Row>(&self, first: Option<&T>) -> Result<(), Imbalance> {
        let found = first.map(Row::id);
        if found.is_some() && found == self.last.as_ref() {
            return Ok(());
        }
        Err(Imbalance::Shifted {
            offset: self.tally.unique.saturating_sub(1),
            expected: self.last.as_deref().unwrap_or_default().to_owned(),
            found: found.map(ToString::to_string),
        })
    }

    fn step_after(&mut self, fresh: usize) -> Result<Step, Imbalance> {
        let (received, total) = (self.tally.unique, self.tally.announced_last);
        if received > total {
            return Err(Imbalance::Excess { received, total });
        }
        match self.step {
            Step::All if received == total => Ok(Step::Done),
            Step::Page { .. } if fresh == 0 && received == total => Ok(Step::Done),
            Step::Page { .. } if fresh == 0 => Err(self.too_short()),
            _ => Ok(Step::Page {
                overlap: received > 0,
            }),
        }
    }
}

impl UnsortedPager {
    /// Says why the list ends too early.
    fn too_short(&self) -> Imbalance {
        if self.page_size == 1 {
            return Imbalance::OneByOne;
        }
        Imbalance::of(self.tally.unique, self.tally.announced_last)
    }
}

impl Default for UnsortedPager {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{Item, Server, items, rows, servers};
    use super::*;

    fn read(server: &Server, list: &[Item], no_all: bool) -> Result<Vec<Item>, Imbalance> {
        let mut pager = UnsortedPager::new();
        assert!(!no_all || pager.refuse_all());
        let mut read = Vec::new();
        while let Some(page) = pager.next_page() {
            read.extend(pager.accept(server.answer(list, page))?);
        }
        Ok(read)
    }

    proptest! {
        #[test]
        fn any_limits_lead_to_the_same_rows(server in servers(), length in 0u32..300, no_all: bool) {
            let list = items((0..length).rev());
            prop_assert_eq!(read(&server, &list, no_all).unwrap(), list);
        }
    }

    fn check(pager: &mut UnsortedPager, ids: &[u32], total: u64) -> Result<usize, Imbalance> {
        pager.accept(rows(ids, total)).map(|rows| rows.len())
    }

    #[test]
    fn a_total_that_is_too_high_shows() {
        let mut pager = UnsortedPager::new();
        pager.refuse_all();
        assert_eq!(check(&mut pager, &[1, 2], 3), Ok(2));
        let short = Imbalance::Short {
            received: 2,
            total: 3,
        };
        assert_eq!(check(&mut pager, &[2], 3), Err(short));
    }

    #[test]
    fn one_row_at_a_time_proves_nothing() {
        let mut pager = UnsortedPager::new();
        assert_eq!(check(&mut pager, &[1], 3), Ok(1));
        assert_eq!(check(&mut pager, &[1], 3), Err(Imbalance::OneByOne));
    }

    #[test]
    fn a_total_that_is_too_low_shows_in_a_list_of_pages() {
        let excess = |received, total| Err(Imbalance::Excess { received, total });
        assert_eq!(check(&mut UnsortedPager::new(), &[1, 2], 1), excess(2, 1));
        let mut pager = UnsortedPager::new();
        pager.refuse_all();
        assert_eq!(check(&mut pager, &[1, 2], 2), Ok(2));
        assert_eq!(check(&mut pager, &[2, 3], 2), excess(3, 2));
    }

    #[test]
    fn a_server_that_ignores_offset_shows() {
        let mut pager = UnsortedPager::new();
        assert_eq!(check(&mut pager, &[1, 2], 4), Ok(2));
        assert!(matches!(
            check(&mut pager, &[1, 2], 4),
            Err(Imbalance::Shifted { .. })
        ));
        let mut pager = UnsortedPager::new();
        assert_eq!(check(&mut pager, &[1, 2], 4), Ok(2));
        let repeated = Imbalance::Repeated {
            id: "00000001".to_owned(),
        };
        assert_eq!(check(&mut pager, &[2, 1], 4), Err(repeated));
    }

    /// The number of rows stays the same, so that only the overlap can tell.
    #[test]
    fn a_list_that_lost_one_row_and_got_another_shows() {
        let mut pager = UnsortedPager::new();
        assert_eq!(check(&mut pager, &[1, 2], 4), Ok(2));
        assert!(matches!(
            check(&mut pager, &[3, 4, 5], 4),
            Err(Imbalance::Shifted { .. })
        ));
    }

    #[test]
    fn the_number_of_rows_must_not_change() {
        let mut pager = UnsortedPager::new();
        assert_eq!(check(&mut pager, &[1, 2], 4), Ok(2));
        let changed = Imbalance::Changed {
            before: 4,
            after: 3,
        };
        assert_eq!(check(&mut pager, &[2, 3], 3), Err(changed));
    }
}
