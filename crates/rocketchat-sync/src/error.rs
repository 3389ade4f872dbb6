//! Why a sync failed.

use std::fmt;

use rocketchat_api::{Imbalance, TeamId, UserId};

use crate::problem::{Problem, advise, names};

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
    /// The account is not the one configured, or may not see everything; the server would hand out short lists without
    /// a word.
    #[error("{}", describe(problems))]
    Preflight {
        /// What is wrong, all of it.
        problems: Vec<Problem>,
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
    /// No user of a list, or of a page of it, has roles: the server hides them from the account.
    #[error("{endpoint} hides the roles of {users} users in a row from this account")]
    RolesHidden {
        /// The endpoint asked.
        endpoint: &'static str,
        /// The number of users without.
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
    /// There is no role, although every workspace has some.
    #[error("roles.list lists no role at all")]
    NoRoles,
    /// Two endpoints contradict each other about a team.
    #[error(
        "teams.listAll and teams.members contradict each other: one knows team {team_id}, the other does not"
    )]
    TeamDisputed {
        /// The team.
        team_id: TeamId,
    },
    /// A team that counts members, and whose list of them was empty, has some after all: the list was hidden for a while.
    #[error(
        "teams.members listed nobody in team {team_id} at first, and {members} members when it was asked again"
    )]
    MembersHidden {
        /// The team.
        team_id: TeamId,
        /// The number of members listed in the end.
        members: u64,
    },
    /// No team is listed although there are some.
    #[error("teams.listAll lists no team, but {witness} {teams}")]
    NoTeams {
        /// The number of teams there should be.
        teams: u64,
        /// Who says so.
        witness: Witness,
    },
    /// The sync holds much less than the one before.
    #[error("{}", describe_shrinkage(drops, *max_shrink))]
    Shrunk {
        /// What became fewer, all of it.
        drops: Vec<Shrinkage>,
        /// The percentage allowed.
        max_shrink: u8,
    },
    /// The caller asked to stop before everything was read.
    #[error("stopped by {reason}; the sync is not complete")]
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

/// Who knows of teams that are not listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Witness {
    /// The sync before this one.
    PreviousSync,
    /// The statistics that the server saved last.
    Statistics,
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PreviousSync => "the previous sync had",
            Self::Statistics => "the server's statistics count",
        })
    }
}

/// A number that fell too far from one sync to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shrinkage {
    /// What was counted: `users`, `roles`, `teams`, `role grants` or `memberships`.
    pub what: &'static str,
    /// The number in the previous sync.
    pub before: u64,
    /// The number now.
    pub now: u64,
}

fn describe(problems: &[Problem]) -> String {
    let roles = problems.iter().find_map(|problem| match problem {
        Problem::MissingPermission(it) => Some(names(&it.account_roles)),
        Problem::WrongAccount { .. } => None,
    });
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    let roles = roles.map_or_else(String::new, |roles| {
        format!(" (roles of the account: {roles})")
    });
    format!("the account cannot be used: {}{roles}", problems.join("; "))
}

fn describe_shrinkage(drops: &[Shrinkage], max_shrink: u8) -> String {
    let drops: Vec<_> = drops
        .iter()
        .map(|drop| format!("{} went from {} to {}", drop.what, drop.before, drop.now))
        .collect();
    format!(
        "the sync holds over {max_shrink} % less than the previous one: {}",
        drops.join(", ")
    )
}

impl Error {
    /// Tells whether what was read until then is as good as before, so that a later sync can go on with it. Everything else
    /// puts it in doubt: the server contradicted itself, or hid something.
    pub fn is_interruption(&self) -> bool {
        match self {
            Self::Http(_)
            | Self::Api(_)
            | Self::Preflight { .. }
            | Self::Unstable { .. }
            | Self::Shrunk { .. }
            | Self::Stopped { .. }
            | Self::Writer(_) => true,
            Self::Sink(error) => error.is_interruption(),
            _ => false,
        }
    }

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
                    "give a role of the account the missing permission: Workspace > Permissions in the administration; for lists of \
                     users that is view-d-room, and view-outside-room too where the setting \
                     API_Apply_permission_view-outside-room_on_users-list is on"
                }
                Kind::TwoFactorRequired => {
                    "create the personal access token with \"Ignore Two Factor Authentication\""
                }
                Kind::Absent | Kind::Redirected => {
                    "check the base URL: it has to be the address of the workspace itself, with its sub-path if it has one"
                }
                Kind::Unavailable | Kind::Uncoded | Kind::RateLimited => {
                    "look into the log of the server and of the proxies in front of it, and run the sync again when they are well"
                }
                Kind::Malformed if error.is_cut() => {
                    "check the proxies in front of the server, which seem to cut answers, and run the sync again"
                }
                Kind::Malformed => {
                    "check the proxies in front of the server, which must not change answers; if there are none, this release of \
                     Rocket.Chat may be one that the connector does not know: report the message with the server's version"
                }
                Kind::NoSuchTeam | Kind::NoSuchUser => {
                    "run the sync again; it seems to have been deleted meanwhile"
                }
                _ => {
                    "check that the base URL leads to a Rocket.Chat server, 5.0 to 9.0, and that nothing in front of it changes requests"
                }
            },
            Self::Preflight { problems } => return Some(advise(problems)),
            Self::RolesHidden { .. } | Self::UserHidden { .. } => {
                "give a role of the account the permission view-full-other-user-info: Workspace > Permissions in the administration"
            }
            Self::CallerMissing { .. } | Self::NoRoles => {
                "something between the connector and the server shortens the list; ask the workspace's administrator"
            }
            Self::Unstable {
                source: Imbalance::OneByOne,
                ..
            } => "raise the setting API_Upper_Count_Limit of the workspace; its default is 100",
            Self::Unstable { .. } | Self::TeamDisputed { .. } => {
                "run the sync again when fewer changes are being made"
            }
            Self::MembersHidden { .. } => {
                "run the sync again; a permission of the account seems to have been taken away for a while"
            }
            Self::NoTeams {
                witness: Witness::Statistics,
                ..
            } => {
                "if all teams were deleted since the server last saved its statistics, which it does once a day, switch the \
                 comparison off until then: --max-shrink 0"
            }
            Self::NoTeams { .. } | Self::Shrunk { .. } => {
                "if so much was really removed, run once with the comparison switched off: --max-shrink 0"
            }
            Self::Stopped { .. } | Self::Sink(_) | Self::Request(_) | Self::Writer(_) => {
                return None;
            }
        };
        Some(hint.to_owned())
    }
}
