//! The list of users, page by page.

use std::collections::HashSet;
use std::sync::Arc;

use rocketchat_api::{
    Endpoint as _, Imbalance, Kind, Page, Pager, Rows, ServerInfo, User, UserId, UsersList,
    UsersListByStatus,
};

use super::ATTEMPTS;
use super::listing::can_be_too_much;
use crate::Error;
use crate::api::Api;
use crate::preflight::{Preflight, VIEW_FULL_USERS};

/// Reads all users, each handed out once, and proves in the end that none was skipped.
pub(crate) struct UserListing<'a> {
    api: Api<'a>,
    preflight: &'a Preflight,
    /// Whether the server is known to lack `users.listByStatus`.
    is_old: bool,
    source: Source,
    pager: Pager,
    attempt: u32,
    /// Handed out, in this attempt or an earlier one. Not what the pager saw: a page that does not balance is not handed out.
    handed_out: HashSet<Arc<str>>,
    with_roles: u64,
}

/// The release that brought `users.listByStatus`.
const LIST_BY_STATUS_SINCE: (u32, u32) = (6, 8);

/// Which endpoint the server has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    /// Not asked yet; `users.listByStatus` is tried first.
    Unknown,
    ListByStatus,
    List,
}

impl<'a> UserListing<'a> {
    pub(crate) fn new(api: Api<'a>, preflight: &'a Preflight, server: &ServerInfo) -> Self {
        Self {
            api,
            preflight,
            is_old: server
                .version()
                .is_some_and(|version| version < LIST_BY_STATUS_SINCE),
            source: Source::Unknown,
            pager: Pager::sorted(),
            attempt: 1,
            handed_out: HashSet::new(),
            with_roles: 0,
        }
    }

    /// Returns the next users, or `None` when all were handed out.
    ///
    /// # Errors
    /// The list cannot be read, does not balance, or hides the roles.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<User>>, Error> {
        while let Some(page) = self.pager.next_page() {
            match self.ask(page).await {
                Ok(rows) => match self.pager.accept(rows) {
                    Ok(users) => return Ok(Some(self.not_handed_out(users))),
                    Err(imbalance) => self.restart(imbalance)?,
                },
                Err(error) if can_be_too_much(&error) && self.pager.refuse_all() => {
                    tracing::warn!(error = %error, "reading users in pages, because the server fails on the whole list");
                }
                Err(error) => return Err(error),
            }
        }
        self.check().map(|()| None)
    }

    /// Returns how often the list was read again.
    pub(crate) fn restarts(&self) -> u64 {
        u64::from(self.attempt) - 1
    }

    /// Returns the permissions without which rows come with fields missing and nothing says so.
    pub(crate) fn could_hide(&self) -> &'static [&'static str] {
        if self.source == Source::List {
            &[VIEW_FULL_USERS]
        } else {
            &[]
        }
    }

    async fn ask(&mut self, page: Page) -> Result<Rows<User>, Error> {
        match self.source {
            Source::ListByStatus => self.api.ask(&UsersListByStatus(page)).await,
            Source::List => self.api.ask(&UsersList(page)).await,
            Source::Unknown => self.ask_first(page).await,
        }
    }

    async fn ask_first(&mut self, page: Page) -> Result<Rows<User>, Error> {
        // A page of HTML is the answer of an old server, and what a proxy shows during maintenance.
        let endpoint = UsersListByStatus(page);
        let answer = if self.is_old {
            self.api.probe(&endpoint).await
        } else {
            self.api.ask(&endpoint).await
        };
        match answer {
            Err(Error::Api(error)) if error.kind() == Kind::Absent => {
                tracing::info!(reason = %error, "the server has no users.listByStatus, using users.list");
                self.source = Source::List;
                self.preflight.require(self.could_hide())?;
                self.api.ask(&UsersList(page)).await
            }
            other => {
                self.source = Source::ListByStatus;
                other
            }
        }
    }

    fn not_handed_out(&mut self, users: Vec<User>) -> Vec<User> {
        let mut fresh = users;
        fresh.retain(|user| {
            self.with_roles += u64::from(user.roles.is_some());
            self.handed_out.insert(user.id.shared())
        });
        fresh
    }

    fn restart(&mut self, imbalance: Imbalance) -> Result<(), Error> {
        if self.attempt == ATTEMPTS {
            return Err(Error::Unstable {
                endpoint: self.endpoint(),
                attempts: self.attempt,
                source: imbalance,
            });
        }
        tracing::warn!(endpoint = self.endpoint(), reason = %imbalance, "reading the users again");
        self.attempt += 1;
        self.pager = Pager::sorted();
        self.with_roles = 0;
        Ok(())
    }

    /// Proves that what was handed out is the list.
    fn check(&self) -> Result<(), Error> {
        let endpoint = self.endpoint();
        if let Some(user_id) = self.handed_out.difference(self.pager.seen()).min() {
            return Err(Error::UserVanished {
                endpoint,
                user_id: UserId::from(user_id.as_ref()),
            });
        }
        if !self.pager.seen().contains(self.preflight.caller().as_str()) {
            let caller = self.preflight.caller().clone();
            return Err(Error::CallerMissing {
                endpoint,
                caller,
                users: self.pager.received(),
            });
        }
        if self.with_roles == 0 {
            return Err(Error::RolesHidden {
                endpoint,
                users: self.pager.received(),
            });
        }
        Ok(())
    }

    fn endpoint(&self) -> &'static str {
        if self.source == Source::List {
            UsersList::NAME
        } else {
            UsersListByStatus::NAME
        }
    }
}
