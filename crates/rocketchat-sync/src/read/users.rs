//! The list of users, page by page.

use std::collections::HashSet;
use std::sync::Arc;

use rocketchat_api::{
    Endpoint as _, Imbalance, Kind, Page, Rows, SortedPager, User, UserId, UsersList,
    UsersListByStatus,
};

use super::listing::{ATTEMPTS, can_be_too_much};
use crate::api::Api;
use crate::preflight::Preflight;
use crate::problem::VIEW_FULL_USERS;
use crate::{Error, Listing, mapping};

/// Reads all users, each handed out once, and proves in the end that none was skipped.
pub(crate) struct UserListing<'a> {
    api: Api<'a>,
    preflight: &'a Preflight,
    source: Source,
    pager: SortedPager,
    attempt: u32,
    /// Whether only deactivated users are of interest; `users.list` lists the others all the same.
    only_deactivated: bool,
    /// Handed out, in this attempt or an earlier one. Not what the pager saw: a page that does not balance is not handed out.
    handed_out: HashSet<Arc<str>>,
    with_roles: u64,
}

/// Which endpoint the server has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    /// Not asked yet; `users.listByStatus` is tried first.
    Unknown,
    ListByStatus,
    List,
}

impl<'a> UserListing<'a> {
    pub(crate) fn new(api: Api<'a>, preflight: &'a Preflight) -> Self {
        Self {
            api,
            preflight,
            source: Source::Unknown,
            pager: SortedPager::new(),
            attempt: 1,
            only_deactivated: false,
            handed_out: HashSet::new(),
            with_roles: 0,
        }
    }

    /// Returns the next users, or `None` when all were handed out.
    ///
    /// # Errors
    /// The list cannot be read, does not balance, or hides the roles.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<User>>, Error> {
        loop {
            let accepted = match self.pager.next_page() {
                Some(page) => match self.ask(page).await {
                    Ok(rows) => self.pager.accept(rows),
                    Err(error) if can_be_too_much(&error) && self.pager.refuse_all() => {
                        tracing::warn!(error = %error, "reading users in pages, because the server fails on the whole list");
                        continue;
                    }
                    Err(error) => return Err(error),
                },
                None => match self.pager.settle() {
                    Ok(()) => return self.check().map(|()| None),
                    Err(_) if self.can_ask_for_newest() => {
                        let newest = self.api.ask(&UsersListByStatus::newest()).await?;
                        self.pager.accept_newest(newest)
                    }
                    Err(imbalance) => Err(imbalance),
                },
            };
            match accepted {
                Ok(users) => return Ok(Some(self.not_handed_out(users))),
                Err(imbalance) => self.restart(imbalance)?,
            }
        }
    }

    /// Returns the ids of the users that are deactivated now, whether or not they were when they were handed out.
    pub(crate) async fn deactivated_now(&self) -> Result<Vec<UserId>, Error> {
        let mut list = UserListing {
            only_deactivated: true,
            source: self.source,
            ..Self::new(self.api, self.preflight)
        };
        let mut ids = Vec::new();
        while let Some(users) = list.next().await? {
            let disabled =
                |user: &User| mapping::user::status(user) == baton_model::Status::Disabled;
            ids.extend(users.into_iter().filter(disabled).map(|user| user.id));
        }
        Ok(ids)
    }

    /// Returns how the list was read in the end.
    pub(crate) fn listing(&self) -> Listing {
        let restarts = u64::from(self.attempt) - 1;
        Listing::new(self.endpoint(), self.pager.tally(), restarts)
    }

    /// Returns the permissions without which rows come with fields missing and nothing says so.
    pub(crate) fn could_hide(&self) -> &'static [&'static str] {
        if self.source == Source::List {
            &[VIEW_FULL_USERS]
        } else {
            &[]
        }
    }

    /// Only `users.listByStatus` can show the newest users.
    fn can_ask_for_newest(&self) -> bool {
        let everybody = self.source == Source::ListByStatus && !self.only_deactivated;
        everybody && self.pager.may_lack_newcomers()
    }

    async fn ask(&mut self, page: Page) -> Result<Rows<User>, Error> {
        match self.source {
            Source::ListByStatus if self.only_deactivated => {
                self.api.ask(&UsersListByStatus::deactivated(page)).await
            }
            Source::ListByStatus => self.api.ask(&UsersListByStatus::all(page)).await,
            Source::List => self.api.ask(&UsersList(page)).await,
            Source::Unknown => self.ask_first(page).await,
        }
    }

    async fn ask_first(&mut self, page: Page) -> Result<Rows<User>, Error> {
        // A page of HTML is the answer of an old server, and what a proxy shows during maintenance.
        let endpoint = UsersListByStatus::all(page);
        let answer = if self.preflight.is_old() {
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
        self.pager = SortedPager::new();
        self.with_roles = 0;
        Ok(())
    }

    /// Proves that what was handed out is the list.
    fn check(&self) -> Result<(), Error> {
        if self.only_deactivated {
            return Ok(());
        }
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
                users: self.pager.tally().unique,
            });
        }
        if self.with_roles == 0 {
            return Err(Error::RolesHidden {
                endpoint,
                users: self.pager.tally().unique,
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
