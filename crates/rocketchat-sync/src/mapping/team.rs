//! Teams.

use std::sync::Arc;

use baton_model::{
    Entitlement, EntitlementId, Purpose, Resource, ResourceId, ResourceTrait, ResourceTypeId,
};
use rocketchat_api::{RoomId, Team, TeamId};

use super::{TEAM, USER, present, profile, time};

/// The slug of the membership.
const MEMBER: &str = "member";

/// The roles within a team that can be synced, each the slug of an entitlement of its own.
pub const TEAM_ROLES: [&str; 3] = ["owner", "leader", "moderator"];

/// How many members of each kind a team has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Members {
    /// Members whose account is active.
    pub active: u64,
    /// Members whose account is deactivated; they are back when the account is.
    pub dormant: u64,
}

/// Returns the identifier of a team.
pub fn id(team_id: &TeamId) -> ResourceId {
    ResourceId::new(TEAM, Arc::clone(team_id.shared()))
}

/// Maps a team; its members are counted if they were read.
pub fn resource(team: &Team, members: Option<Members>) -> Resource {
    let mut profile = profile("team_id", team.id.as_str());
    profile.set("name", name(team));
    profile.set_known("type", kind(team));
    profile.set_known("room_id", team.room_id.as_ref().map(RoomId::as_str));
    profile.set_known(
        "created_by",
        team.created_by.as_ref().map(|creator| creator.id.as_str()),
    );
    profile.set_known("active_members", members.map(|it| it.active));
    profile.set_known("dormant_members", members.map(|it| it.dormant));
    Resource {
        id: id(&team.id),
        display_name: name(team).to_owned(),
        description: String::new(),
        status: None,
        created_at: time(team.created_at.as_deref()),
        details: ResourceTrait::Group,
        profile,
    }
}

/// Returns the identifier of the membership of a team.
pub fn member(team_id: &TeamId) -> EntitlementId {
    EntitlementId::new(id(team_id), MEMBER)
}

/// Returns the identifier of a role within a team.
pub fn team_role(team_id: &TeamId, role: &'static str) -> EntitlementId {
    EntitlementId::new(id(team_id), role)
}

/// Returns the entitlement to be a member.
pub fn member_entitlement(team: &Team) -> Entitlement {
    let name = name(team);
    Entitlement {
        id: member(&team.id),
        display_name: format!("{name} Team Member"),
        description: format!("Member of the {name} team"),
        grantable_to: vec![ResourceTypeId::from(USER)],
        purpose: Purpose::Assignment,
    }
}

/// Returns the entitlement to a role within a team, one of [`TEAM_ROLES`].
pub fn role_entitlement(team: &Team, role: &'static str) -> Entitlement {
    let name = name(team);
    let title = match role {
        "owner" => "Owner",
        "leader" => "Leader",
        "moderator" => "Moderator",
        other => other,
    };
    Entitlement {
        id: team_role(&team.id, role),
        display_name: format!("{name} Team {title}"),
        description: format!("{title} of the {name} team"),
        grantable_to: vec![ResourceTypeId::from(USER)],
        purpose: Purpose::Assignment,
    }
}

fn name(team: &Team) -> &str {
    present(team.name.as_deref()).unwrap_or(team.id.as_str())
}

fn kind(team: &Team) -> Option<&'static str> {
    match team.kind {
        Some(0) => Some("public"),
        Some(1) => Some("private"),
        _ => None,
    }
}
