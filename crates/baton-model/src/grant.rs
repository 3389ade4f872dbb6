//! Who holds what.

use crate::{EntitlementId, ResourceId};

/// The fact that a principal holds an entitlement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// What is held.
    pub entitlement: EntitlementId,
    /// Who holds it.
    pub principal: ResourceId,
}

impl Grant {
    /// Returns the identifier, `<entitlement id>:<principal type>:<principal id>`: a frozen public format.
    pub fn id(&self) -> String {
        format!("{}:{}", self.entitlement, self.principal)
    }
}
