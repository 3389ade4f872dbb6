//! Users: the two listings, and one by id.

use std::sync::Arc;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::endpoint::Body;
use crate::list::{Listed, Part};
use crate::{Endpoint, Page, Query, RoleId, Row, Rows, UserId};

/// Asks for users. Exists since 6.8; needs `view-d-room`.
#[derive(Debug, Clone, Copy)]
pub struct UsersListByStatus {
    page: Page,
    order: Order,
    only_deactivated: bool,
}

#[derive(Debug, Clone, Copy)]
enum Order {
    Id,
    NewestFirst,
}

impl UsersListByStatus {
    /// Asks for users of every state, sorted by id.
    pub fn all(page: Page) -> Self {
        Self {
            page,
            order: Order::Id,
            only_deactivated: false,
        }
    }

    /// Asks for deactivated users, sorted by id.
    pub fn deactivated(page: Page) -> Self {
        Self {
            only_deactivated: true,
            ..Self::all(page)
        }
    }

    /// Asks for the users created last, as many as the server gives at once.
    pub fn newest() -> Self {
        Self {
            order: Order::NewestFirst,
            ..Self::all(Page::largest(0))
        }
    }
}

impl Endpoint for UsersListByStatus {
    type Output = Rows<User>;
    type Body = Part<User>;
    const NAME: &'static str = "users.listByStatus";
    const PATH: &'static str = "/api/v1/users.listByStatus";

    fn query(&self) -> Query {
        let query = Query::new().with_page(self.page);
        let query = match self.order {
            Order::Id => query.sorted_by_id(),
            Order::NewestFirst => query.with("sort", r#"{"createdAt":-1}"#),
        };
        if self.only_deactivated {
            query.with("status", "deactivated")
        } else {
            query
        }
    }
}

/// Asks for users on servers that lack `users.listByStatus`. Without `view-full-other-user-info` the rows come without
/// addresses and roles, and nothing says so.
#[derive(Debug, Clone, Copy)]
pub struct UsersList(pub Page);

impl Endpoint for UsersList {
    type Output = Rows<User>;
    type Body = Part<User>;
    const NAME: &'static str = "users.list";
    const PATH: &'static str = "/api/v1/users.list";

    fn query(&self) -> Query {
        Query::new().with_page(self.0).sorted_by_id()
    }
}

/// Asks for one user. The server also takes a username for an id: compare the id of the answer.
#[derive(Debug, Clone)]
pub struct UsersInfo {
    /// Whom to ask for.
    pub user_id: UserId,
}

impl Endpoint for UsersInfo {
    type Output = User;
    type Body = UserBody;
    const NAME: &'static str = "users.info";
    const PATH: &'static str = "/api/v1/users.info";

    fn query(&self) -> Query {
        Query::new().with("userId", self.user_id.as_str())
    }
}

/// A user, as far as governance needs it. Only the id is certain; the rest may be absent, null or hidden.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// The identity.
    #[serde(rename = "_id")]
    pub id: UserId,
    /// The name for signing in; absent until a registration is finished.
    pub username: Option<String>,
    /// The full name.
    pub name: Option<String>,
    /// Addresses, the primary one first.
    pub emails: Option<Vec<Email>>,
    /// The ids of the roles held in the whole workspace. Absent in every row means that they were hidden.
    pub roles: Option<Vec<RoleId>>,
    /// False for deactivated accounts.
    pub active: Option<bool>,
    /// `user`, `bot`, `app`, or anything else on old documents.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Last sign-in as RFC 3339; a personal access token does not touch it.
    #[serde(rename = "lastLogin")]
    pub last_login: Option<String>,
    /// True for people of another Matrix server. `users.list` never tells.
    pub federated: Option<bool>,
    /// Only in `users.info`: false when fields were hidden from the caller.
    #[serde(rename = "canViewAllInfo")]
    pub can_view_all_info: Option<bool>,
}

/// An e-mail address of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Email {
    /// The address in the case it was stored with.
    pub address: Option<String>,
    /// Whether it was verified; may be absent.
    pub verified: Option<bool>,
}

impl Listed for User {
    const LIST: &'static str = "users";
}

impl Row for User {
    fn id(&self) -> &Arc<str> {
        self.id.shared()
    }
}

#[derive(Debug, Deserialize)]
pub struct UserBody {
    user: User,
    #[serde(default)]
    success: bool,
}

impl Body for UserBody {
    type Row = IgnoredAny;
    type Output = User;

    fn into_output(self, _rows: Vec<IgnoredAny>) -> Option<User> {
        self.success.then_some(self.user)
    }
}
