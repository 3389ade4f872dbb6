//! `GET permissions.listAll`: which roles hold which permission.

use serde::Deserialize;

use crate::list::{Listed, Whole};
use crate::{Endpoint, RoleId};

/// Asks for every permission with its roles. Strict: takes no parameter from us (`rocketchat-api.md` section 11).
#[derive(Debug, Clone, Copy)]
pub struct PermissionsListAll;

impl Endpoint for PermissionsListAll {
    type Output = Vec<Permission>;
    type Body = Whole<Permission>;
    const NAME: &'static str = "permissions.listAll";
    const PATH: &'static str = "/api/v1/permissions.listAll";
}

/// A permission and the roles that have it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Permission {
    /// The permission's id, such as `view-all-teams`.
    #[serde(rename = "_id")]
    pub id: String,
    /// The ids of the roles that have it.
    pub roles: Option<Vec<RoleId>>,
}

impl Listed for Permission {
    const LIST: &'static str = "update";
}
