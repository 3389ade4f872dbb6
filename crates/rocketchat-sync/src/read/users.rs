//! The list of users: which endpoint shows it, and in what parts it comes.

mod reading;

use rocketchat_api::{Endpoint as _, Kind, Page, Rows, User, UserId, UsersList, UsersListByStatus};

use crate::api::Api;
use crate::preflight::Preflight;
use crate::problem::VIEW_FULL_USERS;
use crate::{Error, Listing, Options, mapping};

use reading::Reading;

/// See [`Source::longest_at_once`] (`rocketchat-api.md` section 7.3).
const LONGEST_BY_STATUS: u64 = 50_000;
const LONGEST: u64 = 20_000;

/// Reads lists of users, and proves that they are whole.
pub(crate) struct UserReader<'a> {
    api: Api<'a>,
    preflight: &'a Preflight,
    source: Source,
    /// Pages asked for at once where nothing limits requests.
    workers: usize,
}

/// What a list of users comes in.
pub(crate) enum Part {
    /// Users that did not come before, most often in the order of their ids.
    Users(Vec<User>),
    /// Everybody who came before is void: the list changed too much meanwhile, and is read again from its start.
    Again,
    /// There are no more users, and those who came are all.
    Whole(Listing),
}

/// Which endpoint the server has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// Not asked yet; `users.listByStatus` is tried first.
    Unknown,
    ListByStatus,
    List,
}

impl Source {
    pub(crate) fn endpoint(self) -> &'static str {
        match self {
            Self::List => UsersList::NAME,
            Self::Unknown | Self::ListByStatus => UsersListByStatus::NAME,
        }
    }

    /// Returns how long a list may be to be asked for at once although it could be read in pages. Where pages cost nothing
    /// but requests, they keep both sides from holding a huge body.
    pub(crate) fn longest_at_once(self) -> u64 {
        match self {
            Self::List => LONGEST,
            Self::Unknown | Self::ListByStatus => LONGEST_BY_STATUS,
        }
    }
}

/// Whom to list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whom {
    Everybody,
    /// Deactivated users; `users.list` lists the others all the same.
    Deactivated,
}

impl Whom {
    fn by_status(self, page: Page) -> UsersListByStatus {
        match self {
            Self::Everybody => UsersListByStatus::all(page),
            Self::Deactivated => UsersListByStatus::deactivated(page),
        }
    }
}

impl<'a> UserReader<'a> {
    pub(crate) fn new(api: Api<'a>, preflight: &'a Preflight, options: &Options) -> Self {
        Self {
            api,
            preflight,
            source: Source::Unknown,
            workers: options.workers.max(1),
        }
    }

    /// Begins to read all users.
    pub(crate) fn everybody(&mut self) -> Reading<'_, 'a> {
        Reading::new(self, Whom::Everybody)
    }

    /// Returns the ids of the users that are deactivated by now.
    pub(crate) async fn deactivated(&mut self) -> Result<Vec<UserId>, Error> {
        let disabled = |user: &User| mapping::user::status(user) == baton_model::Status::Disabled;
        let mut reading = Reading::new(self, Whom::Deactivated);
        let mut deactivated = Vec::new();
        loop {
            match reading.next().await? {
                Part::Users(users) => {
                    let users = users.into_iter().filter(disabled);
                    deactivated.extend(users.map(|user| user.id));
                }
                Part::Again => deactivated.clear(),
                Part::Whole(_) => return Ok(deactivated),
            }
        }
    }

    /// Returns the permissions without which rows come with fields missing and nothing says so.
    pub(crate) fn could_hide(&self) -> &'static [&'static str] {
        if self.source == Source::List {
            &[VIEW_FULL_USERS]
        } else {
            &[]
        }
    }

    async fn ask(&mut self, whom: Whom, page: Page) -> Result<Rows<User>, Error> {
        match self.source {
            Source::Unknown => self.ask_first(&whom.by_status(page), page).await,
            known => ask_known(self.api, known, whom, page).await,
        }
    }

    async fn ask_first(
        &mut self,
        by_status: &UsersListByStatus,
        page: Page,
    ) -> Result<Rows<User>, Error> {
        let answer = ask_by_status(self.api, self.preflight, by_status).await;
        match answer.transpose() {
            None => {
                self.source = Source::List;
                self.preflight.require(self.could_hide())?;
                self.api.ask(&UsersList(page)).await
            }
            Some(answer) => {
                self.source = Source::ListByStatus;
                answer
            }
        }
    }
}

/// Asks a server of which it is not known whether it has `users.listByStatus`; `None` if it has not.
pub(crate) async fn ask_by_status(
    api: Api<'_>,
    preflight: &Preflight,
    by_status: &UsersListByStatus,
) -> Result<Option<Rows<User>>, Error> {
    // A page of HTML is the answer of an old server, and what a proxy shows during maintenance.
    let answer = if preflight.is_old() {
        api.probe(by_status).await
    } else {
        api.ask(by_status).await
    };
    match answer {
        Err(Error::Api(error)) if error.kind() == Kind::Absent => {
            tracing::info!(reason = %error, "the server has no users.listByStatus, using users.list");
            Ok(None)
        }
        other => other.map(Some),
    }
}

/// Asks for a page by the endpoint that the server has.
pub(crate) async fn ask_known(
    api: Api<'_>,
    source: Source,
    whom: Whom,
    page: Page,
) -> Result<Rows<User>, Error> {
    match source {
        Source::List => api.ask(&UsersList(page)).await,
        Source::Unknown | Source::ListByStatus => api.ask(&whom.by_status(page)).await,
    }
}
