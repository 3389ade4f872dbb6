//! The simulated workspace: plain data that a test reads as the truth and changes as it likes.
//!
//! How the data is shown to a caller, and to whom, is left to the endpoints.

mod defaults;
mod generate;
mod people;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::{Account, Moment};

pub use generate::Shape;

/// An identifier. Shared, so that a hundred thousand memberships cost little memory.
pub type Id = Arc<str>;

/// Everything that the simulated server knows.
///
/// The default is void: it lacks even the built-in roles of [`Workspace::empty`], and nobody can sign in.
#[derive(Debug, Clone, Default)]
pub struct Workspace {
    /// All user documents, in storage order; their ids are unique.
    pub users: Vec<User>,
    /// All roles, in storage order.
    pub roles: Vec<Role>,
    /// All teams with their membership rows, in storage order.
    pub teams: Vec<Team>,
    /// The roles that hold each permission.
    pub permissions: BTreeMap<String, Vec<Id>>,
    /// The user behind each account. An account that is missing here has no valid token.
    pub accounts: BTreeMap<Account, Id>,
}

/// A text field of a stored document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Text {
    /// The document lacks the field.
    #[default]
    Absent,
    /// The field is `null`.
    Null,
    /// The field holds this text.
    Is(String),
}

/// A user document (`rocketchat-api.md` section 5.1).
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// `_id`.
    pub id: Id,
    /// `username`; absent while a registration is not finished.
    pub username: Option<String>,
    /// `name`.
    pub name: Text,
    /// `emails`; the key is absent for many bots, apps and federated users.
    pub emails: Option<Vec<Email>>,
    /// `roles`; the key is absent in some imported documents.
    pub roles: Option<Vec<Id>>,
    /// `type`, an open set: `user`, `bot`, `app`, …
    pub kind: Option<Id>,
    /// `active`; false when deactivated or awaiting approval.
    pub active: bool,
    /// `status`.
    pub presence: Presence,
    /// `lastLogin`.
    pub last_login: Option<Moment>,
    /// `createdAt`; the key is absent in some imported documents.
    pub created_at: Option<Moment>,
    /// `federated`; the key is absent for most local users.
    pub federated: Option<bool>,
    /// `reason`, typed at registration.
    pub reason: Text,
    /// `avatarETag`.
    pub avatar_etag: Option<String>,
    /// Further fields that `users.listByStatus` passes on, such as `freeSwitchExtension` or one from the future.
    pub extra: Map<String, Value>,
}

/// One of a user's addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Email {
    /// The address, in the case in which it was stored.
    pub address: String,
    /// Whether it was verified; may be absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
}

/// Presence, which says nothing about whether the account is enabled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are the values of the field")]
pub enum Presence {
    Online,
    Away,
    Busy,
    #[default]
    Offline,
}

/// A role (`rocketchat-api.md` section 5.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Role {
    /// `_id`.
    #[serde(rename = "_id")]
    pub id: Id,
    /// `name`; absent in very old documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `scope`.
    pub scope: Scope,
    /// `description`; absent in old documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `protected`: built in.
    pub protected: bool,
    /// `mandatory2fa`; absent in old documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mandatory2fa: Option<bool>,
}

/// Where a role applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Scope {
    /// The whole workspace.
    Users,
    /// One room.
    Subscriptions,
}

/// A team and its membership rows (`rocketchat-api.md` section 5.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// `_id`, 24 hexadecimal digits.
    pub id: Id,
    /// `name`, unique.
    pub name: String,
    /// Whether `type` is 1 (private) instead of 0 (public).
    pub private: bool,
    /// `roomId`, the main room.
    pub room_id: String,
    /// `createdBy`; the user may be gone. It is also shown as the creator of every membership.
    pub created_by: Creator,
    /// `createdAt`.
    pub created_at: Moment,
    /// `_updatedAt`; a change of members leaves it alone.
    pub updated_at: Moment,
    /// `rooms`, without the main one.
    pub rooms: u32,
    /// The membership rows, in storage order. Rows of deactivated and even of deleted users stay.
    pub members: Vec<Member>,
}

/// Who made something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Creator {
    /// The user's id.
    #[serde(rename = "_id")]
    pub id: Id,
    /// The username at that time.
    pub username: String,
}

/// A membership row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// `userId`.
    pub user_id: Id,
    /// `roles`: absent for a plain member, empty for one who had roles once.
    pub roles: Option<Vec<Id>>,
    /// `createdAt`: member since.
    pub created_at: Moment,
}

impl Workspace {
    /// Returns the user with this id.
    pub fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| &*user.id == id)
    }

    /// Returns the user with this id, to change it.
    pub fn user_mut(&mut self, id: &str) -> Option<&mut User> {
        self.users.iter_mut().find(|user| &*user.id == id)
    }

    /// Deletes a user as Rocket.Chat does: the document is gone, the membership rows stay as orphans.
    pub fn remove_user(&mut self, id: &str) {
        self.users.retain(|user| &*user.id != id);
    }

    /// Returns the team with this id.
    pub fn team(&self, id: &str) -> Option<&Team> {
        self.teams.iter().find(|team| &*team.id == id)
    }

    /// Returns the team with this id, to change it.
    pub fn team_mut(&mut self, id: &str) -> Option<&mut Team> {
        self.teams.iter_mut().find(|team| &*team.id == id)
    }

    /// Deletes a team with its membership rows.
    pub fn remove_team(&mut self, id: &str) {
        self.teams.retain(|team| &*team.id != id);
    }

    /// Returns every membership row with its team, orphans included.
    pub fn memberships(&self) -> impl Iterator<Item = (&Team, &Member)> {
        self.teams
            .iter()
            .flat_map(|team| team.members.iter().map(move |member| (team, member)))
    }
}

impl Text {
    /// Returns the text, if there is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Is(text) => Some(text),
            Self::Absent | Self::Null => None,
        }
    }

    /// Returns the field as it is written into an answer: `None` when it is left out.
    pub(crate) fn present(&self) -> Option<&Self> {
        (*self != Self::Absent).then_some(self)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::Is(text.to_owned())
    }
}

impl Serialize for Text {
    /// Writes the text or `null`; whoever writes a document leaves an absent field out.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_str().serialize(serializer)
    }
}

impl User {
    /// Makes an active person with role `user` and one verified address.
    pub fn person(id: &str, username: &str, name: &str) -> Self {
        let email = Email {
            address: format!("{username}@example.org"),
            verified: Some(true),
        };
        Self {
            id: id.into(),
            username: Some(username.to_owned()),
            name: name.into(),
            emails: Some(vec![email]),
            roles: Some(vec!["user".into()]),
            kind: Some("user".into()),
            active: true,
            presence: Presence::default(),
            last_login: None,
            created_at: Some(defaults::INSTALLED),
            federated: None,
            reason: Text::Absent,
            avatar_etag: None,
            extra: Map::new(),
        }
    }

    /// Tells whether the user's own roles hold this one.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().flatten().any(|held| &**held == role)
    }
}

impl Presence {
    /// Returns the value of the field.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Away => "away",
            Self::Busy => "busy",
            Self::Offline => "offline",
        }
    }
}

impl Role {
    /// Makes a custom role as today's releases do.
    pub fn custom(id: &str, name: &str, scope: Scope, description: &str) -> Self {
        Self {
            id: id.into(),
            name: Some(name.to_owned()),
            scope,
            description: Some(description.to_owned()),
            protected: false,
            mandatory2fa: Some(false),
        }
    }
}

impl Team {
    /// Makes a public team of `rocket.cat` without members and without further rooms.
    pub fn public(id: &str, name: &str) -> Self {
        Self {
            id: id.into(),
            name: name.to_owned(),
            private: false,
            room_id: format!("{id}.room"),
            created_by: Creator {
                id: "rocket.cat".into(),
                username: "rocket.cat".to_owned(),
            },
            created_at: defaults::INSTALLED,
            updated_at: defaults::INSTALLED,
            rooms: 0,
            members: Vec::new(),
        }
    }

    /// Returns the membership row of a user.
    pub fn member(&self, user_id: &str) -> Option<&Member> {
        self.members
            .iter()
            .find(|member| &*member.user_id == user_id)
    }
}

impl Member {
    /// Makes a plain member without roles.
    pub fn plain(user_id: &str) -> Self {
        Self {
            user_id: user_id.into(),
            roles: None,
            created_at: defaults::INSTALLED,
        }
    }

    /// Tells whether the row holds this role.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().flatten().any(|held| &**held == role)
    }
}
