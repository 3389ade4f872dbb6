//! One list of users, from its first page to the proof that it is whole.

use std::collections::VecDeque;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesOrdered, StreamExt as _};
use rocketchat_api::{Imbalance, Page, Rows, SortedPager, User, UsersListByStatus};
use tracing::{Instrument as _, Span};

use super::super::listing::{self, ATTEMPTS, can_be_too_much};
use super::{Part, Source, UserReader, Whom, ask_known};
use crate::work::{Key, UsersPage};
use crate::{Error, Listing, Stage};

/// Rows in a row without anything that `view-full-other-user-info` shows are hidden, and not by chance like that.
const TOO_MANY_BARE_ROWS: usize = 3;

/// A list of users that is being read.
///
/// Users are handed on page by page, before the list is proven to be whole. Whoever takes them has to forget them when it
/// turns out that it was not, and must not let anybody see them before the end.
pub(crate) struct Reading<'r, 'a> {
    reader: &'r mut UserReader<'a>,
    whom: Whom,
    attempt: u32,
    pager: SortedPager,
    ahead: Ahead<'a>,
    /// An answer that came before the pager asked for it.
    first: Option<Rows<User>>,
    /// Whether requests were free when this attempt began; `None` before.
    unlimited: Option<bool>,
    /// Whether pages of an interrupted sync were used.
    recalled: bool,
    settled: bool,
    seen: Seen,
    /// Open from the first request until the list is read.
    span: Span,
}

/// What was seen of the users handed on.
#[derive(Default)]
struct Seen {
    users: u64,
    caller: bool,
    roles: bool,
}

/// Pages under way before their turn.
#[derive(Default)]
struct Ahead<'a> {
    pages: VecDeque<Page>,
    answers: FuturesOrdered<BoxFuture<'a, Result<Rows<User>, Error>>>,
}

impl<'r, 'a> Reading<'r, 'a> {
    pub(super) fn new(reader: &'r mut UserReader<'a>, whom: Whom) -> Self {
        Self {
            reader,
            whom,
            attempt: 1,
            pager: SortedPager::new(),
            ahead: Ahead::default(),
            first: None,
            unlimited: None,
            recalled: false,
            settled: false,
            seen: Seen::default(),
            span: listing::span("users"),
        }
    }

    /// Returns the next part of the list.
    ///
    /// # Errors
    /// The list cannot be read, does not balance, lacks the token's owner, or hides the roles.
    pub(crate) async fn next(&mut self) -> Result<Part, Error> {
        let span = self.span.clone();
        let part = self.read_on().instrument(span).await;
        let rows = match &part {
            Ok(Part::Users(_) | Part::Again) => return part,
            Ok(Part::Whole(_)) => Some(self.seen.users),
            Err(_) => None,
        };
        let span = std::mem::replace(&mut self.span, Span::none());
        listing::note(&span, self.reader.source.endpoint(), rows);
        part
    }

    async fn read_on(&mut self) -> Result<Part, Error> {
        if self.unlimited.is_none() {
            let unlimited = self.reader.api.is_unlimited();
            self.unlimited = Some(unlimited);
            if unlimited {
                self.look_at_length().await?;
            }
        }
        while let Some(page) = self.pager.next_page() {
            match self.ask(page).await {
                Ok(answer) => {
                    let total = answer.total;
                    return match self.pager.accept(answer) {
                        Ok(users) => self.hand_on(users, total),
                        Err(imbalance) => self.begin_again(imbalance),
                    };
                }
                Err(error) if can_be_too_much(&error) && self.pager.refuse_all() => {
                    tracing::warn!(error = %error, "reading users in pages, because the server fails on the whole list");
                }
                Err(error) => return Err(error),
            }
        }
        if self.settled {
            return self.end();
        }
        match self.settle().await? {
            Ok(newcomers) => {
                self.settled = true;
                let total = self.pager.tally().announced_last;
                self.hand_on(newcomers, total)
            }
            Err(imbalance) => self.begin_again(imbalance),
        }
    }

    /// Asks for the largest page and decides by what it announces whether to go on in pages. A list that fits into it needs
    /// no other request.
    async fn look_at_length(&mut self) -> Result<(), Error> {
        let first = match self.reader.ask(self.whom, Page::largest(0)).await {
            Ok(first) => first,
            Err(error) if can_be_too_much(&error) => return Ok(()),
            Err(error) => return Err(error),
        };
        let is_whole = first.rows.len() as u64 >= first.total;
        if !is_whole && first.total > self.reader.source.longest_at_once() {
            tracing::debug!(users = first.total, "reading users in pages");
            self.pager.refuse_all();
        } else if !is_whole {
            return Ok(());
        }
        self.first = Some(first);
        Ok(())
    }

    async fn ask(&mut self, page: Page) -> Result<Rows<User>, Error> {
        if let Some(first) = self.first.take() {
            return Ok(first);
        }
        let (api, source, whom) = (self.reader.api, self.reader.source, self.whom);
        if page.count == 0 || source == Source::Unknown {
            return self.reader.ask(whom, page).await;
        }
        if self.unlimited != Some(true) {
            return self.recall_or_ask(page).await;
        }
        if self.attempt > 1 {
            return self.reader.ask(whom, page).await;
        }
        // Side by side, answers are made in any order, and prove nothing about a list that changes.
        self.pager.demand_rest();
        let pages = self.pager.pages_ahead().take(self.reader.workers);
        let ask = |page| Box::pin(ask_known(api, source, whom, page)) as BoxFuture<'a, _>;
        match self.ahead.take(page, pages, ask).await {
            Some(answer) => answer,
            None => self.reader.ask(whom, page).await,
        }
    }

    /// Asks for a page, unless an interrupted sync did and the list has as many users as then. Whoever was exchanged since
    /// shows among the newest users, which are asked for in the end; that takes a server that can sort by age.
    async fn recall_or_ask(&mut self, page: Page) -> Result<Rows<User>, Error> {
        let tally = self.pager.tally();
        let by_status = self.reader.source == Source::ListByStatus;
        if self.whom != Whom::Everybody || !by_status {
            return self.reader.ask(self.whom, page).await;
        }
        let (work, key) = (self.reader.api.work, Key::UsersPage(page.offset));
        if self.attempt == 1 && tally.pages > 0 {
            let is_of_use = |it: &UsersPage| it.total == tally.announced_last;
            if let Some(UsersPage { rows, total }) = work.recall(&key, is_of_use) {
                self.recalled = true;
                // The answers are not of one hour, so that they prove nothing about a list that changes.
                self.pager.demand_rest();
                return Ok(Rows { rows, total });
            }
        }
        let Rows { rows, total } = self.reader.ask(self.whom, page).await?;
        let piece = UsersPage { rows, total };
        work.keep(&key, &piece);
        let rows = piece.rows;
        Ok(Rows { rows, total })
    }

    fn hand_on(&mut self, users: Vec<User>, total: u64) -> Result<Part, Error> {
        self.check_visible(&users)?;
        let caller = self.reader.preflight.caller();
        self.seen.users += users.len() as u64;
        self.seen.caller |= users.iter().any(|user| user.id == *caller);
        self.seen.roles |= users.iter().any(|user| user.roles.is_some());
        if self.whom == Whom::Everybody {
            let progress = self.reader.api.progress;
            progress.count(Stage::Users, self.seen.users, Some(total));
        }
        Ok(Part::Users(users))
    }

    /// Proves that the list is whole, perhaps with the newest users, which are returned.
    async fn settle(&mut self) -> Result<Result<Vec<User>, Imbalance>, Error> {
        let settled = self.pager.settle();
        let shows_newest =
            self.reader.source == Source::ListByStatus && self.whom == Whom::Everybody;
        let may_mend = settled.is_err() && self.pager.may_lack_newcomers();
        if !shows_newest || !(may_mend || self.recalled && settled.is_ok()) {
            return Ok(settled.map(|()| Vec::new()));
        }
        let newest = self.reader.api.ask(&UsersListByStatus::newest()).await?;
        Ok(self.pager.accept_newest(newest))
    }

    fn begin_again(&mut self, imbalance: Imbalance) -> Result<Part, Error> {
        let endpoint = self.reader.source.endpoint();
        if self.attempt == ATTEMPTS {
            return Err(Error::Unstable {
                endpoint,
                attempts: self.attempt,
                source: imbalance,
            });
        }
        tracing::warn!(endpoint, reason = %imbalance, "reading the users again");
        self.attempt += 1;
        self.pager = SortedPager::new();
        self.ahead = Ahead::default();
        self.unlimited = None;
        self.recalled = false;
        self.settled = false;
        self.seen = Seen::default();
        Ok(Part::Again)
    }

    fn end(&self) -> Result<Part, Error> {
        if self.whom == Whom::Everybody {
            self.check()?;
        }
        let restarts = u64::from(self.attempt) - 1;
        let listing = Listing::new(self.reader.source.endpoint(), self.pager.tally(), restarts);
        Ok(Part::Whole(listing))
    }

    /// Refuses a page of `users.list` from which everything is gone that takes a permission to see. The permission may
    /// be there again for the next page.
    fn check_visible(&self, page: &[User]) -> Result<(), Error> {
        let bare = |user: &User| {
            user.roles.is_none() && user.emails.is_none() && user.last_login.is_none()
        };
        let is_list = self.reader.source == Source::List;
        if is_list && page.len() >= TOO_MANY_BARE_ROWS && page.iter().all(bare) {
            return Err(self.roles_hidden(page.len() as u64));
        }
        Ok(())
    }

    /// Refuses a list that cannot be whole although it balances.
    fn check(&self) -> Result<(), Error> {
        let users = self.seen.users;
        if !self.seen.caller {
            return Err(Error::CallerMissing {
                endpoint: self.reader.source.endpoint(),
                caller: self.reader.preflight.caller().clone(),
                users,
            });
        }
        if !self.seen.roles {
            return Err(self.roles_hidden(users));
        }
        Ok(())
    }

    fn roles_hidden(&self, users: u64) -> Error {
        Error::RolesHidden {
            endpoint: self.reader.source.endpoint(),
            users,
        }
    }
}

impl<'a> Ahead<'a> {
    /// Returns the answer to `page`, and has those to the `pages` that come next under way meanwhile. The first of `pages`
    /// is `page` itself.
    async fn take(
        &mut self,
        page: Page,
        pages: impl Iterator<Item = Page>,
        ask: impl Fn(Page) -> BoxFuture<'a, Result<Rows<User>, Error>>,
    ) -> Option<Result<Rows<User>, Error>> {
        if self.pages.front().is_some_and(|first| *first != page) {
            *self = Self::default();
        }
        for page in pages.skip(self.pages.len()) {
            self.answers.push_back(ask(page));
            self.pages.push_back(page);
        }
        self.pages.pop_front();
        self.answers.next().await
    }
}
