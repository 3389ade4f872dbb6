//! Roles.

use std::sync::Arc;

use baton_model::{
    Entitlement, EntitlementId, Purpose, Resource, ResourceId, ResourceTrait, ResourceTypeId,
};
use rocketchat_api::{Role, RoleId};

use super::{ROLE, USER, present, profile};

/// The slug of the one entitlement of a role.
const ASSIGNED: &str = "assigned";

/// Where a role has effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// In the whole workspace (Rocket.Chat's `Users`).
    Workspace,
    /// In single rooms (Rocket.Chat's `Subscriptions`).
    Room,
    /// The server does not say, or no role stands behind the id.
    Unknown,
}

impl Reach {
    fn of(role: &Role) -> Self {
        match role.scope.as_deref() {
            Some("Users") => Self::Workspace,
            Some("Subscriptions") => Self::Room,
            _ => Self::Unknown,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Workspace => "workspace",
            Self::Room => "room",
            Self::Unknown => "unknown",
        }
    }
}

/// Returns the identifier of a role.
pub fn id(role_id: &RoleId) -> ResourceId {
    ResourceId::new(ROLE, Arc::clone(role_id.shared()))
}

/// Returns the identifier of what holders of a role hold.
pub fn assigned(role_id: &RoleId) -> EntitlementId {
    EntitlementId::new(id(role_id), ASSIGNED)
}

/// Maps a role.
pub fn resource(role: &Role) -> Resource {
    let mut profile = profile("role_id", role.id.as_str());
    profile.set("name", name(role));
    profile.set("scope", Reach::of(role).as_str());
    profile.set("protected", role.protected.unwrap_or_default());
    profile.set("mandatory2fa", role.mandatory2fa.unwrap_or_default());
    Resource {
        id: id(&role.id),
        display_name: name(role).to_owned(),
        description: present(role.description.as_deref())
            .unwrap_or_default()
            .to_owned(),
        status: None,
        created_at: None,
        details: ResourceTrait::Role,
        profile,
    }
}

/// Returns the entitlement of a role.
pub fn entitlement(role: &Role) -> Entitlement {
    let name = name(role);
    let description = match Reach::of(role) {
        Reach::Workspace => format!("Assigned the {name} role"),
        Reach::Room => format!(
            "Assigned the room role {name} in the whole workspace; assignments in single rooms are not synced"
        ),
        Reach::Unknown => {
            format!("Assigned the {name} role; the workspace does not say where it has effect")
        }
    };
    Entitlement {
        id: assigned(&role.id),
        display_name: format!("{name} Role"),
        description,
        grantable_to: vec![ResourceTypeId::from(USER)],
        purpose: Purpose::Assignment,
    }
}

fn name(role: &Role) -> &str {
    present(role.name.as_deref()).unwrap_or(role.id.as_str())
}
