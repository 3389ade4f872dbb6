//! Teams and who belongs to them.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};

use crate::list::{Listed, Part, Whole};
use crate::{Endpoint, Page, Query, RoleId, RoomId, Row, Rows, TeamId, UserId};

/// Asks for all teams. Needs `view-all-teams`, else 403. Cannot be sorted.
#[derive(Debug, Clone, Copy)]
pub struct TeamsListAll(pub Page);

impl Endpoint for TeamsListAll {
    type Output = Rows<Team>;
    type Body = Part<Team>;
    const NAME: &'static str = "teams.listAll";
    const PATH: &'static str = "/api/v1/teams.listAll";

    fn query(&self) -> Query {
        Query::new().with_page(self.0)
    }
}

/// Asks for the active members of a team. A caller who may not see the team gets an empty list, not an error; since 5.0
/// deactivated members are left out.
#[derive(Debug, Clone)]
pub struct TeamsMembers {
    /// The team.
    pub team_id: TeamId,
    /// The part of the list.
    pub page: Page,
}

impl Endpoint for TeamsMembers {
    type Output = Rows<Member>;
    type Body = Part<Member>;
    const NAME: &'static str = "teams.members";
    const PATH: &'static str = "/api/v1/teams.members";

    fn query(&self) -> Query {
        Query::new()
            .with("teamId", self.team_id.as_str())
            .with_page(self.page)
    }
}

/// Asks for the teams of one user, deactivated or not. Without `view-all-teams` private teams are left out silently.
#[derive(Debug, Clone)]
pub struct UsersListTeams {
    /// The user.
    pub user_id: UserId,
}

impl Endpoint for UsersListTeams {
    type Output = Vec<Team>;
    type Body = Whole<Team>;
    const NAME: &'static str = "users.listTeams";
    const PATH: &'static str = "/api/v1/users.listTeams";

    fn query(&self) -> Query {
        Query::new().with("userId", self.user_id.as_str())
    }
}

/// A team.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Team {
    /// The identity.
    #[serde(rename = "_id")]
    pub id: TeamId,
    /// The name, which can be edited.
    pub name: Option<String>,
    /// 0 public, 1 private.
    #[serde(rename = "type")]
    pub kind: Option<i64>,
    /// The main room.
    #[serde(rename = "roomId")]
    pub room_id: Option<RoomId>,
    /// Who made it; the account may be gone.
    #[serde(rename = "createdBy", default, deserialize_with = "creator")]
    pub created_by: Option<Creator>,
    /// When, as RFC 3339.
    #[serde(rename = "createdAt")]
    pub created_at: Option<String>,
    /// All membership rows: active, deactivated and deleted users. Only `teams.listAll` tells.
    #[serde(rename = "numberOfUsers")]
    pub number_of_users: Option<u64>,
    /// Only in `users.listTeams`: whether the user owns the team.
    #[serde(rename = "isOwner")]
    pub is_owner: Option<bool>,
}

/// Who made a team.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Creator {
    /// The user's id.
    pub id: UserId,
}

/// A creator without an id counts as none: no reason to lose the list.
fn creator<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Creator>, D::Error> {
    #[derive(Deserialize)]
    struct Stored {
        #[serde(rename = "_id")]
        id: Option<UserId>,
    }
    let stored = Option::<Stored>::deserialize(deserializer)?;
    Ok(stored.and_then(|it| it.id).map(|id| Creator { id }))
}

impl Listed for Team {
    const LIST: &'static str = "teams";
}

impl Row for Team {
    fn id(&self) -> &Arc<str> {
        self.id.shared()
    }
}

/// A member of a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Member {
    /// The user.
    pub user: MemberUser,
    /// Roles within the team, such as `owner`; absent or empty for a plain member.
    pub roles: Option<Vec<RoleId>>,
    /// Since when, as RFC 3339.
    #[serde(rename = "createdAt")]
    pub created_at: Option<String>,
}

/// The user behind a membership. The row also holds the user's settings, which are skipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MemberUser {
    /// The user's id.
    #[serde(rename = "_id")]
    pub id: UserId,
}

impl Listed for Member {
    const LIST: &'static str = "members";
}

impl Row for Member {
    fn id(&self) -> &Arc<str> {
        self.user.id.shared()
    }
}
