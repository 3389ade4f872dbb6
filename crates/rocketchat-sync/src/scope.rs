//! Which part of the workspace is synced.

use std::collections::BTreeSet;

use baton_model::{ResourceId, ResourceTypeId};

use crate::mapping::{ROLE, TEAM, USER};

/// Which part of the workspace is synced (`baton-runtime.md` section 3.4). Whatever it is, that part is complete.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    #[default]
    Workspace,
    /// All resources of some types.
    Types {
        /// The types, as in [`resource_types`](crate::mapping::resource_types).
        types: BTreeSet<ResourceTypeId>,
        /// What is synced of the access to them. A grant names its principal, whose own resource is only synced if its
        /// type is among the types.
        access: Access,
    },
    /// Single resources. One that does not exist is left out, and [reported](crate::Report::absent).
    Resources {
        /// Their identifiers.
        ids: BTreeSet<ResourceId>,
        /// What is synced of the access to them; grants with their principals.
        access: Access,
    },
}

/// What is synced of the access to resources.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Nothing: resources alone.
    Nothing,
    /// What there is to hold, but not who holds it.
    Entitlements,
    /// Everything.
    #[default]
    Grants,
}

impl Scope {
    pub(crate) fn is_whole(&self) -> bool {
        *self == Self::Workspace
    }

    /// Tells whether the users have to be read: for their own sake, or because they hold what is synced.
    pub(crate) fn needs_users(&self) -> bool {
        self.has_any(USER) || self.has_grants() && self.has_holdable()
    }

    /// Tells whether anything is synced for its own sake that users can hold.
    pub(crate) fn has_holdable(&self) -> bool {
        self.has_any(ROLE) || self.has_any(TEAM)
    }

    /// Tells whether grants are synced.
    pub fn has_grants(&self) -> bool {
        self.access() == Access::Grants
    }

    /// Returns what is synced of the access to resources.
    pub(crate) fn access(&self) -> Access {
        match self {
            Self::Workspace => Access::Grants,
            Self::Types { access, .. } | Self::Resources { access, .. } => *access,
        }
    }

    /// Tells whether a resource type is synced: where single resources are, all are.
    pub fn has_type(&self, id: &ResourceTypeId) -> bool {
        match self {
            Self::Workspace | Self::Resources { .. } => true,
            Self::Types { types, .. } => types.contains(id),
        }
    }

    /// Tells whether a resource is synced for its own sake.
    pub(crate) fn has(&self, id: &ResourceId) -> bool {
        match self {
            Self::Workspace => true,
            Self::Types { types, .. } => types.contains(id.resource_type()),
            Self::Resources { ids, .. } => ids.contains(id),
        }
    }

    /// Tells whether all resources of a type are synced.
    pub(crate) fn has_all(&self, kind: &'static str) -> bool {
        !matches!(self, Self::Resources { .. }) && self.has_any(kind)
    }

    /// Tells whether any resource of a type is synced for its own sake.
    pub(crate) fn has_any(&self, kind: &'static str) -> bool {
        let kind = ResourceTypeId::from(kind);
        match self {
            Self::Workspace => true,
            Self::Types { types, .. } => types.contains(&kind),
            Self::Resources { ids, .. } => ids.iter().any(|id| *id.resource_type() == kind),
        }
    }
}
