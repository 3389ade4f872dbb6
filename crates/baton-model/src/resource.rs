//! The things that are governed: accounts, groups, roles.

use serde::Serialize;

use crate::{Profile, ResourceId, Timestamp, Trait};

/// An account, a group or a role of the source system.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// The identifier.
    pub id: ResourceId,
    /// The name shown to people; at most 1024 bytes are written.
    pub display_name: String,
    /// A sentence about it, empty when there is none; at most 2048 bytes are written.
    pub description: String,
    /// Whether it is in use. `None` for resources that have no such state.
    pub status: Option<Status>,
    /// When it came to be in the source system, if known.
    pub created_at: Option<Timestamp>,
    /// The details of its kind.
    pub details: ResourceTrait,
    /// Further attributes by name.
    pub profile: Profile,
}

/// Whether an account can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It can be used.
    Enabled,
    /// It exists but cannot be used.
    Disabled,
    /// It is gone; only other connectors list such.
    Deleted,
}

/// The details that depend on what a resource stands for.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResourceTrait {
    /// An account.
    User(UserTrait),
    /// A set of accounts.
    Group,
    /// A bundle of permissions.
    Role,
    /// Something else, of which only other connectors know more.
    Other,
}

impl ResourceTrait {
    /// Returns the trait that the resource type must declare.
    pub fn kind(&self) -> Trait {
        match self {
            Self::User(_) => Trait::User,
            Self::Group => Trait::Group,
            Self::Role => Trait::Role,
            Self::Other => Trait::Other,
        }
    }
}

/// The details of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserTrait {
    /// Addresses, the primary one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<Email>,
    /// The name used to sign in, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// Last sign-in, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_login: Option<Timestamp>,
    /// Who is behind the account.
    pub account_type: AccountType,
}

/// An e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Email {
    /// The address as the source system has it.
    pub address: String,
    /// True for the one address to use.
    pub is_primary: bool,
}

/// Who is behind an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountType {
    /// A person.
    Human,
    /// A program.
    Service,
    /// The system itself; only other connectors say so.
    System,
    /// Not said.
    Unspecified,
}
