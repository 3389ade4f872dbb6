//! What keeps an account from being used for a sync, in words that help (`rocketchat-api.md` sections 1.2 and 1.6).

use std::collections::BTreeMap;
use std::fmt;

use rocketchat_api::{RoleId, UserId};

/// Permissions without which lists are short or come with fields missing.
pub(crate) const VIEW_USERS: &str = "view-d-room";
pub(crate) const VIEW_ALL_TEAMS: &str = "view-all-teams";
pub(crate) const VIEW_FULL_USERS: &str = "view-full-other-user-info";

/// Built-in roles that reach too many accounts, or too few rights, to be given permissions for a sync's sake.
const BUILT_IN: [&str; 15] = [
    "admin",
    "federated-external",
    "user",
    "guest",
    "anonymous",
    "app",
    "bot",
    "livechat-agent",
    "livechat-manager",
    "livechat-monitor",
    "auditor",
    "auditor-log",
    "owner",
    "moderator",
    "leader",
];

/// Something that keeps the account from being used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The token belongs to another account than the one configured.
    WrongAccount {
        /// The user id from the configuration.
        configured: UserId,
        /// The user id that the server names.
        actual: UserId,
    },
    /// No role of the account has a permission that is needed to see everything.
    MissingPermission(MissingPermission),
}

/// A permission that the account lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MissingPermission {
    /// Rocket.Chat's id of the permission.
    pub permission: &'static str,
    /// The roles that have it now.
    pub holders: Vec<NamedRole>,
    /// The roles of the account.
    pub account_roles: Vec<NamedRole>,
}

/// A role with the name that administrators know it by.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamedRole {
    /// The id, which permissions and users refer to.
    pub id: RoleId,
    /// The name; the id where the name could not be looked up.
    pub name: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongAccount { configured, actual } => write!(
                f,
                "the token belongs to user {actual}, not to the configured user {configured}"
            ),
            Self::MissingPermission(missing) => write!(
                f,
                "permission {} is missing: {}",
                missing.permission,
                missing.consequence()
            ),
        }
    }
}

impl Problem {
    /// Says what to do about it.
    pub fn advice(&self) -> String {
        match self {
            Self::WrongAccount { .. } => {
                "set the user id that was shown when the token was created".to_owned()
            }
            Self::MissingPermission(missing) => missing.advice(),
        }
    }
}

impl MissingPermission {
    /// Says what would be missing from the sync.
    pub fn consequence(&self) -> &'static str {
        match self.permission {
            VIEW_USERS => "users cannot be listed",
            VIEW_ALL_TEAMS => "teams and their members would be missing",
            VIEW_FULL_USERS => "e-mail addresses, roles and last logins would be missing",
            _ => "the sync would be incomplete",
        }
    }

    /// Names the screen, the permission and the role that should get it.
    pub fn advice(&self) -> String {
        let holders = names(&self.holders);
        format!("{} (now ticked for: {holders})", advise_on(&[self]))
    }

    fn best_role_has_it(&self) -> bool {
        let role = self.best_role();
        self.holders.iter().any(|holder| holder.name == role)
    }

    fn account_has(&self, role: &str) -> bool {
        self.account_roles.iter().any(|held| held.name == role)
    }

    /// Returns the role that reaches the fewest other accounts: a custom one of the account, else a custom one that has the
    /// permission already, else `bot`.
    fn best_role(&self) -> &str {
        let is_custom = |role: &&NamedRole| !BUILT_IN.contains(&role.id.as_str());
        let mut roles = self.account_roles.iter().chain(&self.holders);
        roles
            .find(is_custom)
            .map_or("bot", |role| role.name.as_str())
    }
}

/// Says what to do about all problems of one account, each screen named once.
pub(crate) fn advise(problems: &[Problem]) -> String {
    let mut advice = Vec::new();
    let mut missing = Vec::new();
    for problem in problems {
        match problem {
            Problem::MissingPermission(it) => missing.push(it),
            Problem::WrongAccount { .. } => advice.push(problem.advice()),
        }
    }
    // What a role has already comes first, then what has to be ticked; a role is only told to have what it has itself.
    let mut groups: BTreeMap<(bool, &str), Vec<&MissingPermission>> = BTreeMap::new();
    for it in missing {
        let group = groups.entry((!it.best_role_has_it(), it.best_role()));
        group.or_default().push(it);
    }
    advice.extend(groups.values().map(|group| advise_on(group)));
    advice.join("; ")
}

/// Says what to do about permissions that one role should get, or that it has and the account should get the role.
fn advise_on(missing: &[&MissingPermission]) -> String {
    let Some(first) = missing.first() else {
        return String::new();
    };
    let role = first.best_role();
    let permissions = list(missing.iter().map(|it| it.permission));
    if first.best_role_has_it() {
        return format!(
            "in the administration, open Workspace > Users and give the account the role {role}, which has {permissions}"
        );
    }
    let whose = if first.account_has(role) {
        "which the account has"
    } else {
        "and give the account that role under Workspace > Users"
    };
    format!(
        "in the administration, open Workspace > Permissions and tick {permissions} for the role {role}, {whose}"
    )
}

/// Joins the names of roles for people.
pub(crate) fn names<'a>(roles: impl IntoIterator<Item = &'a NamedRole>) -> String {
    list(roles.into_iter().map(|role| role.name.as_str()))
}

/// Joins names for people; an empty list is "none".
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Vec<NamedRole> {
        let role = |name: &&str| NamedRole {
            id: RoleId::from(*name),
            name: (*name).to_owned(),
        };
        names.iter().map(role).collect()
    }

    fn missing(permission: &'static str, holders: &[&str]) -> Problem {
        Problem::MissingPermission(MissingPermission {
            permission,
            holders: named(holders),
            account_roles: named(&["user"]),
        })
    }

    #[test]
    fn a_role_is_only_told_to_have_what_it_has() {
        let problems = [
            missing(VIEW_USERS, &["admin", "People Reader"]),
            missing(VIEW_ALL_TEAMS, &["admin", "Team Reader"]),
        ];
        insta::assert_snapshot!(advise(&problems), @"in the administration, open Workspace > Users and give the account the role People Reader, which has view-d-room; in the administration, open Workspace > Users and give the account the role Team Reader, which has view-all-teams");
    }

    #[test]
    fn what_one_role_has_or_can_get_is_said_once() {
        let both = ["admin", "Reader"];
        let problems = [missing(VIEW_USERS, &both), missing(VIEW_ALL_TEAMS, &both)];
        insta::assert_snapshot!(advise(&problems), @"in the administration, open Workspace > Users and give the account the role Reader, which has view-d-room, view-all-teams");
        let problems = [
            missing(VIEW_USERS, &["admin"]),
            missing(VIEW_ALL_TEAMS, &["admin"]),
        ];
        insta::assert_snapshot!(advise(&problems), @"in the administration, open Workspace > Permissions and tick view-d-room, view-all-teams for the role bot, and give the account that role under Workspace > Users");
    }
}
