//! The JSON form of records, shared by the JSON sinks. A public format: names may be added, not changed.

use baton_model::{
    Entitlement, Grant, Profile, Purpose, Record, Resource, ResourceId, ResourceTrait,
    ResourceType, ResourceTypeId, Status, Timestamp, Trait,
};
use serde::Serialize;

/// Returns the JSON form of a record: an object with its `kind` first, as the JSON sinks write it.
pub fn json(record: &Record) -> impl Serialize + '_ {
    View::from(record)
}

/// A record as JSON, with its kind first.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum View<'a> {
    ResourceType(ResourceTypeView<'a>),
    Resource(ResourceView<'a>),
    Entitlement(EntitlementView<'a>),
    Grant(GrantView<'a>),
}

#[derive(Serialize)]
pub(crate) struct ResourceTypeView<'a> {
    id: &'a ResourceTypeId,
    display_name: &'a str,
    traits: &'a [Trait],
    skip_entitlements_and_grants: bool,
}

#[derive(Serialize)]
pub(crate) struct ResourceView<'a> {
    id: String,
    resource: &'a ResourceId,
    display_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Timestamp>,
    #[serde(rename = "trait")]
    details: &'a ResourceTrait,
    profile: &'a Profile,
}

#[derive(Serialize)]
pub(crate) struct EntitlementView<'a> {
    id: String,
    resource: &'a ResourceId,
    slug: &'a str,
    display_name: &'a str,
    description: &'a str,
    grantable_to: &'a [ResourceTypeId],
    purpose: Purpose,
}

#[derive(Serialize)]
pub(crate) struct GrantView<'a> {
    id: String,
    entitlement: String,
    resource: &'a ResourceId,
    slug: &'a str,
    principal: &'a ResourceId,
}

impl<'a> From<&'a Record> for View<'a> {
    fn from(record: &'a Record) -> Self {
        match record {
            Record::ResourceType(it) => Self::ResourceType(it.into()),
            Record::Resource(it) => Self::Resource(it.into()),
            Record::Entitlement(it) => Self::Entitlement(it.into()),
            Record::Grant(it) => Self::Grant(it.into()),
        }
    }
}

impl<'a> From<&'a ResourceType> for ResourceTypeView<'a> {
    fn from(it: &'a ResourceType) -> Self {
        Self {
            id: &it.id,
            display_name: &it.display_name,
            traits: &it.traits,
            skip_entitlements_and_grants: it.skip_entitlements_and_grants,
        }
    }
}

impl<'a> From<&'a Resource> for ResourceView<'a> {
    fn from(it: &'a Resource) -> Self {
        Self {
            id: it.id.to_string(),
            resource: &it.id,
            display_name: &it.display_name,
            description: &it.description,
            status: it.status,
            created_at: it.created_at,
            details: &it.details,
            profile: &it.profile,
        }
    }
}

impl<'a> From<&'a Entitlement> for EntitlementView<'a> {
    fn from(it: &'a Entitlement) -> Self {
        Self {
            id: it.id.to_string(),
            resource: it.id.resource(),
            slug: it.id.slug(),
            display_name: &it.display_name,
            description: &it.description,
            grantable_to: &it.grantable_to,
            purpose: it.purpose,
        }
    }
}

impl<'a> From<&'a Grant> for GrantView<'a> {
    fn from(it: &'a Grant) -> Self {
        Self {
            id: it.id(),
            entitlement: it.entitlement.to_string(),
            resource: it.entitlement.resource(),
            slug: it.entitlement.slug(),
            principal: &it.principal,
        }
    }
}
