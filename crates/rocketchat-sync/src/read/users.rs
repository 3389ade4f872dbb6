//! The list of users.

use rocketchat_api::{
    Endpoint as _, Imbalance, Kind, Page, Rows, SortedPager, User, UserId, UsersList,
    UsersListByStatus,
};

use super::listing::{ATTEMPTS, can_be_too_much};
use crate::api::Api;
use crate::preflight::Preflight;
use crate::problem::VIEW_FULL_USERS;
use crate::{Error, Listing, Stage, mapping};

/// Rows in a row without anything that `view-full-other-user-info` shows are hidden, and not by chance like that.
const TOO_MANY_BARE_ROWS: usize = 3;

/// Reads lists of users, and proves that they are whole.
pub(crate) struct UserReader<'a> {
    api: Api<'a>,
    preflight: &'a Preflight,
    source: Source,
}

/// All users, in the order of their ids. None is handed on before the list is proven to be whole: a reading that has to
/// be begun again leaves nothing behind.
pub(crate) struct Users {
    pub(crate) rows: Vec<User>,
    pub(crate) listing: Listing,
}

/// Which endpoint the server has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    /// Not asked yet; `users.listByStatus` is tried first.
    Unknown,
    ListByStatus,
    List,
}

/// Whom to list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whom {
    Everybody,
    /// Deactivated users; `users.list` lists the others all the same.
    Deactivated,
}

impl<'a> UserReader<'a> {
    pub(crate) fn new(api: Api<'a>, preflight: &'a Preflight) -> Self {
        Self {
            api,
            preflight,
            source: Source::Unknown,
        }
    }

    /// Reads all users.
    ///
    /// # Errors
    /// The list cannot be read, does not balance, lacks the token's owner, or hides the roles.
    pub(crate) async fn everybody(&mut self) -> Result<Users, Error> {
        let mut users = self.read(Whom::Everybody).await?;
        users.rows.sort_by(|a, b| a.id.cmp(&b.id));
        self.check(&users.rows)?;
        Ok(users)
    }

    /// Returns the ids of the users that are deactivated by now.
    pub(crate) async fn deactivated(&mut self) -> Result<Vec<UserId>, Error> {
        let disabled = |user: &User| mapping::user::status(user) == baton_model::Status::Disabled;
        let users = self.read(Whom::Deactivated).await?.rows;
        Ok(users
            .into_iter()
            .filter(disabled)
            .map(|user| user.id)
            .collect())
    }

    /// Returns the permissions without which rows come with fields missing and nothing says so.
    pub(crate) fn could_hide(&self) -> &'static [&'static str] {
        if self.source == Source::List {
            &[VIEW_FULL_USERS]
        } else {
            &[]
        }
    }

    async fn read(&mut self, whom: Whom) -> Result<Users, Error> {
        let mut attempt = 1;
        loop {
            let mut pager = SortedPager::new();
            let mut rows = Vec::new();
            let imbalance = match self.read_once(whom, &mut pager, &mut rows).await? {
                Ok(()) => {
                    let restarts = u64::from(attempt) - 1;
                    let listing = Listing::new(self.endpoint(), pager.tally(), restarts);
                    return Ok(Users { rows, listing });
                }
                Err(imbalance) => imbalance,
            };
            if attempt == ATTEMPTS {
                return Err(Error::Unstable {
                    endpoint: self.endpoint(),
                    attempts: attempt,
                    source: imbalance,
                });
            }
            tracing::warn!(endpoint = self.endpoint(), reason = %imbalance, "reading the users again");
            attempt += 1;
        }
    }

    async fn read_once(
        &mut self,
        whom: Whom,
        pager: &mut SortedPager,
        rows: &mut Vec<User>,
    ) -> Result<Result<(), Imbalance>, Error> {
        let mut total = None;
        while let Some(page) = pager.next_page() {
            match self.ask(whom, page).await {
                Ok(answer) => {
                    total = total.or(Some(answer.total));
                    match pager.accept(answer) {
                        Ok(users) => {
                            self.check_visible(&users)?;
                            rows.extend(users);
                        }
                        Err(imbalance) => return Ok(Err(imbalance)),
                    }
                    if whom == Whom::Everybody {
                        let done = rows.len() as u64;
                        self.api.progress.count(Stage::Users, done, total);
                    }
                }
                Err(error) if can_be_too_much(&error) && pager.refuse_all() => {
                    tracing::warn!(error = %error, "reading users in pages, because the server fails on the whole list");
                }
                Err(error) => return Err(error),
            }
        }
        let settled = pager.settle();
        let shows_newest = self.source == Source::ListByStatus && whom == Whom::Everybody;
        if settled.is_ok() || !shows_newest || !pager.may_lack_newcomers() {
            return Ok(settled);
        }
        let newest = self.api.ask(&UsersListByStatus::newest()).await?;
        Ok(pager.accept_newest(newest).map(|users| rows.extend(users)))
    }

    async fn ask(&mut self, whom: Whom, page: Page) -> Result<Rows<User>, Error> {
        let by_status = match whom {
            Whom::Everybody => UsersListByStatus::all(page),
            Whom::Deactivated => UsersListByStatus::deactivated(page),
        };
        match self.source {
            Source::ListByStatus => self.api.ask(&by_status).await,
            Source::List => self.api.ask(&UsersList(page)).await,
            Source::Unknown => self.ask_first(&by_status, page).await,
        }
    }

    async fn ask_first(
        &mut self,
        by_status: &UsersListByStatus,
        page: Page,
    ) -> Result<Rows<User>, Error> {
        // A page of HTML is the answer of an old server, and what a proxy shows during maintenance.
        let answer = if self.preflight.is_old() {
            self.api.probe(by_status).await
        } else {
            self.api.ask(by_status).await
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

    /// Refuses a page of `users.list` from which everything is gone that takes a permission to see. The permission may
    /// be there again for the next page.
    fn check_visible(&self, page: &[User]) -> Result<(), Error> {
        let bare = |user: &User| {
            user.roles.is_none() && user.emails.is_none() && user.last_login.is_none()
        };
        if self.source == Source::List && page.len() >= TOO_MANY_BARE_ROWS && page.iter().all(bare)
        {
            return Err(self.roles_hidden(page));
        }
        Ok(())
    }

    /// Refuses a list that cannot be whole although it balances.
    fn check(&self, users: &[User]) -> Result<(), Error> {
        let caller = self.preflight.caller();
        if !users.iter().any(|user| user.id == *caller) {
            return Err(Error::CallerMissing {
                endpoint: self.endpoint(),
                caller: caller.clone(),
                users: users.len() as u64,
            });
        }
        if users.iter().all(|user| user.roles.is_none()) {
            return Err(self.roles_hidden(users));
        }
        Ok(())
    }

    fn roles_hidden(&self, users: &[User]) -> Error {
        Error::RolesHidden {
            endpoint: self.endpoint(),
            users: users.len() as u64,
        }
    }

    fn endpoint(&self) -> &'static str {
        if self.source == Source::List {
            UsersList::NAME
        } else {
            UsersListByStatus::NAME
        }
    }
}
