//! What the connector is and can do, for C1 (`baton-runtime.md` sections 2.1 and 4.6).

use baton_c1z::encode;
use baton_proto::connector::v2::resource_type::Trait;
use baton_proto::connector::v2::{
    Capability, CapabilityPermissions, ConnectorCapabilities, ConnectorMetadata, CredentialDetails,
    ResourceTypeCapability,
};
use rocketchat_sync::mapping::resource_types;
use serde::Serialize;

use crate::failure::Failure;
use crate::words;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    #[serde(rename = "@type")]
    kind: &'static str,
    resource_type_capabilities: Vec<OfType>,
    connector_capabilities: Vec<&'static str>,
    credential_details: Nothing,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OfType {
    resource_type: Type,
    capabilities: Vec<&'static str>,
    permissions: Nothing,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Type {
    id: String,
    display_name: String,
    traits: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    annotations: Vec<Annotation>,
}

#[derive(Serialize)]
struct Annotation {
    #[serde(rename = "@type")]
    kind: String,
}

#[derive(Serialize)]
struct Nothing {}

/// Returns how the connector presents itself.
pub(crate) fn metadata() -> ConnectorMetadata {
    ConnectorMetadata {
        display_name: "Rocket.Chat".to_owned(),
        description: "Syncs the users, roles and teams of a Rocket.Chat workspace.".to_owned(),
        capabilities: Some(capabilities()),
        ..ConnectorMetadata::default()
    }
}

/// It reads, and nothing else.
fn capabilities() -> ConnectorCapabilities {
    let sync = vec![Capability::Sync.into()];
    let mut types: Vec<_> = resource_types()
        .iter()
        .map(|it| ResourceTypeCapability {
            resource_type: Some(encode::resource_type(it)),
            capabilities: sync.clone(),
            permissions: Some(CapabilityPermissions::default()),
            ..ResourceTypeCapability::default()
        })
        .collect();
    let id = |it: &ResourceTypeCapability| it.resource_type.as_ref().map(|it| it.id.clone());
    types.sort_by_key(id);
    ConnectorCapabilities {
        resource_type_capabilities: types,
        connector_capabilities: sync,
        credential_details: Some(CredentialDetails::default()),
    }
}

/// Returns the capabilities as JSON, without a line break at the end.
pub(crate) fn json() -> Result<String, Failure> {
    let all = capabilities();
    words::json(&Document {
        kind: "type.googleapis.com/c1.connector.v2.ConnectorCapabilities",
        connector_capabilities: names(all.connector_capabilities()),
        resource_type_capabilities: all
            .resource_type_capabilities
            .into_iter()
            .map(OfType::from)
            .collect(),
        credential_details: Nothing {},
    })
}

fn names(capabilities: impl Iterator<Item = Capability>) -> Vec<&'static str> {
    capabilities.map(|it| it.as_str_name()).collect()
}

impl From<ResourceTypeCapability> for OfType {
    fn from(it: ResourceTypeCapability) -> Self {
        let capabilities = names(it.capabilities());
        let it = it.resource_type.unwrap_or_default();
        let resource_type = Type {
            traits: it.traits().map(|it| Trait::as_str_name(&it)).collect(),
            annotations: it
                .annotations
                .into_iter()
                .map(|it| Annotation { kind: it.type_url })
                .collect(),
            id: it.id,
            display_name: it.display_name,
        };
        Self {
            resource_type,
            capabilities,
            permissions: Nothing {},
        }
    }
}
