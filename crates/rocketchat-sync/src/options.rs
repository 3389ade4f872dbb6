//! What the caller can choose.

use rocketchat_api::UserId;

/// How to sync.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// The id of the account that the token belongs to; anything else is refused.
    pub user_id: UserId,
    /// Whether teams get the entitlements `owner`, `leader` and `moderator` beside `member`.
    pub team_roles: bool,
    /// Requests under way at once on a route without a rate limit.
    pub workers: usize,
    /// The same for `teams.members`, which makes the server load all active users for each call.
    pub member_workers: usize,
}

impl Options {
    /// Makes the default choice for the account that the token belongs to.
    pub fn new(user_id: UserId) -> Self {
        Self {
            user_id,
            team_roles: false,
            workers: 4,
            member_workers: 2,
        }
    }
}
