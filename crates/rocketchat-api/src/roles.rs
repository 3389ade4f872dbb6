//! `GET roles.list`: all roles.

use serde::Deserialize;

use crate::list::{Listed, Whole};
use crate::{Endpoint, RoleId};

/// Asks for all roles. No parameters, no paging.
#[derive(Debug, Clone, Copy)]
pub struct RolesList;

impl Endpoint for RolesList {
    type Output = Vec<Role>;
    type Body = Whole<Role>;
    const NAME: &'static str = "roles.list";
    const PATH: &'static str = "/api/v1/roles.list";
}

/// A role. Old documents lack everything but the id.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Role {
    /// The identity that users refer to; for built-in roles equal to the name.
    #[serde(rename = "_id")]
    pub id: RoleId,
    /// The name, which can be edited for custom roles.
    pub name: Option<String>,
    /// `Users` for the whole workspace, `Subscriptions` for single rooms.
    pub scope: Option<String>,
    /// A sentence about it, often empty.
    pub description: Option<String>,
    /// True for built-in roles.
    pub protected: Option<bool>,
    /// True when holders must use two factors.
    pub mandatory2fa: Option<bool>,
}

impl Role {
    /// Makes a role of which nothing but the identity is known: users can hold roles that no list has.
    pub fn with_id(id: RoleId) -> Self {
        Self {
            id,
            name: None,
            scope: None,
            description: None,
            protected: None,
            mandatory2fa: None,
        }
    }
}

impl Listed for Role {
    const LIST: &'static str = "roles";
}
