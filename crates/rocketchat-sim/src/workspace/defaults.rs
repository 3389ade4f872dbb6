//! What every workspace has from the start: built-in roles, default permissions, `rocket.cat`, and the accounts.

use super::{Id, Presence, Role, Scope, User, Workspace};
use crate::{Account, Moment};

/// When a simulated workspace was installed: 2022-01-10.
pub(super) const INSTALLED: Moment = Moment(1_641_808_800_000);

/// The custom role by which [`Account::LimitedReader`] has its rights.
const READER_ROLE: &str = "61dc0f2ab7c3d90019e4a001";

/// Built-in roles with scope and default description (`rocketchat-api.md` section 5.3).
const ROLES: [(&str, Scope, &str); 11] = [
    ("admin", Scope::Users, "Admin"),
    ("moderator", Scope::Subscriptions, "Moderator"),
    ("leader", Scope::Subscriptions, "Leader"),
    ("owner", Scope::Subscriptions, "Owner"),
    ("user", Scope::Users, ""),
    ("bot", Scope::Users, ""),
    ("app", Scope::Users, ""),
    ("guest", Scope::Users, ""),
    ("anonymous", Scope::Users, ""),
    ("livechat-agent", Scope::Users, "Livechat Agent"),
    ("livechat-manager", Scope::Users, "Livechat Manager"),
];

/// Permissions with their default roles (`rocketchat-api.md` section 1.6), as far as a connector meets them.
const PERMISSIONS: [(&str, &[&str]); 30] = [
    ("access-permissions", &["admin"]),
    ("add-team-member", &["admin", "owner", "moderator"]),
    ("api-bypass-rate-limit", &["admin", "bot", "app"]),
    ("assign-admin-role", &["admin"]),
    ("assign-roles", &["admin"]),
    ("create-c", &["admin", "user", "bot", "app"]),
    ("create-personal-access-tokens", &["admin", "user"]),
    ("create-team", &["admin", "user"]),
    ("create-user", &["admin"]),
    ("delete-user", &["admin"]),
    ("edit-other-user-active-status", &["admin"]),
    ("edit-other-user-info", &["admin"]),
    ("edit-team-member", &["admin", "owner", "moderator"]),
    ("get-server-info", &["admin"]),
    ("logout-other-user", &["admin"]),
    ("manage-moderation-actions", &["admin"]),
    ("view-all-team-channels", &["admin", "owner"]),
    ("view-all-teams", &["admin"]),
    (
        "view-broadcast-member-list",
        &["admin", "owner", "moderator"],
    ),
    ("view-c-room", &["admin", "user", "bot", "app", "anonymous"]),
    ("view-d-room", &["admin", "user", "bot", "app", "guest"]),
    ("view-full-other-user-info", &["admin"]),
    ("view-history", &["admin", "user", "anonymous"]),
    ("view-logs", &["admin"]),
    ("view-other-user-channels", &["admin"]),
    (
        "view-outside-room",
        &["admin", "owner", "moderator", "user"],
    ),
    ("view-privileged-setting", &["admin"]),
    ("view-room-administration", &["admin"]),
    ("view-statistics", &["admin"]),
    ("view-user-administration", &["admin"]),
];

/// What an administrator grants a connector beyond the defaults (`rocketchat-api.md` section 1.2).
const READER_PERMISSIONS: [&str; 4] = [
    "view-all-teams",
    "view-full-other-user-info",
    "view-other-user-channels",
    "view-statistics",
];

impl Workspace {
    /// Makes a workspace that holds the built-in roles, `rocket.cat`, and a user for each [`Account`].
    pub fn empty() -> Self {
        let mut workspace = Self {
            roles: roles(),
            ..Self::default()
        };
        for (permission, roles) in PERMISSIONS {
            let roles = roles.iter().map(|role| Id::from(*role)).collect();
            workspace.permissions.insert(permission.to_owned(), roles);
        }
        for permission in READER_PERMISSIONS {
            let roles = workspace
                .permissions
                .entry(permission.to_owned())
                .or_default();
            roles.extend([Id::from("bot"), Id::from(READER_ROLE)]);
        }
        workspace.users.push(rocket_cat());
        for account in Account::ALL {
            workspace.users.push(user_of(account));
            workspace.accounts.insert(account, account.user_id().into());
        }
        workspace
    }
}

fn roles() -> Vec<Role> {
    let built_in = |(id, scope, description): (&str, Scope, &str)| Role {
        protected: true,
        ..Role::custom(id, id, scope, description)
    };
    let mut roles: Vec<Role> = ROLES.into_iter().map(built_in).collect();
    roles.push(Role::custom(
        READER_ROLE,
        "Directory Reader",
        Scope::Users,
        "May read all users and teams",
    ));
    roles
}

fn rocket_cat() -> User {
    User {
        emails: None,
        roles: Some(vec!["bot".into()]),
        kind: Some("bot".into()),
        presence: Presence::Online,
        avatar_etag: Some("cat001".to_owned()),
        ..User::person("rocket.cat", "rocket.cat", "Rocket.Cat")
    }
}

fn user_of(account: Account) -> User {
    let roles: &[&str] = match account {
        Account::Reader => &["user", "bot"],
        Account::LimitedReader => &["user", READER_ROLE],
        Account::Admin => &["admin", "user"],
        Account::Plain => &["user"],
        Account::Guest => &["guest"],
    };
    User {
        roles: Some(roles.iter().map(|role| Id::from(*role)).collect()),
        last_login: Some(Moment(1_780_000_000_000)),
        ..User::person(
            account.user_id(),
            account.username(),
            account.display_name(),
        )
    }
}
