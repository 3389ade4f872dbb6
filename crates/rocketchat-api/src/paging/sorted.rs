//! A list that the server sorts by id.

use std::sync::Arc;

// Ids come from the server, so that the hash has a random seed, as the standard one has; it takes less time.
use foldhash::HashSet;

use super::{Imbalance, Page, Row, Rows, Tally};

/// How many pages of one reading may fail to continue the ones before.
const MOST_SHIFTS: u64 = 10;

/// Walks through a list that is sorted by id.
///
/// A page covers all ids from its first row's to its last row's. The next page starts one row earlier, so that the two
/// overlap: where they do, no row between them was passed over, however many came or went. Where they do not, rows
/// before the page were removed, and reading goes back. In the end the numbers of rows, as announced over time and as
/// received, must be those of a list that rows were only added to, or only removed from: then what was received is
/// what the list held at one moment, namely at the end or at the start.
///
/// One thing escapes: a row added and another one removed between the same two requests cancel out in the numbers. Rows
/// that are there from start to end are received all the same.
#[derive(Debug)]
pub struct SortedPager {
    step: Step,
    seen: HashSet<Arc<str>>,
    /// All ids up to here are covered.
    last: Option<Arc<str>>,
    /// The most rows that came in one page.
    page_size: u64,
    most_announced: u64,
    grew: bool,
    shrank: bool,
    must_rest: bool,
    tally: Tally,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Ask for everything.
    All,
    /// Ask for the page from here on.
    From(u64),
    Done,
}

impl SortedPager {
    /// Starts a reading.
    pub fn new() -> Self {
        Self {
            step: Step::All,
            seen: HashSet::default(),
            last: None,
            page_size: 0,
            most_announced: 0,
            grew: false,
            shrank: false,
            must_rest: false,
            tally: Tally::default(),
        }
    }

    /// Returns the part to ask for next, or `None` at the end of the list; then see [`settle`](Self::settle).
    pub fn next_page(&self) -> Option<Page> {
        match self.step {
            Step::All => Some(Page::ALL),
            Step::From(offset) => Some(Page::largest(offset)),
            Step::Done => None,
        }
    }

    /// Returns [`next_page`](Self::next_page) and those that follow if nothing moves, as far as the list was announced to
    /// go. Empty while the server's own size of a page is not known.
    pub fn pages_ahead(&self) -> impl Iterator<Item = Page> + use<> {
        let end = self.tally.announced_last;
        let step = self.page_size.saturating_sub(1);
        let first = match self.step {
            Step::From(offset) if step > 0 => Some(offset),
            _ => None,
        };
        std::iter::successors(first, move |offset| Some(offset + step))
            .take_while(move |offset| *offset < end)
            .map(Page::largest)
    }

    /// Gives up asking for everything at once, because the server failed on it, and goes on in pages.
    ///
    /// Returns false when it was not asking for everything: then the failure is real.
    pub fn refuse_all(&mut self) -> bool {
        let was_all = self.step == Step::All;
        if was_all {
            self.step = Step::From(0);
        }
        was_all
    }

    /// Takes the answer to [`next_page`](Self::next_page) and returns its new rows.
    ///
    /// # Errors
    /// The list cannot be read whole this way; start over with a new pager.
    pub fn accept<T: Row>(&mut self, page: Rows<T>) -> Result<Vec<T>, Imbalance> {
        let len = page.rows.len();
        self.note(len, page.total);
        self.check_rest()?;
        match self.step {
            Step::All if len as u64 >= page.total => self.accept_all(page),
            Step::All if len == 0 => {
                self.step = Step::From(0);
                Ok(Vec::new())
            }
            Step::All => self.accept_from(0, page),
            Step::From(offset) => {
                self.page_size = self.page_size.max(len as u64);
                self.accept_from(offset, page)
            }
            Step::Done => Ok(Vec::new()),
        }
    }

    /// Tells whether the rows received were the list, once all pages were accepted.
    ///
    /// # Errors
    /// They were not. Where [`may_lack_newcomers`](Self::may_lack_newcomers) says so, the newest rows may mend that.
    pub fn settle(&self) -> Result<(), Imbalance> {
        self.check_rest()?;
        let Tally {
            announced_first: first,
            announced_last: last,
            unique,
            ..
        } = self.tally;
        if self.grew && self.shrank {
            return Err(Imbalance::Changed {
                before: first,
                after: last,
            });
        }
        if unique == last || (!self.grew && unique == first) {
            return Ok(());
        }
        Err(Imbalance::of(unique, last))
    }

    /// Tells whether nothing is wrong but rows added behind the reader's back.
    pub fn may_lack_newcomers(&self) -> bool {
        !self.must_rest && !self.shrank && self.tally.unique < self.tally.announced_last
    }

    /// Refuses from now on any change of the list that shows: in its number of rows, or by pages that do not continue the
    /// ones before. For answers that were not made one after the other, each a moment after its question: what they show
    /// of a list that changes is no proof.
    pub fn demand_rest(&mut self) {
        self.must_rest = true;
    }

    fn check_rest(&self) -> Result<(), Imbalance> {
        let has_moved = self.grew || self.shrank || self.tally.shifts > 0;
        if self.must_rest && has_moved {
            return Err(Imbalance::Changed {
                before: self.tally.announced_first,
                after: self.tally.announced_last,
            });
        }
        Ok(())
    }

    /// Takes the newest rows of the list, in any order, and returns those not received before.
    ///
    /// # Errors
    /// The list is still not whole.
    pub fn accept_newest<T: Row>(&mut self, newest: Rows<T>) -> Result<Vec<T>, Imbalance> {
        self.note(newest.rows.len(), newest.total);
        let fresh = self.unseen(newest.rows);
        self.settle().map(|()| fresh)
    }

    /// Returns what was counted so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    fn note(&mut self, received: usize, total: u64) {
        self.most_announced = self.most_announced.max(total);
        if let Some(before) = self.tally.add(received, total) {
            self.grew |= total > before;
            self.shrank |= total < before;
        }
    }

    /// Takes an answer that claims to be the whole list.
    fn accept_all<T: Row>(&mut self, page: Rows<T>) -> Result<Vec<T>, Imbalance> {
        self.step = Step::Done;
        for row in &page.rows {
            let id = row.id();
            if !self.seen.insert(Arc::clone(id)) {
                return Err(Imbalance::Repeated { id: id.to_string() });
            }
        }
        self.tally.unique = self.seen.len() as u64;
        self.settle().map(|()| page.rows)
    }

    fn accept_from<T: Row>(&mut self, offset: u64, page: Rows<T>) -> Result<Vec<T>, Imbalance> {
        check_order(&page.rows)?;
        let len = page.rows.len() as u64;
        let first = page.rows.first().map(Row::id).cloned();
        if offset > 0 && self.leaves_gap(first.as_ref()) {
            // Rows were removed before the page, and others may have slipped past; the page before shows them.
            let back = offset.saturating_sub(self.page_size.max(1));
            return self.shift(offset, first, back).map(|()| Vec::new());
        }
        let reached = page.rows.last().map(Row::id).cloned();
        let fresh = self.unseen(page.rows);
        self.check_end()?;
        if reached > self.last {
            self.step = Step::From(offset + len - 1);
        } else {
            self.stay(offset, len, first)?;
        }
        self.last = reached.max(self.last.take());
        Ok(fresh)
    }

    /// Refuses a list that goes on and on. A few rows more than announced may have been removed since they were received.
    fn check_end(&self) -> Result<(), Imbalance> {
        let (received, total) = (self.tally.unique, self.most_announced);
        if received > total.saturating_mul(2).saturating_add(self.page_size) {
            return Err(Imbalance::Excess { received, total });
        }
        Ok(())
    }

    /// Tells whether there may be rows between those covered and a page that starts with `first`.
    fn leaves_gap(&self, first: Option<&Arc<str>>) -> bool {
        let last = self.last.as_ref();
        last.is_some_and(|last| first.is_none_or(|first| first > last))
    }

    fn unseen<T: Row>(&mut self, mut rows: Vec<T>) -> Vec<T> {
        rows.retain(|row| self.seen.insert(Arc::clone(row.id())));
        self.tally.unique = self.seen.len() as u64;
        rows
    }

    /// Goes on elsewhere, because the page at `offset` does not continue the ones before.
    fn shift(&mut self, offset: u64, found: Option<Arc<str>>, next: u64) -> Result<(), Imbalance> {
        self.tally.shifts += 1;
        if self.tally.shifts > MOST_SHIFTS {
            return Err(Imbalance::Shifted {
                offset,
                expected: self.last.as_deref().unwrap_or_default().to_owned(),
                found: found.map(|id| id.to_string()),
            });
        }
        self.step = Step::From(next);
        Ok(())
    }

    /// Decides what to do after a page of rows that were all covered before.
    fn stay(&mut self, offset: u64, len: u64, first: Option<Arc<str>>) -> Result<(), Imbalance> {
        let end = offset + len;
        if len < self.page_size || len == 0 || end >= self.tally.announced_last {
            self.step = Step::Done;
        } else if len == 1 {
            return Err(Imbalance::OneByOne);
        } else {
            // So many rows were added before the page that it went back over all of the one before.
            self.shift(offset, first, end - 1)?;
        }
        Ok(())
    }
}

impl Default for SortedPager {
    fn default() -> Self {
        Self::new()
    }
}

fn check_order<T: Row>(rows: &[T]) -> Result<(), Imbalance> {
    for pair in rows.windows(2) {
        if let [a, b] = pair
            && a.id() >= b.id()
        {
            return Err(Imbalance::Disordered {
                before: a.id().to_string(),
                after: b.id().to_string(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, VecDeque};

    use proptest::prelude::*;

    use super::super::testing::{Item, Server, items, rows, servers};
    use super::*;

    /// Reads with a list that `change` edits after each answer, the newest rows being the ones with the highest number
    /// in `created`.
    fn read(
        server: &Server,
        no_all: bool,
        newest: bool,
        list: &mut List,
        mut change: impl FnMut(&mut List),
    ) -> Result<BTreeSet<Item>, Imbalance> {
        let mut pager = SortedPager::new();
        assert!(!no_all || pager.refuse_all());
        let mut read = BTreeSet::new();
        while let Some(page) = pager.next_page() {
            read.extend(pager.accept(server.answer(&list.rows(), page))?);
            change(list);
        }
        match pager.settle() {
            Err(_) if newest && pager.may_lack_newcomers() => {
                let newest = server.answer(&list.newest(), Page::largest(0));
                read.extend(pager.accept_newest(newest)?);
            }
            settled => settled?,
        }
        assert_eq!(pager.tally().unique, read.len() as u64);
        Ok(read)
    }

    /// Rows with the moment of their creation.
    #[derive(Clone)]
    struct List(Vec<(Item, usize)>);

    impl List {
        fn rows(&self) -> Vec<Item> {
            let mut rows: Vec<_> = self.0.iter().map(|(item, _)| item.clone()).collect();
            rows.sort();
            rows
        }

        /// Removes or adds a row, as the numbered change says if there is one, and notes what the list is then.
        fn change(
            &mut self,
            change: Option<(usize, Option<(bool, u32)>)>,
            moments: &mut Vec<Vec<Item>>,
        ) {
            match change {
                Some((_, Some((true, at)))) if !self.0.is_empty() => {
                    self.0.remove(at as usize % self.0.len());
                }
                Some((now, Some((_, at)))) => {
                    let item = items([at * 2 + 1]).remove(0);
                    // Ids are never used again.
                    if moments.iter().all(|rows| !rows.contains(&item)) {
                        self.0.push((item, now + 1));
                    }
                }
                _ => {}
            }
            moments.push(self.rows());
        }

        fn newest(&self) -> Vec<Item> {
            let mut rows = self.0.clone();
            rows.sort_by_key(|(_, created)| std::cmp::Reverse(*created));
            rows.into_iter().map(|(item, _)| item).collect()
        }
    }

    /// Reads with several pages under way at once, answered in the order that `pick` chooses.
    fn read_side_by_side(
        server: &Server,
        workers: usize,
        list: &mut List,
        mut pick: impl FnMut(usize) -> usize,
        mut change: impl FnMut(&mut List),
    ) -> Result<BTreeSet<Item>, Imbalance> {
        let mut pager = SortedPager::new();
        pager.refuse_all();
        let mut read = BTreeSet::new();
        let mut queue: VecDeque<(Page, Option<Rows<Item>>)> = VecDeque::new();
        while let Some(page) = pager.next_page() {
            if queue.front().is_some_and(|it| it.0 != page) {
                queue.clear();
            }
            for next in pager.pages_ahead().take(workers).skip(queue.len()) {
                pager.demand_rest();
                queue.push_back((next, None));
            }
            if queue.is_empty() {
                queue.push_back((page, None));
            }
            while queue[0].1.is_none() {
                let open: Vec<_> = (0..queue.len())
                    .filter(|at| queue[*at].1.is_none())
                    .collect();
                let at = open[pick(open.len())];
                queue[at].1 = Some(server.answer(&list.rows(), queue[at].0));
                change(list);
            }
            let (_, answer) = queue.pop_front().unwrap();
            read.extend(pager.accept(answer.unwrap())?);
        }
        pager.settle()?;
        Ok(read)
    }

    proptest! {
        #[test]
        fn a_list_at_rest_is_read_by_the_pages_foreseen(server in servers(), length in 0u32..300) {
            let rows = items(0..length);
            let mut pager = SortedPager::new();
            pager.refuse_all();
            let mut foreseen = Vec::new();
            while let Some(page) = pager.next_page() {
                if let [first, rest @ ..] = foreseen.as_slice() {
                    prop_assert_eq!(page, *first);
                    foreseen = rest.to_vec();
                }
                pager.accept(server.answer(&rows, page)).unwrap();
                if foreseen.is_empty() {
                    foreseen = pager.pages_ahead().take(3).collect();
                }
            }
            prop_assert_eq!(foreseen, []);
        }

        #[test]
        fn answers_in_any_order_are_the_list_at_one_moment(
            (upper, default) in (2u64..8, 1u64..8),
            length in 1u32..30,
            workers in 2usize..5,
            picks in proptest::collection::vec(0usize..12, 40),
            changes in proptest::collection::vec(proptest::option::weighted(0.3, (any::<bool>(), 0u32..30)), 0..30),
        ) {
            let server = Server { upper, default, infinite: false };
            let mut list = List(items((0..length).map(|n| n * 2)).into_iter().map(|item| (item, 0)).collect());
            let mut moments = vec![list.rows()];
            let mut changes = changes.into_iter().enumerate();
            let mut picks = picks.into_iter().cycle();
            let result = read_side_by_side(&server, workers, &mut list, |n| picks.next().unwrap() % n, |list| {
                list.change(changes.next(), &mut moments);
            });
            if let Ok(rows) = result {
                let rows: Vec<_> = rows.into_iter().collect();
                prop_assert!(moments.contains(&rows), "{rows:?} was never the list: {moments:?}");
            }
        }

        #[test]
        fn any_limits_lead_to_the_same_rows(server in servers(), length in 0u32..300, no_all: bool) {
            let mut list = List(items(0..length).into_iter().map(|item| (item, 0)).collect());
            let rows = read(&server, no_all, false, &mut list, |_| {}).unwrap();
            prop_assert_eq!(rows.into_iter().collect::<Vec<_>>(), list.rows());
        }

        #[test]
        fn what_was_read_is_the_list_at_one_moment(
            server in servers(),
            length in 1u32..120,
            no_all: bool,
            newest: bool,
            changes in proptest::collection::vec(proptest::option::of((any::<bool>(), 0u32..120)), 0..12),
        ) {
            let mut list = List(items((0..length).map(|n| n * 2)).into_iter().map(|item| (item, 0)).collect());
            let mut moments = vec![list.rows()];
            let mut changes = changes.into_iter().enumerate();
            let result = read(&server, no_all, newest, &mut list, |list| {
                list.change(changes.next(), &mut moments);
            });
            if let Ok(rows) = result {
                let rows: Vec<_> = rows.into_iter().collect();
                prop_assert!(moments.contains(&rows), "{rows:?} was never the list: {moments:?}");
            }
        }
    }

    fn pages(answers: &[(&[u32], u64)]) -> (SortedPager, Result<usize, Imbalance>) {
        let mut pager = SortedPager::new();
        pager.refuse_all();
        let mut result = Ok(0);
        for (ids, total) in answers {
            result = pager.accept(rows(ids, *total)).map(|rows| rows.len());
        }
        (pager, result)
    }

    #[test]
    fn reading_goes_back_when_a_row_before_the_page_was_removed() {
        let (mut pager, result) = pages(&[(&[1, 2, 3], 6), (&[4, 5, 6], 5)]);
        assert_eq!(result, Ok(0));
        assert_eq!(pager.next_page(), Some(Page::largest(0)));
        assert_eq!(pager.accept(rows(&[1, 3, 4], 5)).unwrap().len(), 1);
        assert_eq!(pager.accept(rows(&[4, 5, 6], 5)).unwrap().len(), 2);
        assert_eq!(pager.accept(rows(&[6], 5)).unwrap().len(), 0);
        assert_eq!((pager.next_page(), pager.settle()), (None, Ok(())));
        assert_eq!((pager.tally().shifts, pager.tally().unique), (1, 6));
    }

    #[test]
    fn a_list_that_never_comes_to_rest_is_given_up() {
        let answers = [(&[1, 2, 3][..], 9), (&[7, 8, 9][..], 9)].repeat(6);
        let (_, result) = pages(&answers);
        insta::assert_snapshot!(result.unwrap_err(), @r#"rows moved between two pages: expected "00000003" at row 2, found Some("00000007")"#);
    }

    #[test]
    fn a_row_added_behind_the_reader_is_among_the_newest() {
        let (mut pager, _) = pages(&[(&[2, 3], 4), (&[3, 4], 5), (&[4, 5], 5), (&[5], 5)]);
        let short = Imbalance::Short {
            received: 4,
            total: 5,
        };
        assert_eq!((pager.next_page(), pager.settle()), (None, Err(short)));
        assert!(pager.may_lack_newcomers());
        let fresh = pager.accept_newest(rows(&[1, 5], 5)).unwrap();
        assert_eq!(fresh, items([1]));
    }

    #[test]
    fn a_total_that_lies_shows() {
        let (pager, _) = pages(&[(&[1, 2], 2), (&[2, 3], 2), (&[3], 2)]);
        let excess = Imbalance::Excess {
            received: 3,
            total: 2,
        };
        assert_eq!((pager.next_page(), pager.settle()), (None, Err(excess)));
        let (mut pager, _) = pages(&[(&[1, 2], 9), (&[2], 9)]);
        let short = Imbalance::Short {
            received: 2,
            total: 9,
        };
        assert_eq!(
            (pager.next_page(), pager.settle()),
            (None, Err(short.clone()))
        );
        assert_eq!(pager.accept_newest(rows(&[2, 1], 9)), Err(short));
    }

    #[test]
    fn a_server_that_ignores_offset_shows() {
        let (pager, result) = pages(&vec![(&[1, 2, 3][..], 1_000_000_000); 12]);
        assert!(
            matches!(result, Err(Imbalance::Shifted { .. })),
            "{pager:?}"
        );
    }

    #[test]
    fn one_row_at_a_time_proves_nothing() {
        let (_, result) = pages(&[(&[1], 9), (&[1], 9)]);
        insta::assert_snapshot!(result.unwrap_err(), @"the server hands out one row at a time, and then nothing shows whether rows moved between two answers");
    }

    #[test]
    fn a_list_that_never_ends_is_given_up() {
        let mut pager = SortedPager::new();
        pager.refuse_all();
        let mut asked = 0;
        let result = loop {
            let next = [asked, asked + 1];
            match pager.accept(rows(&next, 5)) {
                Ok(_) => asked += 1,
                Err(imbalance) => break imbalance,
            }
            assert!(asked < 100);
        };
        assert!(matches!(result, Imbalance::Excess { total: 5, .. }));
    }

    #[test]
    fn another_order_shows() {
        let (_, result) = pages(&[(&[2, 1], 4)]);
        insta::assert_snapshot!(result.unwrap_err(), @r#"the rows are not sorted by id: "00000001" came after "00000002""#);
    }
}
