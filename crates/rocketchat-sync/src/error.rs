//! Why a sync failed.

use std::fmt::Write as _;

use rocketchat_api::{Imbalance, UserId};

/// Why a sync failed. Nothing of it is visible in the output.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server could not be reached, or the connection broke.
    #[error(transparent)]
    Http(#[from] rocketchat_http::Error),
    /// The server refused, or its answer cannot be understood.
    #[error(transparent)]
    Api(#[from] rocketchat_api::Error),
    /// A request could not be put together.
    #[error("cannot build a request")]
    Request(#[source] http::Error),
    /// The token belongs to another account than the one configured.
    #[error("the token belongs to user {actual}, not to the configured user {configured}")]
    WrongAccount {
        /// The user id from the configuration.
        configured: UserId,
        /// The user id that the server names.
        actual: UserId,
    },
    /// The account may not see everything; the server would hand out short lists without a word.
    #[error("{}", describe(missing, roles))]
    MissingPermissions {
        /// What is missing, all of it.
        missing: Vec<Missing>,
        /// The roles of the account.
        roles: Vec<String>,
    },
    /// The list of users lacks the token's owner, who exists: it is not whole.
    #[error("{endpoint} lists {users} users without {caller}, whom the token belongs to")]
    CallerMissing {
        /// The endpoint asked.
        endpoint: &'static str,
        /// The token's owner.
        caller: UserId,
        /// The number of users listed.
        users: u64,
    },
    /// No user row has roles: the server hides them from the account.
    #[error("{endpoint} hides the roles of all {users} users from this account")]
    RolesHidden {
        /// The endpoint asked.
        endpoint: &'static str,
        /// The number of users listed.
        users: u64,
    },
    /// One user's roles are hidden from the account.
    #[error("users.info hides the roles of user {user_id} from this account")]
    UserHidden {
        /// The user asked for.
        user_id: UserId,
    },
    /// A list changed each time it was read.
    #[error("{endpoint} changed while it was read, {attempts} times in a row")]
    Unstable {
        /// The endpoint asked.
        endpoint: &'static str,
        /// How often it was read.
        attempts: u32,
        /// What did not balance in the end.
        source: Imbalance,
    },
    /// Users that had been written were deleted before the list was whole.
    #[error("{endpoint} listed user {user_id} at first and not when it was read again")]
    UserVanished {
        /// The endpoint asked.
        endpoint: &'static str,
        /// One of the users.
        user_id: UserId,
    },
    /// The caller asked to stop before everything was read.
    #[error("stopped by {reason}; the sync is not complete and nothing was written")]
    Stopped {
        /// What the caller said.
        reason: String,
    },
    /// The output could not be written.
    #[error(transparent)]
    Sink(#[from] baton_sinks::Error),
    /// The thread that writes the output died.
    #[error("writing the output broke off: {0}")]
    Writer(String),
}

/// A permission that the account lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// Rocket.Chat's id of the permission.
    pub permission: &'static str,
}

impl Missing {
    /// Says what would be missing from the sync.
    pub fn consequence(&self) -> &'static str {
        match self.permission {
            crate::preflight::VIEW_USERS => "users cannot be listed",
            crate::preflight::VIEW_ALL_TEAMS => "teams and their members would be missing",
            crate::preflight::VIEW_FULL_USERS => {
                "e-mail addresses, roles and last logins would be missing"
            }
            _ => "the sync would be incomplete",
        }
    }
}

fn describe(missing: &[Missing], roles: &[String]) -> String {
    let mut text = "the account may not see everything".to_owned();
    for it in missing {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "; permission {} is missing: {}",
            it.permission,
            it.consequence()
        );
    }
    let _ = write!(
        text,
        " (roles of the account: {})",
        if roles.is_empty() {
            "none".to_owned()
        } else {
            roles.join(", ")
        }
    );
    text
}

impl Error {
    /// Says what the administrator can do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        use rocketchat_api::Kind;
        let hint = match self {
            Self::Http(error) => return error.hint().map(str::to_owned),
            Self::Api(error) => match error.kind() {
                Kind::Unauthenticated => {
                    "check the user id and the personal access token; both must belong to the same active account"
                }
                Kind::PermissionDenied => {
                    "give a role of the account the missing permission: Workspace > Permissions in the administration"
                }
                Kind::TwoFactorRequired => {
                    "create the personal access token with \"Ignore Two Factor Authentication\""
                }
                Kind::Absent | Kind::Redirected => {
                    "check the base URL: it has to be the address of the workspace itself, with its sub-path if it has one"
                }
                _ => return None,
            },
            Self::WrongAccount { .. } => {
                "set the user id that was shown when the token was created"
            }
            Self::MissingPermissions { .. }
            | Self::RolesHidden { .. }
            | Self::UserHidden { .. } => {
                "give a role of the account these permissions (Workspace > Permissions in the administration): \
                 view-d-room, view-all-teams, view-full-other-user-info; a dedicated account with the roles user and \
                 bot is best, because the role bot also lifts the rate limit"
            }
            Self::CallerMissing { .. } => {
                "something between the connector and the server shortens the list; ask the workspace's administrator"
            }
            Self::Unstable { .. } | Self::UserVanished { .. } => {
                "run the sync again when fewer changes are being made"
            }
            Self::Stopped { .. } | Self::Sink(_) | Self::Request(_) | Self::Writer(_) => {
                return None;
            }
        };
        Some(hint.to_owned())
    }
}
