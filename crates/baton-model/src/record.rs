//! The stream that a sync produces.

use crate::{Entitlement, Grant, Resource, ResourceType};

/// One item of a sync. Each comes after everything it refers to: types, then resources, entitlements, grants.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// A kind of resource.
    ResourceType(ResourceType),
    /// A resource of a type already seen.
    Resource(Resource),
    /// An entitlement on a resource already seen.
    Entitlement(Entitlement),
    /// A grant of an entitlement already seen to a resource already seen.
    Grant(Grant),
}
