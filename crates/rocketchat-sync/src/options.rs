//! What the caller can choose.

use baton_model::Summary;
use rocketchat_api::UserId;

use crate::Scope;

/// How to sync.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// The id of the account that the token belongs to; anything else is refused.
    pub user_id: UserId,
    /// Which part of the workspace is synced.
    pub scope: Scope,
    /// Whether teams get the entitlements `owner`, `leader` and `moderator` beside `member`.
    pub team_roles: bool,
    /// What to do about memberships of deactivated users.
    pub dormant_memberships: DormantMemberships,
    /// What the sync before this one held, for comparison.
    pub previous: Option<Summary>,
    /// By how many percent users, roles, teams, role grants or memberships may be fewer than in `previous`; 0 asks for no
    /// comparison at all.
    pub max_shrink: u8,
    /// Requests under way at once on a route without a rate limit.
    pub workers: usize,
    /// The same for `teams.members`, which makes the server load all active users for each call.
    pub member_workers: usize,
}

/// What to do about memberships of deactivated users, which `teams.members` does not list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DormantMemberships {
    /// Ask for the teams of deactivated users, while any team counts more members than are known.
    #[default]
    Resolve,
    /// Ask for nothing. The number of members not listed goes into the team's profile and the report; it includes rows of
    /// deleted users.
    Count,
}

impl Options {
    /// Makes the default choice for the account that the token belongs to.
    pub fn new(user_id: UserId) -> Self {
        Self {
            user_id,
            scope: Scope::default(),
            team_roles: false,
            dormant_memberships: DormantMemberships::default(),
            previous: None,
            max_shrink: 50,
            workers: 4,
            member_workers: 2,
        }
    }

    /// Tells whether memberships of deactivated users are looked up.
    pub(crate) fn resolves_dormant(&self) -> bool {
        self.dormant_memberships == DormantMemberships::Resolve && self.scope.has_grants()
    }
}
