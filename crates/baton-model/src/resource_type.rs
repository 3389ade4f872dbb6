//! Kinds of resources.

use serde::Serialize;

use crate::ResourceTypeId;

/// Says what a resource of a type stands for, so that readers know which details to expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Trait {
    /// An account (`TRAIT_USER`).
    User,
    /// A set of accounts (`TRAIT_GROUP`).
    Group,
    /// A bundle of permissions that accounts can hold (`TRAIT_ROLE`).
    Role,
    /// Anything else, such as an app or a secret, which only other connectors have; not told apart.
    Other,
}

/// Describes a kind of resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceType {
    /// The identifier, at most 1024 bytes.
    pub id: ResourceTypeId,
    /// The name shown to people.
    pub display_name: String,
    /// What its resources stand for.
    pub traits: Vec<Trait>,
    /// True when its resources offer no entitlements and no grants (annotation `SkipEntitlementsAndGrants`).
    pub skip_entitlements_and_grants: bool,
}
