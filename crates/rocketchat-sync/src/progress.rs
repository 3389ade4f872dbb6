//! What a sync tells about itself while it is under way. Drawing is the caller's business.

use rocketchat_api::{
    Endpoint as _, Info, Me, PermissionsListAll, RolesList, TeamsListAll, TeamsMembers, UsersList,
    UsersListByStatus, UsersListTeams,
};

/// A part of a sync.
///
/// In the order in which they are shown. They overlap: users, teams and memberships of deactivated users are read side by
/// side, and records are written as they come, from the roles on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Looks at server, account and permissions. Counts nothing.
    Preflight,
    /// Reads roles and users. Counts users.
    Users,
    /// Reads teams and their active members. Counts the teams that have members.
    Teams,
    /// Looks up memberships of deactivated users. Counts the deactivated users; may end before all were asked for, and is
    /// left out where there is nothing to find.
    DormantMemberships,
    /// Hands records to the sink and finishes it. Counts records.
    Writing,
}

impl Stage {
    /// Returns the endpoints asked in this stage. Most calls go to one of them.
    pub fn endpoints(self) -> &'static [&'static str] {
        match self {
            Self::Users => &[UsersListByStatus::NAME, UsersList::NAME, RolesList::NAME],
            Self::Teams => &[TeamsMembers::NAME, TeamsListAll::NAME],
            Self::DormantMemberships => &[UsersListTeams::NAME],
            Self::Preflight => &[Info::NAME, Me::NAME, PermissionsListAll::NAME],
            Self::Writing => &[],
        }
    }
}

/// Is told how far a sync is.
///
/// Called once for each answer or batch, not for each row, by the task that runs the sync: it should return at once. A sync
/// that fails leaves stages without an end. The default does nothing.
pub trait Progress: Send + Sync {
    /// A stage begins.
    fn begin(&self, stage: Stage) {
        let _ = stage;
    }

    /// A stage has gone on. `total` is what the server announced, `None` while that is not known; it may be off by what
    /// changes meanwhile. `done` goes down only when a list has to be read from its start again.
    fn count(&self, stage: Stage, done: u64, total: Option<u64>) {
        let _ = (stage, done, total);
    }

    /// A stage is over.
    fn end(&self, stage: Stage) {
        let _ = stage;
    }
}

/// Does nothing.
impl Progress for () {}
