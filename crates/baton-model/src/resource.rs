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

impl UserTrait {
    /// Returns the address to use: the one that is marked as such, else the first.
    pub fn primary_email(&self) -> Option<&str> {
        let marked = self.emails.iter().find(|it| it.is_primary);
        marked.or(self.emails.first()).map(|it| it.address.as_str())
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(emails: &[(&str, bool)], expected: Option<&str>) {
        let email = |(address, is_primary): &(&str, bool)| Email {
            address: (*address).to_owned(),
            is_primary: *is_primary,
        };
        let user = UserTrait {
            emails: emails.iter().map(email).collect(),
            login: None,
            last_login: None,
            account_type: AccountType::Human,
        };
        assert_eq!(user.primary_email(), expected);
    }

    #[test]
    fn the_address_to_use_is_the_marked_or_the_first() {
        check(&[], None);
        check(&[("a", false), ("b", false)], Some("a"));
        check(&[("a", false), ("b", true), ("c", true)], Some("b"));
    }
}
