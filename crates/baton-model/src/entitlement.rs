//! What can be held.

use serde::Serialize;

use crate::{EntitlementId, ResourceTypeId};

/// Something on a resource that a principal can hold, such as the membership of a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entitlement {
    /// The identifier, which names the resource.
    pub id: EntitlementId,
    /// The name shown to people; at most 1024 bytes are written.
    pub display_name: String,
    /// A sentence about it; at most 2048 bytes are written.
    pub description: String,
    /// The types of principals that can hold it.
    pub grantable_to: Vec<ResourceTypeId>,
    /// What holding it means.
    pub purpose: Purpose,
}

/// What holding an entitlement means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Purpose {
    /// Belonging to a group or having a role (`PURPOSE_VALUE_ASSIGNMENT`).
    Assignment,
    /// A power over the resource (`PURPOSE_VALUE_PERMISSION`).
    Permission,
    /// Being responsible for the resource (`PURPOSE_VALUE_OWNERSHIP`); only other connectors say so.
    Ownership,
    /// Not said.
    Unspecified,
}
