//! Rocket.Chat's rows in the vocabulary of governance: pure functions, and a frozen public format.
//!
//! What they give is what ConductorOne keys configuration on, so a change of an identifier or of a profile name is a
//! breaking change.

mod attributes;
pub mod role;
pub mod team;
pub mod user;

use baton_model::{Profile, ResourceType, ResourceTypeId, Timestamp, Trait};

pub use attributes::ATTRIBUTES;

/// The resource type of users.
pub const USER: &str = "user";
/// The resource type of roles.
pub const ROLE: &str = "role";
/// The resource type of teams.
pub const TEAM: &str = "team";

/// Returns the three resource types.
pub fn resource_types() -> [ResourceType; 3] {
    [
        resource_type(USER, "User", Trait::User, true),
        resource_type(ROLE, "Role", Trait::Role, false),
        resource_type(TEAM, "Team", Trait::Group, false),
    ]
}

fn resource_type(
    id: &'static str,
    name: &str,
    kind: Trait,
    skip_entitlements_and_grants: bool,
) -> ResourceType {
    ResourceType {
        id: ResourceTypeId::from(id),
        display_name: name.to_owned(),
        traits: vec![kind],
        skip_entitlements_and_grants,
    }
}

/// Takes a text for absent when there is nothing to read in it.
fn present(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}

/// Reads a time of the server; one that cannot be read is no reason to lose the row.
fn time(text: Option<&str>) -> Option<Timestamp> {
    let text = present(text)?;
    Timestamp::parse(text)
        .inspect_err(|error| tracing::warn!(%error, "ignoring a time that cannot be read"))
        .ok()
}

/// Starts a profile with the resource's own id under `name`.
fn profile(name: &'static str, id: &str) -> Profile {
    let mut profile = Profile::default();
    profile.set(name, id);
    profile
}
