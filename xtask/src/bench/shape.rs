//! How large a simulated workspace is, and what a sync of it has to find.

use std::collections::{HashMap, HashSet};

use rocketchat_sim::{User, Workspace};
use serde::{Deserialize, Serialize};

/// The size of a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shape {
    pub(super) users: usize,
    pub(super) teams: usize,
    /// Members of a team, on average.
    pub(super) members: usize,
}

impl Shape {
    pub(super) const TINY: Self = Self::new(60, 12, 5);
    pub(super) const SMALL: Self = Self::new(10_000, 200, 100);
    pub(super) const LARGE: Self = Self::new(100_000, 1_000, 106);

    pub(super) const fn new(users: usize, teams: usize, members: usize) -> Self {
        Self {
            users,
            teams,
            members,
        }
    }

    /// Grows in all respects alike, so that a cost per user can be told.
    pub(super) const fn scaled(users: usize) -> Self {
        Self::new(users, users / 100, 100)
    }

    /// Makes the workspace, the same one each time.
    pub(super) fn generate(&self) -> Workspace {
        Workspace::generate(&rocketchat_sim::Shape {
            users: self.users,
            teams: self.teams,
            members: self.members,
            seed: 1,
        })
    }
}

/// What a workspace holds, or a sync found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Contents {
    pub(super) users: u64,
    pub(super) teams: u64,
    pub(super) role_grants: u64,
    pub(super) memberships: u64,
}

impl Contents {
    /// Counts what a sync has to find. Rows of deleted users are no memberships, and those of deactivated ones are if they
    /// are `resolved`.
    pub(super) fn of(workspace: &Workspace, resolved: bool) -> Self {
        let users: HashMap<_, _> = workspace
            .users
            .iter()
            .map(|user| (&user.id, user.active))
            .collect();
        let counts = |id| users.get(id).is_some_and(|active| *active || resolved);
        let held = |user: &User| user.roles.iter().flatten().collect::<HashSet<_>>().len() as u64;
        let members = workspace
            .memberships()
            .filter(|(_, member)| counts(&member.user_id));
        Self {
            users: workspace.users.len() as u64,
            teams: workspace.teams.len() as u64,
            role_grants: workspace.users.iter().map(held).sum(),
            memberships: members.count() as u64,
        }
    }

    /// Returns the number of rows, those of roles and entitlements aside.
    pub(super) fn items(&self) -> u64 {
        self.users + self.teams + self.role_grants + self.memberships
    }
}
