//! Rows as they are stored: every column, the decoded message and its bytes (`c1z.md` section 2.2).

use baton_proto::connector::v2;
use prost::Message;
use rusqlite::Row;

use crate::StoredTime;
use crate::stored::{Stored, Unreadable};
use crate::time::Column;

pub use crate::stored::Rows;

/// A row of `v1_resource_types`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ResourceType {
    /// The order within the table.
    pub id: i64,
    /// The identifier of the type.
    pub external_id: String,
    /// The decoded message.
    pub message: v2::ResourceType,
    /// The message as stored.
    pub data: Vec<u8>,
    /// The sync that the row belongs to.
    pub sync_id: String,
    /// When the row was written.
    pub discovered_at: StoredTime,
}

/// A row of `v1_resources`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Resource {
    /// The order within the table.
    pub id: i64,
    /// The type.
    pub resource_type_id: String,
    /// Type and identifier, joined with a colon.
    pub external_id: String,
    /// The type of the resource that it belongs to.
    pub parent_resource_type_id: Option<String>,
    /// The identifier of the resource that it belongs to.
    pub parent_resource_id: Option<String>,
    /// The decoded message.
    pub message: v2::Resource,
    /// The message as stored.
    pub data: Vec<u8>,
    /// The sync that the row belongs to.
    pub sync_id: String,
    /// When the row was written.
    pub discovered_at: StoredTime,
}

/// A row of `v1_entitlements`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Entitlement {
    /// The order within the table.
    pub id: i64,
    /// The type of the resource.
    pub resource_type_id: String,
    /// The identifier of the resource, without its type.
    pub resource_id: String,
    /// The identifier of the entitlement.
    pub external_id: String,
    /// The decoded message.
    pub message: v2::Entitlement,
    /// The message as stored.
    pub data: Vec<u8>,
    /// The sync that the row belongs to.
    pub sync_id: String,
    /// When the row was written.
    pub discovered_at: StoredTime,
}

/// A row of `v1_grants`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Grant {
    /// The order within the table.
    pub id: i64,
    /// The type of the entitlement's resource.
    pub resource_type_id: String,
    /// The identifier of the entitlement's resource, without its type.
    pub resource_id: String,
    /// The identifier of the entitlement.
    pub entitlement_id: String,
    /// The type of the principal.
    pub principal_resource_type_id: String,
    /// The identifier of the principal, without its type.
    pub principal_resource_id: String,
    /// The identifier of the grant.
    pub external_id: String,
    /// Who else gets the entitlement through this grant.
    pub expansion: Option<v2::GrantExpandable>,
    /// The same as stored.
    pub expansion_data: Option<Vec<u8>>,
    /// Whether the grant was there to be expanded; it stays true afterwards.
    pub needs_expansion: bool,
    /// The decoded message. What a writer left out of it, since the columns tell, is filled in.
    pub message: v2::Grant,
    /// The message as stored.
    pub data: Vec<u8>,
    /// The sync that the row belongs to.
    pub sync_id: String,
    /// When the row was written.
    pub discovered_at: StoredTime,
}

impl Stored for ResourceType {
    const TABLE: &'static str = "v1_resource_types";

    fn read(row: &Row<'_>) -> Result<Self, Unreadable> {
        let data: Vec<u8> = row.get("data")?;
        Ok(Self {
            id: row.get("id")?,
            external_id: row.get("external_id")?,
            message: v2::ResourceType::decode(data.as_slice())?,
            data,
            sync_id: row.get("sync_id")?,
            discovered_at: row.get::<_, Column>("discovered_at")?.0,
        })
    }

    fn id(&self) -> i64 {
        self.id
    }
}

impl Stored for Resource {
    const TABLE: &'static str = "v1_resources";

    fn read(row: &Row<'_>) -> Result<Self, Unreadable> {
        let data: Vec<u8> = row.get("data")?;
        Ok(Self {
            id: row.get("id")?,
            resource_type_id: row.get("resource_type_id")?,
            external_id: row.get("external_id")?,
            parent_resource_type_id: row.get("parent_resource_type_id")?,
            parent_resource_id: row.get("parent_resource_id")?,
            message: v2::Resource::decode(data.as_slice())?,
            data,
            sync_id: row.get("sync_id")?,
            discovered_at: row.get::<_, Column>("discovered_at")?.0,
        })
    }

    fn id(&self) -> i64 {
        self.id
    }
}

impl Stored for Entitlement {
    const TABLE: &'static str = "v1_entitlements";

    fn read(row: &Row<'_>) -> Result<Self, Unreadable> {
        let data: Vec<u8> = row.get("data")?;
        Ok(Self {
            id: row.get("id")?,
            resource_type_id: row.get("resource_type_id")?,
            resource_id: row.get("resource_id")?,
            external_id: row.get("external_id")?,
            message: v2::Entitlement::decode(data.as_slice())?,
            data,
            sync_id: row.get("sync_id")?,
            discovered_at: row.get::<_, Column>("discovered_at")?.0,
        })
    }

    fn id(&self) -> i64 {
        self.id
    }
}

impl Stored for Grant {
    const TABLE: &'static str = "v1_grants";

    fn read(row: &Row<'_>) -> Result<Self, Unreadable> {
        let data: Vec<u8> = row.get("data")?;
        let expansion_data: Option<Vec<u8>> = row.get("expansion")?;
        let mut grant = Self {
            id: row.get("id")?,
            resource_type_id: row.get("resource_type_id")?,
            resource_id: row.get("resource_id")?,
            entitlement_id: row.get("entitlement_id")?,
            principal_resource_type_id: row.get("principal_resource_type_id")?,
            principal_resource_id: row.get("principal_resource_id")?,
            external_id: row.get("external_id")?,
            expansion: expansion_data
                .as_deref()
                .map(v2::GrantExpandable::decode)
                .transpose()?,
            expansion_data,
            needs_expansion: row.get("needs_expansion")?,
            message: v2::Grant::decode(data.as_slice())?,
            data,
            sync_id: row.get("sync_id")?,
            discovered_at: row.get::<_, Column>("discovered_at")?.0,
        };
        grant.fill_in();
        Ok(grant)
    }

    fn id(&self) -> i64 {
        self.id
    }
}

impl Grant {
    /// Rebuilds what "slim" grants leave to the columns (`c1z.md` section 2.7).
    fn fill_in(&mut self) {
        let resource = |resource_type: &str, resource: &str| v2::Resource {
            id: Some(v2::ResourceId {
                resource_type: resource_type.to_owned(),
                resource: resource.to_owned(),
                ..v2::ResourceId::default()
            }),
            ..v2::Resource::default()
        };
        self.message
            .entitlement
            .get_or_insert_with(|| v2::Entitlement {
                resource: Some(resource(&self.resource_type_id, &self.resource_id)),
                id: self.entitlement_id.clone(),
                ..v2::Entitlement::default()
            });
        self.message.principal.get_or_insert_with(|| {
            resource(
                &self.principal_resource_type_id,
                &self.principal_resource_id,
            )
        });
    }
}
